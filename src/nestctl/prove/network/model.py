"""The network of a plan: subnets with their ACL and routes, groups with their rules, and who stands where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nestctl.prove.network import acls, actors, addresses, groups, routing
from nestctl.prove.network.acls import Acl
from nestctl.prove.network.actors import Actor
from nestctl.prove.network.addresses import EVERYWHERE, Range, pieces, within
from nestctl.prove.network.function import Placement
from nestctl.prove.network.groups import PeerGroup, PrefixList, Rule
from nestctl.prove.network.protocols import matches
from nestctl.prove.network.routing import Route, Table
from nestctl.prove.plan import Plan, Resource


@dataclass(frozen=True)
class Subnet:
    """A subnet."""

    resource: Resource
    id: str
    zone: str
    network: Range
    acl: Acl
    table: Table


@dataclass(frozen=True)
class Network:
    """All that decides what can talk to what.

    Attributes:
        plan: The plan it was read from.
        subnets: By id.
        rules: Rules of all security groups.
        actors: Everything with addresses in the VPC.
        vpcs: Ranges of the VPCs.
        cuts: Every range that a rule, an entry or a route names.
    """

    plan: Plan
    subnets: dict[str, Subnet]
    rules: tuple[Rule, ...]
    actors: tuple[Actor, ...]
    vpcs: tuple[Range, ...]
    cuts: frozenset[Range]
    _pieces: dict[str, tuple[Range, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def internet(self) -> tuple[Range, ...]:
        """One piece of the IPv4 internet for each way in which rules tell its addresses apart."""
        if "internet" not in self._pieces:
            self._pieces["internet"] = pieces(EVERYWHERE[0], self.cuts, self.vpcs)
        return self._pieces["internet"]

    @property
    def internet_v6(self) -> tuple[Range, ...]:
        """The same of the IPv6 internet."""
        if "v6" not in self._pieces:
            self._pieces["v6"] = pieces(EVERYWHERE[1], self.cuts, self.vpcs)
        return self._pieces["v6"]

    def pieces_of(self, subnet: Subnet) -> tuple[Range, ...]:
        """Return one piece of a subnet for each way in which rules tell its addresses apart."""
        if subnet.id not in self._pieces:
            self._pieces[subnet.id] = pieces(subnet.network, self.cuts)
        return self._pieces[subnet.id]

    def shown(self, piece: Range) -> str:
        """Return addresses for people: outside the VPC, by the narrowest range that a rule names for them."""
        if any(within(piece, vpc) for vpc in self.vpcs):
            return str(piece)
        named = max((cut for cut in self.cuts if within(piece, cut)), key=_narrow, default=piece)
        return str(piece if named in EVERYWHERE and len(self.internet) > 1 else named)

    def subnets_of(self, actor: Actor) -> list[Subnet]:
        """Return the subnets of an actor that the plan makes."""
        return [self.subnets[id_] for id_ in actor.subnets if id_ in self.subnets]

    def of(self, *kinds: str) -> list[Actor]:
        """Return the actors of these kinds."""
        return [actor for actor in self.actors if actor.kind in kinds]

    def members(self, group: str) -> list[Actor]:
        """Return the actors that are in a security group."""
        return [actor for actor in self.actors if group in actor.groups]

    def group(self, id_: str) -> Resource | None:
        """Return a security group by its id."""
        return self.plan.by("id", id_, "aws_security_group", "aws_default_security_group")

    def matching(
        self, actor: Actor, egress: bool, protocol: str, piece: Range | None, peers: tuple[str, ...]
    ) -> Iterator[Rule]:
        """Yield the rules of an actor's groups that speak of a peer.

        Args:
            actor: Whose groups.
            egress: Which direction.
            protocol: Which protocol.
            piece: Addresses of the peer.
            peers: Groups of the peer, or the prefix lists that hold it.
        """
        for rule in self.rules:
            if (
                rule.group not in actor.groups
                or rule.egress != egress
                or not matches(rule.protocol, protocol)
            ):
                continue
            if isinstance(rule.peer, (PeerGroup, PrefixList)):
                if rule.peer.id in peers:
                    yield rule
            elif rule.peer is not None and piece is not None and within(piece, rule.peer):
                yield rule

    def gateway(self, id_: str) -> Resource | None:
        """Return an internet gateway by its id."""
        return self.plan.by("id", id_, "aws_internet_gateway")

    def nat_instance(self, route: Route | None) -> Actor | None:
        """Return the instance to which a route leads."""
        if route is None or route.attribute != "network_interface_id":
            return None
        for actor in self.of("nat"):
            if actor.resource and actor.resource["primary_network_interface_id"] == route.target:
                return actor
        return None

    def is_public(self, subnet: Subnet) -> bool:
        """Tell whether a subnet has a route to an internet gateway."""
        return any(
            self.gateway(route.target) for route in subnet.table.routes if route.attribute == "gateway_id"
        )


def _narrow(network: Range) -> int:
    return network.prefixlen


def read(plan: Plan, function: Placement | None) -> Network:
    """Return the network of a plan.

    Args:
        plan: Plan of the environment's root.
        function: Where the function stands; nothing when it stands outside of every VPC.
    """
    acl_of, table_of, main = acls.by_subnet(plan), routing.by_subnet(plan), routing.main(plan)
    subnets = {}
    for resource in plan.of("aws_subnet"):
        if network := addresses.parse(resource["cidr_block"]):
            id_ = str(resource["id"])
            acl, table = acl_of.get(id_, Acl(None)), table_of.get(id_, main)
            subnets[id_] = Subnet(resource, id_, str(resource["availability_zone"]), network, acl, table)
    rules = groups.rules(plan)
    ranges = [rule.peer for rule in rules if not isinstance(rule.peer, (PeerGroup, PrefixList))]
    ranges += [entry.network for subnet in subnets.values() for entry in subnet.acl.entries]
    ranges += [route.network for subnet in subnets.values() for route in subnet.table.routes]
    vpcs = [addresses.parse(vpc["cidr_block"]) for vpc in plan.of("aws_vpc")]
    return Network(
        plan,
        subnets,
        rules,
        actors.actors(plan, function),
        tuple(vpc for vpc in vpcs if vpc),
        frozenset(cut for cut in ranges if cut),
    )
