"""EC2: routes and internet gateways that AWS refuses.

Sources: EC2 API reference, CreateRoute, AttachInternetGateway, DetachInternetGateway and "Error codes"; VPC
user guide, "Route priority"; words as AWS is known to answer.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from ministack.services import ec2

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.ec2_ids import missing
from nestctl.localcloud.control.limits.ec2_ranges import no_range, range_of
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

Record = Mapping[str, Any]
VALUE = "InvalidParameterValue"
TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
)
OF_SUBNETS = ("NetworkInterfaceId", "InstanceId")
"""Targets of routes that are more specific than the network's own."""


@limits("ec2", "CreateRoute")
def destination(call: Call) -> Refused | None:
    """Refuse what is no range, what the network has itself, and what has a route to elsewhere."""
    table = ec2._route_tables.get(str(call.params.get("RouteTableId", "")))  # noqa: SLF001 - the emulator's own
    given = str(call.params.get("DestinationCidrBlock", ""))
    if table is None or not given:
        return None
    wanted = range_of(given)
    if wanted is None:
        return no_range("destinationCidrBlock", given)
    network = ec2._vpcs.get(table["VpcId"]) or {}  # noqa: SLF001
    own = range_of(str(network.get("CidrBlock", "")))
    if own is not None and wanted.subnet_of(own) and not any(name in call.params for name in OF_SUBNETS):
        words = (
            f"The destination CIDR block {given} is equal to or more specific than one of this VPC's CIDR "
            "blocks. This route can target only an interface or an instance."
        )
        return Refused(VALUE, words)
    found = route_to(call)
    if found is None or leads_there(found, call):
        return None
    return Refused("RouteAlreadyExists", f"The route identified by {given} already exists.")


@limits("ec2", "CreateRoute", "ReplaceRoute")
def target(call: Call) -> Refused | None:
    """Refuse targets that are not there, or not attached to the network."""
    stores: tuple[tuple[str, str, str, Container[str]], ...] = (
        ("NatGatewayId", "InvalidNatGatewayID.NotFound", "natGateway", ec2._nat_gateways),  # noqa: SLF001
        (
            "NetworkInterfaceId",
            "InvalidNetworkInterfaceID.NotFound",
            "networkInterface",
            ec2._network_interfaces,  # noqa: SLF001
        ),
    )
    for field, code, kind, store in stores:
        name = str(call.params.get(field, ""))
        if missing(name, store):
            return Refused(code, f"The {kind} ID '{name}' does not exist")
    name, table_id = str(call.params.get("GatewayId", "")), str(call.params.get("RouteTableId", ""))
    if not name.startswith("igw-"):
        return None
    if missing(name, ec2._internet_gateways):  # noqa: SLF001
        return Refused("InvalidGatewayID.NotFound", f"The gateway ID '{name}' does not exist")
    gateway, table = ec2._internet_gateways.get(name), ec2._route_tables.get(table_id)  # noqa: SLF001
    if gateway is None or table is None or table["VpcId"] in _networks(gateway):
        return None
    return Refused(VALUE, f"route table {table_id} and network gateway {name} belong to different networks")


@limits("ec2", "AttachInternetGateway")
def second(call: Call) -> Refused | None:
    """Refuse a second gateway of a network."""
    vpc, name = str(call.params.get("VpcId", "")), str(call.params.get("InternetGatewayId", ""))
    if missing(vpc, ec2._vpcs):  # noqa: SLF001
        return Refused("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    for other, gateway in ec2._internet_gateways.items():  # noqa: SLF001
        if other != name and vpc in _networks(gateway):
            return Refused(VALUE, f"Network {vpc} already has an internet gateway attached")
    return None


@limits("ec2", "DetachInternetGateway")
def not_attached(call: Call) -> Refused | None:
    """Refuse to detach what is not attached."""
    vpc, name = str(call.params.get("VpcId", "")), str(call.params.get("InternetGatewayId", ""))
    if missing(name, ec2._internet_gateways):  # noqa: SLF001
        words = f"The internetGateway ID '{name}' does not exist"
        return Refused("InvalidInternetGatewayID.NotFound", words)
    gateway = ec2._internet_gateways.get(name)  # noqa: SLF001
    if gateway is None or vpc in _networks(gateway):
        return None
    return Refused("Gateway.NotAttached", f"resource {name} is not attached to network {vpc}")


def route_to(call: Call) -> Record | None:
    """Find the table's route to the range that a call names."""
    table = ec2._route_tables.get(str(call.params.get("RouteTableId", ""))) or {}  # noqa: SLF001
    wanted = range_of(str(call.params.get("DestinationCidrBlock", "")))
    for route in table.get("Routes", []):
        if wanted is not None and range_of(str(route.get("DestinationCidrBlock") or "")) == wanted:
            found: Record = route
            return found
    return None


def leads_there(route: Record, call: Call) -> bool:
    """Whether a route has the target that a call asks for: AWS then says that it is made."""
    return any(name in call.params and route.get(name) == call.params[name] for name in TARGETS)


def _networks(gateway: Record) -> list[str]:
    return [entry["VpcId"] for entry in gateway.get("Attachments") or []]
