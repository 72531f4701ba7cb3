"""Proves a Lambda archive before it is published: every module that matters can be imported in it."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from nestctl import lambda_runtime
from nestctl.build import locked
from nestctl.build.application import Application, Distribution, modules, normalised
from nestctl.build.import_all import SECONDS
from nestctl.build.toolchain import Interpreter
from nestctl.report import NestctlError

PROGRAM = Path(__file__).with_name("import_all.py")
HANDLER = "handler"
"""Module of the function's entry point; it is in the archive only."""

SHOWN = 8
"""Modules that a message names."""


@dataclass(frozen=True)
class Subject:
    """What is proven.

    Attributes:
        archive: The zip.
        runtime: The list that it was made from.
        wsgi: Module of the application's entry point; imported first, since it sets Django up.
        environment: Settings, the optional ones among them.
        python: The Python of the environment that the dependencies are installed in.
        interpreter: The Python of the runtime.
    """

    archive: Path
    runtime: Application
    wsgi: str
    environment: Mapping[str, str]
    python: Path
    interpreter: Interpreter


def prove(subject: Subject, work: Path) -> int:
    """Import every module of the application and of its direct dependencies in the archive, as Lambda would.

    What cannot be imported where nothing was packed either is no fault of the archive's: a library's module
    for another database, for instance.

    Returns:
        How many modules were imported.

    Raises:
        NestctlError: ``package-incomplete``, with the modules and why each fails.
    """
    packages = lambda_runtime.packages_folder(work / "runtime", subject.interpreter.version)
    with TemporaryDirectory(dir=work) as folder:
        unpacked = Path(folder)
        with zipfile.ZipFile(subject.archive) as archive:
            archive.extractall(unpacked)
            inside = {PurePosixPath(name) for name in archive.namelist()}
        named = _named(subject, inside)
        base = lambda_runtime.base_executable(str(subject.interpreter.path))
        failed = _import(base, ["-I", "-S"], unpacked, [unpacked], packages, named, subject)
    lost = dict.fromkeys(_left_out(subject, inside), "the whole distribution is left out")
    if not failed and not lost:
        return len(named)
    again = [name for name in named if name in failed or name == subject.wsgi]
    places = [subject.runtime.source, subject.runtime.packages]
    before = _import(str(subject.python), ["-I"], subject.runtime.source, places, packages, again, subject)
    lost |= {name: why for name, why in failed.items() if name not in before or name == HANDLER}
    if lost:
        rows = [f"  {name}: {why}" for name, why in sorted(lost.items())]
        more = f"\n  and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        raise NestctlError(
            "package-incomplete",
            "The package for Lambda lacks what the application imports; it was not published.",
            "\n".join(rows[:SHOWN]) + more,
            "Take what is named out of exclude and exclude_glob in zappa_settings.template.json, "
            "then run the same command again.",
        )
    return len(named) - len(failed)


def _named(subject: Subject, inside: set[PurePosixPath]) -> list[str]:
    """Return what to import: the entry point, the handler, the application, its direct dependencies."""
    own = modules([PurePosixPath(path.as_posix()) for path in subject.runtime.files])
    foreign = modules([file for entry in _direct(subject) for file in entry.files])
    there = set(modules(sorted(inside)))
    ordered = dict.fromkeys([subject.wsgi, HANDLER, *own, *foreign])
    return [name for name in ordered if name in there]


def _direct(subject: Subject) -> list[Distribution]:
    names = {normalised(name) for name in locked.direct(subject.runtime.source)}
    return [entry for name, entry in subject.runtime.distributions.items() if name in names]


def _left_out(subject: Subject, inside: set[PurePosixPath]) -> list[str]:
    """Return the direct dependencies of which no module is in the archive."""
    there = set(modules(sorted(inside)))
    found = ((entry.name, modules(list(entry.files))) for entry in _direct(subject))
    return [name for name, named in found if named and not there & set(named)]


def _import(
    python: str,
    flags: Sequence[str],
    cwd: Path,
    first: Sequence[Path],
    packages: Path,
    named: Sequence[str],
    subject: Subject,
) -> dict[str, str]:
    wanted = {"first": [str(path) for path in first], "last": [str(packages)], "modules": list(named)}
    with TemporaryDirectory() as home:
        done = subprocess.run(
            [python, *flags, "-B", str(PROGRAM), json.dumps(wanted)],
            cwd=cwd,
            env={
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "HOME": home,
                "TMPDIR": home,
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_LAMBDA_FUNCTION_NAME": "proof",
                "AWS_REGION": "us-east-1",
                **subject.environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS + 30,
            check=False,
        )
    try:
        found: dict[str, str] = json.loads(done.stdout)
    except ValueError as error:
        raise NestctlError(
            "package-incomplete",
            "A module ended the process that should import the package; it was not published.",
            f"Status {done.returncode}.\n{done.stderr[-2000:]}",
            "Keep what a module does when it is imported to definitions, then run the same command again.",
        ) from error
    return found
