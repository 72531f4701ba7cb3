"""What belongs to a source tree, and the digest that names a build of it."""

from __future__ import annotations

import fnmatch
import hashlib
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from nestctl.report import NestctlError

IGNORED_FOLDERS = {
    ".git",
    ".venv",
    "venv",
    "node_modules",
    ".next",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}
"""Made by tools from the sources, so never part of them."""

IGNORED_FILES = ("*.pyc", "*.dump", "*.log", "*.pid", ".env", ".env.*", "zappa_settings.json", ".DS_Store")
"""Made by tools, or of one machine only."""

DIGITS = 12
"""Hexadecimal digits of a release's name: 48 bits, so that two releases never share one by chance."""


def source_files(root: Path) -> Iterator[Path]:
    """Yield the files of a source tree in a fixed order, relative to ``root``.

    A symbolic link counts as what it leads to, so that a copy of the tree needs nothing beside it.

    Raises:
        NestctlError: ``source-unpackable`` when something in it cannot be copied.
    """
    yield from _files(root, root, ())


def _files(root: Path, folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    here = folder.resolve()
    if here in above:
        raise _unpackable(folder, "It is a symbolic link to a folder that it lies in.")
    for path in sorted(folder.iterdir()):
        try:
            kind = path.stat().st_mode
        except OSError as error:
            if _ignored_file(path):
                continue
            why = "It is a symbolic link that leads nowhere." if path.is_symlink() else str(error)
            raise _unpackable(path, why) from error
        if stat.S_ISDIR(kind):
            if not _ignored_folder(path):
                yield from _files(root, path, (*above, here))
            continue
        if _ignored_file(path):
            continue
        if not stat.S_ISREG(kind):
            raise _unpackable(path, "It is neither a file nor a folder nor a link to one.")
        relative = path.relative_to(root)
        try:
            str(relative).encode()
        except UnicodeEncodeError as error:
            raise _unpackable(path, "Its name is not UTF-8.") from error
        yield relative


def _ignored_folder(path: Path) -> bool:
    if path.name == "venv":  # also a name that people give to packages
        return (path / "pyvenv.cfg").is_file() or not (path / "__init__.py").is_file()
    return path.name in IGNORED_FOLDERS


def _ignored_file(path: Path) -> bool:
    return any(fnmatch.fnmatch(path.name, pattern) for pattern in IGNORED_FILES)


def _unpackable(path: Path, why: str) -> NestctlError:
    shown = str(path).encode(errors="backslashreplace").decode()
    return NestctlError(
        "source-unpackable",
        f"{shown} cannot be packed.",
        f"{why} It would be missing where the application runs.",
        "Remove it or replace it by what it stands for, then run the same command again.",
    )


def digest(root: Path, salt: Iterable[str] = ()) -> str:
    """Return the name of a build of ``root``: the same sources and ``salt`` give the same name everywhere.

    Args:
        root: Source tree.
        salt: What else the build depends on: versions, addresses that are built in.
    """
    total = hashlib.sha256()
    for word in salt:
        total.update(f"{word}\0".encode())
    for relative in source_files(root):
        content = hashlib.sha256((root / relative).read_bytes()).hexdigest()
        total.update(f"{relative.as_posix()}\0{content}\0".encode())
    return total.hexdigest()[:DIGITS]


def copy_sources(root: Path, to: Path, *, keep: Iterable[str] = ()) -> None:
    """Make ``to`` hold exactly the source files of ``root``.

    Args:
        root: Source tree.
        to: Folder that is made or brought up to date.
        keep: Names at its top that stay, for what a tool makes there and can use again.
    """
    to.mkdir(parents=True, exist_ok=True)
    kept = set(keep)
    for path in to.iterdir():
        if path.name in kept:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    for relative in source_files(root):
        goal = to / relative
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / relative, goal)
