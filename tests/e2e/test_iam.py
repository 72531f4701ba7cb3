"""IAM on a real site: nobody is refused, the proof knows every request, and every right is needed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import patient
import pytest
from worlds import World, steps_of

from nestctl.prove.iam.recording import ENVIRONMENT, ROLE, Names, from_cloud, load

NAMES = Names("000000000000", "us-east-1", "nest", "staging")
PRINCIPALS = {ROLE: "nest-staging-terraform", ENVIRONMENT: "nest-staging"}
EVERYWHERE = 10**9
SAMPLE = 40

REMOVED = (
    # Who, what is taken away, and the step of an idle run that cannot do without it: a user's and the role's
    # right, asked by Terraform and by nestctl. Forty more are taken away by the nightly test.
    ("nest-state", "kms:GetKeyRotationStatus", "state"),
    ("nest-staging", "sts:AssumeRole", "certificate"),
    (PRINCIPALS[ROLE], "ecr:DescribeImages", "images"),
)


def asked(world: World, since: int = 0) -> list[dict[str, Any]]:
    endpoint = world.nestctl("local", "env", "--json").data["AWS_ENDPOINT_URL"]
    answer = patient.get(f"{endpoint}/_local/authorizations", params={"since": since}, timeout=60)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["authorizations"]
    return found


def owner(entry: dict[str, Any]) -> str:
    """Return who asked, without the name of the session."""
    arn = str(entry["principal"])
    return arn.rpartition("/")[0] if ":assumed-role/" in arn else arn


def test_nobody_was_refused_anything(site: Any) -> None:
    found = asked(site.world)
    refused = [entry for entry in found if entry["refused"]]
    # A role that is just made, and what it may do, are known a moment later; nestctl asks until then.
    early = [entry for entry in refused if entry["operation"] in ("sts:AssumeRole", "kms:ListAliases")]
    assert [entry for entry in refused if entry not in early] == []
    allowed = [(owner(entry), entry["requests"]) for entry in found if not entry["refused"]]
    assert all((owner(entry), entry["requests"]) in allowed for entry in early)
    callers = {entry["principal"].rpartition(":")[2].rpartition("/")[0] for entry in found}
    assert {"assumed-role/nest-staging-terraform", "user", "assumed-role/nest-staging-lambda"} <= callers


def test_a_real_run_asks_for_nothing_that_the_recording_lacks(site: Any) -> None:
    date, recorded = load()
    known = {call.key for call in recorded}
    new = {call.key: call for call in from_cloud(asked(site.world), NAMES) if call.key not in known}
    assert [f"{call.principal}: {call.request}" for call in new.values()] == [], (
        f"the recording of {date} is too old: scripts/record_api_calls.py renews it"
    )


@contextmanager
def without(world: World, name: str, action: str) -> Iterator[None]:
    """Take an action away from a user or role: a policy of its own denies it, which no step repairs."""
    iam = world.client("iam")
    document = json.dumps({"Statement": {"Effect": "Deny", "Action": action, "Resource": "*"}})
    arn = iam.create_policy(PolicyName="taken-away", PolicyDocument=document)["Policy"]["Arn"]
    if name == PRINCIPALS[ROLE]:
        attach, detach, who = iam.attach_role_policy, iam.detach_role_policy, {"RoleName": name}
    else:
        attach, detach, who = iam.attach_user_policy, iam.detach_user_policy, {"UserName": name}
    attach(**who, PolicyArn=arn)
    known(world)
    try:
        yield
    finally:
        detach(**who, PolicyArn=arn)
        iam.delete_policy(PolicyArn=arn)
        known(world)


def known(world: World) -> None:
    """Wait until IAM has heard of a change."""
    endpoint = world.nestctl("local", "env", "--json").data["AWS_ENDPOINT_URL"]
    time.sleep(float(patient.get(f"{endpoint}/_local/delay", timeout=60).json()) + 0.1)


def failing(world: World, name: str, action: str, until: str) -> str:
    """Run without an action, and return the step that failed for want of it, or what happened instead."""
    since = world.calls(since=EVERYWHERE)["last"]
    with without(world, name, action):
        done = world.nestctl("up", "--until", until, "--json", status=None)
    # The error names it too, but where a HEAD was refused: that answer has no body, on AWS neither.
    refused = [entry["refused"] for entry in asked(world, since) if entry["refused"]]
    if done.status != 1 or not any(f"not authorized to perform: {action} " in why for why in refused):
        return f"{done.status}: {refused}"
    (failed,) = [step for step, outcome in steps_of(done.data).items() if outcome == "failed"]
    return failed


@pytest.mark.parametrize(("name", "action", "step"), REMOVED, ids=[action for _, action, _ in REMOVED])
def test_without_an_action_the_run_fails_where_it_is_needed(
    site: Any, name: str, action: str, step: str
) -> None:
    assert failing(site.world, name, action, step) == step


@pytest.mark.nightly
def test_forty_actions_more_are_each_needed_where_they_are_first_used(site: Any) -> None:
    first = first_steps(site.world)
    assert len(first) >= SAMPLE
    chosen = [first[round(n * (len(first) - 1) / (SAMPLE - 1))] for n in range(SAMPLE)]
    found = [(name, action, failing(site.world, name, action, step)) for name, action, step in chosen]
    assert found == chosen


def first_steps(world: World) -> list[tuple[str, str, str]]:
    """Return which principal first asks for which action in which step, in a run that finds nothing to do."""
    found: dict[tuple[str, str], str] = {}
    previous: set[tuple[str, str]] = set()
    for step in ("state", "bootstrap", "certificate", "images", "platform"):
        since = world.calls(since=EVERYWHERE)["last"]
        world.nestctl("up", "--until", step, "--json")
        pairs = {
            (caller(entry["principal"]), action)
            for entry in asked(world, since)
            for action, _, _ in entry["requests"]
            if caller(entry["principal"])
        }
        found |= dict.fromkeys(sorted(pairs - previous), step)
        previous |= pairs
    return [(name, action, step) for (name, action), step in found.items()]


def caller(arn: str) -> str:
    """Return the name of a user, or of the role that deploys; empty for the roles of the site."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    if kind == "user":
        return rest
    return PRINCIPALS[ROLE] if rest.startswith(PRINCIPALS[ROLE]) else ""
