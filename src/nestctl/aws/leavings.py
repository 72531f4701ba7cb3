"""Removes what a destroyed environment leaves: things that AWS or another tool made beside Terraform.

Everything goes by whole names or by a prefix that ends where a name does, so that ``nest-staging`` never
takes what belongs to ``nest-staging-eu``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nestctl.aws import user_policies
from nestctl.aws.session import Aws, absent, error_code


def delete_log_groups(aws: Aws, names: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Delete log groups that their services made again, or made by themselves.

    Args:
        aws: Who deletes.
        names: Whole names.
        folders: Beginnings that end with a slash.

    Returns:
        The names of those that were there.
    """
    client = aws.client("logs")
    found = []
    for wanted in (*names, *folders):
        pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=wanted)
        groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
        found += [name for name in groups if name == wanted or wanted.endswith("/")]
    for name in found:
        client.delete_log_group(logGroupName=name)
    return found


def deregister_task_definitions(aws: Aws, families: Sequence[str]) -> int:
    """Deregister every active revision of these families and return how many there were."""
    client = aws.client("ecs")
    count = 0
    for family in families:
        # familyPrefix is the whole name here; only ListTaskDefinitionFamilies takes a beginning.
        pages = client.get_paginator("list_task_definitions").paginate(familyPrefix=family, status="ACTIVE")
        for arn in [arn for page in pages for arn in page["taskDefinitionArns"]]:
            if arn.rsplit("/", 1)[-1].rpartition(":")[0] == family:
                client.deregister_task_definition(taskDefinition=arn)
                count += 1
    return count


def delete_role(aws: Aws, name: str) -> bool:
    """Delete a role with its inline policies; say whether it was there."""
    iam = aws.client("iam")
    with absent(user_policies.MISSING):
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
        return True
    return False


def delete_user(aws: Aws, name: str, tags: Mapping[str, str]) -> bool | None:
    """Delete a user with its access keys and policies, when it bears these tags.

    Returns:
        Whether it was deleted; ``None`` when there is no such user.
    """
    iam = aws.client("iam")
    found: dict[str, str] | None = None
    with absent(user_policies.MISSING):
        found = {tag["Key"]: tag["Value"] for tag in iam.list_user_tags(UserName=name)["Tags"]}
    if found is None:
        return None
    if not tags.items() <= found.items():
        return False
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    user_policies.delete(aws, name, tags)
    iam.delete_user(UserName=name)
    return True


def protected(aws: Aws, database: str, balancer: str) -> list[str]:
    """Return which of the two AWS refuses to delete, because its deletion protection is on."""
    found = []
    if (_one(aws, "rds", "describe_db_instances", "DBInstances", DBInstanceIdentifier=database) or {}).get(
        "DeletionProtection"
    ):
        found.append(f"database {database}")
    there = _one(aws, "elbv2", "describe_load_balancers", "LoadBalancers", Names=[balancer])
    if there:
        attributes = aws.client("elbv2").describe_load_balancer_attributes(
            LoadBalancerArn=there["LoadBalancerArn"]
        )["Attributes"]
        if {"Key": "deletion_protection.enabled", "Value": "true"} in attributes:
            found.append(f"load balancer {balancer}")
    return found


def recovery_points(aws: Aws, vault: str) -> int:
    """Return how many backups a vault of AWS Backup holds; 0 where there is no such vault.

    By the list: DescribeBackupVault answers AccessDeniedException for a vault that is not there.
    """
    pages = aws.client("backup").get_paginator("list_backup_vaults").paginate()
    vaults = {item["BackupVaultName"]: item for page in pages for item in page["BackupVaultList"]}
    return int(vaults.get(vault, {}).get("NumberOfRecoveryPoints", 0))


def snapshots(aws: Aws, database: str) -> list[str]:
    """Return the snapshots of a database that stay when it goes."""
    client = aws.client("rds")
    pages = client.get_paginator("describe_db_snapshots").paginate(
        DBInstanceIdentifier=database, SnapshotType="manual"
    )
    return [item["DBSnapshotIdentifier"] for page in pages for item in page["DBSnapshots"]]


def _one(aws: Aws, service: str, operation: str, field: str, **arguments: Any) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        rows = getattr(aws.client(service), operation)(**arguments)[field]
    except ClientError as error:
        if "NotFound" not in error_code(error):
            raise
        return None
    return rows[0] if rows else None
