"""Takes over what a Terraform that was killed had made, but had not yet written into its state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nestctl.aws.inventory import Inventory
from nestctl.aws.session import Aws
from nestctl.report import NestctlError
from nestctl.report.words import agreed, counted
from nestctl.runbook import kinds
from nestctl.runbook.adopt_unseen import is_unseen, take_over
from nestctl.runbook.view import make_view
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform.root import Plan, Root

ROUNDS = 8
"""A route can be looked up once its table is taken over, a rule once its listener is: chains are short. An
older state may need a round more for each of them, to forget what is gone."""

KEPT = (
    "aws_db_instance",
    "aws_elasticache_replication_group",
    "aws_lb",
    "aws_nat_gateway",
    "aws_cloudfront_distribution",
)
"""Terraform waits minutes for these after AWS has made them, and marks them tainted when that wait is cut
short: to make them again would take as long, and lose what a database holds."""

HOLDING = ("aws_ecs_cluster", "aws_s3_bucket")
"""What lies in these would go with them, or keep them from going. An interrupted run has made them whole;
what it has not set yet are resources of their own."""

VALUED = ("aws_ssm_parameter",)
"""What is written into these Terraform may not know: to make one anew would lose it."""

NAMED = ("aws_db_parameter_group", "aws_elasticache_parameter_group", "aws_lb_target_group")
"""Terraform replaces these before it destroys them, under the same name, which AWS refuses. What an
interrupted run has left out of them is an update."""


def orphans(aws: Aws, planned: dict[str, Any]) -> dict[str, str]:
    """Return what the plan would make although AWS has it: import ids by address.

    Args:
        aws: Identity that looks.
        planned: Terraform's JSON plan representation.
    """
    return _there(aws, planned, lambda change: change["change"]["actions"] == ["create"])


def half_made(aws: Aws, planned: dict[str, Any]) -> list[str]:
    """Return the addresses of what the plan would make anew only because its maker was interrupted.

    Terraform marks what it was waiting for as tainted. What is there is whole; only nobody has waited for it.
    """
    inventory = Inventory(aws)

    def interrupted(change: dict[str, Any]) -> bool:
        tainted = change.get("action_reason") == "replace_because_tainted"
        return (
            tainted
            and change["type"] in KEPT + HOLDING + NAMED + VALUED
            and not inventory.has_failed(change["type"])
        )

    return list(_there(aws, planned, interrupted))


def _there(aws: Aws, planned: dict[str, Any], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, str]:
    inventory = Inventory(aws)
    found = {}
    for change in planned.get("resource_changes", []):
        if change["mode"] != "managed" or not wanted(change):
            continue
        values = {key: value for key, value in (change["change"]["after"] or {}).items() if value is not None}
        import_id = inventory.find(change["type"], values)
        if import_id:
            inventory.wait_until_usable(change["type"], import_id)
            found[change["address"]] = import_id
    return found


def blocks(imports: dict[str, str]) -> str:
    """Return the ``import`` blocks for these ids."""
    return "".join(
        f"import {{\n  to = {address}\n  id = {json.dumps(import_id)}\n}}\n"
        for address, import_id in sorted(imports.items())
    )


def plan_and_adopt(
    aws: Aws, root: Root, work: Path, targets: Sequence[str] = (), *, owner: Aws | None = None
) -> tuple[Root, Plan, int]:
    """Plan a root so that what AWS has already is imported instead of made again.

    Args:
        aws: Identity that looks.
        root: The root.
        work: Work folder of the target and environment, for a view of the root with ``import`` blocks.
        targets: Addresses, for a plan of these only.
        owner: Identity that may read the parameters of the root, where it has any.

    Returns:
        The root as it was planned, the plan, and how many resources it takes over; a parameter that only gets
        another kind is none.
    """
    imports: dict[str, str] = {}
    kept: set[str] = set()
    unseen = moved = 0
    viewed = root
    for _ in range(ROUNDS):
        plan = viewed.plan(targets=targets)
        if not any(change.action in ("create", "replace") for change in plan.changes):
            break
        planned = viewed.show(plan)
        if owner is not None and (outdated := kinds.outdated(owner, planned)):
            root.forget(outdated)
            moved += len(outdated)
            continue
        if gone := stale(planned, imports):
            root.forget(gone)
            continue
        found = set(orphans(aws, planned).items()) - set(imports.items())
        whole = set(half_made(aws, planned)) - kept
        if not found and not whole:
            break
        for address in sorted(whole):
            root.untaint(address)
        kept |= whole
        secret = [c for c in planned["resource_changes"] if is_unseen(c) and c["address"] in dict(found)]
        if secret:
            take_over(root, secret)
            unseen += len(secret)
        addresses = {change["address"] for change in secret}
        imports.update((address, name) for address, name in found if address not in addresses)
        viewed = replace(root, folder=_view(root, work, imports)) if imports else root
    if imports and any(change.action == "replace" for change in plan.changes):
        _refuse_replacing(viewed.show(plan), root)
    return viewed, plan, max(0, len(imports) + len(kept) + unseen - moved)


def stale(planned: dict[str, Any], imports: Mapping[str, str]) -> list[str]:
    """Return the addresses under which an older state has what is gone, so that they cannot be imported.

    Terraform passes an ``import`` block over whose address the state knows, finds that thing gone when it
    looks, and would make another one beside that which AWS has.
    """
    return [
        change["address"]
        for change in planned.get("resource_changes", [])
        if change["address"] in imports
        and change["change"]["actions"] == ["create"]
        and not change["change"].get("importing")
    ]


def _refuse_replacing(planned: dict[str, Any], root: Root) -> None:
    """Refuse a plan that takes something over in order to destroy it: its state fits to another time.

    Raises:
        NestctlError: ``takeover-replaces``, before anything is changed.
    """
    lost = [
        change["address"]
        for change in planned.get("resource_changes", [])
        if change["change"].get("importing") and "delete" in change["change"]["actions"]
    ]
    if lost:
        raise NestctlError(
            "takeover-replaces",
            f"Terraform would take over {counted(len(lost), 'thing')} of {root.name} and destroy "
            f"{agreed(len(lost), 'it', 'them')} in the same apply; nothing was changed.",
            "The state is of another time than what AWS has: "
            + ", ".join(lost[:5])
            + (" …" if lost[5:] else ""),
            f"nestctl state versions {root.name}",
        )


def _view(root: Root, work: Path, imports: dict[str, str]) -> Path:
    inside = root.folder != INFRASTRUCTURE / root.name
    overrides = root.folder.glob("*_override.tf") if inside else ()
    links = {path.name: path.resolve() for path in overrides}
    return make_view(work, root.name, links=links, texts={"nestctl_import.tf": blocks(imports)})
