"""The record of API calls."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 20_000  # several applies of the whole stack


@dataclass(frozen=True)
class Recorded:
    """One answered call.

    Attributes:
        number: Counts up from 1; ``GET /_local/calls?since=N`` answers those after ``N``.
        service: As in the call's signature.
        action: API action.
        status: HTTP status of the answer.
        ms: Time to answer, in milliseconds.
        corrected: Whether a correction answered it.
    """

    number: int
    service: str
    action: str
    status: int
    ms: float
    corrected: bool


class Calls:
    """A ring of the last calls."""

    def __init__(self) -> None:
        self._ring: deque[Recorded] = deque(maxlen=KEPT)
        self._count = 0

    @property
    def last(self) -> int:
        """Number of the last recorded call."""
        return self._count

    def add(self, service: str, action: str, status: int, seconds: float, *, corrected: bool) -> None:
        """Record an answered call."""
        self._count += 1
        self._ring.append(Recorded(self._count, service, action, status, round(seconds * 1000, 2), corrected))

    def since(self, number: int) -> dict[str, Any]:
        """The calls after a number, oldest first, and the number to ask with next time."""
        return {"last": self._count, "calls": [asdict(call) for call in self._ring if call.number > number]}
