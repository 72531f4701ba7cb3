"""What stands already and cannot be changed at will: the database's storage, the network's range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nestctl.aws.session import Aws


@dataclass(frozen=True)
class Storage:
    """Storage of a database instance.

    Attributes:
        size: GiB that are allocated.
        optimizing: Whether RDS still works on an earlier change of it.
    """

    size: int
    optimizing: bool


@dataclass(frozen=True)
class Network:
    """A VPC.

    Attributes:
        cidr: Its IPv4 range.
        zones: Availability zones in which it has a private subnet.
    """

    cidr: str
    zones: int


NOT_THERE = {"DBInstanceNotFound", "ReplicationGroupNotFound"}

SETTLED = {
    "available",
    "failed",
    "inaccessible-encryption-credentials",
    "incompatible-create",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "restore-error",
    "stopped",
    "storage-full",
    "storage-optimization",
    "create-failed",
}
"""States of databases and caches that do not end by themselves, or in which they take changes (RDS user
guide, "Viewing Amazon RDS DB instance status"; ElastiCache API reference, ReplicationGroup)."""


def storage(aws: Aws, identifier: str) -> Storage | None:
    """Return the storage of a database, ``None`` when there is no such instance."""
    found = _instance(aws, identifier)
    if found is None:
        return None
    return Storage(found["AllocatedStorage"], found["DBInstanceStatus"] == "storage-optimization")


def unsettled(aws: Aws, database: str, cache: str) -> dict[str, str]:
    """Return the state of what AWS is still making, changing or deleting, by its name in words."""
    instance, group = _instance(aws, database), _group(aws, cache)
    states = {
        f"database {database}": instance["DBInstanceStatus"] if instance else "available",
        f"cache {cache}": group["Status"] if group else "available",
    }
    return {name: state for name, state in states.items() if state not in SETTLED}


def _instance(aws: Aws, identifier: str) -> dict[str, Any] | None:
    rds = aws.client("rds")
    return _one(lambda: rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"])


def _group(aws: Aws, name: str) -> dict[str, Any] | None:
    cache = aws.client("elasticache")
    return _one(lambda: cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"])


def _one(ask: Callable[[], list[dict[str, Any]]]) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        (found,) = ask()
    except ClientError as error:
        if error.response["Error"]["Code"].removesuffix("Fault") in NOT_THERE:
            return None
        raise
    return found


def network(aws: Aws, stack: str) -> Network | None:
    """Return the VPC of a stack by the names that Terraform gives, ``None`` when there is none."""
    ec2 = aws.client("ec2")
    named = [{"Name": "tag:Name", "Values": [f"{stack}-vpc"]}]
    found = ec2.describe_vpcs(Filters=named)["Vpcs"]
    if not found:
        return None
    inside = [{"Name": "vpc-id", "Values": [found[0]["VpcId"]]}]
    subnets = ec2.describe_subnets(Filters=inside)["Subnets"]
    names = [tag["Value"] for item in subnets for tag in item.get("Tags", []) if tag["Key"] == "Name"]
    zones = sum(name.startswith(f"{stack}-private-") for name in names)
    return Network(found[0]["CidrBlock"], zones)
