"""Findings: a flow that is needed and does not pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nestctl.prove.network.hops import Hop
from nestctl.prove.network.needs import Flow
from nestctl.prove.report import Finding


def findings(ways: Mapping[Flow, Sequence[Hop]]) -> list[Finding]:
    """Return one finding for each thing that stops needed flows, with the flows that it stops."""
    stopped: dict[tuple[str, str], tuple[Hop, list[Flow]]] = {}
    for flow, hops in ways.items():
        for hop in hops:
            if not hop.open and not flow.optional:
                key = (hop.resource.address if hop.resource else "", hop.says)
                stopped.setdefault(key, (hop, []))
                if flow not in stopped[key][1]:
                    stopped[key][1].append(flow)
    return [_finding(hop, flows) for hop, flows in stopped.values()]


def _finding(hop: Hop, flows: list[Flow]) -> Finding:
    targets: dict[tuple[str, int], list[str]] = {}
    for flow in flows:
        targets.setdefault((flow.names[0], flow.port), []).append(flow.names[1])
    needed = "; ".join(f"{name} -> {', '.join(to)} {port}" for (name, port), to in targets.items())
    what = f"{hop.says[0].upper()}{hop.says[1:]}; needed for {needed}."
    fix = f"{hop.fix}."
    return hop.resource.finding(what, fix, hop.at) if hop.resource else Finding(what, fix)
