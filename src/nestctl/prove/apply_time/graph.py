"""The order that Terraform keeps, and why it keeps it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nestctl.prove.plan import Plan
from nestctl.prove.source import Block, without_keys

ORDER = re.compile(r"^\s*depends_on\s*=\s*\[(.*?)\]", re.MULTILINE | re.DOTALL)
INDIRECT = re.compile(r"\b(?:local|var|module|each)\.")
COMMENT = re.compile(r"(?m)(^|\s)(#|//).*$")


@dataclass(frozen=True)
class Graph:
    """Planned resources by address without keys, and what each waits for.

    Attributes:
        kinds: Type of each.
        waits: What each waits for.
        needs: The part of ``waits`` that arguments ask for; the rest is order alone.
    """

    kinds: Mapping[str, str]
    waits: Mapping[str, frozenset[str]]
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def reaches(self, edges: Mapping[str, frozenset[str]], start: str) -> set[str]:
        """Return everything that ``start`` waits for by some edges, directly or not."""
        found: set[str] = set()
        ahead = list(edges.get(start, ()))
        while ahead:
            address = ahead.pop()
            if address not in found:
                found.add(address)
                ahead.extend(edges.get(address, ()))
        return found


def build(plan: Plan) -> Graph:
    """Return the graph of a plan's managed resources and data sources.

    A resource whose ``count`` or ``for_each`` is empty is not planned, but what it would wait for still comes
    before what waits for it: such blocks stay in the graph, without a time.
    """
    planned = {without_keys(r.address): r.type for r in plan.resources if r.mode == "managed"}
    addresses = (
        set(plan.edges) | {target for targets in plan.edges.values() for target in targets} | set(planned)
    )
    kinds = {address: planned.get(address, "") for address in addresses}
    waits = {address: plan.edges.get(address, frozenset()) for address in addresses}
    needs = {
        address: frozenset(t for t in targets if needed(address, t, plan.blocks))
        for address, targets in waits.items()
    }
    return Graph(kinds, waits, needs)


def needed(address: str, target: str, blocks: Mapping[str, Block]) -> bool:
    """Whether the arguments of a block ask for another, so that it cannot be made before it.

    They do when they name it, or when they name a local value, a variable or a module through which it can
    come. They do not when it stands in ``depends_on`` only, of the block or of a module around it.
    """
    block = blocks.get(address)
    if block is None:
        return True
    other = blocks.get(target)
    text = COMMENT.sub("", block.text)
    arguments = ORDER.sub("", text)
    same_module = other is not None and other.module == block.module
    named = target.removeprefix(f"{block.module}.") if block.module else target
    if same_module and re.search(rf"(?<![\w.]){re.escape(named)}(?![\w-])", arguments):
        return True
    if same_module and not _listed(named, text):
        # What its own module knows under a name of its own may come by a local value.
        return bool(re.search(r"\blocal\.", arguments))
    if same_module:
        return False
    if _ordered_by_module(block, target, blocks):
        return False
    return bool(INDIRECT.search(arguments)) or "module." not in f"{block.module}{target}"


def _listed(named: str, text: str) -> bool:
    return any(
        entry.strip().partition("[")[0] == named
        for found in ORDER.findall(text)
        for entry in found.split(",")
    )


def _ordered_by_module(block: Block, target: str, blocks: Mapping[str, Block]) -> bool:
    """Whether only ``depends_on``, of the block or a module around it, leads to the target's module."""
    around: Block | None = block
    while around is not None:
        text = COMMENT.sub("", around.text)
        prefix = f"{around.module}." if around.module else ""
        for found in ORDER.findall(text):
            for entry in (part.strip() for part in found.split(",")):
                whole = f"{prefix}{entry}"
                if entry and (target == whole or target.startswith(f"{whole}.")):
                    return entry not in ORDER.sub("", text)
        around = blocks.get(around.module)
    return False
