"""Parameter Store below one path. Values stay inside this file unless a caller needs one by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nestctl.aws.session import Aws

PLACEHOLDER = "to-be-set-in-aws-console"
"""The manual's word for a parameter that nobody has set yet."""


@dataclass(frozen=True)
class State:
    """A parameter without its value."""

    name: str
    is_set: bool
    version: int
    modified: datetime


def list_parameters(aws: Aws, path: str) -> dict[str, State]:
    """Return the parameters below ``path`` by their last part."""
    pages = (
        aws.client("ssm")
        .get_paginator("get_parameters_by_path")
        .paginate(Path=path, Recursive=False, WithDecryption=True)
    )
    found = {}
    for page in pages:
        for item in page["Parameters"]:
            name = item["Name"].removeprefix(path)
            found[name] = State(name, item["Value"] != PLACEHOLDER, item["Version"], item["LastModifiedDate"])
    return found


def get_value(aws: Aws, name: str) -> str:
    """Return the decrypted value of one parameter, by its full name."""
    return str(aws.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def set_secret(aws: Aws, name: str, value: str, key_id: str) -> None:
    """Store a secret under the stack's key, by its full name."""
    aws.client("ssm").put_parameter(
        Name=name, Value=value, Type="SecureString", KeyId=key_id, Overwrite=True, Tier="Standard"
    )
