"""Elastic Load Balancing: networks and attributes that a load balancer cannot have.

Sources: API reference, CreateLoadBalancer, SetSubnets and LoadBalancerAttribute; words as AWS is known to
answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import alb, ec2

from nestctl.localcloud.control import form
from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.ec2_ids import missing
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

ELB = "elasticloadbalancing"
INVALID = "ValidationError"
CONFIGURATION = "InvalidConfigurationRequest"
LEAST = 2
"""Zones of an application load balancer."""
NETWORK_KINDS = ("network", "gateway")
"""Load balancers that may stand in one zone."""

ATTRIBUTES = re.compile(
    r"deletion_protection\.enabled|load_balancing\.cross_zone\.enabled"
    r"|(access_logs|connection_logs|health_check_logs)\.s3\.(enabled|bucket|prefix)"
    r"|ipv6\.deny_all_igw_traffic|idle_timeout\.timeout_seconds|client_keep_alive\.seconds"
    r"|routing\.http\.(desync_mitigation_mode|drop_invalid_header_fields\.enabled"
    r"|preserve_host_header\.enabled|x_amzn_tls_version_and_cipher_suite\.enabled"
    r"|xff_client_port\.enabled|xff_header_processing\.mode)"
    r"|routing\.http2\.enabled|waf\.fail_open\.enabled|zonal_shift\.config\.enabled"
    r"|dns_record\.client_routing_policy|secondary_ips\.auto_assigned\.per_subnet"
)
SECONDS = {"idle_timeout.timeout_seconds": (1, 4000), "client_keep_alive.seconds": (60, 604800)}


def attributes(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield keys and values of attributes in a call."""
    number = 1
    while key := params.get(f"Attributes.member.{number}.Key"):
        yield str(key), str(params.get(f"Attributes.member.{number}.Value", ""))
        number += 1


def outside(key: str, value: str, ranges: Mapping[str, tuple[int, int]]) -> Refused | None:
    """Refuse a number of seconds that an attribute cannot have."""
    if key not in ranges:
        return None
    lowest, highest = ranges[key]
    if value.isdecimal() and lowest <= int(value) <= highest:
        return None
    words = f"'{key}' value must be between '{lowest}' and '{highest}' inclusive"
    return Refused(INVALID, words)


def unfit_attribute(
    params: Mapping[str, Any], kind: str, known: re.Pattern[str], ranges: Mapping[str, tuple[int, int]]
) -> Refused | None:
    """Refuse attributes that a kind of thing has not, and times it cannot wait."""
    for key, value in attributes(params):
        if not known.fullmatch(key):
            return Refused(INVALID, f"{kind} attribute key '{key}' is not recognized")
        if (refused := outside(key, value, ranges)) is not None:
            return refused
    return None


def _subnets(params: Mapping[str, Any]) -> list[str]:
    found = form.members(params, "Subnets")
    number = 1
    while name := params.get(f"SubnetMappings.member.{number}.SubnetId"):
        found.append(str(name))
        number += 1
    return found


@limits(ELB, "CreateLoadBalancer", "SetSubnets")
def subnets(call: Call) -> Refused | None:
    """Refuse subnets that are not there, of several networks, or of one zone."""
    names = _subnets(call.params)
    for name in names:
        if missing(name, ec2._subnets):  # noqa: SLF001 - the emulator's own
            return Refused("SubnetNotFound", f"The subnet ID '{name}' does not exist")
    found = [ec2._subnets[name] for name in names if name in ec2._subnets]  # noqa: SLF001
    if len({subnet["VpcId"] for subnet in found}) > 1:
        return Refused(CONFIGURATION, "All subnets must belong to the same VPC")
    zones = [subnet["AvailabilityZone"] for subnet in found]
    if len(set(zones)) < len(zones):
        words = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        return Refused(CONFIGURATION, words)
    return None


@limits(ELB, "CreateLoadBalancer", "SetSubnets")
def zones(call: Call) -> Refused | None:
    """Refuse an application load balancer in a single subnet."""
    known = alb._lbs.get(str(call.params.get("LoadBalancerArn", ""))) or {}  # noqa: SLF001
    kind = str(call.params.get("Type") or known.get("Type") or "application")
    if kind in NETWORK_KINDS or len(set(_subnets(call.params))) >= LEAST:
        return None
    words = "At least two subnets in two different Availability Zones must be specified"
    return Refused(INVALID, words)


@limits(ELB, "CreateLoadBalancer")
def internet(call: Call) -> Refused | None:
    """Refuse a public load balancer where no gateway leads to the internet."""
    if call.params.get("Scheme") == "internal":
        return None
    networks = {ec2._subnets[name]["VpcId"] for name in _subnets(call.params) if name in ec2._subnets}  # noqa: SLF001
    attached = {
        entry["VpcId"]
        for gateway in ec2._internet_gateways.values()  # noqa: SLF001
        for entry in gateway.get("Attachments") or []
    }
    for name in sorted(networks - attached):
        return Refused("InvalidSubnet", f"VPC {name} has no internet gateway")
    return None


@limits(ELB, "CreateLoadBalancer", "SetSecurityGroups")
def security_groups(call: Call) -> Refused | None:
    """Refuse groups that are not there."""
    for name in form.members(call.params, "SecurityGroups"):
        if missing(name, ec2._security_groups):  # noqa: SLF001
            return Refused("InvalidSecurityGroup", f"Security group '{name}' does not exist")
    return None


@limits(ELB, "ModifyLoadBalancerAttributes")
def known_attributes(call: Call) -> Refused | None:
    """Refuse attributes that a load balancer has not, and times it cannot wait."""
    if str(call.params.get("LoadBalancerArn", "")) not in alb._lbs:  # noqa: SLF001
        return None  # refused as it is
    return unfit_attribute(call.params, "Load balancer", ATTRIBUTES, SECONDS)
