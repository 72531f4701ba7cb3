"""EC2: security groups and rules that AWS refuses.

Sources: EC2 API reference, CreateSecurityGroup, IpPermission, RevokeSecurityGroupIngress and "Error codes";
VPC user guide, "Quotas"; words as AWS is known to answer.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ministack.services import ec2

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.ec2_ids import missing
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

VALUE = "InvalidParameterValue"
LONGEST = 255
"""Characters of a name or description."""
MOST = 60
"""Rules of a group in one direction (its quota's default)."""
ALLOWED = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}
EVERYTHING = "-1"
WITH_PORTS = ("6", "17")
HIGHEST_PROTOCOL, HIGHEST_PORT = 255, 65535
AUTHORIZE = ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
IS_TARGET = re.compile(
    r"(IpPermissions\.\d+)\.(?:IpRanges\.\d+\.CidrIp|Ipv6Ranges\.\d+\.CidrIpv6|PrefixListIds\.\d+\.PrefixListId"
    r"|(?:Groups|UserIdGroupPairs)\.\d+\.GroupId)"
)
IS_DESCRIPTION = re.compile(r"IpPermissions\.\d+\.\w+\.\d+\.Description")
IS_PROTOCOL = re.compile(r"(IpPermissions\.\d+)\.IpProtocol")
TARGETS = (
    ("IpRanges", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId"),
)


class Rule(NamedTuple):
    """A rule as EC2 compares it: descriptions do not count, and ports only where the protocol has them."""

    protocol: str
    ports: tuple[str, str]
    peer: str

    def __str__(self) -> str:
        kind = {"6": "TCP", "17": "UDP", EVERYTHING: "ALL"}.get(self.protocol, self.protocol)
        ports = f", from port: {self.ports[0]}, to port: {self.ports[1]}" if self.ports[0] else ""
        return f'"peer: {self.peer}, {kind}{ports}, ALLOW"'


@limits("ec2", "CreateSecurityGroup")
def group(call: Call) -> Refused | None:
    """Refuse names and descriptions of a group, and networks that are not there."""
    name, text = str(call.params.get("GroupName", "")), str(call.params.get("GroupDescription", ""))
    vpc = str(call.params.get("VpcId", ""))
    if name.startswith("sg-"):
        return Refused(VALUE, "Invalid group name. Group names may not be in the format sg-*")
    if name.lower() == "default":
        return Refused(VALUE, "Cannot use reserved security group name: default")
    for what, value in (("name", name), ("description", text)):
        if not DESCRIPTION.fullmatch(value):
            words = (
                f"Invalid security group {what}. Valid {what}s are strings less than 256 characters from the "
                f"following set:  {ALLOWED}"
            )
            return Refused(VALUE, words)
    if missing(vpc, ec2._vpcs):  # noqa: SLF001 - the emulator's own
        return Refused("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    return None


@limits("ec2", *AUTHORIZE)
def malformed(call: Call) -> Refused | None:
    """Refuse rules that are none."""
    params = _whole(call.params)
    known = ec2._security_groups.get(str(params.get("GroupId", "")))  # noqa: SLF001
    if known is None:
        return None  # refused as it is
    for field, value in params.items():
        refused = None
        if place := IS_PROTOCOL.fullmatch(field):
            refused = _permission(params, place[1])
        elif IS_TARGET.fullmatch(field):
            refused = _peer(field, str(value), known)
        elif IS_DESCRIPTION.fullmatch(field) and not DESCRIPTION.fullmatch(str(value)):
            words = (
                "Invalid rule description. Valid descriptions are strings less than 256 characters from the "
                f"following set:  {ALLOWED}"
            )
            refused = Refused(VALUE, words)
        if refused is not None:
            return refused
    return None


@limits("ec2", *AUTHORIZE)
def repeated(call: Call) -> Refused | None:
    """Refuse rules that are there already, and more than a group may have."""
    known = ec2._security_groups.get(str(call.params.get("GroupId", "")))  # noqa: SLF001
    if known is None:
        return None
    there, wanted = set(_there(call, known)), list(_wanted(call.params))
    for number, rule in enumerate(wanted):
        if rule in wanted[:number]:
            return Refused(VALUE, "The same permission must not appear multiple times")
        if rule in there:
            return Refused("InvalidPermission.Duplicate", f"the specified rule {rule} already exists")
    peers = [rule.peer for rule in (*there, *wanted)]
    # Each version of IP has its own share, in which rules for groups and lists count as well.
    of_6 = sum(":" in peer for peer in peers)
    of_4 = sum("." in peer for peer in peers)
    if len(peers) - min(of_4, of_6) > MOST:
        words = "The maximum number of rules per security group has been reached."
        return Refused("RulesPerSecurityGroupLimitExceeded", words)
    return None


@limits("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def revoked(call: Call) -> Refused | None:
    """Refuse to revoke rules that are not there: AWS says nothing in the default network only."""
    known = ec2._security_groups.get(str(call.params.get("GroupId", "")))  # noqa: SLF001
    if known is None or (ec2._vpcs.get(known["VpcId"]) or {}).get("IsDefault"):  # noqa: SLF001
        return None
    there = set(_there(call, known))
    if all(rule in there for rule in _wanted(call.params)):
        return None
    words = "The specified rule does not exist in this security group."
    return Refused("InvalidPermission.NotFound", words)


def _whole(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Spell a rule that stands beside the group's id as the others are."""
    if "IpProtocol" not in params:
        return params
    fields = {name: params[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in params}
    if "CidrIp" in params:
        fields["IpRanges.1.CidrIp"] = params["CidrIp"]
    return {**params, **{f"IpPermissions.1.{name}": value for name, value in fields.items()}}


def _permission(params: Mapping[str, Any], place: str) -> Refused | None:
    given = str(params[f"{place}.IpProtocol"])
    protocol = _protocol(given)
    if protocol != EVERYTHING and not (protocol.isdecimal() and int(protocol) <= HIGHEST_PROTOCOL):
        return Refused(VALUE, f"Invalid value '{given}' for IP protocol. Unknown protocol.")
    if protocol not in WITH_PORTS:
        return None
    ports = [str(params.get(f"{place}.{end}Port", "")) for end in ("From", "To")]
    if not all(ports):
        return Refused(
            VALUE, "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
        )
    for port in ports:
        if not (port.isdecimal() and int(port) <= HIGHEST_PORT):
            return Refused(VALUE, f"TCP/UDP port ({port}) out of range")
    if int(ports[0]) > int(ports[1]):
        return Refused(VALUE, f"Invalid TCP/UDP port range ({ports[0]}:{ports[1]})")
    return None


def _peer(field: str, value: str, known: Mapping[str, Any]) -> Refused | None:
    if field.endswith(("CidrIp", "CidrIpv6")):
        version = 4 if field.endswith("CidrIp") else 6
        if "/" in value and _canonical(value, version):
            return None
        return Refused(VALUE, f"CIDR block {value} is malformed")
    if field.endswith(".GroupId"):
        other = ec2._security_groups.get(value)  # noqa: SLF001
        if missing(value, ec2._security_groups):  # noqa: SLF001
            return Refused("InvalidGroup.NotFound", f"The security group '{value}' does not exist")
        if other is not None and other["VpcId"] != known["VpcId"]:
            words = "You have specified two resources that belong to different networks."
            return Refused("InvalidGroup.NotFound", words)
    return None


def _canonical(value: str, version: int = 0) -> str:
    """A range without the bits of a host; empty when it is none, or not of that version."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return ""
    return str(network) if version in (0, network.version) else ""


def _protocol(given: str) -> str:
    return PROTOCOLS.get(given.lower(), given)


def _rule(protocol: str, first: object, last: object, peer: str) -> Rule:
    ends = ("", "") if first is None or last is None else (str(first), str(last))
    number = _protocol(protocol)
    return Rule(number, ("", "") if number == EVERYTHING else ends, _canonical(peer) or peer)


def _wanted(params: Mapping[str, Any]) -> Iterator[Rule]:
    """Yield the rules of a call, one for each range, list or group."""
    params = _whole(params)
    for field, value in params.items():
        if place := IS_TARGET.fullmatch(field):
            first, last = (params.get(f"{place[1]}.{end}Port") for end in ("From", "To"))
            yield _rule(str(params.get(f"{place[1]}.IpProtocol", "")), first, last, str(value))


def _there(call: Call, known: Mapping[str, Any]) -> Iterator[Rule]:
    """Yield the rules that a group has in the direction of the call."""
    for rule in known["IpPermissionsEgress" if call.action.endswith("Egress") else "IpPermissions"]:
        for many, one in TARGETS:
            for entry in rule.get(many, []):
                if peer := entry.get(one):
                    yield _rule(rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), peer)
