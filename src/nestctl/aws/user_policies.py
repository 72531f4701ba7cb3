"""The managed policy of a user, which bears the user's name.

Managed, since IAM takes 6,144 characters of one, and 2,048 of all inline policies of a user.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nestctl.aws.session import Aws, absent

MISSING = "NoSuchEntity"
VERSIONS = 5
"""Versions that IAM keeps of a managed policy (IAM quotas)."""


def read(aws: Aws, user: str) -> Any:
    """Return what the user's policy says, as an object.

    ``None`` when it is not there, not attached to the user, or an inline policy of its name stands beside it.
    """
    found = _document(aws, user)
    if found is None or _arn(aws, user) not in _attached(aws, user) or user in _inline(aws, user):
        return None
    return found


def put(aws: Aws, user: str, text: str, tags: Sequence[Mapping[str, str]]) -> None:
    """Give the user exactly this policy: made, or a new default version of it, and attached.

    An inline policy of the same name goes, after the managed one is attached.

    Args:
        aws: Who may administer users.
        user: Name of the user, who is there.
        text: What the policy says (JSON).
        tags: Of a policy that is made.
    """
    iam = aws.client("iam")
    arn = _arn(aws, user)
    there = _document(aws, user)
    if there is None:
        iam.create_policy(PolicyName=user, PolicyDocument=text, Tags=list(tags))
    elif there != json.loads(text):
        _make_room(aws, arn)
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    if arn not in _attached(aws, user):
        iam.attach_user_policy(UserName=user, PolicyArn=arn)
    if user in _inline(aws, user):
        iam.delete_user_policy(UserName=user, PolicyName=user)


def delete(aws: Aws, user: str, tags: Mapping[str, str]) -> None:
    """Take all policies from the user; delete the inline ones, and its own when it bears these tags."""
    iam = aws.client("iam")
    for arn in _attached(aws, user):
        iam.detach_user_policy(UserName=user, PolicyArn=arn)
    for name in _inline(aws, user):
        iam.delete_user_policy(UserName=user, PolicyName=name)
    arn = _arn(aws, user)
    if _document(aws, user) is None:
        return
    found = {tag["Key"]: tag["Value"] for tag in iam.list_policy_tags(PolicyArn=arn)["Tags"]}
    if tags.items() <= found.items():
        for version in _versions(aws, arn):
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)


def _arn(aws: Aws, user: str) -> str:
    return f"arn:aws:iam::{aws.account_id}:policy/{user}"


def _document(aws: Aws, user: str) -> Any:
    iam, arn = aws.client("iam"), _arn(aws, user)
    with absent(MISSING):
        default = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return iam.get_policy_version(PolicyArn=arn, VersionId=default)["PolicyVersion"]["Document"]
    return None


def _attached(aws: Aws, user: str) -> list[str]:
    pages = _pages(aws, "list_attached_user_policies", UserName=user)
    return [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]


def _inline(aws: Aws, user: str) -> list[str]:
    return [name for page in _pages(aws, "list_user_policies", UserName=user) for name in page["PolicyNames"]]


def _versions(aws: Aws, arn: str) -> list[dict[str, Any]]:
    pages = _pages(aws, "list_policy_versions", PolicyArn=arn)
    return [version for page in pages for version in page["Versions"]]


def _make_room(aws: Aws, arn: str) -> None:
    """Delete the oldest version that is not the default, where IAM would take no other."""
    versions = _versions(aws, arn)
    if len(versions) >= VERSIONS:
        spare = [version for version in versions if not version["IsDefaultVersion"]]
        oldest = min(spare, key=lambda version: int(version["VersionId"].removeprefix("v")))
        aws.client("iam").delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])


def _pages(aws: Aws, operation: str, **arguments: str) -> list[dict[str, Any]]:
    """Return all pages; none when the user is not there."""
    with absent(MISSING):
        return list(aws.client("iam").get_paginator(operation).paginate(**arguments))
    return []
