"""Proof: how long a first apply waits, what holds it back, and that nothing slow waits in vain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nestctl.prove.apply_time import times
from nestctl.prove.apply_time.graph import Graph, build
from nestctl.prove.apply_time.path import Schedule, schedule
from nestctl.prove.apply_time.times import Time
from nestctl.prove.plan import Plan
from nestctl.prove.report import Finding, Report
from nestctl.prove.roots import Plans, names
from nestctl.report.words import counted

NAME = "apply-time"

SLOW = 60.0
"""Seconds; what may take longer is slow, and is chained to another slow one only where it needs it."""


def prove(plans: Plans) -> Sequence[Report]:
    """Return a report for each root of the environment."""
    return [report(plans.plan(root)) for root in names(plans.settings)]


def report(plan: Plan, table: Mapping[str, Time] | None = None) -> Report:
    """Return what an apply of a plan waits for."""
    table = table or times.load()
    graph = build(plan)
    low = schedule(graph.waits, lambda a: _create(graph, a, table)[0])
    high = schedule(graph.waits, lambda a: _create(graph, a, table)[1])
    gone = schedule(graph.waits, lambda a: _delete(graph, a, table)[1])
    gone_low = schedule(graph.waits, lambda a: _delete(graph, a, table)[0])
    found = findings(plan, graph, table)
    chain = [a for a in high.chain if graph.kinds[a]]
    slow = sorted(
        (a for a in graph.kinds if _create(graph, a, table)[1] > SLOW), key=lambda a: (high.slack[a], a)
    )
    summary = (
        f"an apply waits {_shown(low.total)} to {_shown(high.total)} for AWS, a destroy "
        f"{_shown(gone_low.total)} to {_shown(gone.total)}; {counted(len(slow), 'slow resource')}, "
        f"{len(chain)} on the critical path"
    )
    lines = [
        "what holds the apply back, one after the other:",
        *(f"  {_time(graph, a, table):>15}  {a}" for a in chain),
        "slow resources, and what they may lose before the apply takes longer:",
        *(f"  {_time(graph, a, table):>15}  slack {_shown(high.slack[a]):>8}  {a}" for a in slow),
    ]
    return Report(
        NAME, summary, plan.root, tuple(found), _facts(graph, table, low, high, gone, slow), tuple(lines)
    )


def findings(plan: Plan, graph: Graph, table: Mapping[str, Time]) -> list[Finding]:
    """Return each slow resource that waits for another one only because an order was written down."""
    slow = {a for a in graph.kinds if _create(graph, a, table)[1] > SLOW}
    found = []
    for address in sorted(slow):
        in_vain = (graph.reaches(graph.waits, address) - graph.reaches(graph.needs, address)) & slow
        for target in sorted(in_vain):
            what = (
                f"It waits for {target} ({_time(graph, target, table)}), which none of its arguments need: "
                f"both could be made side by side."
            )
            fix = f"Take the order away: {_by(graph, address, target)}."
            resource = next((r for r in plan.resources if r.block and r.block.address == address), None)
            found.append(
                resource.finding(what, fix, "depends_on") if resource else Finding(what, fix, address)
            )
    return found


def _by(graph: Graph, address: str, target: str) -> str:
    """Return the edges that are there for the order alone, in words."""
    between = ({address} | graph.reaches(graph.waits, address)) - {target}
    edges = [
        f"{a} depends_on {t}"
        for a in sorted(between)
        for t in sorted(graph.waits.get(a, frozenset()) - graph.needs.get(a, frozenset()))
        if t == target or target in graph.reaches(graph.waits, t)
    ]
    return ", ".join(edges)


def _create(graph: Graph, address: str, table: Mapping[str, Time]) -> tuple[float, float]:
    kind = graph.kinds.get(address)
    return times.of(kind, table).create if kind else (0.0, 0.0)


def _delete(graph: Graph, address: str, table: Mapping[str, Time]) -> tuple[float, float]:
    kind = graph.kinds.get(address)
    return times.of(kind, table).delete if kind else (0.0, 0.0)


def _time(graph: Graph, address: str, table: Mapping[str, Time]) -> str:
    low, high = _create(graph, address, table)
    return f"{low:g} to {high:g} s"


def _shown(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= SLOW else f"{seconds:.0f} s"


def _facts(
    graph: Graph,
    table: Mapping[str, Time],
    low: Schedule,
    high: Schedule,
    gone: Schedule,
    slow: Sequence[str],
) -> dict[str, object]:
    used = {kind for kind in graph.kinds.values() if kind}
    return {
        "seconds": [low.total, high.total],
        "destroy_seconds_at_most": gone.total,
        "critical_path": [{"resource": a, "seconds": list(_create(graph, a, table))} for a in high.chain],
        "slow": [
            {"resource": a, "seconds": list(_create(graph, a, table)), "slack": high.slack[a]} for a in slow
        ],
        "sources": {
            kind: {"source": row.source, "date": row.date.isoformat()}
            for kind, row in table.items()
            if kind in used or kind == times.DEFAULT
        },
    }
