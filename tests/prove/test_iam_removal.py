"""Without any one action that is used, the run would fail, and first at the step that needs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nestctl.prove.iam import principals, usage
from nestctl.prove.iam.kept import Entry
from nestctl.prove.iam.principals import Principal
from nestctl.prove.iam.recording import Recorded, load
from nestctl.prove.roots import Plans

pytestmark = pytest.mark.slow

FEWEST = 150
"""Entries of the role's policies that a whole life of the site needs, at least."""


@pytest.fixture(scope="session")
def lives(plans: Plans) -> list[tuple[Principal, list[Recorded]]]:
    """Each principal with what it asked from the first step to the last."""
    recorded, names = load()[1], principals.names(plans)
    return [(p, usage.calls_of(p.name, recorded, names)) for p in principals.deploying(plans)]


def needed(
    lives: list[tuple[Principal, list[Recorded]]],
) -> Iterator[tuple[Principal, list[Recorded], Entry]]:
    for principal, calls in lives:
        for entry, why in usage.needs(principal, calls).items():
            if why:
                yield principal, calls, entry


def test_each_removal_is_refused_first_where_the_action_is_first_needed(
    lives: list[tuple[Principal, list[Recorded]]],
) -> None:
    steps: set[str] = set()
    count = 0
    for principal, calls, entry in needed(lives):
        lesser = usage.without(principal.policies, entry)
        refused = usage.refused(lesser, calls)
        assert refused, f"{principal.title} can do without {entry.action} in {entry.sid}"
        first = next(
            call for call in calls if call.request.action == refused[0].request.action and call in refused
        )
        assert (first.run, first.step) == (refused[0].run, refused[0].step)
        # Nothing before it is touched: the run comes as far as that step.
        before = calls[: calls.index(refused[0])]
        assert usage.refused(lesser, before) == []
        steps.add(f"{first.run}/{first.step}")
        count += 1
    assert count > FEWEST
    assert {
        "up/state",
        "up/bootstrap",
        "up/certificate",
        "up/images",
        "up/platform",
        "up/migrate",
        "up/backend",
    } <= steps
    assert any(step.startswith("destroy") for step in steps)


def test_all_that_was_asked_is_allowed(lives: list[tuple[Principal, list[Recorded]]]) -> None:
    for principal, calls in lives:
        assert calls, principal.title
        assert usage.refused(principal.policies, calls) == []
