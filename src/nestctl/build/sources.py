"""What belongs to a source tree, and the digest that names a build of it."""

from __future__ import annotations

import fnmatch
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

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
    """Yield the files of a source tree in a fixed order, relative to ``root``."""
    for path in sorted(root.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            if path.name not in IGNORED_FOLDERS:
                yield from (Path(path.name) / inner for inner in source_files(path))
        elif not any(fnmatch.fnmatch(path.name, pattern) for pattern in IGNORED_FILES):
            yield Path(path.name)


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
