"""EC2: network ACL associations and flow logs answer what was asked for.

What the emulator forgets is kept in its own records, so that it is saved with them.
"""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import replace
from html import escape
from typing import Any

from ministack.services import ec2

from nestctl.localcloud.control import form, replies
from nestctl.localcloud.control.corrections import ec2_dependencies
from nestctl.localcloud.control.corrections.ec2_records import made_in
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

Record = dict[str, Any]
GOOD = 200
FLOW_LOG_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)


@corrects("ec2", "CreateSubnet", until="a new subnet is associated with its VPC's default network ACL")
async def create_subnet(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Associate the subnet with the default network ACL."""
    with made_in(ec2._subnets) as made:  # noqa: SLF001
        reply = await proceed(call)
    for subnet in made:
        for acl in _acls():
            if acl.get("IsDefault") and acl["VpcId"] == subnet["VpcId"]:
                _associate(acl, subnet["SubnetId"])
    return reply


@corrects("ec2", "DeleteSubnet", until="a deleted subnet leaves its network ACL")
async def delete_subnet(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Refuse while it is in use; drop its association."""
    if (refused := ec2_dependencies.subnet_refusal(call)) is not None:
        return refused
    reply = await proceed(call)
    subnet = call.params.get("SubnetId")
    if reply.status == GOOD:
        for acl in _acls():
            acl["Associations"] = [item for item in acl["Associations"] if item["SubnetId"] != subnet]
    return reply


@corrects("ec2", "ReplaceNetworkAclAssociation", until="the new association keeps its subnet")
async def replace_network_acl_association(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Move a subnet from one network ACL to another."""
    wanted, association = call.params.get("NetworkAclId", ""), call.params.get("AssociationId", "")
    target = ec2._network_acls.get(wanted)  # noqa: SLF001
    if target is None:
        return replies.error(
            call, "InvalidNetworkAclID.NotFound", f"The network ACL '{wanted}' does not exist"
        )
    for acl in _acls():
        for item in acl["Associations"]:
            if item["NetworkAclAssociationId"] == association:
                acl["Associations"].remove(item)
                new = _associate(target, item["SubnetId"])
                return replies.query_reply(call, f"<newAssociationId>{new}</newAssociationId>")
    return replies.error(
        call, "InvalidAssociationID.NotFound", f"The association ID '{association}' does not exist"
    )


@corrects("ec2", "CreateNetworkAclEntry", until="a rule of a network ACL keeps its ports")
async def create_network_acl_entry(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep ports and ICMP type."""
    return _keep_entry(call, await proceed(call))


@corrects("ec2", "ReplaceNetworkAclEntry", until="a rule of a network ACL keeps its ports")
async def replace_network_acl_entry(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep ports and ICMP type."""
    return _keep_entry(call, await proceed(call))


@corrects(
    "ec2", "DescribeNetworkAcls", until="rules have ports; the association and network-acl-id filters work"
)
async def describe_network_acls(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Filter by association and by id, and answer whole rules."""
    return _with_entries(await proceed(_with_acl_ids(call)))


def _with_acl_ids(call: Call) -> Call:
    filters = form.filters(call.params)
    subnets = set(filters.get("association.subnet-id", []))
    associations = set(filters.get("association.association-id", []))
    ids = set(filters.get("association.network-acl-id", []) + filters.get("network-acl-id", []))
    if not (subnets or associations or ids):
        return call
    found = [
        acl["NetworkAclId"]
        for acl in _acls()
        if (not subnets or any(item["SubnetId"] in subnets for item in acl["Associations"]))
        and (
            not associations
            or any(item["NetworkAclAssociationId"] in associations for item in acl["Associations"])
        )
        and (not ids or acl["NetworkAclId"] in ids)
    ] or ["acl-none"]
    named = {f"NetworkAclId.{number}": item for number, item in enumerate(found, 1)}
    return form.changed(call, named, without=["NetworkAclId."])


def _keep_entry(call: Call, reply: Reply) -> Reply:
    acl = ec2._network_acls.get(call.params.get("NetworkAclId", ""))  # noqa: SLF001
    if reply.status == GOOD and acl is not None:
        names = ("PortRange.From", "PortRange.To", "Icmp.Type", "Icmp.Code")
        acl["Entries"][-1] |= {name: int(call.params[name]) for name in names if name in call.params}
    return reply


def _with_entries(reply: Reply) -> Reply:
    """Replace the rules of each network ACL, which the emulator answers without ports."""

    def complete(match: re.Match[str]) -> str:
        acl = ec2._network_acls.get(match[2]) or {"Entries": []}  # noqa: SLF001
        return match[1] + "".join(_entry_fields(entry) for entry in acl["Entries"]) + match[4]

    pattern = r"(<networkAclId>(acl-\w+)</networkAclId>\s*<vpcId>.*?<entrySet>)(.*?)(</entrySet>)"
    body = re.sub(pattern, complete, reply.body.decode(), flags=re.DOTALL)
    return replace(reply, body=body.encode())


def _entry_fields(entry: Record) -> str:
    cidr = f"<ipv6CidrBlock>{entry['Ipv6CidrBlock']}</ipv6CidrBlock>" if "Ipv6CidrBlock" in entry else ""
    cidr = cidr or f"<cidrBlock>{entry['CidrBlock']}</cidrBlock>"
    ports = icmp = ""
    if "PortRange.From" in entry:
        ports = (
            f"<portRange><from>{entry['PortRange.From']}</from><to>{entry['PortRange.To']}</to></portRange>"
        )
    if "Icmp.Type" in entry:
        code, kind = entry.get("Icmp.Code", -1), entry["Icmp.Type"]
        icmp = f"<icmpTypeCode><code>{code}</code><type>{kind}</type></icmpTypeCode>"
    return (
        f"<item><ruleNumber>{entry['RuleNumber']}</ruleNumber><protocol>{entry['Protocol']}</protocol>"
        f"<ruleAction>{entry['RuleAction']}</ruleAction><egress>{str(bool(entry['Egress'])).lower()}</egress>"
        f"{cidr}{ports}{icmp}</item>"
    )


@corrects(
    "ec2", "RevokeSecurityGroupEgress", until="a rule for all protocols is found whatever ports are named"
)
async def revoke_security_group_egress(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Leave the ports out where the protocol is "all": they mean nothing there, and Terraform sends 0."""
    everything = [
        name for name, value in call.params.items() if name.endswith(".IpProtocol") and value == "-1"
    ]
    ports = [name.removesuffix("IpProtocol") + end for name in everything for end in ("FromPort", "ToPort")]
    return await proceed(form.changed(call, without=ports) if ports else call)


@corrects("ec2", "CreateFlowLogs", until="DescribeFlowLogs answers format, interval, role and log group")
async def create_flow_logs(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep the settings that the emulator drops, and the tags, whose resource type is ``vpc-flow-log``."""
    tags = {
        name: "flow-log" if value == "vpc-flow-log" else value
        for name, value in call.params.items()
        if re.fullmatch(r"TagSpecification\.\d+\.ResourceType", name)
    }
    with made_in(ec2._flow_logs) as made:  # noqa: SLF001
        reply = await proceed(form.changed(call, tags))
    for flow_log in made:
        flow_log["Settings"] = {
            "logFormat": call.params.get("LogFormat") or FLOW_LOG_FORMAT,
            "maxAggregationInterval": call.params.get("MaxAggregationInterval") or "600",
            "deliverLogsPermissionArn": call.params.get("DeliverLogsPermissionArn", ""),
            "deliverCrossAccountRole": call.params.get("DeliverCrossAccountRole", ""),
            "logGroupName": _log_group(call),
        }
    token = call.params.get("ClientToken") or str(uuid.uuid4())
    end = b"</CreateFlowLogsResponse>"
    return replace(reply, body=reply.body.replace(end, f"<clientToken>{token}</clientToken>".encode() + end))


@corrects("ec2", "DescribeFlowLogs", until="DescribeFlowLogs answers format, interval, role and log group")
async def describe_flow_logs(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Answer every setting, and filter by id."""
    ids = form.filters(call.params).get("flow-log-id", [])
    named = {f"FlowLogId.{number}": item for number, item in enumerate(ids, 1)}
    reply = await proceed(form.changed(call, named))

    def complete(match: re.Match[str]) -> str:
        record: Record = ec2._flow_logs.get(match[1]) or {}  # noqa: SLF001
        settings: dict[str, str] = record.get("Settings", {})
        more = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in settings.items() if value)
        return f"{match[0]}<deliverLogsStatus>SUCCESS</deliverLogsStatus>{more}"

    body = re.sub(r"<flowLogId>(fl-\w+)</flowLogId>", complete, reply.body.decode())
    return replace(reply, body=body.encode())


def _log_group(call: Call) -> str:
    if call.params.get("LogDestinationType", "cloud-watch-logs") != "cloud-watch-logs":
        return ""
    place: str = call.params.get("LogGroupName") or call.params.get("LogDestination", "")
    return place.rsplit(":log-group:", 1)[-1].removesuffix(":*")


def _acls() -> list[Record]:
    return list(ec2._network_acls.values())  # noqa: SLF001


def _associate(acl: Record, subnet: str) -> str:
    association = f"aclassoc-{secrets.token_hex(9)[:17]}"
    acl["Associations"].append({"NetworkAclAssociationId": association, "SubnetId": subnet})
    return association
