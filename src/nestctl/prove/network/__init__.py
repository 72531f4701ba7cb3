"""Proof: every flow that the system needs passes, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence

from nestctl.prove.network import excess, function, missing, model, needs, placing, reach, shown
from nestctl.prove.network.allowed import Allowed
from nestctl.prove.network.function import Placement
from nestctl.prove.plan import Plan
from nestctl.prove.report import Report
from nestctl.prove.roots import Plans
from nestctl.report.words import counted

NAME = "network"


def prove(plans: Plans) -> Sequence[Report]:
    """Return a report on the environment's root."""
    settings = plans.settings
    folder = settings.app / settings.manifest.backend.root
    return [examine(plans.environment(), function.placement(folder, settings.environment))]


def examine(plan: Plan, placement: Placement | None) -> Report:
    """Return what a plan's network lets through, and what is wrong with it.

    Args:
        plan: Plan of an environment's root.
        placement: Where the backend's function stands; nothing when it stands in no VPC.
    """
    network = model.read(plan, placement)
    flows = needs.flows(network)
    ways = {flow: reach.way(network, flow) for flow in flows}
    allowed = Allowed(network, flows)
    found = [
        *missing.findings(ways),
        *excess.rules(network, allowed),
        *excess.reached(network, allowed),
        *excess.entries(network, allowed),
        *placing.findings(network, flows),
    ]
    required = [flow for flow in flows if not flow.optional]
    outcome = "not all is as it has to be" if found else "each flow passes, and nothing else does"
    summary = (
        f"{counted(len(required), 'needed flow')} among "
        f"{counted(len(network.actors), 'part')} in {counted(len(network.subnets), 'subnet')}, "
        f"{counted(len(network.rules), 'security group rule')}: {outcome}"
    )
    return Report(
        NAME, summary, plan.root, tuple(found), shown.facts(network, ways), shown.lines(network, ways)
    )
