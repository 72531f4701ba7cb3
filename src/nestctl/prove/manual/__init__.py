"""Proof: whoever follows the deployment manual by hand finds every name that it uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nestctl.prove.manual import listing, planned, written
from nestctl.prove.manual.tree import Tree
from nestctl.prove.report import Finding, Report
from nestctl.prove.roots import Plans, names
from nestctl.report.words import counted
from nestctl.settings.paths import INFRASTRUCTURE


def prove(plans: Plans) -> Sequence[Report]:
    """Return one report on all roots and files."""
    wanted = listing.load(plans.settings)
    roots = {root: plans.plan(root) for root in names(plans.settings)}
    found = findings(wanted, roots, Tree(plans.settings.app, INFRASTRUCTURE, plans.settings.project))
    number = listing.count(wanted)
    commands = sum(len(group["run"]) for group in wanted["commands"])
    lines = tuple(
        f"{entry['name']} goes by {entry.get('file') or entry.get('variable')}: {entry['why']}"
        for entry in wanted["replaced"]
    )
    summary = (
        f"{counted(number, 'name')} of the manual, {counted(commands, 'command')} among them, "
        "in plans and files"
    )
    return [Report("manual", summary, findings=tuple(found), facts={"names": number}, lines=lines)]


def findings(wanted: dict[str, Any], roots: planned.Roots, tree: Tree) -> list[Finding]:
    """Return what the manual names and nobody would find."""
    rules = (*planned.RULES, *written.RULES)
    return [finding for rule in rules for finding in rule(wanted, roots, tree)]
