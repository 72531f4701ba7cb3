"""The registry of limits that AWS documents and no model states."""

from __future__ import annotations

from collections.abc import Callable

from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

Limit = Callable[[Call], Refused | None]
LIMITS: dict[tuple[str, str], list[Limit]] = {}


def limits(service: str, *actions: str) -> Callable[[Limit], Limit]:
    """Register a function that says why AWS refuses a request of these actions."""

    def register(function: Limit) -> Limit:
        for action in actions:
            LIMITS.setdefault((service, action), []).append(function)
        return function

    return register
