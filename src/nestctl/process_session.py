"""What a program in a session of its own has of the one that started it: its end, and its niceness."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
"""From <sys/prctl.h>: the signal a process receives when its parent thread dies (Linux only)."""

AUTOGROUP = "/proc/self/autogroup"
"""Linux shares the processors between sessions, and takes a new one's niceness to be 0: see sched(7)."""

TRIES, PAUSE = 5, 0.1
"""Of one who is not root, Linux takes one such change in a tenth of a second, whoever makes them."""

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def prepare(death_signal: signal.Signals) -> None:
    """Have a program in a new session keep both.

    For between fork and exec, after the user was changed, which would clear the signal.
    """
    die_with_parent(death_signal)
    keep_niceness()


def die_with_parent(death_signal: signal.Signals) -> None:
    """Have the kernel send this process a signal when its parent dies; for between fork and exec."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))


def keep_niceness() -> None:
    """Give this process's session the niceness of the process, so that `nice nestctl up` holds for Terraform.

    For between fork and exec. Where the kernel refuses it, or has no such groups, nothing is lost but the
    niceness.
    """
    niceness = os.nice(0)
    if niceness:
        with contextlib.suppress(OSError):
            group = os.open(AUTOGROUP, os.O_WRONLY)
            try:
                _write(group, str(niceness).encode())
            finally:
                os.close(group)


def _write(file: int, text: bytes) -> None:
    for _ in range(TRIES):
        try:
            os.write(file, text)
        except BlockingIOError:
            time.sleep(PAUSE)
        else:
            return
