"""What a flow passes on its way and back, and what can reach what at all.

The VPC's own resolver, time and metadata addresses pass every group and ACL (AWS, VPC user guide), so that
name look-ups are left out. Groups remember connections; ACLs do not, so that answers are judged apart.
"""

from __future__ import annotations

from nestctl.prove.network import endpoint_policy, hops, ports
from nestctl.prove.network.actors import Actor, service_of
from nestctl.prove.network.addresses import Range
from nestctl.prove.network.hops import Hop, Peer
from nestctl.prove.network.model import Network, Subnet
from nestctl.prove.network.needs import INTERNET, Flow
from nestctl.prove.plan import Resource


def way(network: Network, flow: Flow) -> list[Hop]:
    """Return all that a flow passes, from every subnet of its source to every one of its target."""
    for actor in (flow.source, flow.target):
        if isinstance(actor, Actor) and not network.subnets_of(actor):
            says = f"the {actor.name} stands in no subnet of this plan"
            return [
                Hop(False, actor.resource, says=says, fix="Give it the private subnets' ids", at="subnet")
            ]
    source, target = flow.source, flow.target
    if source is None:
        return _visit(network, target, flow.port) if isinstance(target, Actor) else []
    if isinstance(target, Actor):
        return _direct(network, source, target, flow.port)
    subnets = network.subnets_of(source)
    if target == INTERNET:
        return [hop for subnet in subnets for hop in _out(network, source, subnet, flow.port)]
    return [hop for subnet in subnets for hop in _service(network, source, subnet, target, flow.port)]


def reachable(network: Network, source: Actor, target: Actor, protocol: str) -> int:
    """Return the ports at which some address of one actor gets an answer from some address of another."""
    found = 0
    for here in network.subnets_of(source):
        for there in network.subnets_of(target):
            for a in network.pieces_of(here):
                for b in network.pieces_of(there):
                    found |= _between(network, source, here, a, target, there, b, protocol)
    return found


def from_internet(network: Network, target: Actor, protocol: str) -> int:
    """Return the ports at which some address of the internet gets an answer from an actor."""
    found = 0
    for subnet in network.subnets_of(target):
        if not target.public or not network.is_public(subnet):
            continue
        for piece in network.internet:
            if subnet.acl.allowed(True, protocol, piece) & ports.EPHEMERAL:
                found |= _opened(network, target, False, protocol, piece, ()) & subnet.acl.allowed(
                    False, protocol, piece
                )
    return found


def _between(
    network: Network,
    source: Actor,
    here: Subnet,
    a: Range,
    target: Actor,
    there: Subnet,
    b: Range,
    protocol: str,
) -> int:
    opened = _opened(network, source, True, protocol, b, target.groups)
    opened &= _opened(network, target, False, protocol, a, source.groups)
    if not opened or here.id == there.id:
        return opened
    answers = there.acl.allowed(True, protocol, a) & here.acl.allowed(False, protocol, b) & ports.EPHEMERAL
    return (
        opened & here.acl.allowed(True, protocol, b) & there.acl.allowed(False, protocol, a) if answers else 0
    )


def _opened(
    network: Network, actor: Actor, egress: bool, protocol: str, piece: Range, peers: tuple[str, ...]
) -> int:
    found = 0
    for rule in network.matching(actor, egress, protocol, piece, peers):
        found |= rule.ports
    return found


def _visit(network: Network, target: Actor, port: int) -> list[Hop]:
    """Return what a visitor's connection to a load balancer passes."""
    found = []
    if not target.public:
        found.append(
            Hop(False, target.resource, says="it is internal", fix="Set internal = false", at="internal")
        )
    if port not in target.ports:
        says = f"it has no listener at port {port}"
        found.append(Hop(False, target.resource, says=says, fix=f"Add a listener at port {port}"))
    found += hops.group(network, target, False, Peer(INTERNET, network.internet), port)
    for subnet in network.subnets_of(target):
        found += hops.to_internet_gateway(network, subnet)
        found += hops.acl(network, subnet, False, network.internet, ports.one(port))
        found += hops.acl(network, subnet, True, network.internet, ports.EPHEMERAL)
    return found


def _direct(network: Network, source: Actor, target: Actor, port: int) -> list[Hop]:
    """Return what a connection inside the VPC passes."""
    found = []
    for here in network.subnets_of(source):
        for there in network.subnets_of(target):
            a, b = network.pieces_of(here), network.pieces_of(there)
            found += hops.group(network, source, True, Peer(target.name, b, target.groups), port)
            found += hops.group(network, target, False, Peer(source.name, a, source.groups), port)
            if here.resource["vpc_id"] != there.resource["vpc_id"]:
                says = f"it is in another VPC than {here.resource.address}"
                found.append(Hop(False, there.resource, says=says, fix="Use one VPC", at="vpc_id"))
            if here.id != there.id:
                found += _conversation(network, here, a, there, b, port)
    return found


