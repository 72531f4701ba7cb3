"""EC2: ranges that a network or a subnet cannot have.

Sources: EC2 API reference, CreateVpc, CreateSubnet and "Error codes"; VPC user guide, "VPC CIDR blocks" and
"Subnet sizing"; words as AWS is known to answer.
"""

from __future__ import annotations

import ipaddress
from string import ascii_lowercase

from ministack.services import ec2

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.ec2_ids import missing
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call
from nestctl.localcloud.control.zones import FURTHER, LAST

VALUE = "InvalidParameterValue"
WIDEST, NARROWEST = 16, 28
"""Lengths of a prefix."""
RESERVED = tuple(map(ipaddress.IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")))


def range_of(value: str) -> ipaddress.IPv4Network | None:
    """Read a range, without the bits of a host, which AWS drops; ``None`` when it is none."""
    if "/" not in value:
        return None
    try:
        return ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        return None


def no_range(field: str, value: str) -> Refused:
    """Refuse what is no range."""
    return Refused(
        VALUE, f"Value ({value}) for parameter {field} is invalid. This is not a valid CIDR block."
    )


@limits("ec2", "CreateVpc")
def network(call: Call) -> Refused | None:
    """Refuse ranges of a network."""
    given = str(call.params.get("CidrBlock", ""))
    if not given:
        return None  # an IPv6 range, or one of a pool
    wanted = range_of(given)
    if wanted is None:
        return no_range("cidrBlock", given)
    if not WIDEST <= wanted.prefixlen <= NARROWEST or any(map(wanted.overlaps, RESERVED)):
        return Refused("InvalidVpc.Range", f"The CIDR '{given}' is invalid.")
    return None


@limits("ec2", "CreateSubnet")
def subnet(call: Call) -> Refused | None:
    """Refuse ranges of a subnet."""
    given, vpc = str(call.params.get("CidrBlock", "")), str(call.params.get("VpcId", ""))
    if missing(vpc, ec2._vpcs):  # noqa: SLF001 - the emulator's own
        return Refused("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    known = ec2._vpcs.get(vpc)  # noqa: SLF001
    if not given or known is None:
        return None
    wanted = range_of(given)
    if wanted is None:
        return no_range("cidrBlock", given)
    whole = range_of(str(known["CidrBlock"]))
    outside = whole is not None and not wanted.subnet_of(whole)
    if outside or not WIDEST <= wanted.prefixlen <= NARROWEST:
        return Refused("InvalidSubnet.Range", f"The CIDR '{given}' is invalid.")
    for other in ec2._subnets.values():  # noqa: SLF001
        taken = range_of(str(other["CidrBlock"]))
        if other["VpcId"] == vpc and taken is not None and taken.overlaps(wanted):
            return Refused("InvalidSubnet.Conflict", f"The CIDR '{given}' conflicts with another subnet")
    return None


@limits("ec2", "CreateSubnet")
def zone(call: Call) -> Refused | None:
    """Refuse a zone that the region has not."""
    given = str(call.params.get("AvailabilityZone", ""))
    letters = ascii_lowercase[: ascii_lowercase.index(LAST) + 1] + FURTHER.get(call.region, "")
    zones = [f"{call.region}{letter}" for letter in letters]
    if not given or given in zones:
        return None
    words = (
        f"Value ({given}) for parameter availabilityZone is invalid. Subnets can currently only be created "
        f"in the following availability zones: {', '.join(zones)}."
    )
    return Refused(VALUE, words)
