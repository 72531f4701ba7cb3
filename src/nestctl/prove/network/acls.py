"""Network ACLs: numbered entries, the first that matches decides, what none matches is denied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nestctl.prove.network import addresses, ports, protocols
from nestctl.prove.network.addresses import Range, within
from nestctl.prove.plan import Plan, Resource


@dataclass(frozen=True)
class Entry:
    """One entry."""

    number: int
    egress: bool
    allow: bool
    protocol: str
    network: Range
    ports: int = field(repr=False)  # too long to be written in decimal


@dataclass(frozen=True)
class Acl:
    """A network ACL.

    Attributes:
        resource: Where it is written; nothing for a VPC's own first one, which lets everything through.
        entries: In the order in which they are tried.
    """

    resource: Resource | None
    entries: tuple[Entry, ...] = ()
    _known: dict[tuple[bool, str, Range], int] = field(default_factory=dict, compare=False, repr=False)

    def allowed(self, egress: bool, protocol: str, piece: Range) -> int:
        """Return the ports at which it lets a protocol through, for addresses that no entry tells apart."""
        if self.resource is None:
            return ports.ALL
        key = (egress, protocol, piece)
        if key not in self._known:
            self._known[key] = self._first_match(egress, protocol, piece)
        return self._known[key]

    def deciding(self, egress: bool, protocol: str, piece: Range, some: int) -> str:
        """Return the numbers of the entries that let some ports through."""
        numbers = []
        for entry in self._matching(egress, protocol, piece):
            if entry.ports & some and entry.allow:
                numbers.append(str(entry.number))
            some &= ~entry.ports
        return ", ".join(numbers)

    def _matching(self, egress: bool, protocol: str, piece: Range) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if entry.egress == egress
            and protocols.matches(entry.protocol, protocol)
            and within(piece, entry.network)
        ]

    def _first_match(self, egress: bool, protocol: str, piece: Range) -> int:
        allowed = decided = 0
        for entry in self._matching(egress, protocol, piece):
            if entry.allow:
                allowed |= entry.ports & ~decided
            decided |= entry.ports
        return allowed


def by_subnet(plan: Plan) -> dict[str, Acl]:
    """Return the ACL of each subnet that has one of its own."""
    found: dict[str, Acl] = {}
    for resource in plan.of("aws_network_acl", "aws_default_network_acl"):
        inline = [
            _entry(values, attribute == "egress", "rule_no", "action")
            for attribute in ("ingress", "egress")
            for values in resource[attribute] or ()
        ]
        apart = [
            _entry(rule.values, bool(rule["egress"]), "rule_number", "rule_action")
            for rule in plan.of("aws_network_acl_rule")
            if rule["network_acl_id"] == resource["id"]
        ]
        entries = [entry for entry in (*inline, *apart) if entry is not None]
        acl = Acl(resource, tuple(sorted(entries, key=lambda entry: entry.number)))
        associated = [
            link["subnet_id"]
            for link in plan.of("aws_network_acl_association")
            if link["network_acl_id"] == resource["id"]
        ]
        found |= {str(subnet): acl for subnet in (*(resource["subnet_ids"] or ()), *associated)}
    return found


def _entry(values: Mapping[str, Any], egress: bool, number: str, action: str) -> Entry | None:
    network = addresses.parse(values.get("cidr_block") or values.get("ipv6_cidr_block"))
    if network is None:
        return None
    protocol = protocols.parse(values.get("protocol"))
    opened = ports.ALL
    if protocol in protocols.WITH_PORTS:
        opened = ports.span(int(values.get("from_port") or 0), int(values.get("to_port") or 0))
    return Entry(int(values[number]), egress, values[action] == "allow", protocol, network, opened)
