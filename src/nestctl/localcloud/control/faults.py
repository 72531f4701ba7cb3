"""Faults put in on purpose: to see what a step does when AWS fails or is slow."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """A fault for the next calls of an action.

    Attributes:
        service: As in the call's signature; ``*`` for any.
        action: API action; ``*`` for any.
        count: How many calls it hits.
        status: HTTP status of the error; 0 when it only delays.
        error: Error code.
        message: Error message.
        delay: Seconds to wait before the call goes on or the error is answered.
    """

    model_config = ConfigDict(extra="forbid")

    service: str = "*"
    action: str = "*"
    count: int = Field(default=1, ge=1)
    status: int = Field(default=0, ge=0, le=599)
    error: str = "InternalFailure"
    message: str = "A fault that was asked for."
    delay: float = Field(default=0.0, ge=0.0, le=600.0)


class Faults:
    """Faults that wait for their calls."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def replace(self, faults: list[dict[str, Any]]) -> None:
        """Set the faults; an empty list clears them.

        Raises:
            pydantic.ValidationError: An entry is not a fault.
        """
        self._waiting = [Fault.model_validate(fault) for fault in faults]

    def listing(self) -> list[dict[str, Any]]:
        """The faults that still wait."""
        return [fault.model_dump() for fault in self._waiting]

    def take(self, service: str, action: str) -> Fault | None:
        """The fault that hits this call, counted down; ``None`` for nearly all calls."""
        for fault in self._waiting:
            if fault.service in ("*", service) and fault.action in ("*", action):
                fault.count -= 1
                if fault.count == 0:
                    self._waiting.remove(fault)
                return fault
        return None
