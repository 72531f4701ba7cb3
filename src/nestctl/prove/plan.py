"""A root's plan with every reference resolved: what the proofs look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nestctl.prove.report import Finding
from nestctl.prove.source import Block, without_keys
from nestctl.report.words import counted


@dataclass(frozen=True)
class Resource:
    """A planned resource or data source.

    Attributes:
        address: With instance keys.
        mode: ``managed`` or ``data``.
        type: ``aws_vpc``.
        name: Name of its block.
        index: Key of the instance: text, number or ``None``.
        values: Attributes as planned. Identifiers that AWS would give are made up, one for each resource, and
            are the same wherever another resource refers to them.
        unknown: What is not known all the same, in the shape of Terraform's ``after_unknown``.
        block: Where it is written.
    """

    address: str
    mode: str
    type: str
    name: str
    index: str | int | None
    values: Mapping[str, Any]
    unknown: Mapping[str, Any] = field(default_factory=dict)
    block: Block | None = None

    def __getitem__(self, attribute: str) -> Any:
        """Return an attribute; ``None`` when it is not set."""
        return self.values.get(attribute)

    @property
    def module(self) -> str:
        """Address of its module, with instance keys; empty in the root."""
        own = f"{'data.' if self.mode == 'data' else ''}{self.type}.{self.name}"
        return self.address.rpartition(own)[0].rstrip(".")

    def finding(self, what: str, fix: str, at: str = "") -> Finding:
        """Return a finding at this resource, on the line of its block that holds ``at``."""
        file, line = (self.block.file, self.block.line_of(at)) if self.block else ("", 0)
        return Finding(what, fix, self.address, file, line)


@dataclass(frozen=True)
class Plan:
    """The plan of a root on an empty account.

    Attributes:
        root: Name of the root.
        variables: Input variables it was planned with.
        resources: Every planned resource and data source.
        outputs: Planned outputs by name; ``None`` for what is not known.
        blocks: Every block of the configuration, by address without instance keys.
        edges: What each resource block depends on, by addresses without instance keys (``terraform graph``).
        canaries: Values that stood for secrets while it was planned.
        raw: Terraform's own words: the plan as JSON text.
    """

    root: str
    variables: Mapping[str, Any]
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)
    edges: Mapping[str, frozenset[str]] = field(default_factory=dict)
    canaries: tuple[str, ...] = ()
    raw: str = field(default="", repr=False)

    def of(self, *types: str, mode: str = "managed") -> list[Resource]:
        """Return the resources of these types, in the order of their addresses."""
        return [r for r in self.resources if r.type in types and r.mode == mode]

    def __getitem__(self, address: str) -> Resource:
        """Return a resource by its whole address, or by its end where only one ends so.

        Raises:
            KeyError: None has it, or more than one.
        """
        found = [r for r in self.resources if r.address == address]
        found = found or [r for r in self.resources if r.address.endswith("." + address)]
        if len(found) != 1:
            raise KeyError(f"{counted(len(found), 'resource')} of {self.root} are {address}")
        return found[0]

    def by(self, attribute: str, value: Any, *types: str) -> Resource | None:
        """Return the first resource of these types whose attribute has this value."""
        return next((r for r in self.of(*types) if r[attribute] == value), None)

    # ------------------------------------------------------------------ mutations, for tests and what-ifs

    def without(self, *addresses: str) -> Plan:
        """Return a plan that lacks these resources.

        Raises:
            KeyError: There is no such resource.
        """
        gone = {self[address].address for address in addresses}
        return replace(self, resources=tuple(r for r in self.resources if r.address not in gone))

    def changed(self, address: str, **values: Any) -> Plan:
        """Return a plan in which attributes of one resource have other values."""
        old = self[address]
        new = replace(old, values={**old.values, **values})
        return replace(self, resources=tuple(new if r is old else r for r in self.resources))

    def with_resource(self, address: str, type_: str, **values: Any) -> Plan:
        """Return a plan with one more resource, in the module that ``address`` names."""
        name = without_keys(address).rpartition(".")[2]
        new = Resource(address, "managed", type_, name, None, values)
        return replace(self, resources=(*self.resources, new))


def read_resources(changes: Iterable[Mapping[str, Any]], blocks: Mapping[str, Block]) -> Iterator[Resource]:
    """Yield the resources of a JSON plan's ``resource_changes``; those to be destroyed are left out."""
    for change in changes:
        after = change["change"].get("after")
        if after is None:
            continue
        yield Resource(
            address=change["address"],
            mode=change["mode"],
            type=change["type"],
            name=change["name"],
            index=change.get("index"),
            values=after,
            unknown=change["change"].get("after_unknown") or {},
            block=blocks.get(without_keys(change["address"])),
        )
