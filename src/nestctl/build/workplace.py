"""A folder that one build works in at a time, cleared of the processes of a build that was killed."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from nestctl.report.words import counted
from nestctl.settings.paths import CACHE

GRACE_SECONDS = 10.0
"""For a process of a dead build to end by itself once it was asked to."""

QUICK_SECONDS = 0.2


def builds(app: Path) -> Path:
    """Return the folder for the builds of an application; its environments and targets share it."""
    return CACHE / "builds" / hashlib.sha256(str(app).encode()).hexdigest()[:8]


@contextlib.contextmanager
def building(folder: Path) -> Iterator[Path]:
    """Hold a folder of builds: two runs may build at once."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        yield folder


@contextlib.contextmanager
def sole_use(folder: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """Hold a folder for one build; whatever an earlier build left running in it is ended first.

    The operating system frees the folder when its holder dies, however that happens. The programs that the
    holder had started may live on: ``next build`` hands its work to processes that npm does not end.

    Args:
        folder: Where the build happens; it need not exist yet.
        progress: Told when there is something to wait for.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        lock.acquire(timeout=QUICK_SECONDS)
    except Timeout:
        progress(f"waiting for another build in {folder.name}")
        lock.acquire()
    try:
        left = leftovers(folder)
        if left:
            progress(f"ending {counted(len(left), 'process', 'processes')} of a build that was killed")
            end(left)
        yield
    finally:
        lock.release()


def leftovers(folder: Path) -> list[psutil.Process]:
    """Return this user's processes that work inside a folder; neither this one nor those above it."""
    inside = folder.resolve()
    me = psutil.Process()
    mine = {me.pid, *(parent.pid for parent in me.parents())}
    found = []
    for candidate in psutil.process_iter():
        # Other users' processes may not be asked, and any may end meanwhile.
        with contextlib.suppress(psutil.Error, OSError):
            if candidate.pid in mine or candidate.uids().real != os.getuid():
                continue
            if Path(candidate.cwd()).is_relative_to(inside):
                found.append(candidate)
    return found


def end(processes: list[psutil.Process]) -> None:
    """Ask processes to end, and kill those that have not after :data:`GRACE_SECONDS`."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, GRACE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, GRACE_SECONDS)
