"""What may pass: the flows that are needed, as sets of ports by who talks to whom."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Network

from nestctl.prove.network import ports, protocols
from nestctl.prove.network.actors import Actor, service_of
from nestctl.prove.network.addresses import Range, within
from nestctl.prove.network.groups import PeerGroup, PrefixList, Rule
from nestctl.prove.network.model import Network
from nestctl.prove.network.needs import INTERNET, Flow


class Allowed:
    """Answers what the needed flows let pass.

    Args:
        network: The network.
        flows: Flows that it needs.
    """

    def __init__(self, network: Network, flows: Iterable[Flow]) -> None:
        self.network = network
        self._ports: dict[tuple[str, str], int] = {}
        for flow in flows:
            source, target = flow.names
            self._let(source, target, flow.port)
            if isinstance(flow.target, str) and flow.target != INTERNET:
                # Endpoints share a group: who needs one AWS API may knock at all of them, where IAM decides.
                for actor in network.of("endpoint"):
                    self._let(source, actor.name, flow.port)
            if isinstance(flow.target, str):
                for actor in network.of("nat"):
                    self._let(source, actor.name, flow.port)
                    self._let(actor.name, INTERNET, flow.port)

    def _let(self, source: str, target: str, port: int) -> None:
        self._ports[source, target] = self._ports.get((source, target), 0) | ports.one(port)

    def between(self, source: Actor, target: Actor) -> int:
        """Return the TCP ports at which one actor may reach another."""
        allowed = self._ports.get((source.name, target.name), 0)
        tier = [actor for actor in self.network.actors if actor.tier == source.tier]
        if source.tier == target.tier and len(tier) > 1:
            # Parts of a tier may share a group, which then names itself.
            allowed |= _all_of(ports.one(port) for port in target.ports)
        return allowed

    def from_internet(self, actor: Actor) -> int:
        """Return the TCP ports at which the internet may reach an actor."""
        return self._ports.get((INTERNET, actor.name), 0)

    def outside(self, actor: Actor) -> int:
        """Return the TCP ports at which an actor may reach what is not in the VPC."""
        inside = {other.name for other in self.network.actors}
        return _all_of(
            p for (source, to), p in self._ports.items() if source == actor.name and to not in inside
        )

    def by(self, rule: Rule) -> int | None:
        """Return the TCP ports that a group's rule may open; nothing when nobody is in its groups."""
        members = self.network.members(rule.group)
        match rule.peer:
            case PeerGroup(id=id_):
                peers = self.network.members(id_)
                return self._pairs(rule, members, peers) if members and peers else None
            case PrefixList(id=id_):
                return self._listed(rule, members, id_)
            case None:
                return 0
            case network:
                return self._range(rule, members, network)

    def _listed(self, rule: Rule, members: list[Actor], id_: str) -> int:
        endpoints = self.network.plan.of("aws_vpc_endpoint")
        services = {service_of(one) for one in endpoints if str(one["prefix_list_id"]) == id_}
        if not rule.egress:
            return 0
        return _common(self._ports.get((member.name, one), 0) for member in members for one in services)

    def _range(self, rule: Rule, members: list[Actor], network: Range) -> int:
        if any(within(network, vpc) for vpc in self.network.vpcs):
            peers = [actor for actor in self.network.actors if self._touches(actor, network)]
            if not rule.egress and members and all(member.kind == "nat" for member in members):
                # It serves whole subnets; what stands there and needs no internet is held by its own group.
                return _all_of(self.between(peer, member) for peer in peers for member in members)
            return self._pairs(rule, members, peers)
        if rule.egress:
            # Nobody inside has an IPv6 address to go out with.
            return 0 if isinstance(network, IPv6Network) else _common(map(self.outside, members))
        return _common(map(self.from_internet, members))

    def _touches(self, actor: Actor, network: Range) -> bool:
        own = [subnet.network for subnet in self.network.subnets_of(actor)]
        return any(within(one, network) or within(network, one) for one in own)

    def _pairs(self, rule: Rule, members: list[Actor], peers: list[Actor]) -> int:
        pairs = [(m, p) if rule.egress else (p, m) for m in members for p in peers]
        return _common(self.between(source, target) for source, target in pairs)


def excess(rule: Rule, allowed: int) -> int:
    """Return the ports that a rule opens beyond some TCP ports."""
    return rule.ports & ~allowed if rule.protocol == protocols.TCP else rule.ports


def _all_of(sets: Iterable[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found


def _common(sets: Iterable[int]) -> int:
    found: int | None = None
    for one in sets:
        found = one if found is None else found & one
    return found or 0
