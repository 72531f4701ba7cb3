"""EC2: what something else needs is not deleted (``DependencyViolation``).

Sources: EC2 API reference, "Error codes"; words as AWS is known to answer. On AWS each of these has a network
interface in the subnet, of the group; here they are looked up where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ministack.services import alb, ec2, ecs, elasticache, lambda_svc, rds

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

Record = dict[str, Any]
CODE = "DependencyViolation"
UNTIL = "what is needed by something else is not deleted"


@corrects("ec2", "DeleteSecurityGroup", until=UNTIL)
async def delete_security_group(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Refuse while an interface has the group, or another group's rule names it."""
    wanted = call.params.get("GroupId", "")
    used = any(wanted in groups for _, groups in interfaces()) or any(
        _names(group, wanted)
        for group in ec2._security_groups.values()  # noqa: SLF001
        if group["GroupId"] != wanted
    )
    if used:
        return replies.error(call, CODE, f"resource {wanted} has a dependent object")
    return await proceed(call)


@corrects("ec2", "DetachInternetGateway", until=UNTIL)
async def detach_internet_gateway(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Refuse while something in the network has a public address."""
    vpc = call.params.get("VpcId", "")
    if any(vpc == _vpc_of(subnets) for subnets in _public()):
        message = (
            f"Network {vpc} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
        return replies.error(call, CODE, message)
    return await proceed(call)


@corrects("ec2", "DeleteInternetGateway", until=UNTIL)
async def delete_internet_gateway(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Refuse while it is attached."""
    name = call.params.get("InternetGatewayId", "")
    gateway = ec2._internet_gateways.get(name)  # noqa: SLF001
    if gateway is not None and gateway.get("Attachments"):
        message = f"The internetGateway '{name}' has dependencies and cannot be deleted."
        return replies.error(call, CODE, message)
    return await proceed(call)


def subnet_refusal(call: Call) -> Reply | None:
    """Refuse to delete a subnet that something has an interface in."""
    name = call.params.get("SubnetId", "")
    if not any(name in subnets for subnets, _ in interfaces()):
        return None
    return replies.error(call, CODE, f"The subnet '{name}' has dependencies and cannot be deleted.")


def interfaces() -> Iterator[tuple[set[str], set[str]]]:
    """Yield subnets and security groups of everything in this region that has network interfaces."""
    yield from _of_network()
    yield from _of_data()
    for function in lambda_svc._functions.values():  # noqa: SLF001
        for version in (function, *function.get("versions", {}).values()):
            network = version["config"].get("VpcConfig") or {}
            yield set(network.get("SubnetIds") or []), set(network.get("SecurityGroupIds") or [])
    for service in ecs._services.values():  # noqa: SLF001
        network = (service.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
        if service.get("runningCount") or service.get("pendingCount"):
            yield set(network.get("subnets") or []), set(network.get("securityGroups") or [])


def _of_network() -> Iterator[tuple[set[str], set[str]]]:
    for interface in ec2._network_interfaces.values():  # noqa: SLF001
        groups = {group["GroupId"] for group in interface.get("Groups", [])}
        yield {interface["SubnetId"]}, groups
    for gateway in _gateways():
        yield {gateway["SubnetId"]}, set()
    for endpoint in ec2._vpc_endpoints.values():  # noqa: SLF001
        yield set(endpoint.get("SubnetIds", [])), set(endpoint.get("Groups", []))
    for balancer in alb._lbs.values():  # noqa: SLF001
        yield set(balancer.get("Subnets", [])), set(balancer.get("SecurityGroups", []))


def _of_data() -> Iterator[tuple[set[str], set[str]]]:
    for instance in rds._instances.values():  # noqa: SLF001
        groups = {group["VpcSecurityGroupId"] for group in instance.get("VpcSecurityGroups", [])}
        yield set(), groups
    for proxy in rds._db_proxies.values():  # noqa: SLF001
        yield set(proxy.get("VpcSubnetIds", [])), set(proxy.get("VpcSecurityGroupIds", []))
    for cluster in elasticache._clusters.values():  # noqa: SLF001
        yield set(), {group["SecurityGroupId"] for group in cluster.get("SecurityGroups", [])}


def _gateways() -> list[Record]:
    gone = ("deleted", "failed")
    return [one for one in ec2._nat_gateways.values() if one["State"] not in gone]  # noqa: SLF001


def _public() -> Iterator[set[str]]:
    """Yield the subnets of what has public addresses."""
    for gateway in _gateways():
        if gateway.get("ConnectivityType") == "public":
            yield {gateway["SubnetId"]}
    for balancer in alb._lbs.values():  # noqa: SLF001
        if balancer.get("Scheme") == "internet-facing":
            yield set(balancer.get("Subnets", []))


def _vpc_of(subnets: set[str]) -> str:
    found = (ec2._subnets.get(name) for name in subnets)  # noqa: SLF001
    return next((str(subnet["VpcId"]) for subnet in found if subnet is not None), "")


def _names(group: Record, wanted: str) -> bool:
    rules = [*group.get("IpPermissions", []), *group.get("IpPermissionsEgress", [])]
    return any(pair.get("GroupId") == wanted for rule in rules for pair in rule.get("UserIdGroupPairs", []))
