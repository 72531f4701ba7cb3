"""All policies together: identity, resource, boundary and session, as the IAM user guide combines them."""

from __future__ import annotations

from typing import Any

import pytest

from nestctl.policies.combine import BOUNDARY, IDENTITY, RESOURCE, SESSION, Caller, judge
from nestctl.policies.documents import Policy, parse
from nestctl.policies.evaluate import Request

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
OTHER = f"arn:aws:iam::{ACCOUNT}:user/ben"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/now"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
READ = Request("s3:GetObject", "arn:aws:s3:::bucket/a")


def own(*actions: str, effect: str = "Allow") -> Policy:
    return parse("own", {"Statement": {"Effect": effect, "Action": list(actions), "Resource": "*"}})


def of_resource(principal: Any, *, effect: str = "Allow", action: str = "*", **more: Any) -> Policy:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*", **more}
    return parse("resource", {"Version": "2012-10-17", "Statement": statement}, of_resource=True)


def user(*identity: Policy, **more: Any) -> Caller:
    return Caller(USER, USER, ACCOUNT, identity, **more)


def session(*identity: Policy, **more: Any) -> Caller:
    return Caller(SESSION_ARN, ROLE, ACCOUNT, identity, **more)


NOTHING = own("ec2:DescribeVpcs")
ALL = own("*")


@pytest.mark.parametrize(
    ("caller", "resource", "kind"),
    [
        (user(ALL), None, ""),
        (user(), None, IDENTITY),
        (user(), of_resource({"AWS": USER}), ""),
        (user(), of_resource({"AWS": SESSION_ARN}), IDENTITY),
        (user(), of_resource("*"), ""),
        (user(), of_resource({"AWS": "*"}), ""),
        (user(), of_resource({"Service": "s3.amazonaws.com"}), IDENTITY),
        # The account as principal hands the decision to IAM.
        (user(), of_resource({"AWS": ROOT}), IDENTITY),
        (user(), of_resource({"AWS": ACCOUNT}), IDENTITY),
        (user(ALL), of_resource({"AWS": ROOT}), ""),
        # A deny anywhere wins.
        (user(ALL), of_resource("*", effect="Deny"), RESOURCE),
        (user(ALL), of_resource({"AWS": ROOT}, effect="Deny"), RESOURCE),
        (user(ALL), of_resource({"AWS": ROLE}, effect="Deny"), ""),
        (user(own("s3:*", effect="Deny")), of_resource("*"), IDENTITY),
        (session(ALL), of_resource({"AWS": ROLE}, effect="Deny"), RESOURCE),
        # A boundary limits what the identity allows, not what the resource allows the user's own ARN.
        (user(ALL, boundary=NOTHING), None, BOUNDARY),
        (user(boundary=NOTHING), of_resource({"AWS": USER}), ""),
        (user(boundary=own("s3:*", effect="Deny")), of_resource({"AWS": USER}), BOUNDARY),
        # It limits what the resource allows the role's ARN, not what it allows the session's.
        (session(), of_resource({"AWS": ROLE}), ""),
        (session(boundary=NOTHING), of_resource({"AWS": ROLE}), BOUNDARY),
        (session(boundary=NOTHING), of_resource({"AWS": SESSION_ARN}), ""),
        (session(ALL, session=(NOTHING,)), None, SESSION),
        (session(session=(NOTHING,)), of_resource({"AWS": ROLE}), SESSION),
        (session(session=(NOTHING,)), of_resource({"AWS": SESSION_ARN}), ""),
        (session(ALL, session=(ALL,), boundary=ALL), None, ""),
        (session(ALL, session=()), None, SESSION),
        # Nobody known, a service, the owner.
        (Caller(""), None, RESOURCE),
        (Caller(""), of_resource("*"), ""),
        (Caller(""), of_resource({"AWS": ROOT}), RESOURCE),
        (Caller("logs.amazonaws.com", is_service=True), of_resource({"Service": "logs.amazonaws.com"}), ""),
        (Caller("logs.amazonaws.com", is_service=True), of_resource({"AWS": ROOT}), RESOURCE),
        (Caller(ROOT, ROOT, ACCOUNT, is_owner=True), None, ""),
        (Caller(ROOT, ROOT, ACCOUNT, is_owner=True), of_resource("*", effect="Deny"), RESOURCE),
    ],
)
def test_what_may_be_done_in_an_account(caller: Caller, resource: Policy | None, kind: str) -> None:
    found = judge(caller, READ, resource)
    assert (found.allowed, found.kind if not found.allowed else "") == (not kind, kind)


@pytest.mark.parametrize(
    ("caller", "resource", "granted", "kind"),
    [
        (user(ALL), of_resource({"AWS": ROOT}), False, ""),
        (user(), of_resource({"AWS": ROOT}), False, IDENTITY),
        (user(ALL), of_resource({"AWS": ROLE}), False, RESOURCE),
        (user(), of_resource({"AWS": USER}), False, ""),
        (user(ALL), None, False, RESOURCE),
        (user(), of_resource({"AWS": ROLE}), True, ""),
        (session(boundary=NOTHING), of_resource({"AWS": ROLE}), True, BOUNDARY),
        (user(), of_resource("*", effect="Deny"), True, RESOURCE),
        (Caller(ROOT, ROOT, ACCOUNT, is_owner=True), of_resource({"AWS": ROOT}), False, ""),
        (Caller(ROOT, ROOT, ACCOUNT, is_owner=True), of_resource({"AWS": USER}), False, RESOURCE),
    ],
)
def test_a_key_is_nobodys_whom_its_policy_does_not_name(
    caller: Caller, resource: Policy | None, granted: bool, kind: str
) -> None:
    found = judge(caller, Request("kms:Decrypt", KEY), resource, decisive=True, granted=granted)
    assert (found.allowed, found.kind if not found.allowed else "") == (not kind, kind)


