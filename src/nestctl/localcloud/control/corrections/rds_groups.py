"""RDS: a subnet group or parameter group that an instance uses is kept. Words as AWS is known to answer."""

from __future__ import annotations

from ministack.services import rds

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

UNTIL = "a group that an instance uses is kept"


@corrects("rds", "DeleteDBSubnetGroup", until=UNTIL)
async def delete_db_subnet_group(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Refuse while an instance is in it."""
    name = call.params.get("DBSubnetGroupName", "")
    for instance in rds._instances.values():  # noqa: SLF001
        if (instance.get("DBSubnetGroup") or {}).get("DBSubnetGroupName") == name:
            user = instance["DBInstanceIdentifier"]
            message = (
                f"Cannot delete the subnet group '{name}' because at least one database instance: {user} "
                "is still using it."
            )
            return replies.error(call, "InvalidDBSubnetGroupStateFault", message)
    return await proceed(call)


@corrects("rds", "DeleteDBParameterGroup", until=UNTIL)
async def delete_db_parameter_group(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Refuse while an instance has it."""
    name = call.params.get("DBParameterGroupName", "")
    groups = (
        group["DBParameterGroupName"]
        for instance in rds._instances.values()  # noqa: SLF001
        for group in instance.get("DBParameterGroups", [])
    )
    if name in groups:
        message = (
            f"One or more database instances are still members of this parameter group {name}, "
            "so the group cannot be deleted"
        )
        return replies.error(call, "InvalidDBParameterGroupState", message)
    return await proceed(call)
