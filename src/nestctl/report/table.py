"""The one form in which a step that ended is shown: live, in a log, and by ``nestctl status``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

MARKS = {"done": "=", "changed": "+", "needed": "*", "skipped": ".", "blocked": "!", "failed": "x"}
"""ASCII, so that every terminal, log and locale shows the same."""

STEP = 12
"""Columns of a step's name: the longest has 11 letters."""

INDENT = STEP + 25
"""Columns before a reason: mark, name, outcome and time."""

NARROWEST_REASON = 20


def step_lines(step: str, outcome: str, reason: str, seconds: float, width: int | None = None) -> list[str]:
    """Return a step that ended as lines; where it takes several, the reason goes on below itself.

    Args:
        step: Its name.
        outcome: A key of ``MARKS``.
        reason: One line on why.
        seconds: Time it took.
        width: Columns there are; ``None`` for one line however long.
    """
    head = f"  {MARKS[outcome]} {step:<{STEP}} {outcome:<8} {seconds:>7.1f} s  "
    first = reason.splitlines()[0] if reason else ""
    if width is None:
        return [(head + first).rstrip()]
    room = max(width - INDENT, NARROWEST_REASON)
    parts = textwrap.wrap(first, room, break_long_words=False, break_on_hyphens=False) or [""]
    lines = [head + parts[0]] if len(parts[0]) <= room else [head, parts[0]]
    lines += parts[1:]
    # A host's name that is wider than the column moves to the left and stays whole.
    indented = (" " * max(0, min(INDENT, width - len(line))) + line for line in lines[1:])
    return [lines[0].rstrip(), *indented]


def render_results(steps: list[dict[str, object]], width: int | None = None) -> Iterator[str]:
    """Yield the lines of all steps, as ``--json`` has them."""
    for step in steps:
        yield from step_lines(
            str(step["step"]),
            str(step["outcome"]),
            str(step["reason"]),
            float(str(step["seconds"])),
            width,
        )
