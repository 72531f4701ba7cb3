"""The registry of limits that AWS documents and no model states."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nestctl.localcloud.control.types import Call


class Refused(NamedTuple):
    """How AWS refuses a request.

    Attributes:
        code: AWS's error code.
        message: AWS's words.
        status: HTTP status.
    """

    code: str
    message: str
    status: int = 400


Limit = Callable[[Call], Refused | None]
LIMITS: dict[tuple[str, str], list[Limit]] = {}


def limits(service: str, *actions: str) -> Callable[[Limit], Limit]:
    """Register a function that says why AWS refuses a request of these actions."""

    def register(function: Limit) -> Limit:
        for action in actions:
            LIMITS.setdefault((service, action), []).append(function)
        return function

    return register
