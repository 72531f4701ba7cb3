"""Results as lines of text, aligned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

MARKS = {"done": "=", "changed": "+", "needed": "*", "skipped": ".", "blocked": "!", "failed": "x"}
WIDEST_REASON = 90


def render_results(steps: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a line per step: mark, name, outcome, time, reason."""
    width = max((len(step["step"]) for step in steps), default=0)
    for step in steps:
        reason = step["reason"].splitlines()[0] if step["reason"] else ""
        if len(reason) > WIDEST_REASON:
            reason = reason[: WIDEST_REASON - 1] + "…"
        yield (
            f"  {MARKS[step['outcome']]} {step['step']:<{width}}  {step['outcome']:<8}"
            f"{step['seconds']:>7.1f} s  {reason}"
        )
