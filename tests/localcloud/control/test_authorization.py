"""IAM on the local cloud: users and role sessions may do what their policies allow, and no more."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import patient
import pytest
from people import ACCOUNT, Client, Someone, delay, quicker, refused, soon, unique

from nestctl.localcloud import LocalCloud

pytestmark = pytest.mark.slow

EXTERNAL_ID = "0123456789abcdef" * 2


@pytest.fixture(autouse=True, scope="module")
def _quick(endpoint: str) -> Iterator[None]:
    with quicker(endpoint, 0.1):
        yield


@pytest.fixture
def someone(endpoint: str, aws: Client) -> Callable[..., Someone]:
    return lambda *statements: Someone(endpoint, aws, *statements)


def test_the_owner_may_do_everything(aws: Client) -> None:
    aws("ec2").describe_vpcs()
    aws("iam").list_users()


def test_a_user_may_do_what_is_allowed_on_the_resource_that_is_named(
    someone: Callable[..., Someone], aws: Client
) -> None:
    ours, theirs = f"ours-{uuid.uuid4().hex[:8]}", f"theirs-{uuid.uuid4().hex[:8]}"
    for bucket in (ours, theirs):
        aws("s3").create_bucket(Bucket=bucket)
    user = someone({"Action": ["s3:PutObject", "s3:GetObject"], "Resource": f"arn:aws:s3:::{ours}/a/*"})
    s3 = user.client("s3")
    s3.put_object(Bucket=ours, Key="a/b", Body=b"content")
    assert s3.get_object(Bucket=ours, Key="a/b")["Body"].read() == b"content"
    assert refused(lambda: s3.put_object(Bucket=ours, Key="b", Body=b"x"))[:2] == (403, "AccessDenied")
    assert refused(lambda: s3.put_object(Bucket=theirs, Key="a/b", Body=b"x"))[:2] == (403, "AccessDenied")
    assert refused(lambda: s3.head_object(Bucket=theirs, Key="a/b"))[0] == 403
    status, code, said = refused(lambda: s3.list_objects_v2(Bucket=ours))
    assert (status, code) == (403, "AccessDenied")
    assert said == (
        f"User: {user.arn} is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::{ours} "
        "because no identity-based policy allows the s3:ListBucket action"
    )


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "status", "code"),
    [
        ("ec2", "create_vpc", {"CidrBlock": "10.9.0.0/16"}, 403, "UnauthorizedOperation"),
        ("iam", "list_users", {}, 403, "AccessDenied"),
        ("rds", "describe_db_instances", {}, 403, "AccessDenied"),
        (
            "ssm",
            "put_parameter",
            {"Name": "/x", "Value": "y", "Type": "String"},
            400,
            "AccessDeniedException",
        ),
        ("ecs", "create_cluster", {"clusterName": "x"}, 400, "AccessDeniedException"),
        ("lambda", "get_function", {"FunctionName": "x"}, 403, "AccessDeniedException"),
        ("cloudfront", "list_distributions", {}, 403, "AccessDenied"),
    ],
)
def test_each_protocol_says_no_in_its_own_words(
    someone: Callable[..., Someone], service: str, operation: str, arguments: Any, status: int, code: str
) -> None:
    user = someone({"Action": "sns:Publish", "Resource": "*"})
    found = refused(lambda: getattr(user.client(service), operation)(**arguments))
    assert found[:2] == (status, code)
    assert f"User: {user.arn} is not authorized to perform: {service}:" in found[2]


def test_a_function_is_tagged_by_an_arn_in_the_path(someone: Callable[..., Someone]) -> None:
    ours, theirs = (f"arn:aws:lambda:us-east-1:000000000000:function:{name}" for name in ("ours", "theirs"))
    user = someone({"Action": "lambda:TagResource", "Resource": ours}).client("lambda")
    # There is no such function; who may not ask is told less.
    assert refused(lambda: user.tag_resource(Resource=ours, Tags={"a": "b"}))[0] == 404
    status, _, said = refused(lambda: user.tag_resource(Resource=theirs, Tags={"a": "b"}))
    assert status == 403
    assert f"lambda:TagResource on resource: {theirs} " in said


def test_an_address_is_taken_off_by_whoever_may_do_so_with_that_address(
    someone: Callable[..., Someone], aws: Client
) -> None:
    """The request names the association; AWS judges by the address, and by its tags."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.242.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.242.0.0/24")["Subnet"]["SubnetId"]
    associations = {}
    for owner in ("ours", "theirs"):
        tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "Owner", "Value": owner}]}]
        address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags)["AllocationId"]
        interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
        made = ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)
        associations[owner] = made["AssociationId"]
    user = someone(
        {
            "Action": "ec2:DisassociateAddress",
            "Resource": "arn:aws:ec2:us-east-1:000000000000:elastic-ip/eipalloc-*",
            "Condition": {"StringEquals": {"aws:ResourceTag/Owner": "ours"}},
        }
    ).client("ec2")
    assert refused(lambda: user.disassociate_address(AssociationId=associations["theirs"]))[0] == 403
    user.disassociate_address(AssociationId=associations["ours"])


