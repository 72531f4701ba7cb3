"""The record of started processes, and the cleaning up after a crash."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil

from nestctl.localcloud.layout import read_json, write_json

# psutil rounds a start to clock ticks (1/100 s on Linux); two runs of the same pid are further apart.
SAME_START_SECONDS = 0.05
GRACE_SECONDS = 5.0


class Ledger:
    """Which processes belong to this cloud, on disk, so that the next start finds what a crash left.

    Args:
        path: JSON file of ``{pid: {"created": seconds, "role": text}}``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, dict[str, float | str]] = {}

    def add(self, pid: int, role: str) -> None:
        """Record a started process; a process that is gone already is not recorded."""
        created = created_at(pid)
        if created is not None:
            self._entries[str(pid)] = {"created": created, "role": role}
            write_json(self._path, self._entries)

    def remove(self, pid: int) -> None:
        """Forget a process that has ended."""
        if self._entries.pop(str(pid), None) is not None:
            write_json(self._path, self._entries)


def created_at(pid: int) -> float | None:
    """When a live process started (seconds since the epoch); ``None`` when it is gone or a zombie."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def is_same(pid: int, created: float) -> bool:
    """Whether ``pid`` is still the process that started at ``created``."""
    now = created_at(pid)
    return now is not None and abs(now - created) < SAME_START_SECONDS


def living(path: Path) -> dict[int, str]:
    """Recorded processes that still run: pid to role."""
    return {
        int(pid): str(entry["role"])
        for pid, entry in read_json(path).items()
        if is_same(int(pid), float(entry["created"]))
    }


def clean_up(path: Path, say: Callable[[str], None]) -> int:
    """End every recorded process that outlived its supervisor, with its descendants.

    Returns:
        How many recorded processes were still alive.
    """
    left = living(path)
    family: dict[int, psutil.Process] = {}
    for pid, role in left.items():
        say(f"Ending {role} (process {pid}), left over from a crash.")
        try:
            leader = psutil.Process(pid)
            family.update({process.pid: process for process in (leader, *leader.children(recursive=True))})
        except psutil.Error:
            continue
    end_all(list(family.values()))
    path.unlink(missing_ok=True)
    return len(left)


def end_all(processes: list[psutil.Process], grace: float = GRACE_SECONDS) -> None:
    """SIGTERM, then SIGKILL to those that are alive after ``grace`` seconds."""
    for process in processes:
        _signal(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, timeout=grace)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=grace)


def _signal(process: psutil.Process, number: int) -> None:
    try:
        # psutil's own send_signal refuses a pid that was reused.
        process.send_signal(number)
    except (psutil.Error, OSError):
        if process.pid == os.getpid():
            raise
