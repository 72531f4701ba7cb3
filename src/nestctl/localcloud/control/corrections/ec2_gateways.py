"""EC2: NAT gateways come and go slowly, and an address in use is kept.

Sources: EC2 API reference, NatGateway (states, failure codes) and ReleaseAddress; VPC user guide,
"Troubleshoot NAT gateways".
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from html import escape
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ec2

from nestctl.localcloud import pace
from nestctl.localcloud.control import replies
from nestctl.localcloud.control.corrections.ec2_instances import free_address
from nestctl.localcloud.control.registry import at_start, corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

Record = dict[str, Any]
GOOD = 200
GATEWAYS = "a NAT gateway is pending and deleting for a while, and answers its address"
ADDRESSES = "an address that is in use is not released"
ADDRESS = "_address"
"""Where a NAT gateway keeps its address, its interface and the association of the two."""


@corrects("ec2", "CreateNatGateway", until=GATEWAYS)
async def create_nat_gateway(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Take the address at once; the gateway is pending for a while, and fails when the address is taken."""
    allocation = call.params.get("AllocationId", "")
    address = ec2._addresses.get(allocation)  # noqa: SLF001
    if call.params.get("ConnectivityType", "public") == "public":
        if not allocation:
            message = (
                "The request must include the AllocationId parameter. Add the required parameter and retry."
            )
            return replies.error(call, "MissingParameter", message)
        if address is None:
            message = f"The allocation ID '{allocation}' does not exist"
            return replies.error(call, "InvalidAllocationID.NotFound", message)
    reply = await proceed(call)
    found = re.search(r"<natGatewayId>(nat-\w+)<", reply.body.decode())
    if reply.status != GOOD or found is None:
        return reply
    gateway = ec2._nat_gateways[found[1]]  # noqa: SLF001
    if address is not None and address.get("AssociationId"):
        gateway["_failure"] = (
            "Resource.AlreadyAssociated",
            f"Elastic IP address [{allocation}] is already associated",
        )
        pace.passes(gateway, "State", "pending", "failed")
    else:
        gateway[ADDRESS] = {"NetworkInterfaceId": f"eni-{secrets.token_hex(9)[:17]}"}
        if (subnet := ec2._subnets.get(gateway["SubnetId"])) is not None:  # noqa: SLF001
            gateway[ADDRESS]["PrivateIp"] = free_address(subnet["SubnetId"], subnet["CidrBlock"])
        if address is not None:
            association = f"eipassoc-{secrets.token_hex(9)[:17]}"
            gateway[ADDRESS] |= {"PublicIp": address["PublicIp"], "AssociationId": association}
            address["AssociationId"] = association
        pace.passes(gateway, "State", "pending", "available")
    return _completed(reply)


@corrects("ec2", "DescribeNatGateways", until=GATEWAYS)
async def describe_nat_gateways(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Answer address and failure."""
    return _completed(await proceed(call))


@corrects("ec2", "DeleteNatGateway", until=GATEWAYS)
async def delete_nat_gateway(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep the address until the gateway is gone."""
    gateway = ec2._nat_gateways.get(call.params.get("NatGatewayId", ""))  # noqa: SLF001
    before = gateway and gateway["State"]
    reply = await proceed(call)
    if reply.status != GOOD or gateway is None:
        return reply
    if before in ("deleting", "deleted"):
        gateway["State"] = before
    else:
        pace.passes(gateway, "State", "deleting", "deleted", then=lambda: _free(gateway))
    return reply


def _free(gateway: Record) -> None:
    address = ec2._addresses.get(gateway.get("AllocationId") or "")  # noqa: SLF001
    association = gateway.pop(ADDRESS, {}).get("AssociationId")
    if address is not None and association and address.get("AssociationId") == association:
        address["AssociationId"] = None


def _completed(reply: Reply) -> Reply:
    def complete(block: re.Match[str]) -> str:
        gateway = ec2._nat_gateways.get(block[1])  # noqa: SLF001
        if gateway is None:
            return block[0]
        text = re.sub(r"<state>\w+</state>", f"<state>{gateway['State']}</state>", block[0])
        if failure := gateway.get("_failure"):
            code, message = failure
            text += f"<failureCode>{code}</failureCode><failureMessage>{escape(message)}</failureMessage>"
        return text.replace("<natGatewayAddressSet/>", _address_set(gateway))

    pattern = r"<natGatewayId>(nat-\w+)</natGatewayId>.*?<natGatewayAddressSet/>"
    body = re.sub(pattern, complete, reply.body.decode(), flags=re.DOTALL)
    return replace(reply, body=body.encode())


def _address_set(gateway: Record) -> str:
    address = gateway.get(ADDRESS, {})
    fields = {
        "allocationId": gateway.get("AllocationId"),
        "networkInterfaceId": address.get("NetworkInterfaceId"),
        "privateIp": address.get("PrivateIp"),
        "publicIp": address.get("PublicIp"),
        "associationId": address.get("AssociationId"),
        "isPrimary": "true",
        "status": "succeeded",
    }
    if gateway["State"] == "pending":
        fields = {"allocationId": gateway.get("AllocationId")}
    shown = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items() if value)
    return f"<natGatewayAddressSet><item>{shown}</item></natGatewayAddressSet>"


@corrects("ec2", "ReleaseAddress", until=ADDRESSES)
async def release_address(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Refuse while something has the address."""
    allocation = call.params.get("AllocationId", "")
    address = ec2._addresses.get(allocation)  # noqa: SLF001
    if address is not None and address.get("AssociationId"):
        message = f"The address with allocation id [{allocation}] cannot be released because it is in use."
        return replies.error(call, "InvalidIPAddress.InUse", message)
    return await proceed(call)


@corrects("ec2", "DisassociateAddress", until=ADDRESSES)
async def disassociate_address(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Refuse what belongs to a NAT gateway, whose interface is AWS's."""
    association = call.params.get("AssociationId", "")
    if any(
        gateway.get(ADDRESS, {}).get("AssociationId") == association
        for gateway in ec2._nat_gateways.values()  # noqa: SLF001
    ):
        message = "You do not have permission to access the specified resource."
        return replies.error(call, "AuthFailure", message)
    return await proceed(call)


@at_start
def resume() -> None:
    """End what a stop of the cloud cut short."""
    for (account, region, _), gateway in list(ec2._nat_gateways.all_items()):  # noqa: SLF001
        with request_scope(account, region):
            if gateway["State"] == "pending":
                gateway["State"] = "failed" if "_failure" in gateway else "available"
            elif gateway["State"] == "deleting":
                gateway["State"] = "deleted"
                _free(gateway)
