"""Keeps a plan from deleting parameters whose value Terraform does not know and cannot make again."""

from __future__ import annotations

import re

from nestctl.aws import parameters
from nestctl.aws.session import Aws
from nestctl.report import NestctlError
from nestctl.terraform.root import Plan

WRITE_ONLY = re.compile(r'\baws_ssm_parameter\.(?:secret|generated)\["([^"]+)"\]$')
"""Addresses in modules/parameters of what has a write-only value."""


def lost(aws: Aws, plan: Plan, path: str) -> list[str]:
    """Return the parameters that a plan would delete together with a value that somebody has set.

    Args:
        aws: Identity that may read them.
        plan: The plan.
        path: The parameters' path, with a slash at both ends.
    """
    named = [WRITE_ONLY.search(c.address) for c in plan.changes if c.action in ("delete", "replace")]
    # What is only seen shows both resources of a parameter of another kind; an apply moves it, value and all.
    made = [WRITE_ONLY.search(c.address) for c in plan.changes if c.action == "create"]
    moved = {found[1] for found in made if found}
    return [
        found[1]
        for found in named
        if found and found[1] not in moved and parameters.is_set(aws, f"{path}{found[1]}")
    ]


def sentence(names: list[str]) -> str:
    """Return what such a plan would do, for a plan that is only shown."""
    return (
        f"{', '.join(names)}: a value is set in Parameter Store, and nest.toml no longer declares it so. "
        "An apply of this plan is refused until that value is deleted or declared again"
    )


def refusal(names: list[str], path: str) -> NestctlError:
    """Return the error for a plan that would lose values."""
    return NestctlError(
        "parameter-value-lost",
        f"The plan would delete {', '.join(f'{path}{name}' for name in names)} with what is stored there.",
        "nest.toml no longer declares it, or declares it under another name or as plain with another value, "
        "and Terraform does not know the value: nobody could bring it back.",
        f"Declare it again in nest.toml; or copy the value to where it is needed, then delete it: "
        f"nestctl aws ssm delete-parameter --name {path}{names[0]}",
    )
