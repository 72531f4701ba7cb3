"""Findings: things that stand where they should not, or not where they should."""

from __future__ import annotations

from collections.abc import Iterator

from nestctl.prove.network.actors import Actor
from nestctl.prove.network.model import Network, Subnet
from nestctl.prove.network.needs import Flow
from nestctl.prove.report import Finding

PUBLIC_ATTRIBUTES = {
    "database": ("publicly_accessible", "Set publicly_accessible = false"),
    "service": ("assign_public_ip", "Set assign_public_ip = false"),
    "task": ("assign_public_ip", "Set assign_public_ip = false"),
    "other": ("associate_public_ip_address", "Set associate_public_ip_address = false"),
}


def findings(network: Network, flows: list[Flow]) -> Iterator[Finding]:
    """Yield what is wrong with where things stand."""
    yield from _addresses(network)
    yield from _public_subnets(network)
    yield from _exits(network)
    yield from _listeners(network, flows)
    yield from _groups(network)
    yield from _zones(network)
    yield from _function(network)


def _addresses(network: Network) -> Iterator[Finding]:
    """Only load balancers and NATs have addresses on the internet."""
    for actor in network.actors:
        if actor.public and actor.kind not in ("load balancer", "nat") and actor.resource:
            attribute, fix = PUBLIC_ATTRIBUTES[actor.kind]
            yield actor.resource.finding(f"The {actor.name} has a public address.", f"{fix}.", attribute)
    for subnet in network.subnets.values():
        for attribute in ("map_public_ip_on_launch", "assign_ipv6_address_on_creation"):
            if subnet.resource[attribute] is True:
                what = "What starts in this subnet gets a public address by itself."
                yield subnet.resource.finding(what, f"Set {attribute} = false.", attribute)
    used = {nat["allocation_id"] for nat in network.plan.of("aws_nat_gateway")}
    associated = {link["allocation_id"] for link in network.plan.of("aws_eip_association")}
    instances = {actor.resource["id"] for actor in network.of("nat") if actor.resource}
    for address in network.plan.of("aws_eip"):
        of_nat = address["id"] in used or address["instance"] in instances
        if not of_nat or address["id"] in associated:
            what = "This public address belongs to something else than a NAT gateway."
            yield address.finding(what, "Remove it, or give it to a NAT gateway.")


def _public_subnets(network: Network) -> Iterator[Finding]:
    """In a subnet with a route to the internet stand load balancers and NATs alone."""
    at_the_edge = {id_ for lb in network.of("load balancer") if lb.public for id_ in lb.subnets}
    at_the_edge |= {str(nat["subnet_id"]) for nat in network.plan.of("aws_nat_gateway")}
    at_the_edge |= {id_ for nat in network.of("nat") for id_ in nat.subnets}
    for subnet in filter(network.is_public, network.subnets.values()):
        inside = [actor for actor in network.actors if subnet.id in actor.subnets and not _is_edge(actor)]
        where = subnet.resource.address
        if subnet.id in at_the_edge:
            for actor in inside:
                what = f"The {actor.name} stands in {where}, which has a route to the internet."
                fix = "Put it into the private subnets."
                yield (
                    actor.resource.finding(what, fix, "subnet")
                    if actor.resource
                    else Finding(what, fix, where)
                )
        elif inside:
            names = ", ".join(actor.name for actor in inside)
            for route in subnet.table.routes:
                if route.attribute == "gateway_id" and network.gateway(route.target):
                    what = f"This route leads {where} straight to the internet, with {names} in it."
                    yield route.resource.finding(
                        what, "Let it lead to a NAT gateway, or remove it.", "gateway_id"
                    )


def _is_edge(actor: Actor) -> bool:
    return actor.kind == "nat" or (actor.kind == "load balancer" and actor.public)