def test_a_deny_of_all_but_some_spares_them() -> None:
    but = parse(
        "bucket",
        {
            "Statement": {
                "Effect": "Deny",
                "NotPrincipal": {"AWS": [USER, ROOT]},
                "Action": "*",
                "Resource": "*",
            }
        },
        of_resource=True,
    )
    assert judge(user(ALL), READ, but).allowed
    assert not judge(
        session(ALL),
        READ,
        parse("b", {"Statement": {**DENY_ALL, "NotPrincipal": {"AWS": USER}}}, of_resource=True),
    ).allowed


@pytest.mark.parametrize(
    ("caller", "spared", "allowed"),
    [
        (Caller(OTHER, OTHER, ACCOUNT, (ALL,)), [USER, ROOT], False),
        (Caller(OTHER, OTHER, ACCOUNT, (ALL,)), [ROOT], False),
        (Caller(ROOT, ROOT, ACCOUNT, is_owner=True), [USER, ROOT], True),
        (Caller(ROOT, ROOT, ACCOUNT, is_owner=True), [USER, ACCOUNT], True),
        (Caller(ROOT, ROOT, ACCOUNT, is_owner=True), [USER], False),
        (session(ALL), [ROLE, SESSION_ARN, ROOT], True),
        (session(ALL), [USER, ROOT], False),
    ],
)
def test_the_account_among_the_spared_is_its_root_user(
    caller: Caller, spared: list[str], allowed: bool
) -> None:
    statement = {**DENY_ALL, "NotPrincipal": {"AWS": spared}}
    but = parse("bucket", {"Statement": statement}, of_resource=True)
    assert judge(caller, READ, but).allowed is allowed


DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("condition", "context", "refused"),
    [
        ({"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, {}, True),
        ({"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"}}, {}, True),
        ({"StringEqualsIfExists": {"s3:x-amz-server-side-encryption": "AES256"}}, {}, True),
        ({"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}, {}, False),
        ({"Null": {"s3:x-amz-server-side-encryption": "true"}}, {}, True),
        ({"Null": {"s3:x-amz-server-side-encryption": "false"}}, {}, False),
        (
            {
                "Null": {"s3:x-amz-server-side-encryption": "false"},
                "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
            },
            {},
            False,
        ),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "true"}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, {}, False),
        ({"BoolIfExists": {"aws:SecureTransport": "false"}}, {}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "10.1.2.3"}, False),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "127.0.0.1"}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {}, True),
        ({"IpAddress": {"aws:SourceIp": ["::1", "127.0.0.0/8"]}}, {"aws:SourceIp": "127.0.0.1"}, True),
        (
            {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
            {"aws:CurrentTime": "2029-12-31T23:59:59Z"},
            True,
        ),
        ({"DateGreaterThan": {"aws:EpochTime": "2030-01-01T00:00:00Z"}}, {"aws:EpochTime": "1000"}, False),
        ({"DateNotEquals": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}, {}, True),
        ({"BinaryEquals": {"a:b": "QQ=="}}, {"a:b": "QQ=="}, True),
        ({"ForAllValues:StringNotEquals": {"aws:TagKeys": "a"}}, {}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ()}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ()}, False),
        ({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a"}}, {}, True),
        ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ("a", "b")}, True),
        ({"StringEquals": {"a:b": "${aws:username}"}}, {"a:b": "ann", "aws:username": "ann"}, True),
        ({"StringEquals": {"a:b": "${aws:username}"}}, {"a:b": "ann"}, False),
        ({"StringNotEquals": {"a:b": "${aws:PrincipalTag/t, 'none'}"}}, {"a:b": "none"}, False),
        ({"StringLike": {"a:b": "x${*}"}}, {"a:b": "xy"}, False),
        ({"StringLike": {"a:b": "x${*}"}}, {"a:b": "x*"}, True),
        ({"StringEquals": {"a:b": "${$}{c}"}}, {"a:b": "${c}"}, True),
    ],
)
def test_what_a_bucket_denies(condition: Any, context: Any, refused: bool) -> None:
    denies = of_resource("*", effect="Deny", Condition=condition)
    request = Request("s3:PutObject", "arn:aws:s3:::bucket/a", context)
    assert judge(user(ALL), request, denies).allowed is not refused


def test_variables_are_filled_into_resources_and_only_in_the_newer_language() -> None:
    home = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*"}
    newer = parse("home", {"Version": "2012-10-17", "Statement": home})
    older = parse("home", {"Statement": home})
    mine = Request("s3:GetObject", "arn:aws:s3:::home/ann/a", {"aws:username": "ann"})
    assert judge(user(newer), mine).allowed
    assert not judge(user(older), mine).allowed
    assert not judge(user(newer), Request(mine.action, "arn:aws:s3:::home/bob/a", mine.context)).allowed
    # A value that holds a wildcard is that text.
    star = Request("s3:GetObject", "arn:aws:s3:::home/bob/a", {"aws:username": "*"})
    assert not judge(user(newer), star).allowed


def test_a_resources_policy_must_name_a_principal_and_an_identitys_must_not() -> None:
    with pytest.raises(ValueError, match="Principal and NotPrincipal"):
        parse("bucket", {"Statement": DENY_ALL}, of_resource=True)
    with pytest.raises(ValueError, match="Principal"):
        parse("own", {"Statement": {**DENY_ALL, "Principal": "*"}})
