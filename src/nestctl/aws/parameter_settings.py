"""What Parameter Store knows of a parameter beside its value, changed without changing the value.

Every such change is a PutParameter, which wants the value too. Terraform does not know it; here it is read
and sent along, and never leaves the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nestctl.aws.session import Aws

SECURE = "SecureString"

COPIES = "kept/"
"""Folder below the parameters' path for a value on its way from one type to another. Functions and tasks do
not see it: they read the path itself, not what lies deeper."""


@dataclass(frozen=True)
class Settings:
    """A parameter's settings; ``key`` is the id of its KMS key, empty where it has none or an alias."""

    description: str
    type: str
    key: str
    tier: str
    pattern: str
    data_type: str


@dataclass(frozen=True)
class Wanted:
    """What a parameter's settings shall be. An empty description leaves the one that is there."""

    description: str
    key_arn: str


def read(aws: Aws, path: str) -> dict[str, Settings]:
    """Return the settings of all parameters below ``path``, at any depth, by what follows the path."""
    chosen = [{"Key": "Path", "Option": "Recursive", "Values": [path.rstrip("/")]}]
    pages = aws.client("ssm").get_paginator("describe_parameters").paginate(ParameterFilters=chosen)
    return {
        row["Name"].removeprefix(path): Settings(
            description=row.get("Description", ""),
            type=row["Type"],
            key=key_of(row.get("KeyId", "")),
            tier=row.get("Tier", "Standard"),
            pattern=row.get("AllowedPattern", ""),
            data_type=row.get("DataType", "text"),
        )
        for page in pages
        for row in page["Parameters"]
    }


def key_of(name: str) -> str:
    """Return the id in a key's ARN or id; empty for an alias, which names no key for good."""
    return "" if "alias/" in name else name.rsplit("/", 1)[-1]


def differences(found: Settings, wanted: Wanted) -> list[str]:
    """Return the words for the settings that are not as wanted."""
    words = []
    if wanted.description and found.description != wanted.description:
        words.append("description")
    if found.type != SECURE:
        words.append("type")
    if found.type == SECURE and found.key != key_of(wanted.key_arn):
        words.append("key")
    return words


def renew(aws: Aws, path: str, name: str, found: Settings, wanted: Wanted) -> None:
    """Give a parameter the wanted settings and leave it the value that it has.

    Args:
        aws: Identity that may read and write below the path.
        path: The parameters' path, with a slash at both ends.
        name: What follows the path.
        found: Its present settings.
        wanted: Its settings afterwards.
    """
    if found.type != SECURE:
        _change_type(aws, path, name, found, wanted)
        return
    full = f"{path}{name}"
    value, version = _value(aws, full)
    while True:
        written = _put(aws, full, value, found, wanted, Overwrite=True)
        if written in (version + 1, 1):
            return
        # Somebody has set another value between the look and this: theirs is the one to keep.
        value, version = _value(aws, f"{full}:{written - 1}")[0], written


def finish(aws: Aws, path: str, name: str, found: Settings | None, wanted: Wanted) -> None:
    """End a change of type that was interrupted: bring the value back from its copy, and remove the copy.

    A first version is one that was made in the place of what had gone, by Terraform with a value of its own;
    a later one was set by somebody since, and stays.
    """
    full, copy = f"{path}{name}", f"{path}{COPIES}{name}"
    if found is None or _value(aws, full)[1] == 1:
        settings = found or Settings("", SECURE, "", "Standard", "", "text")
        _put(aws, full, _value(aws, copy)[0], settings, wanted, Overwrite=True)
    aws.client("ssm").delete_parameter(Name=copy)


def _change_type(aws: Aws, path: str, name: str, found: Settings, wanted: Wanted) -> None:
    """Make a parameter anew as SecureString: Parameter Store changes no type, but says HierarchyTypeMismatch.

    The value lies in a second parameter meanwhile, so that an interruption at any moment loses nothing.
    """
    client = aws.client("ssm")
    full, copy = f"{path}{name}", f"{path}{COPIES}{name}"
    value, _ = _value(aws, full)
    tags = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=full)["TagList"]
    _put(aws, copy, value, found, wanted, Overwrite=True)
    client.delete_parameter(Name=full)
    _put(aws, full, value, found, wanted, **({"Tags": tags} if tags else {}))
    client.delete_parameter(Name=copy)


def _value(aws: Aws, name: str) -> tuple[str, int]:
    found = aws.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    return str(found["Value"]), int(found["Version"])


def _put(aws: Aws, name: str, value: str, found: Settings, wanted: Wanted, **more: Any) -> int:
    """Write one version and return its number."""
    description = wanted.description or found.description
    optional = {"Description": description, "AllowedPattern": found.pattern}
    written = aws.client("ssm").put_parameter(
        Name=name,
        Value=value,
        Type=SECURE,
        KeyId=wanted.key_arn,
        Tier=found.tier,
        DataType=found.data_type,
        **{key: text for key, text in optional.items() if text},
        **more,
    )
    return int(written["Version"])
