"""Folders that a run writes to: whether they can be had is known before anything begins."""

from __future__ import annotations

import os
from pathlib import Path

from nestctl.report import usage_error


def existing(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above it that is there."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder


def check_folder(folder: Path, variable: str) -> None:
    """Refuse a folder that cannot be made or written to.

    Args:
        folder: Need not be there yet.
        variable: Names the variable that moves it.

    Raises:
        NestctlError: ``folder-unusable`` (exit status 2).
    """
    there = existing(folder)
    if not there.is_dir():
        kind = "a link that leads nowhere" if there.is_symlink() else "a file"
        why = f"{there} is {kind}, and no folder."
    elif not os.access(there, os.W_OK | os.X_OK):
        why = f"This user may not write to {there}."
    else:
        return
    raise usage_error(
        "folder-unusable",
        f"{folder} cannot be used.",
        why,
        f"Set {variable} to a folder that can be written to, or move what is in the way.",
    )
