"""Looking at what takes time: the states that a resource goes through, and what is refused in them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from people import quicker

SECONDS = 60.0
TRIES = 4
SELDOM = 0.3
"""Of a wait: who looks less often may miss a state."""

_answers: list[float] = []


def note_answers(client: Any) -> Any:
    """Let a client of boto3 tell when its calls were answered, and return it."""
    client.meta.events.register("after-call", lambda **_: _answers.append(time.monotonic()))
    return client


def at_pace(endpoint: str, seconds: float, test: Callable[[], object]) -> None:
    """Run a test with waits of this length; with longer ones when it failed and had looked too seldom.

    On a busy machine, a short state may be over before the test gets to look at it.
    """
    for attempt in range(TRIES):
        wait = seconds * 2**attempt
        _answers.clear()
        with quicker(endpoint, wait):
            try:
                test()
            except AssertionError:
                longest = max((b - a for a, b in itertools.pairwise(_answers)), default=0)
                if longest < SELDOM * wait or attempt == TRIES - 1:
                    raise
            else:
                return


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
