"""What a run tells about itself, before anybody decides how to show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

Outcome = Literal["done", "changed", "needed", "failed", "blocked", "skipped"]


@dataclass(frozen=True)
class RunStarted:
    """A run begins: its title and the names of its steps, in order."""

    title: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class StepStarted:
    """A step begins; ``title`` says in words what it is for."""

    step: str
    title: str


@dataclass(frozen=True)
class Progress:
    """What runs now inside the current step, and how far it is if that is known (0 to 1)."""

    message: str
    fraction: float | None = None


@dataclass(frozen=True)
class Note:
    """Something the user should read whatever the outcome."""

    message: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True)
class StepFinished:
    """A step ended.

    Attributes:
        step: Its name.
        outcome: ``done`` when there was nothing to do, ``changed`` when it was carried out.
        reason: One line on why.
        seconds: Time it took.
        data: Facts for ``--json``.
    """

    step: str
    outcome: Outcome
    reason: str
    seconds: float
    data: dict[str, Any] = field(default_factory=dict)


Event: TypeAlias = RunStarted | StepStarted | Progress | Note | StepFinished


class Reporter(Protocol):
    """Receives events; the terminal, plain-line and silent reporters are its kinds."""

    def emit(self, event: Event) -> None:
        """Show or keep one event."""

    def close(self) -> None:
        """Leave the terminal as it was found."""
