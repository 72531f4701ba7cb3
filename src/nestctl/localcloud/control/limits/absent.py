"""Requests about what is not there, or is AWS's own: codes and statuses that AWS was recorded to answer."""

from __future__ import annotations

from ministack.services import cloudtrail, ec2, iam, lambda_svc

from nestctl.localcloud.control import form
from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

OWN_PATH = "/aws-service-role/"


@limits("ec2", "CreateTags")
def tagged(call: Call) -> Refused | None:
    """Refuse to tag nothing."""
    if form.members(call.params, "ResourceId"):
        return None
    return Refused("MissingParameter", "The request must contain the parameter resourceIdSet")


@limits("ec2", "DescribeAddresses")
def address(call: Call) -> Refused | None:
    """Refuse to describe an address that is not there."""
    for name in form.members(call.params, "AllocationId"):
        if name not in ec2._addresses:  # noqa: SLF001 - the emulator's own
            return Refused("InvalidAllocationID.NotFound", f"The allocation ID '{name}' does not exist")
    return None


@limits("ec2", "DescribeNetworkInterfaces")
def interface(call: Call) -> Refused | None:
    """Refuse to describe an interface that is not there."""
    for name in form.members(call.params, "NetworkInterfaceId"):
        if name not in ec2._network_interfaces:  # noqa: SLF001
            words = f"The networkInterface ID '{name}' does not exist"
            return Refused("InvalidNetworkInterfaceID.NotFound", words)
    return None


@limits("cloudtrail", "DeleteTrail")
def trail(call: Call) -> Refused | None:
    """Refuse to delete a trail that is not there; the emulator answers with another status."""
    name = str(call.params.get("Name", "")).rpartition("/")[2]
    if not name or name in cloudtrail._trails:  # noqa: SLF001
        return None
    return Refused("TrailNotFoundException", f"Unknown trail: {call.params['Name']}")


@limits(
    "iam",
    "AttachRolePolicy",
    "DeleteRole",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePolicy",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
)
def service_linked_role(call: Call) -> Refused | None:
    """Refuse to change a role that belongs to a service."""
    name = str(call.params.get("RoleName", ""))
    role = iam._roles.get(name) or {}  # noqa: SLF001
    if not str(role.get("Path", "")).startswith(OWN_PATH):
        return None
    words = (
        f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    )
    return Refused("UnmodifiableEntity", words)


@limits("lambda", "GetPolicy")
def function_policy(call: Call) -> Refused | None:
    """Refuse to show a policy without statements."""
    name = call.path.partition("/functions/")[2].partition("/")[0].rpartition(":function:")[2]
    record = lambda_svc._functions.get(name)  # noqa: SLF001
    if record is None or (record.get("policy") or {}).get("Statement"):
        return None
    return Refused("ResourceNotFoundException", "The resource you requested does not exist.", 404)
