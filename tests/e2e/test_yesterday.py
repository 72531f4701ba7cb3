"""A state that no run wrote ends a run; what that run advises brings everything back as it was."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from yesterday import ROOTS, advised

LOST = {"state": "it is empty", "bootstrap": "it is not JSON", "staging": "it is deleted"}


def test_all_that_is_wrong_is_told_before_anything_is_planned(survivor: Any) -> None:
    spoilt, _ = survivor.refusals
    assert spoilt.run.status == 1, str(spoilt.run)
    assert "] state: " in spoilt.run.stderr
    assert "] bootstrap: " not in spoilt.run.stderr
    for root, words in LOST.items():
        assert f"The state of {root} cannot be used: {words}" in spoilt.run.stderr
        assert f"The last good version is {spoilt.good[root]} of 20" in spoilt.run.stderr


def test_a_state_that_goes_back_is_told_though_it_was_built_upon(survivor: Any) -> None:
    _, older = survivor.refusals
    assert older.run.status == 1, str(older.run)
    assert "The state of staging is older than the version before it" in older.run.stderr
    assert f"The last good version is {older.good['staging']} of 20" in older.run.stderr
    said = r"To keep the present one instead: .*nestctl (state .+)$"
    (instead,) = re.findall(said, older.run.stderr, re.MULTILINE)
    words = shlex.split(instead)
    assert words[:3] == ["state", "restore", "staging"]
    assert older.good["staging"] not in words
    assert words[words.index("--app") + 1] == str(survivor.world.app)


@pytest.mark.parametrize(("number", "roots"), [(0, ROOTS), (1, ("staging",))])
def test_the_advice_can_be_typed_and_brings_the_good_version_back(
    survivor: Any, number: int, roots: tuple[str, ...]
) -> None:
    refusal = survivor.refusals[number]
    assert len(advised(refusal.run)) == len(roots)
    for done in refusal.followed:
        assert done.status == 0, str(done)
    assert refusal.restored == dict.fromkeys(roots, True)


def test_the_run_after_that_finds_everything_as_it_was(survivor: Any) -> None:
    """That it has nothing to do is asserted in test_killed_runs."""
    assert survivor.settled.status == 0, str(survivor.settled)
    assert sum(number for number, _ in survivor.before.rows.values()) > 100
    assert survivor.after.rows == survivor.before.rows
    assert survivor.after.parameters == survivor.before.parameters
    assert survivor.after.things == survivor.before.things
    assert survivor.after.ids == survivor.before.ids
