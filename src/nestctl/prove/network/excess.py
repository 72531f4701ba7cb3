"""Findings: rules and entries that let through more than any flow needs, and whatever they make reachable."""

from __future__ import annotations

from collections.abc import Iterator

from nestctl.prove.network import ports, protocols, reach
from nestctl.prove.network.acls import Acl
from nestctl.prove.network.actors import Actor
from nestctl.prove.network.allowed import Allowed, excess
from nestctl.prove.network.groups import PeerGroup, PrefixList, Rule
from nestctl.prove.network.model import Network, Subnet
from nestctl.prove.report import Finding


def rules(network: Network, allowed: Allowed) -> Iterator[Finding]:
    """Yield a finding for each rule of a security group that opens more than its members need."""
    for rule in network.rules:
        permitted = allowed.by(rule)
        too_much = excess(rule, permitted or 0)
        # Between groups that nobody is in yet, one port harms nobody.
        if not too_much or (permitted is None and len(ports.ranges(rule.ports)) == 1 and _one_port(rule)):
            continue
        opened = (
            f"TCP {ports.shown(too_much)}"
            if rule.protocol == protocols.TCP
            else f"{protocols.shown(rule.protocol)} ({ports.shown(too_much)})"
        )
        members = " and ".join(actor.name for actor in network.members(rule.group)) or "nobody yet"
        way = "out to" if rule.egress else "in from"
        whom = f"{way} {_peer(network, rule)}"
        what = f"This {rule.direction} rule of the group of {members} opens {opened} {whom}"
        fix = f"Narrow it to TCP {ports.shown(permitted)}" if permitted else "Remove the rule"
        yield rule.resource.finding(f"{what}, which no flow needs.", f"{fix}.", "from_port")


def reached(network: Network, allowed: Allowed) -> Iterator[Finding]:
    """Yield a finding for each actor that another, or the internet, reaches without need."""
    for target in network.actors:
        for protocol in protocols.LOOKED_AT:
            found = reach.from_internet(network, target, protocol)
            if protocol == protocols.TCP:
                found &= ~allowed.from_internet(target)
            if found:
                yield _reached(network, "the internet", target, protocol, found)
            for source in network.actors:
                found = reach.reachable(network, source, target, protocol) if source is not target else 0
                if protocol == protocols.TCP:
                    # What the whole world may reach, the inside may as well.
                    found &= ~(allowed.between(source, target) | allowed.from_internet(target))
                if found:
                    yield _reached(network, f"the {source.name}", target, protocol, found)


def entries(network: Network, allowed: Allowed) -> Iterator[Finding]:
    """Yield a finding for each network ACL that lets the internet further than answers and visitors."""
    seen: dict[tuple[str, bool], Acl] = {}
    for subnet in network.subnets.values():
        public = network.is_public(subnet) or any(
            subnet.id in lb.subnets for lb in network.of("load balancer")
        )
        if subnet.acl.resource is None:
            what = "No network ACL is associated with it, so that the VPC's default lets everything through."
            yield subnet.resource.finding(what, "Name it in the subnet_ids of a network ACL.")
        elif (subnet.acl.resource.address, public) not in seen:
            seen[subnet.acl.resource.address, public] = subnet.acl
            yield from _entries(network, allowed, subnet, public)


def _entries(network: Network, allowed: Allowed, subnet: Subnet, public: bool) -> Iterator[Finding]:
    resource = subnet.acl.resource
    visitors = 0
    for actor in network.of("load balancer"):
        if any(other.acl is subnet.acl for other in network.subnets_of(actor)):
            visitors |= allowed.from_internet(actor)
    for egress in (False, True):
        for protocol in protocols.LOOKED_AT:
            permitted = 0
            if protocol == protocols.TCP:
                permitted = (
                    ports.EPHEMERAL | visitors
                    if not egress
                    else (ports.HTTPS | (ports.EPHEMERAL if public else 0))
                )
            for piece in (*network.internet, *network.internet_v6):
                found = subnet.acl.allowed(egress, protocol, piece) & ~permitted
                if not found or resource is None:
                    continue
                numbers = subnet.acl.deciding(egress, protocol, piece, found)
                way = "out to" if egress else "in from"
                opened = f"{protocols.shown(protocol)} {ports.shown(found)}"
                where = subnet.resource.address
                whom = f"{way} {network.shown(piece)}"
                what = f"Entry {numbers} lets {opened} {whom}, which no flow through {where} needs."
                keep = f"TCP {ports.shown(permitted)}" if permitted else "nothing of this protocol"
                word = "egress" if egress else "ingress"
                yield resource.finding(what, f"Let {word} entries towards the internet allow {keep}.", word)
                break


def _one_port(rule: Rule) -> bool:
    ((first, last),) = ports.ranges(rule.ports)
    return first == last and isinstance(rule.peer, (PeerGroup, PrefixList))


def _peer(network: Network, rule: Rule) -> str:
    match rule.peer:
        case PeerGroup(id=id_):
            names = " and ".join(actor.name for actor in network.members(id_))
            resource = network.group(id_)
            return f"the {names}" if names else (resource.address if resource else f"the unknown group {id_}")
        case PrefixList(id=id_):
            return f"the prefix list {id_}"
        case None:
            return "nobody"
        case other:
            return str(other)


def _reached(network: Network, source: str, target: Actor, protocol: str, found: int) -> Finding:
    resource = target.resource or next(filter(None, map(network.group, target.groups)), None)
    at = f"{protocols.shown(protocol)} {ports.shown(found)}"
    what = f"The {target.name} can be reached from {source} at {at}, which no flow needs."
    fix = "Narrow the rules of both security groups to the ports that are needed."
    return resource.finding(what, fix) if resource else Finding(what, fix)
