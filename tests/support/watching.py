"""Looking at what takes time: the states that a resource goes through, and what is refused in them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

SECONDS = 60.0


def states_until(last: str, state: Callable[[], str]) -> list[str]:
    """Return the states in the order in which they are seen, each once in a row, up to the last."""
    seen = [state()]
    deadline = time.monotonic() + SECONDS
    while seen[-1] != last:
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
        if (now := state()) != seen[-1]:
            seen.append(now)
    return seen


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Return code and words that a call is refused with; both empty when it is not."""
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]
        return str(found["Code"]), str(found["Message"])
    return "", ""


def state_or_gone(call: Callable[[], str], *codes: str) -> str:
    """Return a state; ``gone`` once the call is refused with one of these codes."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return "gone"
        raise