def _exits(network: Network) -> Iterator[Finding]:
    """Routes lead to internet gateways and NATs of the plan."""
    seen = set()
    for subnet in network.subnets.values():
        for route in subnet.table.routes:
            known = (
                (route.attribute == "gateway_id" and network.gateway(route.target))
                or (
                    route.attribute == "nat_gateway_id"
                    and network.plan.by("id", route.target, "aws_nat_gateway")
                )
                or network.nat_instance(route)
            )
            if not known and route.resource.address not in seen:
                seen.add(route.resource.address)
                what = f"This route leads to {route.leads_to}, where no flow needs to go."
                yield route.resource.finding(what, "Remove it.", route.attribute)


def _listeners(network: Network, flows: list[Flow]) -> Iterator[Finding]:
    wanted = {(flow.target, flow.port) for flow in flows if flow.source is None}
    for listener in network.plan.of("aws_lb_listener", "aws_alb_listener"):
        for lb in network.of("load balancer"):
            if lb.resource and listener["load_balancer_arn"] == lb.resource["arn"]:
                port = int(listener["port"])
                if (lb, port) not in wanted:
                    what = f"The load balancer listens at port {port}, where no visitor comes."
                    yield listener.finding(what, "Listen at 443, and at 80 for the redirect.", "port")


def _groups(network: Network) -> Iterator[Finding]:
    """Everything has a group of its own; the VPC's default group, lets its members talk: it has no rule."""
    for actor in network.actors:
        if not actor.groups and actor.resource:
            what = f"The {actor.name} names no security group and gets the VPC's default."
            yield actor.resource.finding(what, "Give it a security group of its own.", "security_group")
    defaults = network.plan.of("aws_default_security_group")
    ids = {group["id"] for group in defaults}
    for rule in network.rules:
        if rule.group in ids:
            what = f"The VPC's default security group has an {rule.direction} rule."
            yield rule.resource.finding(what, "Leave the default group without rules.", rule.direction)
    for vpc in network.plan.of("aws_vpc"):
        if not any(group["vpc_id"] == vpc["id"] for group in defaults):
            what = "Its default security group keeps the rules that AWS gives it, which let everything out."
            yield vpc.finding(what, "Add an aws_default_security_group without rules.")


def _zones(network: Network) -> Iterator[Finding]:
    """A load balancer sends nothing to zones it is not in; of several NATs, each zone uses its own."""
    lb_zones = {subnet.zone for lb in network.of("load balancer") for subnet in network.subnets_of(lb)}
    for service in network.of("service"):
        beyond = {subnet.zone for subnet in network.subnets_of(service)} - lb_zones
        for lb in network.of("load balancer"):
            if beyond and service.ports and lb.resource:
                zones = ", ".join(sorted(beyond))
                what = f"The {service.name} also runs in {zones}, where the load balancer has no subnet."
                yield lb.resource.finding(
                    what, "Give the load balancer a subnet in each of these zones.", "subnets"
                )
    nats = network.plan.of("aws_nat_gateway")
    zone_of = {nat["id"]: _zone(network.subnets.get(str(nat["subnet_id"]))) for nat in nats}
    for subnet in network.subnets.values():
        for route in subnet.table.routes:
            zone = zone_of.get(route.target)
            if len(nats) > 1 and zone is not None and zone != subnet.zone:
                where = f"{subnet.resource.address} is in {subnet.zone}"
                what = f"{where}, but its way out, the NAT gateway in {zone}, falls with another zone."
                yield route.resource.finding(
                    what, f"Let it lead to a NAT gateway in {subnet.zone}.", "nat_gateway_id"
                )


def _zone(subnet: Subnet | None) -> str | None:
    return subnet.zone if subnet else None


def _function(network: Network) -> Iterator[Finding]:
    targets = [g for g in network.plan.of("aws_lb_target_group") if g["target_type"] == "lambda"]
    if targets and not network.of("function"):
        what = "Its function stands in no VPC, where neither database nor cache can be reached."
        fix = "Name outputs with subnets and security groups in vpc_config of the packaging template."
        yield targets[0].finding(what, fix)
