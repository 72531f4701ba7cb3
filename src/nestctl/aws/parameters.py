"""Parameter Store below one path. Values stay inside this file unless a caller needs one by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nestctl.aws.session import Aws, error_code
from nestctl.report.redaction import learn
from nestctl.settings.shapes import Name, fault

PLACEHOLDER = "to-be-set-in-aws-console"
"""The manual's word for a parameter that nobody has set yet."""

MISSING = "ParameterNotFound"


@dataclass(frozen=True)
class State:
    """A parameter without its value."""

    name: str
    is_set: bool
    version: int
    modified: datetime

    @property
    def written(self) -> str:
        """What no later write of this parameter shares: its time, in UTC, and the version's number."""
        return f"{self.modified.astimezone(UTC).isoformat()} {self.version}"


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
            _learn(item)
            found[name] = State(name, holds_value(item["Value"]), item["Version"], item["LastModifiedDate"])
    return found


def holds_value(text: str) -> bool:
    """Tell whether a stored text is a value: neither nothing nor the word for what nobody has set."""
    return text.strip() not in ("", PLACEHOLDER)


def last_write(aws: Aws, name: str) -> State:
    """Return when a parameter was last written, by its full name; nothing is decrypted."""
    found = aws.client("ssm").get_parameter(Name=name)["Parameter"]
    return State(name, True, found["Version"], found["LastModifiedDate"])


def is_set(aws: Aws, name: str) -> bool:
    """Tell whether a parameter is there and holds a value, by its full name."""
    from botocore.exceptions import ClientError

    try:
        return holds_value(get_value(aws, name))
    except ClientError as error:
        if error_code(error) == MISSING:
            return False
        raise


def faults(aws: Aws, path: str, wanted: Mapping[str, Name | None]) -> dict[str, str]:
    """Return what is wrong with values that somebody set, in words that do not hold them.

    Args:
        aws: Whose Parameter Store.
        path: Of the parameters.
        wanted: Names of parameters, each with the shape that its value has.
    """
    found = {}
    pages = aws.client("ssm").get_paginator("get_parameters_by_path")
    for page in pages.paginate(Path=path, Recursive=False, WithDecryption=True):
        for item in page["Parameters"]:
            name, value = item["Name"].removeprefix(path), item["Value"]
            _learn(item)
            if name in wanted and holds_value(value) and (why := fault(value, wanted[name])):
                found[name] = why
    return found


def get_value(aws: Aws, name: str) -> str:
    """Return the decrypted value of one parameter, by its full name."""
    item = aws.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    _learn(item)
    return str(item["Value"])


def advice(name: str) -> str:
    """Return the command that sets a parameter, by its full name; the value comes from a file."""
    return (
        f"nestctl aws ssm put-parameter --name {name} --type SecureString --overwrite "
        "--value file://value.txt, then run the same command again"
    )


def set_secret(aws: Aws, name: str, value: str, key_id: str) -> None:
    """Store a secret under the stack's key, by its full name."""
    learn(value)
    aws.client("ssm").put_parameter(
        Name=name, Value=value, Type="SecureString", KeyId=key_id, Overwrite=True, Tier="Standard"
    )


def _learn(item: Mapping[str, Any]) -> None:
    """Keep a secret that was read out of all that is printed from now on; plain values may be shown."""
    if item["Name"].rpartition("/")[2] not in _plain and item["Value"] != PLACEHOLDER:
        learn(item["Value"])


_plain: set[str] = set()


def may_be_shown(names: Iterable[str]) -> None:
    """Take note of parameters whose values are no secrets: all are stored under the stack's key."""
    _plain.update(names)
