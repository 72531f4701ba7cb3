"""From a plan and a table of prices to what it costs."""

from __future__ import annotations

from nestctl.prove.cost.free import FREE
from nestctl.prove.cost.needs import BILLED
from nestctl.prove.cost.part import Estimate, Part
from nestctl.prove.cost.prices import Table
from nestctl.prove.cost.use import Use
from nestctl.prove.plan import Plan
from nestctl.prove.report import Finding

REFRESH = "Take the prices of AWS: nestctl prove cost --refresh"


def estimate(plan: Plan, table: Table, use: Use) -> Estimate:
    """Return what a plan costs a month in the region of the table.

    A resource whose type is neither billed nor known to be free, and a need without a price, are findings:
    nothing is counted as zero in silence.
    """
    parts: list[Part] = []
    findings: list[Finding] = []
    for resource in plan.resources:
        if resource.mode != "managed" or resource.type in FREE:
            continue
        rule = BILLED.get(resource.type)
        if rule is None:
            what = f"Nothing says whether {resource.type} is billed, so it is missing from the estimate."
            findings.append(
                resource.finding(what, "Add it to prove/cost/needs.py, or to free.py with a reason.")
            )
            continue
        for need in rule(resource, plan, use):
            price = table.get(need.price)
            if price is None:
                what = (
                    f"There is no price {need.price!r} in {table.region}, so it is missing from the estimate."
                )
                findings.append(resource.finding(what, REFRESH))
                continue
            parts.append(Part(resource.address, need, price.usd, price.unit))
    return Estimate(tuple(parts), tuple(findings))
