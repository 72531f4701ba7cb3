"""The single things that a conversation has to pass: a security group, a network ACL, a route."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nestctl.prove.network import ports
from nestctl.prove.network.actors import Actor
from nestctl.prove.network.addresses import Range
from nestctl.prove.network.groups import PeerGroup, PrefixList, Rule
from nestctl.prove.network.model import Network, Subnet
from nestctl.prove.network.protocols import TCP
from nestctl.prove.network.routing import Route
from nestctl.prove.plan import Resource


@dataclass(frozen=True)
class Hop:
    """Something that lets a conversation through, or does not.

    Attributes:
        open: Whether it lets it through.
        resource: What decides; nothing where the plan has nothing that could.
        by: Address of the rule, entry or route that lets it through.
        says: What is wrong, where it does not.
        fix: What to change.
        at: Text of the resource's block that the finding points at.
    """

    open: bool
    resource: Resource | None = None
    by: str = ""
    says: str = ""
    fix: str = ""
    at: str = ""


@dataclass(frozen=True)
class Peer:
    """The other side, as a security group sees it.

    Attributes:
        name: For people.
        pieces: Its addresses.
        ids: Its groups, or prefix lists that hold it.
    """

    name: str
    pieces: tuple[Range, ...]
    ids: tuple[str, ...] = ()


def group(network: Network, actor: Actor, egress: bool, peer: Peer, port: int) -> list[Hop]:
    """Return what the groups of an actor say to a TCP connection to or from a peer."""
    return [_group(network, actor, egress, peer, piece, port) for piece in peer.pieces]


def _group(network: Network, actor: Actor, egress: bool, peer: Peer, piece: Range, port: int) -> Hop:
    wanted = ports.one(port)
    rules = list(network.matching(actor, egress, TCP, piece, peer.ids))
    for rule in rules:
        if rule.ports & wanted:
            return Hop(True, by=rule.resource.address)
    way, word = ("out to", "egress") if egress else ("in from", "ingress")
    resource = next((network.group(id_) for id_ in actor.groups), None) or actor.resource
    near = _near(network, actor, egress, peer, wanted)
    return Hop(
        False,
        near.resource if near else resource,
        says=f"no security group of the {actor.name} lets TCP {port} {way} the {peer.name}",
        fix=f"Let an {word} rule of that group allow TCP {port} {'to' if egress else 'from'} the {peer.name}",
        at="from_port",
    )


def _near(network: Network, actor: Actor, egress: bool, peer: Peer, wanted: int) -> Rule | None:
    """Return the rule that has to be corrected: it names the peer at another port, or too few addresses."""
    for rule in network.rules:
        if rule.group in actor.groups and rule.egress == egress:
            named = rule.peer.id in peer.ids if isinstance(rule.peer, (PeerGroup, PrefixList)) else False
            if named or (not peer.ids and _is_range(rule) and rule.ports & wanted):
                return rule
    return None


def _is_range(rule: Rule) -> bool:
    return rule.peer is not None and not isinstance(rule.peer, (PeerGroup, PrefixList))


def acl(network: Network, subnet: Subnet, egress: bool, pieces: Iterable[Range], wanted: int) -> list[Hop]:
    """Return what a subnet's network ACL says to packets to or from some addresses at some ports."""
    found = []
    word = "egress" if egress else "ingress"
    for piece in pieces:
        allowed = subnet.acl.allowed(egress, TCP, piece)
        resource = subnet.acl.resource
        missing = wanted & ~allowed
        if missing:
            way = "out to" if egress else "in from"
            where = f"{way} {network.shown(piece)} at {subnet.resource.address}"
            says = f"its {word} entries stop TCP {ports.shown(missing)} {where}"
            whom = f"{'to' if egress else 'from'} {network.shown(piece)}"
            let = f"Allow {word} of TCP {ports.shown(wanted)} {whom}"
            fix = f"{let}, with a number below any entry that denies it"
            found.append(Hop(False, resource, says=says, fix=fix, at=f'"{word}"'))
        elif resource is not None:
            numbers = subnet.acl.deciding(egress, TCP, piece, wanted)
            found.append(Hop(True, by=f"{resource.address} {word} {numbers}"))
    return found


def to_internet_gateway(network: Network, subnet: Subnet) -> list[Hop]:
    """Return whether the routes of a subnet lead to an internet gateway."""
    found = []
    for piece in network.internet:
        route = subnet.table.to(piece)
        if route and route.attribute == "gateway_id" and network.gateway(route.target):
            found.append(Hop(True, by=route.resource.address))
        else:
            found.append(_no_route(subnet, route, network.shown(piece), "an internet gateway"))
    return found


def to_nat(
    network: Network, subnet: Subnet, actor: Actor
) -> tuple[list[Hop], list[tuple[str, Actor | None]]]:
    """Return whether a subnet's routes lead to the internet, and the NATs there.

    A NAT is the id of its subnet, with the actor where it is an instance and not a gateway.
    """
    found: list[Hop] = []
    nats: dict[str, tuple[str, Actor | None]] = {}
    for piece in network.internet:
        route = subnet.table.to(piece)
        gateway = network.plan.by("id", route.target, "aws_nat_gateway") if route else None
        instance = network.nat_instance(route)
        if route and gateway is not None and gateway["connectivity_type"] != "private":
            found.append(Hop(True, by=route.resource.address))
            nats[gateway.address] = (str(gateway["subnet_id"]), None)
            if str(gateway["subnet_id"]) not in network.subnets:
                found.append(_nowhere(gateway))
        elif route and instance is not None and instance.resource:
            found.append(Hop(True, by=route.resource.address))
            nats[instance.resource.address] = (next(iter(instance.subnets), ""), instance)
            if not network.subnets_of(instance):
                found.append(_nowhere(instance.resource))
        elif route and actor.public and route.attribute == "gateway_id" and network.gateway(route.target):
            found.append(Hop(True, by=route.resource.address))
        else:
            found.append(_no_route(subnet, route, network.shown(piece), "a NAT gateway"))
    return found, list(nats.values())


def through_instance(network: Network, nat: Actor, source: Peer, port: int) -> list[Hop]:
    """Return whether an instance passes on what comes from a source, under an address of its own."""
    found = []
    resource = nat.resource
    if resource and resource["source_dest_check"] is not False:
        says = "it drops what is not addressed to it, as long as its source_dest_check is on"
        fix = "Set source_dest_check = false"
        found.append(Hop(False, resource, says=says, fix=fix, at="source_dest_check"))
    if not nat.public:
        says = "it has no address on the internet to send from"
        found.append(Hop(False, resource, says=says, fix="Give it an aws_eip", at="subnet_id"))
    found += group(network, nat, False, source, port)
    return found + group(network, nat, True, Peer("internet", network.internet), port)


def _nowhere(nat: Resource) -> Hop:
    says, fix = "it stands in no subnet of this plan", "Put it into a public subnet"
    return Hop(False, nat, says=says, fix=fix)


def _no_route(subnet: Subnet, route: Route | None, piece: str, target: str) -> Hop:
    if route is not None:
        where = f"{piece} from {subnet.resource.address} to {route.leads_to}"
        says = f"it leads {where}, which is not {target} of this plan"
        return Hop(False, route.resource, says=says, fix=f"Let it lead to {target}", at=route.attribute)
    resource = subnet.table.resource or subnet.resource
    says = f"no route leads {piece} from {subnet.resource.address} to {target}"
    fix = f"Add a route for 0.0.0.0/0 to {target}, or associate the subnet with a table that has one"
    return Hop(False, resource, says=says, fix=fix)
