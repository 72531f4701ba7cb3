"""Unpacks function code, once for each content."""

from __future__ import annotations

import io
import os
import shutil
import stat
import tempfile
import time
import zipfile
from pathlib import Path

from nestctl.localcloud.archives import protect, remove
from nestctl.localcloud.compute import confine

KEPT_SECONDS = 600.0
"""How long a folder that nothing refers to is kept."""


def prune(folder: Path, wanted: set[str]) -> None:
    """Remove unpacked folders that are not wanted any more and not new."""
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name not in wanted and time.time() - entry.stat().st_mtime > KEPT_SECONDS:
            remove(entry)


class BadPackageError(Exception):
    """The zip cannot be unpacked."""


def unpack(code: bytes, sha: str, state_dir: Path) -> Path:
    """Unpack a zip to ``functions/<sha>`` below ``state_dir``; a folder that is there is complete.

    Raises:
        BadPackageError: It is not a zip, or an entry leaves the folder.
    """
    target = state_dir / "functions" / sha
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{sha[:12]}-", dir=target.parent))
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            for entry in archive.infolist():
                place = partial / entry.filename
                if not place.resolve().is_relative_to(partial.resolve()):
                    raise BadPackageError(f"the package's entry {entry.filename!r} leaves its folder")
                archive.extract(entry, partial)
                mode = stat.S_IMODE(entry.external_attr >> 16)
                if mode and not entry.is_dir():
                    place.chmod(mode | stat.S_IRUSR)
        partial.chmod(0o755)
        partial.rename(target)
        os.utime(target)
        if not confine.is_possible(state_dir):
            protect(target)
    except zipfile.BadZipFile as error:
        raise BadPackageError(f"the package is not a zip file: {error}") from error
    except OSError:
        if not target.is_dir():  # another call unpacked the same code first
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target
