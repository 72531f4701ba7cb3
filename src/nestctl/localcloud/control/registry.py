"""The corrections to the emulator, by service and action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nestctl.localcloud.control.types import Correction


@dataclass(frozen=True)
class Entry:
    """A correction and what would make it needless."""

    service: str
    action: str
    until: str
    function: Correction


AT_START: list[Callable[[], None]] = []
"""What to do once the emulator has loaded its state, before the first call."""

CORRECTIONS: dict[tuple[str, str], Entry] = {}


def corrects(service: str, action: str, *, until: str) -> Callable[[Correction], Correction]:
    """Register a function as the answer to one API action.

    Args:
        service: botocore's endpoint name, as in :class:`~nestctl.localcloud.control.types.Call`.
        action: API action, as AWS spells it.
        until: What the emulator must do for this correction to go.

    Raises:
        ValueError: The action is corrected already.
    """

    def register(function: Correction) -> Correction:
        key = (service, action)
        if key in CORRECTIONS:
            raise ValueError(f"{service}:{action} is corrected twice")
        CORRECTIONS[key] = Entry(service, action, until, function)
        return function

    return register


def at_start(function: Callable[[], None]) -> Callable[[], None]:
    """Register what ends the changes that a stop of the cloud cut short: nobody is left to end them."""
    AT_START.append(function)
    return function
