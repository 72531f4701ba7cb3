"""The Terraform roots by name, each with the variables that the runbook would give it now."""

from __future__ import annotations

from nestctl.report import NestctlError
from nestctl.runbook import bootstrap, stack, standing, state
from nestctl.runbook.context import Context
from nestctl.settings.resolve import Settings
from nestctl.terraform.root import Root


def names(settings: Settings) -> tuple[str, ...]:
    """Return the names of the roots of an environment."""
    return ("state", "bootstrap", settings.environment)


def find(context: Context, name: str) -> Root:
    """Return a root, ready to plan.

    Raises:
        NestctlError: ``root-not-ready`` when what it needs is not there yet.
    """
    match name:
        case "state":
            root = state.deployed_root(context)
        case "bootstrap":
            root = bootstrap.deployed_root(context)
        case _:
            root = stack.deployed_root(context)
            if root is not None:
                standing.refuse_impossible_changes(context)
    if root is None:
        raise NestctlError(
            "root-not-ready",
            f"The root {name} cannot be planned yet.",
            "A step before it has not been carried out on this target.",
            f"nestctl up --until {name if name in ('state', 'bootstrap') else 'certificate'}",
        )
    return root
