"""Takes over what an import must not read, or cannot read whole.

An import reads the whole of a parameter, its value included, and Terraform keeps what it has read: the value
would lie in state and plan. The import of a cache lacks the strategy of its token, and the next update would
send it together with an empty token, which AWS refuses. So the record that Terraform itself writes when it
makes such a thing is put into the state instead; the next plan reads the rest, and leaves the value out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from nestctl.terraform.root import Root
from nestctl.terraform.write_only import WRITE_ONLY

PARAMETER = "aws_ssm_parameter"
CACHE = "aws_elasticache_replication_group"

SCHEMA_VERSIONS = {PARAMETER: 0, CACHE: 2}
"""Of the provider 5.100; a later one brings older records up to its own."""

STATE_FORMAT = 4
"""Of Terraform 0.12 and everything since."""


def is_unseen(change: Mapping[str, Any]) -> bool:
    """Tell whether a planned resource is a parameter with a write-only value, or a cache."""
    after = change["change"]["after"] or {}
    return change["type"] == CACHE or (
        change["type"] == PARAMETER and after.get(WRITE_ONLY[PARAMETER].version) is not None
    )


def take_over(root: Root, changes: Iterable[Mapping[str, Any]]) -> None:
    """Put things that AWS has into a root's state, without their values.

    Args:
        root: The root.
        changes: The changes that would make them, of Terraform's JSON plan representation.
    """
    state = root.pull() or {
        "version": STATE_FORMAT,
        "terraform_version": "1.11.0",
        "serial": 0,
        "lineage": str(uuid.uuid4()),
        "outputs": {},
        "resources": [],
    }
    root.push(with_records({**state, "serial": state["serial"] + 1}, changes))


def with_records(state: dict[str, Any], changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a state with a record more for each change."""
    resources = [dict(item) for item in state["resources"]]
    for change in changes:
        where = {key: change[name] for key, name in (("module", "module_address"),) if change.get(name)}
        where |= {"mode": "managed", "type": change["type"], "name": change["name"]}
        wanted = where | {"provider": f'provider["{change["provider_name"]}"]'}
        same = [item for item in resources if all(item.get(key) == value for key, value in where.items())]
        if not same:
            resources.append({**wanted, "instances": []})
            same = resources[-1:]
        record = {
            **({"index_key": change["index"]} if "index" in change else {}),
            "schema_version": SCHEMA_VERSIONS[change["type"]],
            "attributes": _attributes(change),
            "sensitive_attributes": [],
        }
        same[0]["instances"] = [*same[0]["instances"], record]
    return {**state, "resources": resources}


def _attributes(change: Mapping[str, Any]) -> dict[str, Any]:
    after = change["change"]["after"]
    if change["type"] == PARAMETER:
        name, written = after["name"], WRITE_ONLY[PARAMETER]
        return {"id": name, "name": name, written.noted: True, written.version: 1}
    name = after["replication_group_id"]
    # The strategy is the provider's default; what stands beside it AWS does not keep.
    return {
        "id": name,
        "replication_group_id": name,
        "auth_token_update_strategy": "ROTATE",
        "apply_immediately": after.get("apply_immediately"),
    }