def test_who_calls_needs_no_permission_to_know_it(someone: Callable[..., Someone]) -> None:
    user = someone({"Action": "sns:Publish", "Resource": "*"})
    assert user.client("sts").get_caller_identity()["Arn"] == user.arn


def test_a_change_of_the_policy_holds_a_moment_later(someone: Callable[..., Someone], endpoint: str) -> None:
    user = someone({"Action": "ec2:DescribeVpcs", "Resource": "*"})
    user.client("ec2").describe_vpcs()
    user.may({"Action": "ec2:DescribeSubnets", "Resource": "*"})
    assert refused(user.client("ec2").describe_vpcs)[1] == "UnauthorizedOperation"
    with quicker(endpoint, 2.0):
        user.put({"Action": "ec2:DescribeVpcs", "Resource": "*"})
        user.client("ec2").describe_subnets()  # what was there before is what IAM knows
        assert refused(user.client("ec2").describe_vpcs)[1] == "UnauthorizedOperation"
        soon(user.client("ec2").describe_vpcs)
        assert refused(user.client("ec2").describe_subnets)[1] == "UnauthorizedOperation"


def test_tags_of_what_is_there_decide(someone: Callable[..., Someone], aws: Client) -> None:
    user = someone(
        {
            "Action": "ec2:DeleteSecurityGroup",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/Project": "ours"}},
        }
    )
    vpc = aws("ec2").create_vpc(CidrBlock="10.242.0.0/16")["Vpc"]["VpcId"]
    groups = []
    for project in ("ours", "theirs"):
        group = aws("ec2").create_security_group(GroupName=project, Description="d", VpcId=vpc)["GroupId"]
        aws("ec2").create_tags(Resources=[group], Tags=[{"Key": "Project", "Value": project}])
        groups.append(group)
    user.client("ec2").delete_security_group(GroupId=groups[0])
    found = refused(lambda: user.client("ec2").delete_security_group(GroupId=groups[1]))
    assert found[1] == "UnauthorizedOperation"
    assert f"security-group/{groups[1]}" in found[2]
    aws("ec2").delete_security_group(GroupId=groups[1])
    aws("ec2").delete_vpc(VpcId=vpc)


