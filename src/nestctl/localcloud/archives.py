"""Folders of unpacked code: unpacking alike on every Python 3.11, keeping them as they are, removing them."""

from __future__ import annotations

import shutil
import stat
import tarfile
from pathlib import Path, PurePosixPath
from typing import Literal


def guard(archive: tarfile.TarFile, kind: Literal["data", "tar"]) -> None:
    """Let an archive unpack nothing outside its folder: Python's filters came with 3.11.4.

    Args:
        archive: Open for reading.
        kind: Python's name for the filter, where it has filters.

    Raises:
        tarfile.TarError: Without filters, when a member would leave the folder.
    """
    wanted = getattr(tarfile, f"{kind}_filter", None)
    if wanted is not None:
        archive.extraction_filter = wanted
        return
    for member in archive.getmembers():
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts:
            raise tarfile.TarError(f"{member.name!r} would be unpacked outside the folder")


def protect(folder: Path) -> None:
    """Take away the permission to write from everything in a folder, and from the folder itself."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)


def remove(folder: Path) -> None:
    """Remove a folder that may be protected; what cannot be removed stays."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)
