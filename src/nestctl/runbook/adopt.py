"""Takes over what a Terraform that was killed had made, but had not yet written into its state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nestctl.aws.inventory import Inventory
from nestctl.aws.session import Aws
from nestctl.runbook.view import make_view
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform.root import Plan, Root

ROUNDS = 5
"""A route can be looked up once its table is taken over, a rule once its listener is: chains are short."""


def orphans(aws: Aws, planned: dict[str, Any]) -> dict[str, str]:
    """Return what the plan would make although AWS has it: import ids by address.

    Args:
        aws: Identity that looks.
        planned: Terraform's JSON plan representation.
    """
    inventory = Inventory(aws)
    found = {}
    for change in planned.get("resource_changes", []):
        if change["mode"] != "managed" or change["change"]["actions"] != ["create"]:
            continue
        values = {key: value for key, value in (change["change"]["after"] or {}).items() if value is not None}
        import_id = inventory.find(change["type"], values)
        if import_id:
            found[change["address"]] = import_id
    return found


def blocks(imports: dict[str, str]) -> str:
    """Return the ``import`` blocks for these ids."""
    return "".join(
        f"import {{\n  to = {address}\n  id = {json.dumps(import_id)}\n}}\n"
        for address, import_id in sorted(imports.items())
    )


def plan_and_adopt(aws: Aws, root: Root, work: Path, targets: Sequence[str] = ()) -> tuple[Root, Plan, int]:
    """Plan a root so that what AWS has already is imported instead of made again.

    Args:
        aws: Identity that looks.
        root: The root.
        work: Work folder of the target and environment, for a view of the root with ``import`` blocks.
        targets: Addresses, for a plan of these only.

    Returns:
        The root as it was planned, the plan, and how many resources it takes over.
    """
    imports: dict[str, str] = {}
    viewed = root
    for _ in range(ROUNDS):
        plan = viewed.plan(targets=targets)
        if not any(change.action == "create" for change in plan.changes):
            break
        found = orphans(aws, viewed.show(plan))
        if not set(found) - set(imports):
            break
        imports.update(found)
        viewed = replace(root, folder=_view(root, work, imports))
    return viewed, plan, len(imports)


def _view(root: Root, work: Path, imports: dict[str, str]) -> Path:
    inside = root.folder != INFRASTRUCTURE / root.name
    overrides = root.folder.glob("*_override.tf") if inside else ()
    links = {path.name: path.resolve() for path in overrides}
    return make_view(work, root.name, links=links, texts={"nestctl_import.tf": blocks(imports)})
