"""The facts of the proof, and the same for people: a matrix of who reaches whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nestctl.prove.network import ports, protocols, reach
from nestctl.prove.network.hops import Hop
from nestctl.prove.network.model import Network
from nestctl.prove.network.needs import INTERNET, SECRETS, Flow, uses_secrets_manager, without_internet


def facts(network: Network, ways: Mapping[Flow, Sequence[Hop]]) -> dict[str, Any]:
    """Return the flows with what lets them through, as JSON-able data."""
    return {
        "flows": [
            {
                "from": flow.names[0],
                "to": flow.names[1],
                "port": flow.port,
                "protocol": protocols.TCP,
                "why": flow.why,
                "needed": not flow.optional,
                "passes": _passes(hops),
                "by": sorted({hop.by for hop in hops if hop.by}),
            }
            for flow, hops in ways.items()
        ],
        "actors": [
            {
                "name": actor.name,
                "resource": actor.resource.address if actor.resource else "",
                "subnets": [subnet.resource.address for subnet in network.subnets_of(actor)],
            }
            for actor in network.actors
        ],
        "notes": notes(network, ways),
    }


def notes(network: Network, ways: Mapping[Flow, Sequence[Hop]]) -> list[str]:
    """Return what a deployer should know although nothing is wrong with it."""
    found = []
    if without_internet(network.plan):
        cut = [flow.names[0] for flow, hops in ways.items() if flow.target == INTERNET and not _passes(hops)]
        if cut:
            url = ", not even the function's URL" if network.plan.of("aws_lambda_function_url") else ""
            who = ", ".join(cut)
            found.append(f"With nat_gateway_mode = none, {who} reach nothing on the internet{url}.")
        if not uses_secrets_manager(network.plan):
            found.append(f"Nothing in the VPC reads {SECRETS}; no way there is required.")
    return found


def lines(network: Network, ways: Mapping[Flow, Sequence[Hop]]) -> tuple[str, ...]:
    """Return a matrix: who connects, down; who answers, across; TCP ports in the cells."""
    rows = [INTERNET, *(actor.name for actor in network.actors if actor.kind != "endpoint")]
    cells: dict[tuple[str, str], set[int]] = {}
    for flow, hops in ways.items():
        if _passes(hops):
            cells.setdefault(flow.names, set()).add(flow.port)
    for source in network.actors:
        for target in network.actors:
            if source is not target and "endpoint" not in (source.kind, target.kind):
                found = reach.reachable(network, source, target, protocols.TCP)
                if found:
                    cells.setdefault((source.name, target.name), set())
                    cells[source.name, target.name] |= _few(found)
    rows = [row for row in rows if any(source == row for source, _ in cells)]
    columns = sorted({target for _, target in cells}, key=lambda name: (_rank(network, name), name))
    table = [["from \\ to", *columns]]
    for row in rows:
        texts = [", ".join(map(str, sorted(cells.get((row, column), ())))) or "-" for column in columns]
        table.append([row, *texts])
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    shown = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]
    return (*shown, *notes(network, ways))


def _few(found: int) -> set[int]:
    """Return the first port of each range: one is enough to see that something is open."""
    return {first for first, _ in ports.ranges(found)}


def _rank(network: Network, name: str) -> int:
    inside = [actor.name for actor in network.actors]
    return inside.index(name) if name in inside else len(inside) + (name == INTERNET)


def _passes(hops: Sequence[Hop]) -> bool:
    return all(hop.open for hop in hops)
