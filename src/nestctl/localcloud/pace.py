"""How long the local cloud takes for what AWS takes time for: one figure for all of it.

Corrections ask :func:`seconds` and scale it (a database takes longer than a policy), or keep what is under
way in a :class:`Changes`.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, field

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
        if found is not None and time.monotonic() >= found[1]:
            del self._until[name]
            return None
        return found and found[0]

    def left(self, name: str) -> float:
        """Seconds until it is over; 0 when nothing is under way."""
        found = self._until.get(name)
        return max(0.0, found[1] - time.monotonic()) if found else 0.0

    def end(self, name: str) -> None:
        """Forget it: the resource is gone, or the change is over."""
        self._until.pop(name, None)