def test_tagging_what_is_made_is_an_action_of_its_own(someone: Callable[..., Someone], aws: Client) -> None:
    user = someone({"Action": "ec2:CreateVpc", "Resource": "*"})
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]
    ec2 = user.client("ec2")
    found = refused(lambda: ec2.create_vpc(CidrBlock="10.7.0.0/16", TagSpecifications=tags))
    assert "ec2:CreateTags" in found[2]
    aws("ec2").delete_vpc(VpcId=ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"])


def test_a_role_is_passed_to_named_services_only(someone: Callable[..., Someone], aws: Client) -> None:
    role = f"passed-{uuid.uuid4().hex[:8]}"
    trust = {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    }
    arn = aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    register = {"Action": "ecs:RegisterTaskDefinition", "Resource": "*"}

    def passing(service: str) -> dict[str, Any]:
        condition = {"StringEquals": {"iam:PassedToService": service}}
        return {"Action": "iam:PassRole", "Resource": arn, "Condition": condition}

    user = someone(register, passing("lambda.amazonaws.com"))
    arguments = {"family": role, "taskRoleArn": arn, "containerDefinitions": [{"name": "a", "image": "b"}]}
    assert "iam:PassRole" in refused(lambda: user.client("ecs").register_task_definition(**arguments))[2]
    user.may(register, passing("ecs-tasks.amazonaws.com"))
    user.client("ecs").register_task_definition(**arguments)


def test_a_key_is_used_through_the_service_that_asks_for_it(
    someone: Callable[..., Someone], aws: Client
) -> None:
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    name = f"/authorization/{uuid.uuid4().hex[:8]}"
    put = {"Action": ["ssm:PutParameter", "ssm:GetParameter"], "Resource": "*"}

    def using(service: str) -> dict[str, Any]:
        condition = {"StringEquals": {"kms:ViaService": f"{service}.us-east-1.amazonaws.com"}}
        return {"Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": key, "Condition": condition}

    user = someone(put, using("s3"))
    arguments = {"Name": name, "Value": "v", "Type": "SecureString", "KeyId": key}
    assert "kms:Encrypt" in refused(lambda: user.client("ssm").put_parameter(**arguments))[2]
    user.may(put, using("ssm"))
    user.client("ssm").put_parameter(**arguments)
    assert user.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "v"
    user.may(put)
    assert (
        "kms:Decrypt" in refused(lambda: user.client("ssm").get_parameter(Name=name, WithDecryption=True))[2]
    )


def test_a_value_stays_readable_with_the_key_that_its_alias_meant(
    someone: Callable[..., Someone], aws: Client
) -> None:
    kms, alias, name = aws("kms"), f"alias/{unique('sealed')}", f"/{unique('sealed')}"
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    kms.create_alias(AliasName=alias, TargetKeyId=first)
    aws("ssm").put_parameter(Name=name, Value="v", Type="SecureString", KeyId=alias)
    aws("secretsmanager").create_secret(Name=name, SecretString="v", KmsKeyId=alias)
    read = {"Action": ["ssm:GetParameter", "secretsmanager:GetSecretValue"], "Resource": "*"}
    user = someone(read, {"Action": "kms:Decrypt", "Resource": first})

    def values() -> set[str]:
        parameter = user.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        return {parameter, user.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]}

    kms.update_alias(AliasName=alias, TargetKeyId=second)
    assert values() == {"v"}
    kms.delete_alias(AliasName=alias)
    assert values() == {"v"}
    kms.create_alias(AliasName=alias, TargetKeyId=second)
    kms.disable_key(KeyId=first)  # a new value is written with what the alias means now
    aws("ssm").put_parameter(Name=name, Value="w", Type="SecureString", Overwrite=True)
    aws("secretsmanager").put_secret_value(SecretId=name, SecretString="w")
    for call in (
        lambda: user.client("ssm").get_parameter(Name=name, WithDecryption=True),
        lambda: user.client("secretsmanager").get_secret_value(SecretId=name),
    ):
        assert second in refused(call)[2]


def test_objects_are_encrypted_in_the_name_of_who_writes_them(
    someone: Callable[..., Someone], aws: Client
) -> None:
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    bucket = f"encrypted-{uuid.uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=bucket)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    user = someone({"Action": "s3:PutObject", "Resource": "*"})
    user.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    aws("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    found = refused(lambda: user.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x"))
    assert "kms:GenerateDataKey" in found[2]


