"""IAM users of the roots, their access keys, and the profiles that name them."""

from __future__ import annotations

import configparser
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nestctl.aws import user_policies
from nestctl.aws.session import Aws, absent


def user_exists(aws: Aws, name: str) -> bool:
    """Tell whether the IAM user is there."""
    return _get(aws, "get_user", UserName=name) is not None


def ensure_user(aws: Aws, name: str, policy: str, tags: Mapping[str, str]) -> None:
    """Make the user and give it exactly this policy (JSON), a managed one of its own name."""
    marks = [{"Key": key, "Value": value} for key, value in tags.items()]
    if not user_exists(aws, name):
        aws.client("iam").create_user(UserName=name, Tags=marks)
    user_policies.put(aws, name, policy, marks)


def access_key_ids(aws: Aws, name: str) -> set[str]:
    """Return the ids of the user's access keys; empty when the user is not there."""
    found = _get(aws, "list_access_keys", UserName=name)
    return {key["AccessKeyId"] for key in found["AccessKeyMetadata"]} if found else set()


def create_access_key(aws: Aws, name: str) -> tuple[str, str]:
    """Make an access key for the user and return its id and secret; an older second key is removed first.

    IAM allows two keys a user, so the oldest that no profile holds makes room.
    """
    iam = aws.client("iam")
    keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    if len(keys) > 1:
        oldest = min(keys, key=lambda key: key["CreateDate"])
        iam.delete_access_key(UserName=name, AccessKeyId=oldest["AccessKeyId"])
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def external_id(aws: Aws, role: str) -> str | None:
    """Return the external id that the role's trust policy asks for, ``None`` when the role is not there."""
    found = _get(aws, "get_role", RoleName=role)
    if not found:
        return None
    for statement in found["Role"]["AssumeRolePolicyDocument"].get("Statement", []):
        value = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId")
        if value:
            return str(value[0] if isinstance(value, list) else value)
    return None


def read_profile(file: Path, section: str) -> dict[str, str]:
    """Return a section of an AWS config or credentials file; empty when it is not there."""
    parser = _parse(file)
    return dict(parser[section]) if parser.has_section(section) else {}


def write_profile(file: Path, section: str, values: Mapping[str, str]) -> None:
    """Set a section of an AWS config or credentials file and leave the others; readable by the owner only.

    The file is replaced in one move, so that it is never half written.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    parser = _parse(file)
    parser[section] = dict(values)
    _replace(file, parser)


def remove_profile(file: Path, section: str) -> None:
    """Remove a section of an AWS config or credentials file and leave the others."""
    parser = _parse(file)
    if parser.remove_section(section):
        _replace(file, parser)


def _parse(file: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(default_section="")
    parser.read(file, encoding="utf-8")
    return parser


def _replace(file: Path, parser: configparser.RawConfigParser) -> None:
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        parser.write(stream)
    Path(name).chmod(0o600)
    Path(name).replace(file)


def _get(aws: Aws, operation: str, **arguments: str) -> dict[str, Any] | None:
    with absent(user_policies.MISSING):
        found: dict[str, Any] = getattr(aws.client("iam"), operation)(**arguments)
        return found
    return None
