"""The longest way through a graph, and how much later a resource could be without anyone noticing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter


@dataclass(frozen=True)
class Schedule:
    """When each resource is done, when nothing but its own waits holds it back.

    Attributes:
        total: Seconds until all is done.
        chain: What the end waits for, from the first on.
        slack: Seconds that each may lose without a later end.
    """

    total: float
    chain: tuple[str, ...]
    slack: Mapping[str, float]


def schedule(waits: Mapping[str, frozenset[str]], takes: Callable[[str], float]) -> Schedule:
    """Return the schedule of a graph.

    Args:
        waits: What each resource waits for.
        takes: Seconds that a resource takes.

    Raises:
        graphlib.CycleError: Resources wait for each other, which Terraform would have refused.
    """
    order = list(TopologicalSorter(waits).static_order())
    before: dict[str, float] = {}
    held: dict[str, str | None] = {}
    for address in order:
        last = max(waits.get(address, ()), key=lambda a: (before[a] + takes(a), a), default=None)
        held[address] = last
        before[address] = before[last] + takes(last) if last is not None else 0.0
    total = max((before[a] + takes(a) for a in order), default=0.0)
    after: dict[str, float] = dict.fromkeys(order, 0.0)
    for address in reversed(order):
        for target in waits.get(address, ()):
            after[target] = max(after[target], after[address] + takes(address))
    slack = {a: total - before[a] - takes(a) - after[a] for a in order}
    at = max(order, key=lambda a: (before[a] + takes(a), a), default=None)
    chain: list[str] = []
    while at is not None:
        chain.append(at)
        at = held[at]
    return Schedule(total, tuple(reversed(chain)), slack)
