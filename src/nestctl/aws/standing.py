"""What stands already and cannot be changed at will: the database's storage, the network's range."""

from __future__ import annotations

from dataclasses import dataclass

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


def storage(aws: Aws, identifier: str) -> Storage | None:
    """Return the storage of a database, ``None`` when there is no such instance."""
    from botocore.exceptions import ClientError

    rds = aws.client("rds")
    try:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("DBInstanceNotFound", "DBInstanceNotFoundFault"):
            return None
        raise
    return Storage(found["AllocatedStorage"], found["DBInstanceStatus"] == "storage-optimization")


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
