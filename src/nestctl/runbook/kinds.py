"""Keeps a parameter's value when nest.toml gives it another kind: Terraform has a resource for each kind.

Terraform would make the new resource and delete the old one, in either order, and both are the same parameter
in AWS. So the old one is taken out of the state, and the parameter is taken over as what it is now.
"""

from __future__ import annotations

from typing import Any

from nestctl.aws import parameters
from nestctl.aws.session import Aws

KIND = "aws_ssm_parameter"


def outdated(aws: Aws, planned: dict[str, Any]) -> list[str]:
    """Return the addresses of resources whose parameter the plan would make under another one.

    One that becomes plain while it holds another value than nest.toml gives is left out: the plan then
    deletes it, and is refused (:mod:`nestctl.runbook.removals`).

    Args:
        aws: Identity that may read parameters.
        planned: Terraform's JSON plan representation.
    """
    changes = [c for c in planned.get("resource_changes", []) if c["type"] == KIND]
    made = {
        c["change"]["after"].get("name"): c["change"]["after"]
        for c in changes
        if c["change"]["actions"] == ["create"]
    }
    return [
        change["address"]
        for change in changes
        if change["change"]["actions"] == ["delete"]
        and (name := change["change"]["before"]["name"]) in made
        and _keeps_value(aws, name, made[name])
    ]


def _keeps_value(aws: Aws, name: str, after: dict[str, Any]) -> bool:
    if after.get("value_wo_version") is not None or not parameters.is_set(aws, name):
        return True
    return parameters.get_value(aws, name) == after.get("value")
