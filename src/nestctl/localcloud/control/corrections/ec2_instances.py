"""EC2: an instance answers what it was started with, has an interface, and a route may lead there.

The emulator starts no machine for an image that it does not know, and neither do we: what is corrected is
what the API tells of one. What the emulator forgets is kept in its own records, which are saved.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any

from ministack.services import ec2

from nestctl.localcloud.control import form, replies
from nestctl.localcloud.control.limits import ec2_routes
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

Record = dict[str, Any]
GOOD = 200
KEPT = "an instance answers its disk, its interface and its settings"
ROUTED = "a route to a network interface keeps it"

RESERVED = 4
"""Addresses at the start of each subnet that AWS keeps (VPC user guide, "Subnet CIDR blocks")."""


@corrects("ec2", "RunInstances", until=KEPT)
async def run_instances(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Keep disk and settings, and give each instance an interface in its subnet."""
    before = set(ec2._instances.keys())  # noqa: SLF001
    reply = await proceed(call)
    for id_ in set(ec2._instances.keys()) - before:  # noqa: SLF001
        _complete(ec2._instances[id_], call)  # noqa: SLF001
    return _with_fields(reply)


@corrects("ec2", "DescribeInstances", until=KEPT)
async def describe_instances(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Answer interface and settings."""
    return _with_fields(await proceed(call))


@corrects("ec2", "DescribeInstanceAttribute", until="it answers user data and the check of the addresses")
async def describe_instance_attribute(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Answer the attributes for which the emulator has one answer for all."""
    reply = await proceed(call)
    instance = ec2._instances.get(call.params.get("InstanceId", ""))  # noqa: SLF001
    values = {"userData": lambda found: found["UserData"], "sourceDestCheck": _check}
    name = call.params.get("Attribute", "")
    if reply.status != GOOD or instance is None or name not in values:
        return reply
    text = values[name](instance)
    value = f"<value>{escape(text)}</value>" if text else ""
    id_ = f"<instanceId>{instance['InstanceId']}</instanceId>"
    return replies.query_reply(call, f"{id_}<{name}>{value}</{name}>")


@corrects("ec2", "ModifyInstanceAttribute", until="the action exists")
async def modify_instance_attribute(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Change the check of the addresses, the groups or the type."""
    del proceed, cloud
    id_ = call.params.get("InstanceId", "")
    instance = ec2._instances.get(id_)  # noqa: SLF001
    if instance is None:
        return replies.error(call, "InvalidInstanceID.NotFound", f"The instance ID '{id_}' does not exist")
    if (check := form.is_true(call.params.get("SourceDestCheck.Value"))) is not None:
        instance["SourceDestCheck"] = check
    if groups := form.members(call.params, "GroupId"):
        instance["SecurityGroups"] = [{"GroupId": group, "GroupName": group} for group in groups]
    instance["InstanceType"] = call.params.get("InstanceType.Value") or instance["InstanceType"]
    for interface in _interfaces(id_):
        interface |= {"SourceDestCheck": instance["SourceDestCheck"], "Groups": instance["SecurityGroups"]}
    return replies.query_reply(call, "<return>true</return>")


@corrects("ec2", "TerminateInstances", until="the interface and the disk go with the instance")
async def terminate_instances(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Delete what was made with the instances."""
    reply = await proceed(call)
    if reply.status == GOOD:
        for id_ in form.members(call.params, "InstanceId"):
            for interface in _interfaces(id_):
                ec2._network_interfaces.pop(interface["NetworkInterfaceId"], None)  # noqa: SLF001
            for volume in _volumes(id_):
                ec2._volumes.pop(volume["VolumeId"], None)  # noqa: SLF001
    return reply


@corrects("ec2", "CreateRoute", until=ROUTED)
async def create_route(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep the interface; answer a route that is there already, and leads there, as made."""
    if ec2_routes.route_to(call) is not None:
        return replies.query_reply(call, "<return>true</return>")  # one to elsewhere has been refused
    return _keep_interface(call, await proceed(call))


@corrects("ec2", "ReplaceRoute", until=ROUTED)
async def replace_route(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep the interface, or forget it."""
    return _keep_interface(call, await proceed(call))


def _keep_interface(call: Call, reply: Reply) -> Reply:
    table = ec2._route_tables.get(call.params.get("RouteTableId", ""))  # noqa: SLF001
    wanted = call.params.get("NetworkInterfaceId")
    for route in table["Routes"] if table and reply.status == GOOD else ():
        if route.get("DestinationCidrBlock") != call.params.get("DestinationCidrBlock"):
            continue
        route.pop("NetworkInterfaceId", None)
        if wanted:
            interface = ec2._network_interfaces.get(wanted) or {}  # noqa: SLF001
            route.pop("GatewayId", None)
            route["NetworkInterfaceId"] = wanted
            route["InstanceId"] = (interface.get("Attachment") or {}).get("InstanceId", "")
    return reply


def _complete(instance: Record, call: Call) -> None:
    """Keep what the emulator drops of a call to RunInstances."""
    subnet: Record = ec2._subnets.get(instance["SubnetId"]) or {}  # noqa: SLF001
    if zone := subnet.get("AvailabilityZone"):
        instance["Placement"]["AvailabilityZone"] = zone
    if "PrivateIpAddress" not in call.params and "CidrBlock" in subnet:
        address = free_address(subnet["SubnetId"], subnet["CidrBlock"])
        instance["PrivateIpAddress"] = address
        instance["PrivateDnsName"] = f"ip-{address.replace('.', '-')}.ec2.internal"
    if subnet and not subnet.get("MapPublicIpOnLaunch"):
        instance |= {"PublicIpAddress": "", "PublicDnsName": ""}
    instance["Settings"] = {
        "EbsOptimized": form.is_true(call.params.get("EbsOptimized")) is True,
        "HttpTokens": call.params.get("MetadataOptions.HttpTokens", "optional"),
        "HttpEndpoint": call.params.get("MetadataOptions.HttpEndpoint", "enabled"),
    }
    for volume in _volumes(instance["InstanceId"]):
        ebs = "BlockDeviceMapping.1.Ebs."
        volume["AvailabilityZone"] = instance["Placement"]["AvailabilityZone"]
        volume["Encrypted"] = form.is_true(call.params.get(f"{ebs}Encrypted")) is True
        volume["Size"] = int(call.params.get(f"{ebs}VolumeSize") or volume["Size"])
        volume["VolumeType"] = call.params.get(f"{ebs}VolumeType") or volume["VolumeType"]
        ec2._tags[volume["VolumeId"]] = list(_tags(call, "volume"))  # noqa: SLF001
    _attach(instance, subnet)


def _tags(call: Call, kind: str) -> Iterator[dict[str, str]]:
    for name, value in call.params.items():
        found = re.fullmatch(r"(TagSpecification\.\d+)\.ResourceType", name)
        if found and value == kind:
            for number in range(1, form.MOST):
                prefix = f"{found[1]}.Tag.{number}."
                if f"{prefix}Key" not in call.params:
                    break
                yield {"Key": call.params[f"{prefix}Key"], "Value": call.params.get(f"{prefix}Value", "")}


def free_address(subnet: str, network: str) -> str:
    """Return the first private address of a subnet that no interface and no NAT gateway has."""
    used = {one["PrivateIpAddress"] for one in ec2._network_interfaces.values() if one["SubnetId"] == subnet}  # noqa: SLF001
    used |= {one.get("_address", {}).get("PrivateIp") for one in ec2._nat_gateways.values()}  # noqa: SLF001
    hosts = enumerate(ipaddress.ip_network(network))
    return next(str(host) for number, host in hosts if number >= RESERVED and str(host) not in used)


def _attach(instance: Record, subnet: Record) -> None:
    """Make an instance's first interface."""
    id_ = f"eni-{secrets.token_hex(9)[:17]}"
    ec2._network_interfaces[id_] = {  # noqa: SLF001
        "NetworkInterfaceId": id_,
        "SubnetId": instance["SubnetId"],
        "VpcId": instance["VpcId"],
        "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        "Description": "",
        "OwnerId": subnet.get("OwnerId") or ec2.get_account_id(),
        "Status": "in-use",
        "PrivateIpAddress": instance["PrivateIpAddress"],
        "InterfaceType": "interface",
        "SourceDestCheck": instance["SourceDestCheck"],
        "MacAddress": ":".join(["02", *(f"{byte:02x}" for byte in secrets.token_bytes(5))]),
        "Groups": instance["SecurityGroups"],
        "Attachment": {
            "AttachmentId": f"eni-attach-{secrets.token_hex(9)[:17]}",
            "InstanceId": instance["InstanceId"],
            "DeviceIndex": 0,
            "Status": "attached",
            "AttachTime": instance["LaunchTime"],
        },
    }


def _interfaces(instance: str) -> list[Record]:
    found: list[Record] = list(ec2._network_interfaces.values())  # noqa: SLF001
    return [one for one in found if (one.get("Attachment") or {}).get("InstanceId") == instance]


def _volumes(instance: str) -> list[Record]:
    found: list[Record] = list(ec2._volumes.values())  # noqa: SLF001
    return [one for one in found if any(a["InstanceId"] == instance for a in one.get("Attachments", []))]


def _with_fields(reply: Reply) -> Reply:
    def complete(match: re.Match[str]) -> str:
        instance = ec2._instances.get(match[1])  # noqa: SLF001
        return match[0] + (_fields(instance) if instance and "Settings" in instance else "")

    body = re.sub(r"<instanceId>(i-\w+)</instanceId>(?=\s*<imageId>)", complete, reply.body.decode())
    return replace(reply, body=body.encode())


def _fields(instance: Record) -> str:
    settings = instance["Settings"]
    interfaces = "".join(
        f"<item><networkInterfaceId>{one['NetworkInterfaceId']}</networkInterfaceId>"
        f"<subnetId>{one['SubnetId']}</subnetId><vpcId>{one['VpcId']}</vpcId><status>in-use</status>"
        f"<privateIpAddress>{one['PrivateIpAddress']}</privateIpAddress>"
        f"<sourceDestCheck>{_check(one)}</sourceDestCheck>"
        f"<groupSet>{''.join(_group(group) for group in one['Groups'])}</groupSet>"
        f"<attachment><attachmentId>{one['Attachment']['AttachmentId']}</attachmentId>"
        f"<deviceIndex>{one['Attachment']['DeviceIndex']}</deviceIndex><status>attached</status>"
        "<deleteOnTermination>true</deleteOnTermination></attachment></item>"
        for one in _interfaces(instance["InstanceId"])
    )
    return (
        f"<ebsOptimized>{str(settings['EbsOptimized']).lower()}</ebsOptimized>"
        f"<networkInterfaceSet>{interfaces}</networkInterfaceSet>"
        f"<metadataOptions><state>applied</state><httpTokens>{settings['HttpTokens']}</httpTokens>"
        f"<httpPutResponseHopLimit>1</httpPutResponseHopLimit>"
        f"<httpEndpoint>{settings['HttpEndpoint']}</httpEndpoint>"
        "<httpProtocolIpv6>disabled</httpProtocolIpv6><instanceMetadataTags>disabled</instanceMetadataTags></metadataOptions>"
    )


def _group(group: Record) -> str:
    return f"<item><groupId>{group['GroupId']}</groupId><groupName>{group['GroupName']}</groupName></item>"


def _check(record: Record) -> str:
    return str(bool(record.get("SourceDestCheck", True))).lower()