def test_a_session_has_the_rights_of_its_role_and_outlives_a_restart(
    new_cloud: Callable[[], LocalCloud],
) -> None:
    cloud = new_cloud()
    endpoint = cloud.start(print).endpoint_url

    def aws(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="TESTTESTTESTTESTTEST",
            aws_secret_access_key="test",
        )

    role = f"arn:aws:iam::{ACCOUNT}:role/reader"
    user = Someone(endpoint, aws, {"Action": "sts:AssumeRole", "Resource": role})
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    }
    aws("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Statement": statement}))
    document = {"Statement": {"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}}
    policy = aws("iam").create_policy(PolicyName="read", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    aws("iam").attach_role_policy(RoleName="reader", PolicyArn=policy)

    user.wait()
    assume = {"RoleArn": role, "RoleSessionName": "test"}
    assert refused(lambda: user.client("sts").assume_role(**assume))[1] == "AccessDenied"
    assert (
        refused(lambda: user.client("sts").assume_role(**{**assume, "RoleArn": role + "s"}))[1]
        == "AccessDenied"
    )
    key = user.client("sts").assume_role(**assume, ExternalId=EXTERNAL_ID)["Credentials"]

    def check(where: Someone) -> None:
        where.client("ec2", key).describe_vpcs()
        said = refused(where.client("ec2", key).describe_subnets)[2]
        assert said.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/reader/test is not authorized")

    check(user)
    cloud.stop(print)
    endpoint = cloud.start(print).endpoint_url
    user.endpoint = endpoint
    check(user)
    aws("iam").delete_access_key(UserName=user.name, AccessKeyId=user.key["AccessKeyId"])
    time.sleep(delay(endpoint))
    assert refused(user.client("ec2").describe_vpcs)[1] == "InvalidClientTokenId"


def test_a_boundary_limits_what_a_role_is_given(someone: Callable[..., Someone], aws: Client) -> None:
    """And a function or task gets the credentials of its role, so the limit holds for its code."""
    name = f"bound-{uuid.uuid4().hex[:8]}"
    limit = {"Statement": {"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}}
    boundary = aws("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(limit))["Policy"]["Arn"]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    role = aws("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Statement": trust}),
        PermissionsBoundary=boundary,
    )["Role"]["Arn"]
    wide = {"Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}
    user = someone(
        {"Action": "sts:AssumeRole", "Resource": role},
        {
            "Action": "iam:PutRolePolicy",
            "Resource": role,
            "Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}},
        },
    )
    user.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(wide))
    user.wait()
    key = user.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    user.client("ec2", key).describe_vpcs()
    said = refused(user.client("ec2", key).describe_subnets)[2]
    assert said.endswith("because no permissions boundary allows the ec2:DescribeSubnets action")
    # Without its boundary the role takes no policy from this user. IAM knows of it at once, as Terraform
    # expects: it makes a role and writes its policy in the same second.
    aws("iam").delete_role_permissions_boundary(RoleName=name)
    put = {"RoleName": name, "PolicyName": "q", "PolicyDocument": json.dumps(wide)}
    assert "iam:PutRolePolicy" in refused(lambda: user.client("iam").put_role_policy(**put))[2]
    aws("iam").put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    user.client("iam").put_role_policy(**put)


def test_pushing_needs_the_rights_of_who_asked_for_the_token(
    someone: Callable[..., Someone], aws: Client, endpoint: str
) -> None:
    name = f"pushed-{uuid.uuid4().hex[:8]}"
    aws("ecr").create_repository(repositoryName=name)
    user = someone({"Action": "ecr:GetAuthorizationToken", "Resource": "*"})
    data = user.client("ecr").get_authorization_token()["authorizationData"][0]
    headers = {"authorization": f"Basic {data['authorizationToken']}"}
    begin = f"{endpoint}/v2/{name}/blobs/uploads/"
    answer = patient.post(begin, headers=headers)
    assert answer.status_code == 403
    assert "ecr:InitiateLayerUpload" in answer.text
    arn = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}"
    user.may({"Action": "ecr:InitiateLayerUpload", "Resource": arn})
    assert patient.post(begin, headers=headers).status_code == 202


def test_what_was_asked_can_be_read(someone: Callable[..., Someone], endpoint: str) -> None:
    since = patient.get(f"{endpoint}/_local/calls?since=1000000000").json()["last"]
    user = someone({"Action": "ec2:DescribeVpcs", "Resource": "*"})
    user.client("ec2").describe_vpcs()
    refused(user.client("ec2").describe_subnets)
    found = patient.get(f"{endpoint}/_local/authorizations?since={since}").json()["authorizations"]
    mine = [entry for entry in found if entry["principal"] == user.arn and entry["requests"]]
    assert [(entry["operation"], entry["requests"], bool(entry["refused"])) for entry in mine] == [
        ("ec2:DescribeVpcs", [["ec2:DescribeVpcs", "*", {}]], False),
        ("ec2:DescribeSubnets", [["ec2:DescribeSubnets", "*", {}]], True),
    ]
