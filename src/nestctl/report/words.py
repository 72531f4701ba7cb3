"""Words that depend on numbers and names: one step, two steps; and what somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MINUTE = 60
LONG = 90
"""Seconds up to which a time is told in seconds."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 step``, ``0 steps``, ``2 entries``.

    Args:
        number: How many.
        noun: The singular.
        plural: The plural, where it is not the singular with an ``s``.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def agreed(number: int, singular: str, plural: str) -> str:
    """Return the form of a verb that agrees with ``number``: ``agreed(n, "is", "are")``."""
    return singular if number == 1 else plural


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence has them: ``a``, ``a and b``, ``a, b and c``."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def lasting(seconds: float) -> str:
    """Return a time in words, as coarse as an estimate is: ``40 s``, ``3 min``."""
    return f"{seconds:.0f} s" if seconds < LONG else f"{round(seconds / MINUTE)} min"


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like ``name``, ``None`` when none is like it."""
    found = get_close_matches(name, list(known))
    # Of names that are equally like, the one whose letters were only exchanged.
    return next((other for other in found if sorted(other) == sorted(name)), found[0] if found else None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'platform'?`` for a name that is nearly a known one, else nothing."""
    near = closest(name, known)
    return f"Did you mean {near!r}?" if near else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is nearest, the first one when none is near.

    Raises:
        ValueError: No name is known.
    """
    names = list(known)
    if not names:
        raise ValueError("no name is known")
    return closest(name, names) or names[0]
