"""Proof: what an environment costs a month, part by part, before it is made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nestctl.prove.cost import capacity, chart, old, prices, whatif
from nestctl.prove.cost.chart import dollars
from nestctl.prove.cost.estimate import estimate
from nestctl.prove.cost.part import Estimate
from nestctl.prove.cost.use import Use
from nestctl.prove.plan import Plan
from nestctl.prove.report import Report
from nestctl.prove.roots import Plans, names
from nestctl.report.words import listed
from nestctl.settings.paths import INFRASTRUCTURE

NAME = "cost"

PROFILES = ("economical", "minimal")
"""Variable sets that lie beside staging, each explained in docs/cost.md."""


def profile(name: str) -> Mapping[str, Any]:
    """Return the variables of a profile."""
    file = INFRASTRUCTURE / "staging" / f"{name}.tfvars.json.example"
    values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return values


def prove(plans: Plans) -> Sequence[Report]:
    """Return a report for each root of the environment.

    Raises:
        NestctlError: ``price-region`` when there are no prices for the environment's region.
    """
    settings, use = plans.settings, Use()
    table = prices.load(str(plans.overrides.get("aws_region", settings.region.value)))
    reports = []
    for root in names(settings):
        plan = plans.plan(root)
        if root == settings.environment:
            reports.append(_environment(plan, table, use))
        else:
            found = estimate(plan, table, use if root == "state" else Use())
            reports.append(_report(plan, table, found, [*_parts(found)], {}))
    return [*reports, _total(reports)]


def _total(reports: Sequence[Report]) -> Report:
    """Return what all roots cost together."""
    fixed, by_use = (sum(report.facts[name] for report in reports) for name in ("fixed", "use_cost"))
    roots = listed([report.root for report in reports])
    summary = (
        f"{dollars(fixed + by_use)} a month in all: {dollars(fixed)} fixed and {dollars(by_use)} for the "
        f"assumed use, of {roots}"
    )
    facts = {"currency": "USD", "fixed": round(fixed, 2), "use_cost": round(by_use, 2)}
    return Report(NAME, summary, "", (), facts)


def compared(plan: Plan, found: Estimate, table: prices.Table) -> dict[str, Any]:
    """Return how a plan's fixed cost compares with the old layout, and whether it carries as much."""
    before = old.estimate(table)
    size = capacity.of(plan)
    smaller = size.less_than(capacity.MANUAL) if size else ["unknown classes"]
    return {
        "old_fixed": round(before.fixed, 2),
        "fixed": round(found.fixed, 2),
        "less_percent": round(100 * (1 - found.fixed / before.fixed), 1) if before.fixed else None,
        "smaller_in": smaller,
    }


def _environment(plan: Plan, table: prices.Table, use: Use) -> Report:
    found = estimate(plan, table, use)
    other = whatif.outcomes(plan, table, use)
    against = compared(plan, found, table)
    lines = [
        *_parts(found),
        "",
        "assumed in a month:",
        *(f"  {line}" for line in use.lines()),
        "",
        "what if, in US dollars a month:",
        *(
            f"  {dollars(abs(o.saved)):>8} {'less' if o.saved > 0 else 'more'}, {dollars(o.fixed)} fixed: "
            f"{o.choice.name} ({o.choice.how}); lost: {o.choice.lost}"
            for o in other
        ),
        "",
        _against(against),
    ]
    facts = {"use": use.as_dict(), "what_if": [o.as_dict() for o in other], "old_layout": against}
    return _report(plan, table, found, lines, facts)


def _against(compared: Mapping[str, Any]) -> str:
    smaller = ", ".join(compared["smaller_in"])
    size = f"and smaller in: {smaller}" if smaller else "at equal capacity"
    return (
        f"the old layout with the manual's sizes: {dollars(compared['old_fixed'])} fixed; this one is "
        f"{compared['less_percent']} % below, {size}"
    )


def _parts(found: Estimate) -> list[str]:
    lines = []
    if found.fixed:
        lines += [
            "fixed, in a month:",
            *(f"  {line}" for line in chart.text(found.groups(fixed=True))),
        ]
    if found.use:
        lines += ["by use, in a month:", *(f"  {line}" for line in chart.text(found.groups(fixed=False)))]
    return lines


def _report(
    plan: Plan, table: prices.Table, found: Estimate, lines: Sequence[str], facts: Mapping[str, Any]
) -> Report:
    summary = (
        f"{dollars(found.fixed)} a month fixed and {dollars(found.use)} for the assumed use in "
        f"{table.region}, at list prices of {table.oldest.isoformat()} or later from {table.origin}"
    )
    all_facts = {
        "region": table.region,
        "currency": "USD",
        "fixed": round(found.fixed, 2),
        "use_cost": round(found.use, 2),
        "prices": {"origin": table.origin, "oldest": table.oldest.isoformat()},
        "parts": [part.as_dict() for part in found.parts],
        **facts,
    }
    return Report(NAME, summary, plan.root, found.findings, all_facts, tuple(lines))
