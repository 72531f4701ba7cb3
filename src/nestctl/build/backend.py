"""Packages the Django application: the archive for Lambda and the tasks' image, from one list of files."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nestctl.aws.registry import Image
from nestctl.build import application, archive, locked, process_image, proving, zappa
from nestctl.build.application import Application
from nestctl.build.sources import digest
from nestctl.build.toolchain import Interpreter, make_environment, python
from nestctl.build.zappa import TEMPLATE, Value
from nestctl.report.words import counted
from nestctl.settings.manifest import Backend

RECIPE = "5"
"""Raised when build/ changes what a package holds, so that old ones are not taken for new ones."""

NOT_PACKED = ("vpc_config", "tags", "role_arn", "s3_bucket")
"""Settings that Zappa reads when it deploys and does not write into the archive (its ``create_package``)."""


@dataclass(frozen=True)
class BackendBuild:
    """A build of the backend.

    Attributes:
        source: The application's folder.
        work: Folder for its virtual environments and package.
        release: Name of the build: tag of its image, key of its archive, description of its version.
        interpreter: The Python that packages it.
    """

    source: Path
    work: Path
    release: str
    interpreter: Interpreter

    def archive(self, stage: str, values: Mapping[str, Value]) -> Path:
        """Return where the finished Lambda archive lies; Zappa writes the settings into it.

        The same archive serves every account in which only what Zappa would deploy with differs.
        """
        filled = zappa.filled(zappa.read_template(self.source / TEMPLATE), values)
        for settings, name in itertools.product(filled.values(), NOT_PACKED):
            settings.pop(name, None)
        text = json.dumps([stage, filled, self.interpreter.platform], sort_keys=True)
        return self.work / f"{self.release}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.zip"


def describe(app: Path, backend: Backend, cache: Path) -> BackendBuild:
    """Return the build that the present sources would make; nothing is built."""
    source = app / backend.root
    interpreter = python(backend.python)
    salt = [RECIPE, interpreter.version, backend.wsgi, *backend.image.groups]
    salt += [hashlib.sha256(archive.SHIPPED.read_bytes()).hexdigest()]
    # The lock file names folders of this machine, and not what is in them.
    salt += [f"{found.name} {found.digest()}" for found in locked.local(source)]
    return BackendBuild(source, cache / "backend", digest(source, salt), interpreter)


def image(
    wanted: BackendBuild,
    backend: Backend,
    log: Path,
    progress: Callable[[str], None],
    *,
    architecture: str = "X86_64",
) -> Image:
    """Return the process image that the tasks run.

    Args:
        wanted: The build.
        backend: What nest.toml says of it.
        log: Receives uv's words.
        progress: Told what runs.
        architecture: What the tasks are defined for: X86_64 or ARM64.

    Raises:
        NestctlError: ``dependencies`` or ``dependency-unpackable``.
    """
    progress("installing the backend's packages for the tasks")
    listed = contents(wanted, "tasks", backend.image.groups, log)
    site = wanted.work / "site-packages"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    application.lay_out(listed.packages, listed.distributions.values(), listed.dependency_files, site)
    layers = [
        process_image.layer(process_image.tree(site, "opt/site-packages")),
        # A link counts as what it leads to, which may lie beside the application.
        process_image.layer(
            ((wanted.source / path).resolve(), f"app/{path.as_posix()}") for path in listed.files
        ),
    ]
    shutil.rmtree(site)
    runtime = process_image.Runtime(
        working_dir="/app",
        command=["python", "manage.py", "check"],
        user="10001:10001",
        environment={
            "PYTHONPATH": f"{process_image.IMAGE_ROOT}/opt/site-packages",
            "PYTHONUNBUFFERED": "1",
            "NEST_RELEASE": wanted.release,
        },
        labels={"dev.nestctl.python": wanted.interpreter.version},
    )
    return process_image.assemble(layers, runtime, architecture)


def contents(wanted: BackendBuild, name: str, groups: list[str], log: Path) -> Application:
    """Return what the application is, with the dependencies of some groups installed.

    Args:
        wanted: The build.
        name: Names the environment that the dependencies are installed in.
        groups: Dependency groups beside the application's own dependencies.
        log: Receives uv's words.
    """
    place = wanted.work / f"{name}-{wanted.interpreter.version}-{wanted.interpreter.platform or 'here'}"
    installed = make_environment(wanted.source, place, groups, log, wanted.interpreter)
    listed = application.describe(wanted.source, installed)
    application.refuse_foreign(listed, wanted.interpreter)
    return listed


def measure(wanted: BackendBuild, stage: str, log: Path) -> None:
    """Refuse a package that will be too large, long before it is made: only packages are installed for it.

    Raises:
        NestctlError: ``package-size``, ``archive-name``, ``dependencies`` or ``dependency-unpackable``.
    """
    runtime = contents(wanted, "runtime", [], log)
    content = wanted.work / "measured"
    try:
        archive.lay_out(content, runtime, runtime, {})
        _leave_out(wanted, stage, content)
        archive.check_size(content)
    finally:
        shutil.rmtree(content, ignore_errors=True)


def _leave_out(wanted: BackendBuild, stage: str, content: Path) -> None:
    names, globs = (zappa.setting(wanted.source, stage, name) or [] for name in ("exclude", "exclude_glob"))
    archive.leave_out(content, names, globs)


def package(
    wanted: BackendBuild,
    stage: str,
    values: Mapping[str, Value],
    log: Path,
    progress: Callable[[str], None],
    *,
    wsgi: str,
    settings: Mapping[str, str],
) -> Path:
    """Return the Lambda archive of this release: what the application is, with Zappa's handler, proven.

    Args:
        wanted: The build.
        stage: Zappa's stage; the environment.
        values: What the placeholders of the settings template stand for.
        log: Receives the tools' words.
        progress: Told what runs.
        wsgi: The application's entry point, such as ``config.wsgi.application``.
        settings: Values for every setting, the optional ones too, to prove the archive with.

    Raises:
        NestctlError: ``zappa``, ``package-size``, ``package-incomplete``, ``archive-name``,
            ``dependencies`` or ``dependency-unpackable``.
    """
    archive_file = wanted.archive(stage, values)
    if archive_file.is_file():
        return archive_file
    progress("installing the backend's packages (uv sync)")
    runtime = contents(wanted, "runtime", [], log)
    deploying = contents(wanted, "deploy", ["deploy"], log)
    folder = wanted.work / "package"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    zappa.fill_settings(wanted.source / TEMPLATE, folder / "zappa_settings.json", values)
    progress("packaging the backend (zappa package)")
    generated = zappa.generate(folder, stage, deploying.packages.parents[2], log)
    progress("laying out and precompiling the package")
    content = wanted.work / "content"
    archive.lay_out(content, runtime, deploying, generated)
    _leave_out(wanted, stage, content)
    archive.finish_handler(content / "handler.py")
    archive.precompile(content, wanted.interpreter)
    own = {*runtime.files, *(Path(name) for name in zappa.GENERATED), Path(archive.SHIPPED.name)}
    archive.drop_sources(content, wanted.interpreter, own)
    archive.check_size(content)
    partial = archive_file.with_suffix(".partial")
    archive.pack(content, partial)
    shutil.rmtree(content)
    progress("proving the package: importing all of it, as Lambda would")
    beside = runtime.packages.parents[2] / "bin" / "python"
    module = wsgi.rpartition(".")[0]
    subject = proving.Subject(partial, runtime, module, settings, beside, wanted.interpreter)
    count = proving.prove(subject, wanted.work)
    with log.open("a", encoding="utf-8") as stream:
        print(f"{counted(count, 'module')} imported in {archive_file.name}", file=stream)
    partial.replace(archive_file)
    return archive_file
