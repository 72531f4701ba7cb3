"""How long the local cloud takes for what AWS takes time for: one figure for all of it.

Corrections ask :func:`seconds` and scale it (a database takes longer than a policy), keep what is under way
in a :class:`Changes`, or let :func:`passes` take a record through its states. A wait of 0 ends at once all
that is under way.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nestctl.localcloud.errors import LocalCloudError

VARIABLE = "NESTCTL_LOCAL_DELAY"
DEFAULT_SECONDS = 2.0
"""Long enough that a program which does not wait is caught, short beside Terraform's own waits."""

HIGHEST_SECONDS = 3600.0
KEY = "delay"
"""Where ``cloud.json`` keeps it."""


@dataclass
class _Pace:
    seconds: float = DEFAULT_SECONDS


_pace = _Pace()


def seconds() -> float:
    """How long a usual change takes, in seconds; 0 when everything is to be done at once."""
    return _pace.seconds


def set_seconds(value: float) -> None:
    """Set how long a usual change takes from now on.

    Raises:
        LocalCloudError: It is no number of seconds from 0 to an hour.
    """
    _pace.seconds = checked(value)
    if not _pace.seconds:
        for due in sorted(_due):
            _end(due)


def checked(value: object) -> float:
    """Return a wait in seconds.

    Raises:
        LocalCloudError: It is no number of seconds from 0 to an hour.
    """
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not 0 <= number <= HIGHEST_SECONDS:
        raise LocalCloudError(
            f"{value} is not a wait: give seconds from 0 to {HIGHEST_SECONDS:.0f}.",
            "nestctl local start --delay 2",
        )
    return number


def asked() -> float | None:
    """The wait that the environment asks for, in seconds; ``None`` when it asks for none.

    Raises:
        LocalCloudError: ``NESTCTL_LOCAL_DELAY`` is no wait.
    """
    named = os.environ.get(VARIABLE)
    return checked(named) if named else None


@dataclass
class Changes:
    """What is under way, by name. A restart of the cloud ends all of it, as every wait here is short."""

    _until: dict[str, tuple[str, float]] = field(default_factory=dict)

    def begin(self, name: str, state: str, *, times: float = 1.0) -> None:
        """Begin a change.

        Args:
            name: Of the resource, unique among those kept here.
            state: What AWS calls it meanwhile: ``modifying``.
            times: How many usual waits it takes.
        """
        if (wait := seconds() * times) > 0:
            self._until[name] = (state, time.monotonic() + wait)

    def state(self, name: str) -> str | None:
        """What is under way; ``None`` when nothing is."""
        found = self._until.get(name)
        if found is not None and (time.monotonic() >= found[1] or not seconds()):
            del self._until[name]
            return None
        return found and found[0]

    def left(self, name: str) -> float:
        """Seconds until it is over; 0 when nothing is under way."""
        found = self._until.get(name)
        return max(0.0, found[1] - time.monotonic()) if found and seconds() else 0.0

    def end(self, name: str) -> None:
        """Forget it: the resource is gone, or the change is over."""
        self._until.pop(name, None)


Record = dict[str, Any]
_numbers = itertools.count()
_due: dict[int, tuple[asyncio.Handle, Callable[[], object]]] = {}
_latest: dict[tuple[int, str], int] = {}


def later(work: Callable[[], object], *, times: float = 1.0) -> int:
    """Do something when a change is over, in the account and region of the call that is answered now.

    What is done must not mind coming late or never: a restart of the cloud forgets it.

    Args:
        work: Called once, in the cloud's loop; at once when there is no wait.
        times: How many usual waits it takes.

    Returns:
        A number that grows with every call.
    """
    number = next(_numbers)
    wait = seconds() * times
    if wait <= 0:
        work()
        return number
    context = contextvars.copy_context()  # whoever ends all waits at once works in another region
    handle = asyncio.get_running_loop().call_later(wait, _end, number)
    _due[number] = (handle, lambda: context.run(work))
    return number


def _end(number: int) -> None:
    found = _due.pop(number, None)
    if found is not None:
        found[0].cancel()
        found[1]()


def passes(
    record: Record, key: str, *states: str, times: float = 1.0, then: Callable[[], object] | None = None
) -> None:
    """Take a record through states of equal length; whoever sets another state meanwhile has the last word.

    Args:
        record: As the emulator keeps it, so that every answer shows its state.
        key: Where it keeps the state.
        states: The first is set now, the last stays.
        times: How many usual waits each but the last takes.
        then: Called when the last is reached.
    """
    first, *others = states
    record[key] = first
    if not others:
        if then is not None:
            then()
        return
    place = (id(record), key)

    def over() -> None:
        if _latest.get(place) != mine:
            return
        del _latest[place]
        if record[key] == first:
            passes(record, key, *others, times=times, then=then)

    mine = _latest[place] = next(_numbers)
    later(over, times=times)
