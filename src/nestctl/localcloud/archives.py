"""Unpacking tar archives alike on every Python 3.11: the filters came with 3.11.4."""

from __future__ import annotations

import tarfile
from pathlib import PurePosixPath
from typing import Literal


def guard(archive: tarfile.TarFile, kind: Literal["data", "tar"]) -> None:
    """Let an archive unpack nothing outside its folder.

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
