"""The Lambda archive: what the application is, made smaller and compiled, and Zappa's handler in front."""

from __future__ import annotations

import fnmatch
import py_compile
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nestctl.build import application as applications
from nestctl.build import zappa
from nestctl.build.application import Application
from nestctl.build.toolchain import Interpreter
from nestctl.report import NestctlError

SHIPPED = Path(__file__).with_name("shipped") / "nestctl_function.py"
"""Stands before Zappa's handler."""

LIMIT = 250 * 1024 * 1024
"""Bytes of an unzipped package (AWS Lambda quotas)."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can hold: the same content gives the same bytes."""


def lay_out(content: Path, runtime: Application, deploying: Application, generated: dict[str, bytes]) -> None:
    """Make the folder that is zipped.

    Args:
        content: The folder.
        runtime: What the application is.
        deploying: The same with the dependencies of its deployment, among which Zappa is.
        generated: Files that Zappa wrote.

    Raises:
        NestctlError: ``archive-name`` when the application has a file where Zappa's must be.
    """
    shutil.rmtree(content, ignore_errors=True)
    content.mkdir(parents=True)
    taken = {*generated, SHIPPED.name}
    if clashing := sorted(str(path) for path in runtime.files if str(path) in taken):
        raise NestctlError(
            "archive-name",
            f"{', '.join(clashing)} of {runtime.source} cannot be packed.",
            "Lambda's archive has files of these names in front of the application.",
            f"Rename {clashing[0]}, then run the same command again.",
        )
    files = runtime.dependency_files
    applications.lay_out(runtime.packages, runtime.distributions.values(), files, content)
    added = [
        entry
        for name, entry in deploying.distributions.items()
        if name in zappa.NEEDS and name not in runtime.distributions
    ]
    for entry in added:
        present = {file for file in entry.files if not (content / file).exists()}
        applications.lay_out(deploying.packages, [entry], sorted(present), content)
    if "zappa" not in runtime.distributions:
        for name in zappa.AT_DEPLOY_TIME:
            _remove(content / "zappa" / name)
    # Last: the application's own files are its own, whatever their names.
    for relative in runtime.files:
        goal = content / relative
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(runtime.source / relative, goal)
        shutil.copymode(runtime.source / relative, goal)
    for name, data in generated.items():
        (content / name).write_bytes(data)
    shutil.copyfile(SHIPPED, content / SHIPPED.name)


def leave_out(content: Path, names: Sequence[str], globs: Sequence[str]) -> None:
    """Remove what the application's Zappa settings leave out of the archive.

    A name without a wildcard stands for what lies at the archive's top: Zappa itself takes it for every file
    and folder of that name, and loses ``sentry_sdk/integrations/boto3.py`` with boto3.

    Args:
        content: The folder that is zipped.
        names: Zappa's setting ``exclude``.
        globs: Zappa's setting ``exclude_glob``: paths from the archive's top.
    """
    kept = {*zappa.GENERATED, SHIPPED.name}
    for name in names:
        anywhere = bool(re.search(r"[*?\[]", name))
        found = content.rglob("*") if anywhere else content.iterdir()
        for path in sorted(found):
            if fnmatch.fnmatch(path.name, name) and path.name not in kept and path.exists():
                _remove(path)
    for pattern in globs:
        if pattern.startswith("/") or ".." in Path(pattern).parts:
            continue  # what is not in the archive is nobody's to remove
        for path in sorted(content.glob(pattern)):
            if path.relative_to(content).as_posix() not in kept and path.exists():
                _remove(path)
    _remove_empty_folders(content)


def finish_handler(handler: Path) -> None:
    """Put nestctl's part before and behind Zappa's handler.

    While both load, no garbage is looked for: all that is made stays. What is there then is left out of every
    later search, as `gc.freeze` is meant for.
    """
    text = handler.read_text(encoding="utf-8")
    name = SHIPPED.stem
    before = f"import gc\n\ngc.disable()\nimport {name}\n\n{name}.quiet()\n"
    after = f"\nlambda_handler = {name}.wrap(LambdaHandler)\ngc.freeze()\ngc.enable()\n"
    handler.write_text(f"{before}{text}{after}", encoding="utf-8")


def precompile(content: Path, interpreter: Interpreter) -> None:
    """Put an unchecked-hash .pyc beside every module: in Lambda no file time matches."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH.name.lower().replace("_", "-")
    subprocess.run(
        [
            *(str(interpreter.path), "-m", "compileall", "-q", "-j", "0"),
            *("--invalidation-mode", mode, "-s", str(content), str(content)),
        ],
        check=False,
        capture_output=True,
    )


def drop_sources(content: Path, interpreter: Interpreter, keep: set[Path]) -> None:
    """Leave of every compiled library only what Python loads: half its size, and nothing is looked at twice.

    What could not be compiled stays as it is, and so does the application, whose lines errors are shown with.

    Args:
        content: The unpacked and compiled archive.
        interpreter: The Python that compiled it; no other can load what stays.
        keep: Modules below ``content`` whose source stays.
    """
    tag = f"cpython-{interpreter.version.replace('.', '')}"
    for source in list(content.rglob("*.py")):
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        if source.relative_to(content) not in keep and compiled.is_file():
            compiled.replace(source.with_suffix(".pyc"))
            source.unlink()
    _remove_empty_folders(content)


def check_size(content: Path) -> None:
    """Refuse what Lambda would refuse.

    Raises:
        NestctlError: ``package-size``.
    """
    size = sum(path.stat().st_size for path in content.rglob("*") if path.is_file())
    if size > LIMIT:
        raise NestctlError(
            "package-size",
            f"The backend's package is {size / 2**20:.0f} MiB unzipped; Lambda takes 250.",
            "The largest folders:\n" + "\n".join(_largest(content)),
            "Move what the function does not need into a dependency group of its own, then: uv lock; "
            "or name it in exclude_glob in zappa_settings.template.json.",
        )


def pack(content: Path, to: Path) -> None:
    """Zip a folder: the same content gives the same bytes."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(content.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(content).as_posix(), EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (path.stat().st_mode & 0o777 | 0o444) << 16
                archive.writestr(entry, path.read_bytes())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_empty_folders(root: Path) -> None:
    folders: Iterable[Path] = sorted((p for p in root.rglob("*") if p.is_dir()), reverse=True)
    for folder in folders:
        if not any(folder.iterdir()):
            folder.rmdir()


def _largest(content: Path, count: int = 5) -> Iterator[str]:
    sizes = {
        path.name: sum(inner.stat().st_size for inner in path.rglob("*") if inner.is_file())
        for path in content.iterdir()
        if path.is_dir()
    }
    for name in sorted(sizes, key=lambda name: -sizes[name])[:count]:
        yield f"  {name}: {sizes[name] / 2**20:.0f} MiB"
