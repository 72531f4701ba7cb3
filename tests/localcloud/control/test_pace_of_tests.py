"""Tests of short states look again, more slowly, when they came too late; and only then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from people import delay
from watching import at_pace

Client = Callable[..., Any]


def test_what_looked_too_seldom_is_run_again_with_longer_waits(endpoint: str, aws: Client) -> None:
    before, waits, sts = delay(endpoint), [], aws("sts")

    def late_once() -> None:
        waits.append(delay(endpoint))
        sts.get_caller_identity()
        time.sleep(0.3 if len(waits) == 1 else 0)
        sts.get_caller_identity()
        assert len(waits) > 1

    at_pace(endpoint, 0.7, late_once)
    assert waits == [0.7, 1.4]
    assert delay(endpoint) == before


def test_what_looked_often_enough_fails_at_once(endpoint: str, aws: Client) -> None:
    tried, sts = [], aws("sts")

    def wrong() -> None:
        tried.append(sts.get_caller_identity())
        sts.get_caller_identity()
        assert len(tried) == 0, "it is wrong"

    with pytest.raises(AssertionError, match="it is wrong"):
        at_pace(endpoint, 60, wrong)
    assert len(tried) == 1


def test_what_stays_wrong_fails(endpoint: str, aws: Client) -> None:
    tried, sts = [], aws("sts")

    def late() -> None:
        tried.append(sts.get_caller_identity())
        time.sleep(0.1)
        sts.get_caller_identity()
        assert len(tried) == 0

    with pytest.raises(AssertionError):
        at_pace(endpoint, 0.02, late)
    assert len(tried) == 4