def _conversation(
    network: Network, here: Subnet, a: tuple[Range, ...], there: Subnet, b: tuple[Range, ...], port: int
) -> list[Hop]:
    return [
        *hops.acl(network, here, True, b, ports.one(port)),
        *hops.acl(network, there, False, a, ports.one(port)),
        *hops.acl(network, there, True, a, ports.EPHEMERAL),
        *hops.acl(network, here, False, b, ports.EPHEMERAL),
    ]


def _out(network: Network, source: Actor, subnet: Subnet, port: int) -> list[Hop]:
    """Return what a connection to the internet passes."""
    found = hops.group(network, source, True, Peer(INTERNET, network.internet), port)
    found += _to_outside(network, subnet, port)
    routes, nats = hops.to_nat(network, subnet, source)
    found += routes
    inside = network.pieces_of(subnet)
    for id_, instance in nats:
        if instance is not None:
            found += hops.through_instance(network, instance, Peer(source.name, inside, source.groups), port)
        nat = network.subnets.get(id_)
        if nat is None:
            continue
        found += hops.to_internet_gateway(network, nat)
        found += _to_outside(network, nat, port)
        if nat.id != subnet.id:
            found += hops.acl(network, nat, False, inside, ports.one(port))
            found += hops.acl(network, nat, True, inside, ports.EPHEMERAL)
    return found


def _to_outside(network: Network, subnet: Subnet, port: int) -> list[Hop]:
    return [
        *hops.acl(network, subnet, True, network.internet, ports.one(port)),
        *hops.acl(network, subnet, False, network.internet, ports.EPHEMERAL),
    ]


def _service(network: Network, source: Actor, subnet: Subnet, service: str, port: int) -> list[Hop]:
    """Return what a call to an AWS service passes: an endpoint where there is one, NAT otherwise."""
    interfaces = [actor for actor in network.of("endpoint") if actor.serves == service]
    named = [
        actor for actor in interfaces if actor.resource and _answers_to_its_name(network, actor.resource)
    ]
    if named:
        found = [hop for actor in named for hop in _direct(network, source, actor, port)]
        return found + [hop for actor in named if actor.resource for hop in _policy(actor.resource, service)]
    gateways = [
        one
        for one in network.plan.of("aws_vpc_endpoint")
        if one["vpc_endpoint_type"] == "Gateway" and service_of(one) == service
    ]
    table = subnet.table.resource
    for gateway in gateways:
        if table and table["id"] in (gateway["route_table_ids"] or ()):
            peer = Peer(f"AWS service {service}", network.internet, (str(gateway["prefix_list_id"]),))
            groups = hops.group(network, source, True, peer, port)
            through = Hop(True, by=gateway.address)
            return [*groups, through, *_to_outside(network, subnet, port), *_policy(gateway, service)]
    if any(subnet.table.to(piece) for piece in network.internet):
        return _out(network, source, subnet, port)
    return [_no_way(subnet, service, [a.resource for a in interfaces if a.resource], gateways)]


def _answers_to_its_name(network: Network, endpoint: Resource) -> bool:
    """Tell whether the service's own name leads to an endpoint."""
    vpc = network.plan.by("id", endpoint["vpc_id"], "aws_vpc")
    resolves = vpc is not None and vpc["enable_dns_support"] and vpc["enable_dns_hostnames"]
    return bool(resolves and endpoint["private_dns_enabled"])


def _policy(endpoint: Resource, service: str) -> list[Hop]:
    region = str(endpoint["service_name"]).split(".")[2]
    if endpoint_policy.allows(endpoint["policy"], service, region):
        return []
    says = f"its policy does not let through what tasks and function ask of {service}"
    return [Hop(False, endpoint, says=says, fix="Widen the endpoint's policy, or leave it out", at="policy")]


def _no_way(subnet: Subnet, service: str, interfaces: list[Resource], gateways: list[Resource]) -> Hop:
    where = subnet.resource.address
    if interfaces:
        says = f"the name of {service} does not lead to it: private DNS, or DNS in the VPC, is off"
        fix = "Set private_dns_enabled, and enable_dns_support and enable_dns_hostnames of the VPC"
        return Hop(False, interfaces[0], says=says, fix=fix, at="private_dns_enabled")
    if gateways:
        says = f"the route table of {where} is not among its route tables, and there is no NAT gateway"
        return Hop(False, gateways[0], says=says, fix="Add it to route_table_ids", at="route_table_ids")
    says = f"neither an endpoint for {service} nor a NAT gateway serves {where}"
    fix = f'Add "{service}" to interface_endpoints, or choose a nat_gateway_mode other than "none"'
    return Hop(False, subnet.table.resource or subnet.resource, says=says, fix=fix)
