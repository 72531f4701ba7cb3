"""Route tables: where a subnet's way to the internet, and to S3, leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nestctl.prove.network import addresses
from nestctl.prove.network.addresses import Range, within
from nestctl.prove.plan import Plan, Resource

TARGETS = (
    "gateway_id",
    "nat_gateway_id",
    "egress_only_gateway_id",
    "transit_gateway_id",
    "vpc_peering_connection_id",
    "vpc_endpoint_id",
    "local_gateway_id",
    "carrier_gateway_id",
    "core_network_arn",
)
"""Attributes of ``aws_route`` that name where it leads and that AWS does not fill in by itself."""


@dataclass(frozen=True)
class Route:
    """A route.

    Attributes:
        resource: Where it is written.
        network: Addresses it is for; nothing when a prefix list names them.
        attribute: One of ``TARGETS``, or ``network_interface_id``; empty when it has none.
        target: Id of what it leads to.
    """

    resource: Resource
    network: Range | None
    attribute: str
    target: str

    @property
    def leads_to(self) -> str:
        """Kind of what it leads to, for people: ``a nat gateway``."""
        kind = self.attribute.removesuffix("_id").removesuffix("_arn").replace("_", " ")
        return f"a {kind}" if kind else "nothing"


@dataclass(frozen=True)
class Table:
    """A route table, without the route inside the VPC that each has."""

    resource: Resource | None
    routes: tuple[Route, ...] = ()

    def to(self, piece: Range) -> Route | None:
        """Return the route for addresses that no route tells apart: the one with the narrowest range."""
        fitting = [r for r in self.routes if r.network is not None and within(piece, r.network)]
        return max(fitting, key=lambda r: r.network.prefixlen if r.network else -1, default=None)


def by_subnet(plan: Plan) -> dict[str, Table]:
    """Return the route table of each subnet that is associated with one."""
    tables = {
        str(resource["id"]): Table(resource, tuple(_routes(plan, resource)))
        for resource in plan.of("aws_route_table", "aws_default_route_table")
    }
    return {
        str(link["subnet_id"]): tables[str(link["route_table_id"])]
        for link in plan.of("aws_route_table_association")
        if link["subnet_id"] and str(link["route_table_id"]) in tables
    }


def main(plan: Plan) -> Table:
    """Return the table of the subnets that are associated with none."""
    named = [link["route_table_id"] for link in plan.of("aws_main_route_table_association")]
    for resource in plan.of("aws_route_table", "aws_default_route_table"):
        if resource.type == "aws_default_route_table" or resource["id"] in named:
            return Table(resource, tuple(_routes(plan, resource)))
    return Table(None)


def _routes(plan: Plan, table: Resource) -> list[Route]:
    apart = [(r, r.values) for r in plan.of("aws_route") if r["route_table_id"] == table["id"]]
    inline = [(table, values) for values in table["route"] or ()]
    found = []
    for resource, values in (*apart, *inline):
        texts = ("destination_cidr_block", "cidr_block", "destination_ipv6_cidr_block", "ipv6_cidr_block")
        network = next((n for text in texts if (n := addresses.parse(values.get(text)))), None)
        attribute = next((name for name in TARGETS if values.get(name)), "") or _interface(plan, values)
        found.append(Route(resource, network, attribute, str(values.get(attribute) or "")))
    return found


def _interface(plan: Plan, values: Mapping[str, Any]) -> str:
    """Return the attribute that names an interface; AWS fills it in too, so that only a known one counts."""
    id_ = values.get("network_interface_id")
    known = plan.by("primary_network_interface_id", id_, "aws_instance") or plan.by(
        "id", id_, "aws_network_interface"
    )
    return "network_interface_id" if id_ and known else ""
