"""Tags: 50 for a resource, keys of 128 and values of 256 characters, and none that begins with ``aws:``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

MOST, LONGEST_KEY, LONGEST_VALUE = 50, 128, 256
SERVICES = {
    "ec2": "InvalidParameterValue",
    "elasticache": "InvalidParameterValue",
    "elasticloadbalancing": "ValidationError",
    "iam": "ValidationError",
    "lambda": "InvalidParameterValueException",
    "rds": "InvalidParameterValue",
    "ssm": "ValidationException",
}
"""Code of a refused key or value by service."""
TOO_MANY = {
    "ec2": Refused("TagLimitExceeded", "The maximum number of Tags for a resource has been reached."),
    "elasticloadbalancing": Refused("TooManyTags", "The maximum number of tags has been reached"),
    "iam": Refused("LimitExceeded", "The number of tags has reached the maximum limit.", 409),
    "ssm": Refused(
        "TooManyTagsError",
        "The Targets parameter includes too many tags. Remove one or more tags and try the command again.",
    ),
}
READING = ("Describe", "Get", "List", "Remove", "Untag", "Delete")
"""Actions whose tags are filters or are taken away."""
_FIELD = re.compile(r"(.*?Tags?)(?:\.(?:member|Tag|item))?\.(\d+)\.(Key|Value)")


def problem(call: Call) -> Refused | None:
    """Why AWS refuses the tags of a request; ``None`` when it takes them, or there are none."""
    if call.service not in SERVICES or call.action.startswith(READING):
        return None
    groups = list(_groups(call))
    if any(len(group) > MOST for group in groups):
        words = f"The number of tags exceeds {MOST}, the most that a resource can have"
        return TOO_MANY.get(call.service) or Refused(SERVICES[call.service], words)
    for group in groups:
        for key, value in group:
            if (wrong := _wrong(key, value)) is not None:
                return Refused(SERVICES[call.service], wrong)
    return None


def _wrong(key: str, value: str) -> str | None:
    if not key:
        return "Tag keys must have at least one character"
    if len(key) > LONGEST_KEY:
        return f"Tag key '{key}' exceeds the maximum length of {LONGEST_KEY} characters"
    if len(value) > LONGEST_VALUE:
        return f"Tag value of '{key}' exceeds the maximum length of {LONGEST_VALUE} characters"
    if key.lower().startswith("aws:"):
        return f"Tag keys starting with 'aws:' are reserved for internal use: {key}"
    return None


def _groups(call: Call) -> Iterator[list[tuple[str, str]]]:
    """Yield each list of tags in a request."""
    if call.params.get("Action") == call.action:
        lists: dict[str, dict[str, dict[str, str]]] = {}
        for field, value in call.params.items():
            if match := _FIELD.fullmatch(field):
                lists.setdefault(match[1], {}).setdefault(match[2], {})[match[3]] = str(value)
        for entries in lists.values():
            yield [(entry.get("Key", ""), entry.get("Value", "")) for entry in entries.values()]
        return
    given: Any = call.params.get("Tags") or call.params.get("tags")
    if isinstance(given, dict):
        yield [(str(key), str(value)) for key, value in given.items()]
    elif isinstance(given, list):
        yield [(str(tag.get("Key", "")), str(tag.get("Value", ""))) for tag in given if isinstance(tag, dict)]
