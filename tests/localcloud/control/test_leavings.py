"""What a destroy removes beside Terraform goes by whole names; users go only with the mark of their maker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nestctl.aws import emptying, leavings
from nestctl.aws.session import Aws

Client = Callable[[str], Any]
OURS, THEIRS = "left-staging", "left-staging-eu"
TAGS = {"Project": "left", "ManagedBy": "nestctl"}
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


class There(Aws):
    """The tests' cloud, with its owner's rights."""

    def __init__(self, client: Client) -> None:
        super().__init__("us-east-1")
        self._client = client

    def client(self, service: str) -> Any:
        return self._client(service)


@pytest.fixture
def there(aws: Client) -> Aws:
    return There(aws)


def test_log_groups_go_by_their_whole_name_or_their_folder(there: Aws) -> None:
    logs = there.client("logs")
    for stack in (OURS, THEIRS):
        for name in (f"/aws/lambda/{stack}", f"/aws/ecs/{stack}/tasks", f"/aws/ecs/{stack}/frontend"):
            logs.create_log_group(logGroupName=name)
    wanted = ((f"/aws/lambda/{OURS}", "/aws/lambda/absent"), (f"/aws/ecs/{OURS}/",))
    gone = leavings.delete_log_groups(there, *wanted)
    assert gone == [f"/aws/lambda/{OURS}", f"/aws/ecs/{OURS}/frontend", f"/aws/ecs/{OURS}/tasks"]
    left = logs.describe_log_groups(logGroupNamePrefix="/aws/")["logGroups"]
    names = {group["logGroupName"] for group in left}
    assert {f"/aws/lambda/{THEIRS}", f"/aws/ecs/{THEIRS}/tasks", f"/aws/ecs/{THEIRS}/frontend"} <= names
    assert not names & set(gone)
    assert leavings.delete_log_groups(there, *wanted) == []


def test_every_revision_of_a_family_goes_and_no_other(there: Aws) -> None:
    ecs = there.client("ecs")
    for family in (f"{OURS}-frontend", f"{OURS}-frontend", f"{OURS}-frontend-eu", f"{THEIRS}-frontend"):
        ecs.register_task_definition(
            family=family, containerDefinitions=[{"name": "a", "image": "a", "memory": 128}]
        )
    assert leavings.deregister_task_definitions(there, [f"{OURS}-frontend", "left-absent"]) == 2
    active = ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    names = {arn.rpartition("/")[2] for arn in active if "/left-" in arn}
    assert names == {f"{OURS}-frontend-eu:1", f"{THEIRS}-frontend:1"}


def test_a_role_goes_with_its_policies(there: Aws) -> None:
    iam = there.client("iam")
    iam.create_role(RoleName=f"{OURS}-made", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName=f"{OURS}-made", PolicyName="a", PolicyDocument=POLICY)
    assert leavings.delete_role(there, f"{OURS}-made") is True
    assert leavings.delete_role(there, f"{OURS}-made") is False


@pytest.mark.parametrize("tags", [{}, {"Project": "left"}, {**TAGS, "Project": "other"}])
def test_a_user_without_the_mark_stays(there: Aws, tags: dict[str, str]) -> None:
    iam = there.client("iam")
    iam.create_user(UserName=OURS, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    try:
        assert leavings.delete_user(there, OURS, TAGS) is False
    finally:
        iam.delete_user(UserName=OURS)


def test_a_user_with_the_mark_goes_with_its_keys_and_policies(there: Aws) -> None:
    iam = there.client("iam")
    marks = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    iam.create_user(UserName=OURS, Tags=[*marks, {"Key": "Team", "Value": "a"}])
    iam.create_access_key(UserName=OURS)
    iam.put_user_policy(UserName=OURS, PolicyName=OURS, PolicyDocument=POLICY)
    assert leavings.delete_user(there, OURS, TAGS) is True
    assert leavings.delete_user(there, OURS, TAGS) is None


def test_what_is_not_there_is_not_protected_and_has_no_snapshots(there: Aws) -> None:
    assert leavings.protected(there, "left-absent-db", "left-absent-alb") == []
    assert leavings.snapshots(there, "left-absent-db") == []
    assert leavings.recovery_points(there, "left-absent") == 0


def test_the_backups_of_a_vault_are_counted(there: Aws) -> None:
    backup = there.client("backup")
    backup.create_backup_vault(BackupVaultName=OURS)
    backup.create_backup_vault(BackupVaultName=THEIRS)
    for vault, number in ((OURS, 2), (THEIRS, 1)):
        for item in range(number):
            backup.start_backup_job(
                BackupVaultName=vault,
                ResourceArn=f"arn:aws:rds:us-east-1:000000000000:db:left-{item}",
                IamRoleArn="arn:aws:iam::000000000000:role/left",
            )
    assert leavings.recovery_points(there, OURS) == 2


def test_a_bucket_is_emptied_of_versions_and_delete_markers(there: Aws) -> None:
    s3 = there.client("s3")
    s3.create_bucket(Bucket="left-versions")
    s3.put_bucket_versioning(Bucket="left-versions", VersioningConfiguration={"Status": "Enabled"})
    for number in range(emptying.BATCH + 5):
        s3.put_object(Bucket="left-versions", Key=f"key-{number % 7}", Body=b"x")
    s3.delete_object(Bucket="left-versions", Key="key-1")
    assert emptying.empty_bucket(there, "left-versions") == emptying.BATCH + 6
    s3.delete_bucket(Bucket="left-versions")
    assert emptying.empty_bucket(there, "left-versions") == 0


def test_what_is_not_there_is_empty(there: Aws) -> None:
    assert emptying.empty_repository(there, "left-absent") == 0
    assert emptying.delete_function(there, "left-absent") is False
