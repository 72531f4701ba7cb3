"""Builds the Next.js application: standalone server for the image, static files for the CDN."""

from __future__ import annotations

import mimetypes
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nestctl import process
from nestctl.aws.registry import Image
from nestctl.build import process_image, surroundings
from nestctl.build.sources import copy_sources, digest
from nestctl.build.toolchain import node, node_version, npm
from nestctl.build.workplace import sole_use
from nestctl.settings.manifest import Frontend

RECIPE = "2"
"""Raised when this file changes what a build holds, so that old builds are not taken for new ones."""

IMMUTABLE = "public, max-age=31536000, immutable"
"""Next.js puts a digest into the name of every static file."""


@dataclass(frozen=True)
class FrontendBuild:
    """A build of the frontend: where, and under which name.

    Attributes:
        source: The application's folder.
        work: Folder that the build happens in.
        asset_prefix: Address that browsers load static files from.
        release: Name of the build; tag of its image.
        variables: What nest.toml gives to the build.
    """

    source: Path
    work: Path
    asset_prefix: str
    release: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def standalone(self) -> Path:
        """The server with all it needs."""
        return self.work / ".next" / "standalone"


def describe(app: Path, frontend: Frontend, asset_prefix: str, cache: Path) -> FrontendBuild:
    """Return the build that the present sources would make; nothing is built."""
    source = app / frontend.root
    work = cache / "frontend"
    surroundings.refuse_undeclared(source, work)
    words = surroundings.declared(frontend.build_environment)
    release = digest(source, (RECIPE, asset_prefix, *frontend.command, *words))
    return FrontendBuild(source, work, asset_prefix, release, dict(frontend.build_environment))


def build(wanted: FrontendBuild, log: Path, progress: Callable[[str], None]) -> None:
    """Install the packages and build, unless the work folder holds this very build.

    Raises:
        NestctlError: ``frontend-build`` with the end of the log.
    """
    with sole_use(wanted.work, progress):
        _build(wanted, log, progress)


def image(wanted: FrontendBuild, frontend: Frontend, architecture: str = "X86_64") -> Image:
    """Return the process image of a finished build, for tasks of an architecture: X86_64 or ARM64."""
    layers = [process_image.layer(process_image.tree(wanted.standalone, "app"))]
    runtime = process_image.Runtime(
        working_dir="/app",
        command=frontend.command,
        user="node",
        environment={"NODE_ENV": "production", "NEST_RELEASE": wanted.release},
    )
    return process_image.assemble(layers, runtime, architecture)


def static_files(wanted: FrontendBuild) -> Iterator[tuple[Path, str, str]]:
    """Yield each static file with its key in the bucket and its content type."""
    root = wanted.work / ".next" / "static"
    for path in sorted(root.rglob("*")):
        if path.is_file():
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            yield path, f"_next/static/{path.relative_to(root).as_posix()}", kind


def _build(wanted: FrontendBuild, log: Path, progress: Callable[[str], None]) -> None:
    stamp = wanted.work / ".release"
    made_here = f"{wanted.release} {_machine()}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_here:
        return
    stamp.unlink(missing_ok=True)
    _install(wanted, log, progress)
    progress("building the frontend (next build)")
    shutil.rmtree(wanted.standalone, ignore_errors=True)
    env = {
        **_environment(wanted),
        **wanted.variables,
        "NODE_ENV": "production",
        "NEXT_PUBLIC_ASSET_PREFIX": wanted.asset_prefix,
        "NEST_RELEASE": wanted.release,
    }
    _npm(["run", "build"], wanted.work, env, log, "The frontend could not be built.")
    stamp.write_text(made_here, encoding="utf-8")


def _machine() -> str:
    """Return what the files of a build depend on beside its sources; its name does not."""
    return f"{node_version()} {platform.system()} {platform.machine()}"


def _install(wanted: FrontendBuild, log: Path, progress: Callable[[str], None]) -> None:
    copy_sources(wanted.source, wanted.work, keep=("node_modules", ".next", ".installed"))
    lock = (wanted.source / "package-lock.json").read_text(encoding="utf-8") + _machine()
    stamp = wanted.work / ".installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == lock:
        return
    stamp.unlink(missing_ok=True)
    progress("installing the frontend's packages (npm ci)")
    argv = ["ci", "--no-audit", "--no-fund", "--include=dev"]
    with tempfile.TemporaryDirectory() as folder:
        env = {**_environment(wanted), **surroundings.registry_access(Path(folder))}
        _npm(argv, wanted.work, env, log, "The frontend's packages could not be installed.")
    stamp.write_text(lock, encoding="utf-8")


def _environment(wanted: FrontendBuild) -> dict[str, str]:
    return surroundings.environment(node(), wanted.work.with_name("frontend-home"))


def _npm(argv: list[str], cwd: Path, env: dict[str, str], log: Path, what: str) -> None:
    process.run(
        [str(node()), str(npm()), *argv],
        cwd=cwd,
        env=env,
        log=log,
        code="frontend-build",
        what=what,
        next_="Correct the cause, then run the same command again.",
    )
