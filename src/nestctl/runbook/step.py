"""What a step is: it says whether it is done by looking at AWS, does its work, and proves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from nestctl.runbook.context import Context

Verdict = Literal["done", "needed"]
Tell = Callable[[str], None]
"""Receives one line on what a step does right now."""


@dataclass(frozen=True)
class Check:
    """What a look at the world found.

    Attributes:
        verdict: ``done`` when nothing is to be done, or ``needed``.
        reason: One line on why.
        plan: What the step would do, a line each; for ``needed``.
        data: Facts for ``--json``.
    """

    verdict: Verdict
    reason: str
    plan: Sequence[str] = ()
    data: dict[str, Any] = field(default_factory=dict)


def done(reason: str, **data: Any) -> Check:
    """Return the check of a step that has nothing to do."""
    return Check("done", reason, data=data)


def needed(reason: str, *plan: str, **data: Any) -> Check:
    """Return the check of a step that has something to do, and what."""
    return Check("needed", reason, plan, data)


class Step(Protocol):
    """A chapter of the runbook. Frozen: all that changes is in AWS.

    Attributes:
        name: Short and stable: what ``--until`` takes.
        title: What it is for, in words.
        needs: Names of the steps that must be done before.
    """

    @property
    def name(self) -> str:
        """Short and stable: what ``--until`` takes."""

    @property
    def title(self) -> str:
        """What the step is for, in words."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the steps that must be done before."""

    def check(self, context: Context, tell: Tell) -> Check:
        """Look at the world and say whether there is something to do. Changes nothing."""

    def apply(self, context: Context, tell: Tell) -> str:
        """Do it, and return one line on what was done. May be repeated after any interruption."""

    def verify(self, context: Context, tell: Tell) -> None:
        """Prove it with a check that could fail.

        Raises:
            NestctlError: It does not hold.
        """
