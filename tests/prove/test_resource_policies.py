"""Policies of buckets and keys, against what is written there and what KMS asks before it makes a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nestctl.policies.conditions import NEGATIVE
from nestctl.policies.documents import Policy, Statement, parse
from nestctl.policies.evaluate import Request, decide
from nestctl.prove.iam import principals
from nestctl.prove.iam.recording import ROLE, STATE, load
from nestctl.prove.plan import Resource
from nestctl.prove.roots import Plans

pytestmark = pytest.mark.slow

KIND = "s3:x-amz-server-side-encryption"
KEY = f"{KIND}-aws-kms-key-id"
CUSTOMERS = f"{KIND}-customer-algorithm"
POLICED = ("aws_kms_key", "aws_s3_bucket_policy", "aws_secretsmanager_secret_policy", "aws_sns_topic_policy")
"""Resources that carry a policy of their own. All others that name principals are roles' trust policies."""

ROOTS = ("state", "bootstrap", "staging")


def of_resources(plans: Plans, root: str) -> Iterator[tuple[Resource, Policy, list[Any]]]:
    """Yield each planned resource that has a policy of its own, the policy, and who its statements name."""
    for resource in plans.plan(root).of(*POLICED):
        if resource["policy"] is None:  # it names what only AWS knows: the distribution that reads the bucket
            assert "static_bucket" in resource.address
            continue
        document = json.loads(resource["policy"])
        named = [s.pop("Principal") for s in document["Statement"]]
        yield resource, parse(resource.address, document), named


@pytest.fixture(scope="module")
def state_buckets(plans: Plans) -> dict[str, Policy]:
    """Policy of each state bucket, by the bucket's ARN."""
    found = {}
    for resource, policy, _ in of_resources(plans, "state"):
        if resource.type == "aws_s3_bucket_policy" and "logs_bucket" not in resource.address:
            (arn,) = {r.partition("/")[0] for s in policy for r in s.resources}
            found[arn] = policy
    assert len(found) == 2 * len(plans.settings.manifest.environments) + 1
    return found


def written(plans: Plans) -> list[str]:
    """Return every object that a rehearsal wrote into a bucket for states."""
    names = principals.names(plans)
    calls = [call.filled(names).request for call in load()[1]]
    return [c.resource for c in calls if c.action == "s3:PutObject" and ":::nest-state-" in c.resource]


def denial(buckets: dict[str, Policy], target: str, **headers: str) -> str:
    """Return the name of the statement that denies a write, empty when none does."""
    context = {"aws:SecureTransport": "true", **headers}
    found = decide([buckets[target.partition("/")[0]]], Request("s3:PutObject", target, context))
    return found.statement.sid if found.statement else ""


def test_states_and_locks_can_be_written_without_a_header(
    plans: Plans, state_buckets: dict[str, Policy]
) -> None:
    targets = written(plans)
    assert {t.rpartition("/")[2] for t in targets} == {"terraform.tfstate", "terraform.tfstate.tflock"}
    assert len({t.partition("/")[0] for t in targets}) == 3, "state, bootstrap and staging"
    assert [denial(state_buckets, target) for target in targets] == [""] * len(targets)


def test_only_the_buckets_own_key_may_be_named(plans: Plans, state_buckets: dict[str, Policy]) -> None:
    key = plans.plan("state")['aws_kms_key.state["state"]']["arn"]  # a plan offline gives all the same
    for target in written(plans):
        assert denial(state_buckets, target, **{KIND: "aws:kms", KEY: key}) == ""
        assert denial(state_buckets, target, **{KIND: "aws:kms", KEY: f"{key}x"}) == "DenyOtherKeys"
        assert denial(state_buckets, target, **{KEY: f"{key}x"}) == "DenyOtherKeys"
        # Neither of S3's own kinds, nor S3's own key, which it takes where none is named.
        for kind in ("AES256", "aws:kms"):
            assert denial(state_buckets, target, **{KIND: kind}) == "DenyKeyLeftOpen"
        assert denial(state_buckets, target, **{KIND: "aws:kms:dsse", KEY: key}) == "DenyOtherEncryption"
        assert denial(state_buckets, target, **{CUSTOMERS: "AES256"}) == "DenyKeysFromCustomers"


def every_statement(plans: Plans) -> Iterator[Statement]:
    for root in ROOTS:
        for _, policy, _ in of_resources(plans, root):
            yield from policy
    for person in (*principals.deploying(plans), principals.boundary(plans)):
        for policy in person.policies:
            yield from policy
    for role in principals.running(plans.environment()):
        for policy in role.policies:
            yield from policy


def test_no_denial_hits_a_request_that_lacks_the_key(plans: Plans) -> None:
    """A negated operator, and any with IfExists, holds for a key that is absent."""
    hit = []
    for statement in every_statement(plans):
        there = {c.key for c in statement.conditions if c.operator == "Null" and c.values == ("false",)}
        for condition in statement.conditions:
            open_ended = condition.if_exists or condition.operator in NEGATIVE
            if not statement.allows and open_ended and condition.key not in there:
                hit.append(f"{statement.sid}: {condition}")
    assert hit == []


# ---------------------------------------------------------------------- keys


def makers(plans: Plans) -> dict[str, tuple[str, str]]:
    """Return who makes the keys of a root: name of the recording and ARN."""
    here = principals.names(plans)
    iam = f"arn:aws:iam::{here.account}"
    return {
        "state": (STATE, f"{iam}:user/{here.project}-state"),
        "staging": (ROLE, f"{iam}:role/{here.project}-{here.environment}-terraform"),
    }


def test_who_makes_a_key_may_change_its_policy_before_it_has_tags(plans: Plans) -> None:
    """Else CreateKey is refused: "The new key policy will not allow you to update the key policy"."""
    for root, (_, arn) in makers(plans).items():
        keys = [found for found in of_resources(plans, root) if found[0].type == "aws_kms_key"]
        assert len(keys) == len(plans.plan(root).of("aws_kms_key")) > 0
        for _, policy, named in keys:
            own = [s for s, who in zip(policy, named, strict=True) if who == {"AWS": arn}]
            assert [(s.allows, s.actions, s.conditions) for s in own] == [(True, ("kms:PutKeyPolicy",), ())]


def test_who_makes_a_key_cannot_change_the_policies_of_others(plans: Plans) -> None:
    people = {person.name: person for person in principals.deploying(plans)}
    here = principals.names(plans)
    key = f"arn:aws:kms:{here.region}:{here.account}:key/0"
    others: list[dict[str, str]] = [
        {},
        {"aws:ResourceTag/Project": "other", "aws:ResourceTag/Environment": here.environment},
    ]
    own = {"aws:ResourceTag/Project": here.project, "aws:ResourceTag/Environment": here.environment}
    for name, _ in makers(plans).values():
        for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"):
            assert decide(people[name].policies, Request(action, key, own)).allowed
            for tags in others:
                assert not decide(people[name].policies, Request(action, key, tags)).allowed, (name, tags)
