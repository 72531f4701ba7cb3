"""Two projects in one account: what the policies of one would reach of the other, and which are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.policies.documents import Statement, matches
from nestctl.policies.evaluate import Request, decide
from nestctl.prove.iam.principals import Principal, deploying
from nestctl.prove.roots import Plans
from nestctl.prove.stand_in import ACCOUNT_ID
from nestctl.report import NestctlError
from nestctl.runbook import neighbours
from nestctl.runbook.context import Context, suffix
from nestctl.runbook.doctor import account

OWN = re.compile(r"\bnest\b")
"""The project's name in a pattern of its policies."""

ALIKE = [
    ("nest-staging", "eu"),  # nest-staging-eu: the same as of nest's environment staging-eu
    ("nest-staging", "staging"),
    ("nest-tools", "staging"),
    ("nest-state", "staging"),
    ("nest-x", "y"),
]
APART = [
    ("nests", "staging"),
    ("nest2", "staging"),
    ("my-nest", "staging"),
    ("ne", "st"),
    ("tools", "nest-staging"),
    ("other", "staging"),
    ("state", "nest"),
]


@pytest.fixture(scope="module")
def people(plans: Plans) -> tuple[Principal, ...]:
    """Those who deploy nest's staging, and the bound of all roles that they make."""
    return deploying(plans)


def named(principal: Principal) -> Iterator[tuple[Statement, str]]:
    """Yield the patterns that a principal's rights are scoped to by the project's name."""
    for policy in principal.policies:
        for statement in policy.statements:
            for pattern in statement.resources:
                if statement.allows and OWN.search(pattern):
                    yield statement, pattern


def of_another(pattern: str, project: str, environment: str) -> str:
    """Return the ARN that a pattern stands for in another project."""
    arn = pattern.replace("nest-staging", f"{project}-{environment}")
    arn = arn.replace("nest/staging", f"{project}/{environment}")
    arn = re.sub(r"(?<=[:/])nest(?=-)", project, arn) if "nest-staging" not in pattern else arn
    return arn.replace("*", "x").replace("?", "x")


def reached(people: tuple[Principal, ...], project: str, environment: str) -> set[str]:
    """Return the resources of another project that a statement about nest's names speaks of."""
    patterns = [pattern for principal in people for _, pattern in named(principal)]
    theirs = {of_another(pattern, project, environment) for pattern in patterns}
    return {arn for arn in theirs if any(matches(pattern, arn) for pattern in patterns)}


def test_the_policies_name_what_they_are_about(people: tuple[Principal, ...]) -> None:
    assert len({pattern for principal in people for _, pattern in named(principal)}) > 40


@pytest.mark.parametrize(("project", "environment"), APART)
def test_projects_that_may_stand_together_do_not_reach_each_other(
    people: tuple[Principal, ...], project: str, environment: str
) -> None:
    assert neighbours.alike("nest", [project]) == []
    assert reached(people, project, environment) == set()


@pytest.mark.parametrize("environment", ["staging2", "production", "pre-staging"])
def test_the_role_of_one_environment_does_not_reach_another(
    people: tuple[Principal, ...], environment: str
) -> None:
    """One named like `staging-eu` is refused by the manifest's rules."""
    role = tuple(principal for principal in people if "role" in principal.title)
    # Names of buckets end in a digest of project and environment.
    theirs = {
        pattern for person in role for _, pattern in named(person) if not re.search("-[0-9a-f]{8}", pattern)
    }
    assert len(theirs) > 30
    for arn in (of_another(pattern, "nest", environment) for pattern in theirs):
        assert not [pattern for pattern in theirs if matches(pattern, arn)], arn


@pytest.mark.parametrize(("project", "environment"), ALIKE)
def test_projects_that_would_reach_each_other_are_refused(
    people: tuple[Principal, ...], project: str, environment: str
) -> None:
    assert neighbours.alike("nest", [project, "other"]) == [project]
    assert neighbours.alike(project, ["nest", "other"]) == ["nest"]
    assert reached(people, project, environment)


def test_the_evaluator_would_allow_one_role_what_is_the_others(people: tuple[Principal, ...]) -> None:
    """Without the refusal: the role of nest's staging deletes the database of the project nest-staging."""
    role = next(principal for principal in people if "role" in principal.title)
    for stack, allowed in (("nest-staging-eu", True), ("my-nest-staging", False), ("nests-staging", False)):
        for action, arn in (
            ("rds:DeleteDBInstance", f"arn:aws:rds:us-east-1:{ACCOUNT_ID}:db:{stack}-db"),
            ("iam:DeleteRole", f"arn:aws:iam::{ACCOUNT_ID}:role/{stack}-lambda"),
            ("logs:DeleteLogGroup", f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/aws/lambda/{stack}"),
        ):
            assert decide(role.policies, Request(action, arn)).allowed is allowed, (action, arn)


# ---------------------------------------------------------------------- the doctor


def context(project: str) -> Any:
    made = object.__new__(Context)
    settings = SimpleNamespace(environment="staging", project=project, stack=f"{project}-staging")
    for name, value in {
        "settings": settings,
        "target": SimpleNamespace(region="us-east-1"),
        "caller": SimpleNamespace(account_id=ACCOUNT_ID),
    }.items():
        object.__setattr__(made, name, value)
    return made


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the account's buckets."""
    found = {"somebody-elses", "nest-x-state-state-00000000", "nest-y-state-state"}
    monkeypatch.setattr(neighbours.s3, "buckets", lambda _: found)
    return found


def bucket(project: str, region: str = "us-east-1", owner: str = ACCOUNT_ID) -> str:
    return f"{project}-state-state-{suffix(owner, region, project, 'state')}"


@pytest.mark.parametrize(
    ("project", "there"),
    [("nest", "nest-staging"), ("nest-staging", "nest"), ("a-b-c", "a"), ("a", "a-b-c")],
)
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_the_doctor_refuses_a_project_beside_one_named_alike(
    buckets: set[str], project: str, there: str, region: str
) -> None:
    buckets |= {bucket(there, region), bucket(project), bucket("other")}
    with pytest.raises(
        NestctlError, match=f"The project {project} cannot stand in the account of {there}"
    ) as caught:
        account(context(project), lambda _: None)
    assert caught.value.code == "project-alike"
    # As it is told: another name.
    assert account(context("else"), lambda _: None).value == ACCOUNT_ID


def test_what_only_looks_like_a_state_is_no_project(buckets: set[str]) -> None:
    buckets |= {bucket("nest"), bucket("nest-z", owner="999999999999"), "nest-state-logs-12345678"}
    assert neighbours.projects(context("nest")) == {"nest"}
    assert account(context("nest"), lambda _: None).value == ACCOUNT_ID
