"""The policies of those who deploy: what they must not hold, and what they need."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nestctl.policies.documents import MANAGED_LIMIT, parse
from nestctl.prove import iam
from nestctl.prove.iam import breadth, kept, principals, spelling, usage
from nestctl.prove.iam.principals import Document, Principal
from nestctl.prove.iam.recording import ROLE, Names, Recorded, load
from nestctl.prove.roots import Plans
from nestctl.settings.paths import INFRASTRUCTURE

pytestmark = pytest.mark.slow

LONGEST = Names("123456789012", "ap-southeast-1", "sixteen-letters0", "sixteen-letters1")


@pytest.fixture(scope="session")
def people(plans: Plans) -> dict[str, Principal]:
    return {person.name: person for person in principals.deploying(plans)}


@pytest.fixture(scope="session")
def recorded() -> tuple[Recorded, ...]:
    return load()[1]


def of(*statements: dict[str, Any], kind: str = ROLE) -> Principal:
    document = {"Statement": [{"Effect": "Allow", "Sid": f"S{n}", **s} for n, s in enumerate(statements)]}
    file = INFRASTRUCTURE / "bootstrap" / "policies_compute.tf"
    return Principal(kind, kind, (Document(parse("made-up", document), file),))


def said(principal: Principal) -> str:
    return "\n".join(f.what for f in breadth.findings(principal, "nest"))


def spelt(principal: Principal) -> str:
    return "\n".join(f.what for f in spelling.findings(principal.documents[0]))


def test_the_proof_holds(plans: Plans) -> None:
    reports = iam.prove(plans)
    assert [(f.place, f.what) for report in reports for f in report.findings] == []
    deploying, site = reports
    assert deploying.root == "bootstrap"
    assert deploying.facts["role"]["requests"] > 500
    assert deploying.facts["role"]["needed"] > 150
    assert {"state", "bootstrap", "environment", "role"} <= set(deploying.facts)
    assert site.root == "staging"


# ---------------------------------------------------------------------- breadth


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ({"Action": "*", "Resource": "*"}, "allows *"),
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::nest-a"}, "allows s3:*"),
        ({"Action": "*:GetObject", "Resource": "arn:aws:s3:::nest-a/*"}, "allows *:GetObject"),
        ({"NotAction": "iam:*", "Resource": "*"}, "all but what it names"),
        ({"Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a"}, "all but what it names"),
        ({"Action": "ec2:DeleteVpc", "Resource": "*"}, "ec2:DeleteVpc on every resource"),
        ({"Action": "ecs:Delete*", "Resource": "*"}, "ecs:DeleteCluster"),
    ],
)
def test_too_much_is_found(statement: dict[str, Any], words: str) -> None:
    assert words in said(of(statement))


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/nest-a"},
        {"Action": "iam:Pass*", "Resource": "arn:aws:iam::1:role/nest-a"},
        {"Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::1:role/nest-*"},
        {"Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::1:role/nest-*"},
        {"Action": "iam:CreatePolicyVersion", "Resource": "arn:aws:iam::1:policy/*"},
        {"Action": "iam:SetDefaultPolicyVersion", "Resource": "*"},
        {"Action": "iam:UpdateAssumeRolePolicy", "Resource": "arn:aws:iam::1:role/*"},
        {"Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::1:user/nest-a"},
        {"Action": "iam:CreateLoginProfile", "Resource": "arn:aws:iam::1:user/nest-a"},
        {"Action": "iam:AddUserToGroup", "Resource": "arn:aws:iam::1:group/nest-a"},
        {"Action": "iam:DeleteRolePermissionsBoundary", "Resource": "arn:aws:iam::1:role/nest-a"},
        {"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::1:role/*"},
        {"Action": "lambda:UpdateFunctionCode", "Resource": "arn:aws:lambda:us-east-1:1:function:*"},
        {"Action": "kms:PutKeyPolicy", "Resource": "arn:aws:kms:us-east-1:1:key/*"},
        {"Action": "s3:PutBucketPolicy", "Resource": "arn:aws:s3:::*"},
    ],
    ids=lambda s: str(s["Action"]),
)
def test_a_way_to_more_rights_is_found(statement: dict[str, Any]) -> None:
    assert "a way to more rights" in said(of(statement))


def test_a_bound_way_is_not_found() -> None:
    bound = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    assert (
        said(of({"Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/nest-a", "Condition": bound}))
        == ""
    )
    wide = {"Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/*", "Condition": bound}
    assert "not the project's alone" in said(of(wide))


def test_each_bound_of_our_own_policies_is_missed_when_it_is_gone(people: dict[str, Principal]) -> None:
    gone = 0
    for person in people.values():
        for document in person.documents:
            for index, statement in enumerate(document.policy.statements):
                keys = {c.key for c in statement.conditions}
                if not statement.allows or not keys & {
                    "iam:PassedToService",
                    "iam:PolicyARN",
                    "iam:PermissionsBoundary",
                    "aws:ResourceTag/Project",
                }:
                    continue
                statements = list(document.policy.statements)
                statements[index] = replace(statement, conditions=())
                policy = replace(document.policy, statements=tuple(statements))
                freed = Principal(person.name, person.title, (replace(document, policy=policy),))
                opens = any(a.split(":")[1] in WATCHED for a in statement.actions)
                assert ("a way to more rights" in said(freed)) is opens, statement.sid
                gone += opens
    assert gone >= 5


WATCHED = {name.split(":")[1] for way in breadth.ESCALATIONS for name in way.actions}


def test_size_and_number_are_limited(people: dict[str, Principal]) -> None:
    long = {"Action": [f"ec2:Describe{n:04}" for n in range(400)], "Resource": "*"}
    assert f"IAM takes {MANAGED_LIMIT}" in said(of(long))
    role = people[ROLE]
    many = Principal(ROLE, "role", role.documents * 2)
    assert "IAM takes 10" in said(many)


def test_the_users_policies_fit_with_the_longest_names() -> None:
    for root in ("state", "bootstrap", "staging", "production"):
        found = principals.user_document("user", INFRASTRUCTURE / root / "policy.json", LONGEST)
        person = Principal(root, root, (found,))
        assert list(breadth.sizes(person)) == [], found.policy.size


# ---------------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ({"Action": "ec2:CreateVpcs", "Resource": "*"}, "no action ec2:CreateVpcs"),
        ({"Action": "nosuch:Get*", "Resource": "*"}, "no action nosuch:Get*"),
        (
            {"Action": "ecs:CreateCluster", "Resource": "arn:aws:ecs:us-east-1:1:service/a"},
            "ecs:CreateCluster is never allowed",
        ),
        (
            {"Action": "ec2:DescribeVpcs", "Resource": "arn:aws:ec2:us-east-1:1:vpc/a"},
            'knows it on no resource: only "*"',
        ),
        (
            {"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::nest-a/*", "arn:aws:sns:us-east-1:1:a"]},
            "No action of S0 is about arn:aws:sns",
        ),
        (
            {"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringSounds": {"aws:x": "y"}}},
            "no condition operator StringSounds",
        ),
        (
            {"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"s3:nosuch": "y"}}},
            "s3 knows no condition key s3:nosuch",
        ),
    ],
)
def test_what_aws_does_not_know_is_found(statement: dict[str, Any], words: str) -> None:
    assert words in spelt(of(statement))


def test_two_statements_of_one_name_are_found() -> None:
    one = {"Sid": "Same", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    assert "Two statements of made-up are called Same" in spelt(of(one, one))


# ---------------------------------------------------------------------- use


def test_a_call_that_is_not_allowed_is_found_with_its_step(
    people: dict[str, Principal], recorded: tuple[Recorded, ...], plans: Plans
) -> None:
    names = principals.names(plans)
    other = replace(recorded[0].request, resource="arn:aws:s3:::somebody-elses", action="s3:CreateBucket")
    call = replace(recorded[0], principal=ROLE, step="platform", request=other)
    calls = usage.calls_of(ROLE, (*recorded, call), names)
    found = [f.what for f in usage.findings(people[ROLE], calls, kept.reasons())]
    assert len(found) == 1
    assert "refused s3:CreateBucket on arn:aws:s3:::somebody-elses, which the step platform needs" in found[0]


def test_a_grant_that_nothing_uses_is_found_at_its_line(
    people: dict[str, Principal], recorded: tuple[Recorded, ...], plans: Plans
) -> None:
    calls = usage.calls_of(ROLE, recorded, principals.names(plans))
    unused = [call for call in calls if call.request.action != "ecs:RunTask"]
    (found,) = usage.findings(people[ROLE], unused, kept.reasons())
    assert found.what == "No call needs ecs:RunTask in Containers."
    line = (Path(INFRASTRUCTURE).parent / found.file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert "ecs:RunTask" in line


def test_a_reason_that_has_become_idle_is_found(
    people: dict[str, Principal], recorded: tuple[Recorded, ...], plans: Plans
) -> None:
    calls = usage.calls_of(ROLE, recorded, principals.names(plans))
    idle = (
        kept.Kept(ROLE, ("ecs:RunTask",), "used in fact"),
        kept.Kept(ROLE, ("ecs:NoSuch",), "granted by nobody"),
    )
    found = [f.what for f in usage.findings(people[ROLE], calls, (*kept.reasons(), *idle))]
    assert len(found) == 2
    assert "ecs:RunTask for role nest-staging-terraform, which calls need" in found[0]
    assert "ecs:NoSuch for role nest-staging-terraform, which no policy grants" in found[1]


def test_every_reason_says_something() -> None:
    assert all(len(entry.reason.split()) >= 4 for entry in (*kept.reasons(), *kept.wide()))


def test_production_is_allowed_the_same(plans: Plans, recorded: tuple[Recorded, ...]) -> None:
    settings = replace(plans.settings, environment="production")
    production = Plans(settings)
    for person in principals.deploying(production):
        calls = usage.calls_of(person.name, recorded, principals.names(production))
        assert usage.refused(person.policies, calls) == []


def test_the_recording_names_no_account(recorded: tuple[Recorded, ...]) -> None:
    text = json.dumps([[r.request.resource, dict(r.request.context)] for r in recorded])
    assert "{account}" in text
    for known in ("000000000000", "123456789012", "nest-staging", "us-east-1"):
        assert known not in text


def test_names_are_opened_and_filled_again() -> None:
    here = Names("111122223333", "eu-west-1", "nest", "staging")
    for text in (
        f"arn:aws:s3:::nest-state-staging-{here.suffix('staging')}/terraform.tfstate",
        f"arn:aws:s3:::nest-state-state-{here.suffix('state')}",
        "arn:aws:ecs:eu-west-1:111122223333:cluster/nest-staging-tasks-cluster",
        "arn:aws:ssm:eu-west-1:111122223333:parameter/nest/staging",
        "arn:aws:kms:eu-west-1:111122223333:alias/nest-state-bootstrap-staging",
    ):
        opened = here.open(text)
        assert "nest" not in opened, opened
        assert here.fill(opened) == text
    there = Names("444455556666", "us-east-1", "shop", "production")
    assert there.fill(here.open("arn:aws:iam::111122223333:role/nest-staging-terraform")) == (
        "arn:aws:iam::444455556666:role/shop-production-terraform"
    )
    assert here.open("arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0123456789abcdef0").endswith(":vpc/vpc-*")
