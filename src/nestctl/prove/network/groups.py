"""Rules of security groups, in whichever of the provider's three forms they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nestctl.prove.network import addresses, ports, protocols
from nestctl.prove.network.addresses import Range
from nestctl.prove.plan import Plan, Resource


@dataclass(frozen=True)
class Rule:
    """One thing that a security group lets through.

    Attributes:
        resource: Where it is written.
        group: Id of the group that has it.
        egress: Whether it is about what goes out.
        protocol: ``tcp``, or ``-1`` for every protocol.
        ports: Set of ports at the server's side.
        peer: Group, range or id of a prefix list at the other side.
    """

    resource: Resource
    group: str
    egress: bool
    protocol: str
    ports: int = field(repr=False)  # too long to be written in decimal
    peer: PeerGroup | Range | PrefixList | None

    @property
    def direction(self) -> str:
        """``egress`` or ``ingress``."""
        return "egress" if self.egress else "ingress"


@dataclass(frozen=True)
class PeerGroup:
    """The members of a group."""

    id: str


@dataclass(frozen=True)
class PrefixList:
    """The addresses of a prefix list."""

    id: str


def rules(plan: Plan) -> tuple[Rule, ...]:
    """Return every rule of every security group of a plan."""
    found: list[Rule] = []
    for resource in plan.of(
        "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule", "aws_security_group_rule"
    ):
        egress = resource.type.endswith("egress_rule") or resource["type"] == "egress"
        found += _read(resource, str(resource["security_group_id"]), egress, resource.values)
    for resource in plan.of("aws_security_group", "aws_default_security_group"):
        for egress, attribute in ((False, "ingress"), (True, "egress")):
            for values in resource[attribute] or ():
                found += _read(resource, str(resource["id"]), egress, values)
    return tuple(found)


def _read(resource: Resource, group: str, egress: bool, values: Mapping[str, Any]) -> Iterator[Rule]:
    protocol = protocols.parse(values.get("ip_protocol") or values.get("protocol"))
    first, last = values.get("from_port"), values.get("to_port")
    opened = ports.ALL
    if protocol in protocols.WITH_PORTS and first is not None and last is not None and first >= 0:
        opened = ports.span(int(first), int(last))
    peers: list[PeerGroup | Range | PrefixList | None] = [*_peers(group, values)]
    for peer in peers or [None]:
        yield Rule(resource, group, egress, protocol, opened, peer)


def _peers(group: str, values: Mapping[str, Any]) -> Iterator[PeerGroup | Range | PrefixList]:
    one = (values.get("referenced_security_group_id"), values.get("source_security_group_id"))
    for id_ in (*one, *(values.get("security_groups") or ()), group if values.get("self") else None):
        if id_:
            yield PeerGroup(str(id_))
    own = (values.get("cidr_ipv4"), values.get("cidr_ipv6"))
    for text in (*own, *(values.get("cidr_blocks") or ()), *(values.get("ipv6_cidr_blocks") or ())):
        if network := addresses.parse(text):
            yield network
    for id_ in (values.get("prefix_list_id"), *(values.get("prefix_list_ids") or ())):
        if id_:
            yield PrefixList(str(id_))
