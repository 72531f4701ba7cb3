"""What a destroy removes beside Terraform goes by whole names; users go only with the mark of their maker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nestctl.aws import emptying, leavings, user_policies
from nestctl.aws.session import Aws

Client = Callable[[str], Any]
OURS, THEIRS = "left-staging", "left-staging-eu"
TAGS = {"Project": "left", "ManagedBy": "nestctl"}
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
)
OTHER_POLICY = POLICY.replace("logs:*", "s3:*")
LISTS = "arn:aws:iam::aws:policy/ReadOnlyAccess"
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
    iam.put_user_policy(UserName=OURS, PolicyName="more", PolicyDocument=POLICY)
    iam.attach_user_policy(UserName=OURS, PolicyArn=LISTS)
    user_policies.put(there, OURS, POLICY, marks)
    user_policies.put(there, OURS, OTHER_POLICY, marks)
    assert leavings.delete_user(there, OURS, TAGS) is True
    assert leavings.delete_user(there, OURS, TAGS) is None
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_policy(PolicyArn=f"arn:aws:iam::000000000000:policy/{OURS}")
    iam.get_policy(PolicyArn=LISTS)


def test_a_users_policy_without_the_mark_stays_when_the_user_goes(there: Aws) -> None:
    iam = there.client("iam")
    iam.create_user(UserName=OURS, Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()])
    made = iam.create_policy(PolicyName=OURS, PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=OURS, PolicyArn=made)
    assert leavings.delete_user(there, OURS, TAGS) is True
    iam.delete_policy(PolicyArn=made)


def test_a_users_policy_is_managed_keeps_its_history_and_replaces_an_inline_one(there: Aws) -> None:
    iam = there.client("iam")
    marks = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    iam.create_user(UserName=OURS, Tags=marks)
    iam.put_user_policy(UserName=OURS, PolicyName=OURS, PolicyDocument=POLICY)
    assert user_policies.read(there, OURS) is None
    user_policies.put(there, OURS, POLICY, marks)
    assert user_policies.read(there, OURS) == json.loads(POLICY)
    assert iam.list_user_policies(UserName=OURS)["PolicyNames"] == []
    for number in range(user_policies.VERSIONS + 2):
        text = POLICY.replace("logs:*", f"logs:Get{number}*")
        user_policies.put(there, OURS, text, marks)
        user_policies.put(there, OURS, text, marks)  # the same again makes no version
        assert user_policies.read(there, OURS) == json.loads(text)
    arn = f"arn:aws:iam::000000000000:policy/{OURS}"
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert sorted(version["VersionId"] for version in versions) == ["v4", "v5", "v6", "v7", "v8"]
    iam.detach_user_policy(UserName=OURS, PolicyArn=arn)
    assert user_policies.read(there, OURS) is None
    leavings.delete_user(there, OURS, TAGS)


def test_a_policy_goes_only_alone(there: Aws) -> None:
    iam = there.client("iam")
    iam.create_user(UserName=OURS)
    arn = iam.create_policy(PolicyName=OURS, PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=OURS, PolicyArn=arn)
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=POLICY, SetAsDefault=False)
    with pytest.raises(iam.exceptions.LimitExceededException):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=POLICY)
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_policy(PolicyArn=arn)
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_user(UserName=OURS)
    iam.detach_user_policy(UserName=OURS, PolicyArn=arn)
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_policy(PolicyArn=arn)
    for number in range(2, 6):
        iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
    iam.put_user_permissions_boundary(UserName=OURS, PermissionsBoundary=arn)
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_user_permissions_boundary(UserName=OURS)
    iam.delete_policy(PolicyArn=arn)
    iam.put_user_policy(UserName=OURS, PolicyName="own", PolicyDocument=POLICY)
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_user(UserName=OURS)
    iam.delete_user_policy(UserName=OURS, PolicyName="own")
    iam.create_group(GroupName=OURS)
    iam.add_user_to_group(GroupName=OURS, UserName=OURS)
    for delete in (lambda: iam.delete_user(UserName=OURS), lambda: iam.delete_group(GroupName=OURS)):
        with pytest.raises(iam.exceptions.DeleteConflictException):
            delete()
    iam.remove_user_from_group(GroupName=OURS, UserName=OURS)
    iam.delete_group(GroupName=OURS)
    iam.delete_user(UserName=OURS)


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
