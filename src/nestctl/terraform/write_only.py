"""Records of a state whose values the next plan would read, although they were written to be read by nobody.

The provider notes that a value is write-only when it reads what it has made. When that read fails, or
Terraform is interrupted before it, the record lacks the note: from then on every refresh reads the value into
the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nestctl.terraform.root import Root


@dataclass(frozen=True)
class Attributes:
    """Names of attributes: version of the write-only value, the provider's note, the value that it reads."""

    version: str
    noted: str
    value: str


WRITE_ONLY = {
    "aws_ssm_parameter": Attributes("value_wo_version", "has_value_wo", "value"),
    "aws_secretsmanager_secret_version": Attributes(
        "secret_string_wo_version", "has_secret_string_wo", "secret_string"
    ),
}
"""Types whose provider (hashicorp/aws 5.100) reads the value where its note is missing."""


def unnoted(state: Mapping[str, Any]) -> list[str]:
    """Return the addresses of what the next plan would read the values of."""
    return [address for address, _, _ in _found(state)]


def read_already(state: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that earlier plans have read into a state, by the addresses of what holds them."""
    return {
        address: str(instance["attributes"][names.value])
        for address, instance, names in _found(state)
        if instance["attributes"].get(names.value)
    }


def note(root: Root) -> list[str]:
    """Make the provider's note where it is missing, and forget what was read; return the addresses.

    What was half made is whole then: its value was written, only nobody has looked at it.

    Args:
        root: The root; nobody else writes its state.
    """
    state = root.pull()
    found = list(_found(state))
    for _, instance, names in found:
        instance["attributes"] = {**instance["attributes"], names.noted: True, names.value: None}
        instance.pop("status", None)
    if found:
        root.push({**state, "serial": state["serial"] + 1})
    return [address for address, _, _ in found]


def _found(state: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], Attributes]]:
    for resource in state.get("resources", []):
        names = WRITE_ONLY.get(resource["type"])
        if names is None or resource["mode"] != "managed":
            continue
        for instance in resource["instances"]:
            attributes = instance["attributes"]
            if attributes.get(names.version) is not None and not attributes.get(names.noted):
                yield f"{_address(resource)}{_index(instance)}", instance, names


def _address(resource: Mapping[str, Any]) -> str:
    own = f"{resource['type']}.{resource['name']}"
    return f"{resource['module']}.{own}" if resource.get("module") else own


def _index(instance: Mapping[str, Any]) -> str:
    key = instance.get("index_key")
    return "" if key is None else f'["{key}"]' if isinstance(key, str) else f"[{key}]"
