"""What a benchmark found, and whether it holds: a pair of medians against a limit, or a count."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


class NoMeasurementError(Exception):
    """A benchmark did not come to a figure; that is a failure, never a pass."""


@dataclass(frozen=True)
class Figure:
    """One figure with its limit.

    Attributes:
        name: Short and stable.
        what: Both sides of it in words.
        value: What was found; ``None`` when nothing was measured.
        limit: The most that it may be.
        unit: ``x``, ``ms`` or ``failed``.
        detail: What it was made of, for ``--json``.
        why: Why there is no value.
    """

    name: str
    what: str
    value: float | None
    limit: float
    unit: str
    detail: dict[str, Any] = field(default_factory=dict)
    why: str = ""

    @property
    def holds(self) -> bool:
        """Whether it was measured and is within its limit."""
        return self.value is not None and self.value <= self.limit

    def as_dict(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "name": self.name,
            "what": self.what,
            "value": None if self.value is None else round(self.value, 3),
            "limit": self.limit,
            "unit": self.unit,
            "holds": self.holds,
            **({"detail": self.detail} if self.detail else {}),
            **({"why": self.why} if self.why else {}),
        }

    def line(self) -> str:
        """Return it for people."""
        found = "not measured" if self.value is None else f"{self.value:.2f} {self.unit}"
        verdict = "ok  " if self.holds else "OVER" if self.value is not None else "NONE"
        end = f" - {self.why}" if self.why else ""
        return (
            f"{verdict}  {self.name:<18} {found:>13}  (at most {self.limit:g} {self.unit})  {self.what}{end}"
        )


def ratio(name: str, what: str, ours: Sequence[float], other: Sequence[float], limit: float) -> Figure:
    """Return the ratio of two medians.

    Raises:
        NoMeasurementError: A side is empty, or the other side is nothing to compare with.
    """
    a, b = _median(name, ours), _median(name, other)
    if b <= 0:
        raise NoMeasurementError(f"{name}: the other side measured {b:g}")
    return Figure(name, what, a / b, limit, "x", _detail(ours, other))


def gap(name: str, what: str, ours: Sequence[float], other: Sequence[float], limit: float) -> Figure:
    """Return the difference of two medians, given in seconds, in milliseconds.

    Raises:
        NoMeasurementError: A side is empty.
    """
    a, b = _median(name, ours), _median(name, other)
    return Figure(name, what, (a - b) * 1000, limit, "ms", _detail(ours, other))


def failures(name: str, what: str, failed: int, asked: int) -> Figure:
    """Return how many of many failed; none may.

    Raises:
        NoMeasurementError: Nothing was asked.
    """
    if not asked:
        raise NoMeasurementError(f"{name}: nothing was asked")
    return Figure(name, what, float(failed), 0, "failed", {"asked": asked, "failed": failed})


def alternate(
    ours: Callable[[], float], other: Callable[[], float], repeats: int
) -> tuple[list[float], list[float]]:
    """Measure both in turn, the first of each pair changing, so that what the machine does meets both."""
    a: list[float] = []
    b: list[float] = []
    for turn in range(repeats):
        sides = [(a, ours), (b, other)]
        for found, measure in sides if turn % 2 == 0 else reversed(sides):
            found.append(measure())
    return a, b


def seconds(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _median(name: str, values: Sequence[float]) -> float:
    if not values:
        raise NoMeasurementError(f"{name}: no measurement")
    return statistics.median(values)


def _detail(ours: Sequence[float], other: Sequence[float]) -> dict[str, Any]:
    return {
        "median": round(statistics.median(ours), 6),
        "other_median": round(statistics.median(other), 6),
        "repeats": len(ours),
    }
