"""What AWS's grammar of policies takes and what it does not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nestctl.policies.conditions import NEGATIVE, POSITIVE
from nestctl.policies.grammar import Kind, fault, statements

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
GOOD: dict[Kind, dict[str, Any]] = {
    Kind.IDENTITY: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"},
    Kind.TRUST: {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ROOT}},
    Kind.RESOURCE: {"Effect": "Allow", "Action": "s3:*", "Principal": "*", "Resource": "arn:aws:s3:::b"},
}
NONE = object()
USERS = sorted((Path(__file__).parents[2] / "infrastructure").glob("*/policy*.json"))


def document(kind: Kind, **changes: Any) -> str:
    statement = {key: value for key, value in {**GOOD[kind], **changes}.items() if value is not NONE}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def condition(operator: str, *values: Any, key: str = "aws:k") -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


IDENTITY, TRUST, RESOURCE = Kind
assert USERS

TAKEN: list[tuple[Kind, dict[str, Any]]] = [
    *((kind, {}) for kind in Kind),
    (IDENTITY, {"Action": "*", "Resource": "*"}),
    (IDENTITY, {"Action": NONE, "NotAction": ["iam:*", "sts:*"]}),
    (IDENTITY, {"Resource": NONE, "NotResource": ["arn:aws:s3:::a"]}),
    (IDENTITY, {"Resource": "arn:aws:s3:::home/${aws:username}/*"}),
    (IDENTITY, {"Resource": "arn:*:s3:::*"}),
    (IDENTITY, {"Sid": "One1"}),
    (IDENTITY, {"Action": "Route53Domains:get*"}),
    (TRUST, {"Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}),
    (TRUST, {"Action": "sts:AssumeRole*"}),
    (TRUST, {"Principal": {"Service": ["lambda.amazonaws.com", "delivery.logs.amazonaws.com"]}}),
    (TRUST, {"Principal": {"Federated": "accounts.google.com"}}),
    (RESOURCE, {"Sid": "Enable IAM User Permissions"}),
    (RESOURCE, {"Principal": NONE, "NotPrincipal": {"AWS": [ROOT, ACCOUNT]}, "Effect": "Deny"}),
    (RESOURCE, {"Principal": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/now"}}),
    (RESOURCE, {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/path/ann"}}),
    (RESOURCE, {"Principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}}),
    (
        RESOURCE,
        {"Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47"}},
    ),
    (IDENTITY, condition("ForAllValues:StringLikeIfExists", "a", "b")),
    (IDENTITY, condition("ForAnyValue:StringEquals", "a")),
    (IDENTITY, condition("Null", True)),
    (IDENTITY, condition("Bool", "false", True)),
    (IDENTITY, condition("NumericLessThan", 10, "10.5")),
    (IDENTITY, condition("NumericLessThan", "${aws:MultiFactorAuthAge}")),
    (IDENTITY, condition("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01", 1500000000)),
    (IDENTITY, condition("IpAddress", "203.0.113.0/24", "2001:db8::/32", "198.51.100.7")),
    (IDENTITY, condition("BinaryEquals", "QmluYXJ5")),
    *((IDENTITY, condition(name, "2026-01-01")) for name in (*POSITIVE, *NEGATIVE) if "String" in name),
]


@pytest.mark.parametrize(("kind", "changes"), TAKEN)
def test_a_policy_is_taken(kind: Kind, changes: dict[str, Any]) -> None:
    assert fault(document(kind, **changes), kind) is None


SYNTAX = "Syntax errors in policy."
VENDOR = "Actions/Conditions must be prefaced by a vendor"
REFUSED: list[tuple[Kind, dict[str, Any], str]] = [
    (IDENTITY, {"Effect": NONE}, SYNTAX),
    (IDENTITY, {"Effect": "allow"}, SYNTAX),
    (IDENTITY, {"Conditions": {}}, SYNTAX),
    (IDENTITY, {"Action": NONE}, "must contain actions"),
    (IDENTITY, {"Action": []}, "must contain actions"),
    (IDENTITY, {"Action": ""}, "must contain actions"),
    (IDENTITY, {"Action": [1]}, SYNTAX),
    (IDENTITY, {"NotAction": "s3:*"}, SYNTAX),
    (IDENTITY, {"Action": "GetObject"}, VENDOR),
    (IDENTITY, {"Action": "s3*:GetObject"}, "Vendor s3* is not valid"),
    (IDENTITY, {"Action": "*:GetObject"}, "Vendor * is not valid"),
    (IDENTITY, {"Action": "s3:"}, SYNTAX),
    (IDENTITY, {"Action": "s3:Get Object"}, SYNTAX),
    (IDENTITY, {"Resource": NONE}, "must contain resources"),
    (IDENTITY, {"Resource": []}, "must contain resources"),
    (IDENTITY, {"Resource": "bucket"}, 'must be in ARN format or "*"'),
    (IDENTITY, {"Resource": "arn:aws:s3"}, 'must be in ARN format or "*"'),
    (IDENTITY, {"Resource": "arn:azure:s3:::a"}, 'Partition "azure" is not valid'),
    (IDENTITY, {"NotResource": "*"}, SYNTAX),
    (IDENTITY, {"Principal": "*"}, "should not specify a principal"),
    (IDENTITY, {"NotPrincipal": "*"}, "should not specify a principal"),
    (IDENTITY, {"Sid": "With space"}, "must be alpha-numeric"),
    (IDENTITY, {"Sid": ["a"]}, SYNTAX),
    (TRUST, {"Sid": "with-hyphen"}, "must be alpha-numeric"),
    (TRUST, {"Principal": NONE}, "must contain principals"),
    (TRUST, {"Resource": "*"}, "Has prohibited field Resource"),
    (TRUST, {"NotResource": "*"}, "Has prohibited field NotResource"),
    (TRUST, {"Action": "*"}, "may only specify STS AssumeRole actions"),
    (TRUST, {"Action": "sts:GetCallerIdentity"}, "may only specify STS AssumeRole actions"),
    (TRUST, {"Action": ["sts:AssumeRole", "s3:*"]}, "may only specify STS AssumeRole actions"),
    (TRUST, {"Principal": {"Service": "lambda"}}, 'Invalid principal in policy: "SERVICE":"lambda"'),
    (TRUST, {"Principal": {"Service": "lambda.amazonaws.org"}}, "Invalid principal in policy"),
    (TRUST, {"Principal": {"AWS": "ann"}}, 'Invalid principal in policy: "AWS":"ann"'),
    (TRUST, {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}}, "Invalid principal in policy"),
    (TRUST, {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:group/all"}}, "Invalid principal in policy"),
    (TRUST, {"Principal": ROOT}, "Invalid principal in policy"),
    (TRUST, {"Principal": {}}, SYNTAX),
    (TRUST, {"Principal": {"AWS": []}}, SYNTAX),
    (TRUST, {"Principal": {"Aws": ROOT}}, SYNTAX),
    (RESOURCE, {"Principal": NONE}, SYNTAX),
    (RESOURCE, {"NotPrincipal": "*"}, SYNTAX),
    (IDENTITY, condition("StringEqual", "a"), SYNTAX),
    (IDENTITY, condition("ForSomeValues:StringEquals", "a"), SYNTAX),
    (IDENTITY, condition("NullIfExists", "true"), SYNTAX),
    (IDENTITY, condition("Null", "yes"), SYNTAX),
    (IDENTITY, condition("Bool", "1"), SYNTAX),
    (IDENTITY, condition("NumericEquals", "ten"), SYNTAX),
    (IDENTITY, condition("DateLessThan", "tomorrow"), SYNTAX),
    (IDENTITY, condition("IpAddress", "10.0.0.0/33"), SYNTAX),
    (IDENTITY, condition("NotIpAddress", "localhost"), SYNTAX),
    (IDENTITY, condition("BinaryEquals", "*"), SYNTAX),
    (IDENTITY, condition("StringEquals"), SYNTAX),
    (IDENTITY, condition("StringEquals", None), SYNTAX),
    (IDENTITY, condition("StringEquals", "a", key="username"), VENDOR),
    (IDENTITY, {"Condition": {"StringEquals": "a"}}, SYNTAX),
    (IDENTITY, {"Condition": []}, SYNTAX),
]


@pytest.mark.parametrize(("kind", "changes", "words"), REFUSED)
def test_what_is_no_policy_is_refused(kind: Kind, changes: dict[str, Any], words: str) -> None:
    found = fault(document(kind, **changes), kind)
    assert found is not None
    assert words in found.message


STATEMENT = json.dumps(GOOD[IDENTITY])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"policy"',
        "null",
        "{}",
        '{"Version": "2012-10-17"}',
        '{"Statement": []}',
        '{"Statement": {}}',
        '{"Statement": "x"}',
        '{"Statement": [[]]}',
        f'{{"Version": "2012-10-18", "Statement": {STATEMENT}}}',
        f'{{"Version": 2012, "Statement": {STATEMENT}}}',
        f'{{"version": "2012-10-17", "Statement": {STATEMENT}}}',
        f'{{"Id": 1, "Statement": {STATEMENT}}}',
        f'{{"Statement": {STATEMENT}, "Statement": {STATEMENT}}}',
        f'{{"Statement": {STATEMENT}, "Id": NaN}}',
        f'{{"Statement": {STATEMENT}, "Id": "\\ud800"}}',
        "[" * 100_000,
    ],
)
def test_a_document_that_is_none_is_refused(text: str) -> None:
    found = fault(text, Kind.IDENTITY)
    assert found is not None
    assert found.message == SYNTAX


def test_the_older_version_and_a_lone_statement_are_taken() -> None:
    text = f'{{"Version": "2008-10-17", "Id": "x", "Statement": {STATEMENT}}}'
    assert fault(text, Kind.IDENTITY) is None
    assert statements(text) == [GOOD[IDENTITY]]


def test_names_of_statements_differ() -> None:
    twice = [{**GOOD[IDENTITY], "Sid": "One"}] * 2
    found = fault(json.dumps({"Statement": twice}), Kind.IDENTITY)
    assert found is not None
    assert found.message == "Statement IDs (SID) in a single policy must be unique."
    assert fault(json.dumps({"Statement": [GOOD[IDENTITY]] * 2}), Kind.IDENTITY) is None


@pytest.mark.parametrize("file", USERS, ids=lambda file: file.parent.name)
def test_the_policies_of_our_users_are_policies(file: Path) -> None:
    filled = {"account_id": ACCOUNT, "region": "us-east-1", "project": "nest", "environment": "staging"}
    text = re.sub(r"\$\{(\w+)\}", lambda match: filled[match[1]], file.read_text())
    assert fault(text, IDENTITY) is None


def test_only_some_policies_of_resources_name_them() -> None:
    text = document(RESOURCE, Resource=NONE)
    assert fault(text, RESOURCE) is None
    assert fault(text, RESOURCE, names_resources=True) is not None
