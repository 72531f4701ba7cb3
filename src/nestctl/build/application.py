"""What the application is: its sources and its locked dependencies, listed once for archive and image."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path, PurePosixPath

from nestctl.build.sources import source_files
from nestctl.build.toolchain import GLIBC, Interpreter
from nestctl.report import NestctlError

OF_THIS_MACHINE = {"direct_url.json", "uv_cache.json", "uv_build.json", "INSTALLER", "REQUESTED"}
"""Files of a distribution's metadata that say where and when it was installed: no part of what it is."""

MACHINES = {62: "x86_64", 183: "aarch64"}
"""Machines by their number in an ELF header (``e_machine``)."""


@dataclass(frozen=True)
class Distribution:
    """An installed distribution.

    Attributes:
        name: As PEP 503 writes it.
        files: Its files below the environment's folder of packages.
    """

    name: str
    files: tuple[PurePosixPath, ...]

    @property
    def tops(self) -> set[str]:
        """The names that can be imported from it."""
        found = {(file.parts[0], len(file.parts)) for file in self.files}
        modules = {name.split(".")[0] for name, depth in found if depth == 1 and _is_module(name)}
        return modules | {name for name, depth in found if depth > 1 and name.isidentifier()}


@dataclass(frozen=True)
class Application:
    """The one list that the archive and the image are made from.

    Attributes:
        source: The application's folder.
        files: Its files, relative to it.
        packages: Folder with the installed dependencies.
        distributions: What is installed there, by name.
    """

    source: Path
    files: tuple[Path, ...]
    packages: Path
    distributions: Mapping[str, Distribution] = field(repr=False)

    @property
    def dependency_files(self) -> list[PurePosixPath]:
        """The files of all dependencies, sorted; what the application's own modules hide is left out."""
        own = {path.parts[0] for path in self.files if len(path.parts) > 1 and _is_package(self, path)}
        own |= {path.stem for path in self.files if len(path.parts) == 1 and path.suffix == ".py"}
        every = {file for found in self.distributions.values() for file in found.files}
        return sorted(file for file in every if _top(file) not in own)


def describe(source: Path, python: Path) -> Application:
    """Return the list for the dependencies that are installed beside ``python``.

    Args:
        source: The application's folder.
        python: Python of an environment that was made from the application's lock file.
    """
    packages = next((python.parent.parent / "lib").glob("python3.*")) / "site-packages"
    found = (_distribution(packages, info) for info in sorted(packages.glob("*.dist-info")))
    return Application(source, tuple(source_files(source)), packages, {entry.name: entry for entry in found})


def lay_out(packages: Path, wanted: Iterable[Distribution], files: Iterable[PurePosixPath], to: Path) -> None:
    """Copy files of dependencies, each with a RECORD that tells of no machine.

    Args:
        packages: Where the distributions are installed.
        wanted: The distributions.
        files: Their files.
        to: Folder that gets them.
    """
    for file in files:
        goal = to / file
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(packages / file, goal)
        shutil.copymode(packages / file, goal)
    for entry in wanted:
        if info := next((file.parent for file in entry.files if file.name == "METADATA"), None):
            names = "".join(f"{file},,\n" for file in sorted(entry.files) if "," not in str(file))
            (to / info / "RECORD").write_text(names, encoding="utf-8")


def refuse_foreign(application: Application, interpreter: Interpreter) -> None:
    """Refuse compiled modules that were made for this machine and would not load in Lambda.

    Raises:
        NestctlError: ``dependency-unpackable``, with the names of file and distribution.
    """
    if interpreter.platform is None:
        return
    newest, machine = GLIBC[interpreter.version], interpreter.platform.partition("-")[0]
    for entry in application.distributions.values():
        for file in entry.files:
            if not re.search(r"\.so(\.\d+)*$", file.name):
                continue
            if why := _foreign((application.packages / file).read_bytes(), newest, machine):
                raise NestctlError(
                    "dependency-unpackable",
                    f"{entry.name} cannot be packed for Lambda.",
                    f"{file} {why}. No wheel fits {interpreter.lambda_runtime}, so it was built here.",
                    f"Use a version of {entry.name} that has a wheel for {interpreter.platform}, "
                    "then run the same command again.",
                )


def _foreign(content: bytes, newest: int, machine: str) -> str:
    if content[:4] != b"\x7fELF":
        return ""
    found = MACHINES.get(int.from_bytes(content[18:20], "little"), "another machine")
    if found != machine:
        return f"is made for {found}, not for {machine}"
    needed = max((int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)\b", content)), default=0)
    return f"needs version 2.{needed} of the C library; Lambda has 2.{newest}" if needed > newest else ""


def _distribution(packages: Path, info: Path) -> Distribution:
    found = metadata.PathDistribution(info)
    root = packages.resolve()
    files = []
    rows = csv.reader((info / "RECORD").read_text(encoding="utf-8").splitlines())
    for place in (row[0] for row in rows if row):
        path = (packages / place).resolve()
        # Scripts go to bin/, outside of what Lambda or a task can import.
        if not path.is_relative_to(root) or not path.is_file():
            continue
        relative = PurePosixPath(path.relative_to(root).as_posix())
        made = relative.suffix == ".pyc" or "__pycache__" in relative.parts or relative.name == "RECORD"
        if not made and not (path.parent == info.resolve() and relative.name in OF_THIS_MACHINE):
            files.append(relative)
    return Distribution(normalised(found.metadata["Name"]), tuple(sorted(files)))


def normalised(name: str) -> str:
    """Return a distribution's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def modules(files: Sequence[PurePosixPath]) -> list[str]:
    """Return the names under which files can be imported; programs (``__main__``) are none."""
    found = set()
    for file in files:
        if not _is_module(file.name) or "__pycache__" in file.parts:
            continue
        parts = [*file.parts[:-1], file.name.split(".")[0]]
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if parts and parts[-1] != "__main__" and all(part.isidentifier() for part in parts):
            found.add(".".join(parts))
    return sorted(found)


def _is_module(name: str) -> bool:
    return re.search(r".\.(py|pyc|so)$", name) is not None


def _is_package(application: Application, path: Path) -> bool:
    return (application.source / path.parts[0] / "__init__.py").is_file()


def _top(file: PurePosixPath) -> str:
    return file.parts[0] if len(file.parts) > 1 else file.name.split(".")[0]
