"""EC2: VPC endpoints come and go slowly, and answer what was asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import Any

from ministack.core.responses import get_region, request_scope
from ministack.services import ec2

from nestctl.localcloud import pace
from nestctl.localcloud.control import form
from nestctl.localcloud.control.corrections.ec2_records import made_in
from nestctl.localcloud.control.registry import at_start, corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

Record = dict[str, Any]
GOOD = 200
ALLOW_ALL = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'


@corrects("ec2", "CreateVpcEndpoint", until="an endpoint answers its security groups, policy and DNS setting")
async def create_vpc_endpoint(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep security groups, policy and DNS setting."""
    with made_in(ec2._vpc_endpoints) as made:  # noqa: SLF001
        reply = await proceed(call)
    for endpoint in made:
        endpoint["Groups"] = form.members(call.params, "SecurityGroupId")
        endpoint["PrivateDns"] = bool(form.is_true(call.params.get("PrivateDnsEnabled")))
        if policy := call.params.get("PolicyDocument"):
            endpoint["PolicyDocument"] = policy
        reply = _begin(endpoint, reply)
    return _with_endpoint_fields(reply)


@corrects("ec2", "ModifyVpcEndpoint", until="an endpoint answers its security groups, policy and DNS setting")
async def modify_vpc_endpoint(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Change security groups, policy and DNS setting."""
    reply = await proceed(call)
    endpoint = ec2._vpc_endpoints.get(call.params.get("VpcEndpointId", ""))  # noqa: SLF001
    if reply.status == GOOD and endpoint is not None:
        gone = form.members(call.params, "RemoveSecurityGroupId")
        groups = [group for group in endpoint.get("Groups", []) if group not in gone]
        groups += [group for group in form.members(call.params, "AddSecurityGroupId") if group not in groups]
        endpoint["Groups"] = groups
        if (dns := form.is_true(call.params.get("PrivateDnsEnabled"))) is not None:
            endpoint["PrivateDns"] = dns
        if form.is_true(call.params.get("ResetPolicy")):
            endpoint.pop("PolicyDocument", None)
        # The emulator keeps them as sets, in any order.
        for name in ("RouteTableIds", "SubnetIds"):
            endpoint[name] = sorted(endpoint.get(name, []))
    return reply


@corrects(
    "ec2", "DescribeVpcEndpoints", until="an endpoint answers its security groups, policy and DNS setting"
)
async def describe_vpc_endpoints(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Answer security groups, policy and DNS setting."""
    return _with_endpoint_fields(await proceed(call))


def _with_endpoint_fields(reply: Reply) -> Reply:
    def complete(match: re.Match[str]) -> str:
        endpoint = ec2._vpc_endpoints.get(match[1])  # noqa: SLF001
        return match[0] + (_endpoint_fields(endpoint) if endpoint else "")

    body = re.sub(r"<vpcEndpointId>(vpce-\w+)</vpcEndpointId>", complete, reply.body.decode())
    return replace(reply, body=body.encode())


def _endpoint_fields(endpoint: Record) -> str:
    groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in endpoint.get("Groups", []))
    fields = (
        f"<groupSet>{groups}</groupSet>"
        f"<privateDnsEnabled>{str(bool(endpoint.get('PrivateDns'))).lower()}</privateDnsEnabled>"
        f"<policyDocument>{escape(endpoint.get('PolicyDocument') or ALLOW_ALL)}</policyDocument>"
    )
    if endpoint["VpcEndpointType"] == "Interface":
        service = endpoint["ServiceName"].split(".", 3)[-1]
        name = f"{endpoint['VpcEndpointId']}.{service}.{get_region()}.vpce.amazonaws.com"
        fields += (
            "<ipAddressType>ipv4</ipAddressType><dnsOptions><dnsRecordIpType>ipv4</dnsRecordIpType></dnsOptions>"
            f"<dnsEntrySet><item><dnsName>{name}</dnsName><hostedZoneId>Z7HUB22UULQXV</hostedZoneId></item></dnsEntrySet>"
        )
    return fields


@corrects("ec2", "DeleteVpcEndpoints", until="an endpoint is pending and deleting for a while")
async def delete_vpc_endpoints(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Be there for a while as one that is being deleted."""
    names = form.members(call.params, "VpcEndpointId")
    gone = {name: ec2._vpc_endpoints.get(name) for name in names}  # noqa: SLF001
    tags = {name: ec2._tags.get(name) for name in names}  # noqa: SLF001
    reply = await proceed(call)
    for name, endpoint in gone.items():
        if reply.status == GOOD and endpoint is not None:
            ec2._vpc_endpoints[name] = endpoint  # noqa: SLF001
            if tags[name]:
                ec2._tags[name] = tags[name]  # noqa: SLF001
            _leave(endpoint)
    return reply


def _leave(endpoint: Record) -> None:
    name = endpoint["VpcEndpointId"]

    def over() -> None:
        ec2._vpc_endpoints.pop(name, None)  # noqa: SLF001
        ec2._tags.pop(name, None)  # noqa: SLF001

    pace.passes(endpoint, "State", "deleting", "deleted", then=over)


def _begin(endpoint: Record, reply: Reply) -> Reply:
    """Let a new endpoint be pending for a while; a gateway endpoint is there at once."""
    if endpoint["VpcEndpointType"] == "Gateway":
        return reply
    pace.passes(endpoint, "State", "pending", "available")
    text = re.sub(r"<state>\w+</state>", f"<state>{endpoint['State']}</state>", reply.body.decode(), count=1)
    return replace(reply, body=text.encode())


@at_start
def resume() -> None:
    """End what a stop of the cloud cut short."""
    for (account, region, name), endpoint in list(ec2._vpc_endpoints.all_items()):  # noqa: SLF001
        with request_scope(account, region):
            if endpoint["State"] == "deleting":
                ec2._vpc_endpoints.pop(name, None)  # noqa: SLF001
                ec2._tags.pop(name, None)  # noqa: SLF001
            else:
                endpoint["State"] = "available"
