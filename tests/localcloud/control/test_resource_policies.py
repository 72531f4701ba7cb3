"""Policies of resources judge together with those of callers: buckets, keys, grants, topics, roles."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import patient
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from people import ACCOUNT, REGION, ROOT, Client, Someone, document, quicker, refused, soon, unique

pytestmark = pytest.mark.slow

LET_IAM_DECIDE = {"Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
ALL_OF_S3 = {"Action": "s3:*", "Resource": "*"}
HEADER = "s3:x-amz-server-side-encryption"
LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."


@pytest.fixture(autouse=True, scope="module")
def _quick(endpoint: str) -> Iterator[None]:
    with quicker(endpoint, 0.1):
        yield


@pytest.fixture
def someone(endpoint: str, aws: Client) -> Callable[..., Someone]:
    return lambda *statements: Someone(endpoint, aws, *statements)


@pytest.fixture
def bucket(aws: Client) -> str:
    name = unique("policed")
    aws("s3").create_bucket(Bucket=name)
    return name


def police(aws: Client, bucket: str, **statement: Any) -> None:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    policy = document({"Principal": "*", "Action": "s3:*", "Resource": resources, **statement})
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=policy)


# ------------------------------------------------------------------ buckets


@pytest.mark.parametrize("operator", ["StringNotEqualsIfExists", "StringNotEquals"])
def test_a_deny_of_other_encryption_hits_a_write_that_names_none(
    aws: Client, someone: Callable[..., Someone], bucket: str, operator: str
) -> None:
    police(aws, bucket, Effect="Deny", Action="s3:PutObject", Condition={operator: {HEADER: "aws:kms"}})
    user = someone(ALL_OF_S3)
    for s3 in (user.client("s3"), aws("s3")):  # the account's root user is no exception
        status, code, said = refused(lambda s3=s3: s3.put_object(Bucket=bucket, Key="state", Body=b"x"))
        assert (status, code) == (403, "AccessDenied")
        assert said.endswith("with an explicit deny in a resource-based policy")
        assert f"s3:PutObject on resource: arn:aws:s3:::{bucket}/state" in said
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    may_use = {"Action": "kms:GenerateDataKey", "Resource": key}
    user.may(ALL_OF_S3, may_use)
    user.client("s3").put_object(
        Bucket=bucket, Key="state", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key
    )


def test_a_deny_of_a_wrong_key_lets_the_buckets_own_serve_a_write_that_names_none(
    aws: Client, someone: Callable[..., Someone], bucket: str
) -> None:
    condition = {"Null": {HEADER: "false"}, "StringNotEquals": {HEADER: "aws:kms"}}
    police(aws, bucket, Effect="Deny", Action="s3:PutObject", Condition=condition)
    s3 = someone(ALL_OF_S3).client("s3")
    s3.put_object(Bucket=bucket, Key="state", Body=b"x")
    put = {"Bucket": bucket, "Key": "state", "Body": b"x", "ServerSideEncryption": "AES256"}
    assert refused(lambda: s3.put_object(**put))[1] == "AccessDenied"


def test_a_bucket_may_let_in_who_has_no_right_of_their_own(
    aws: Client, someone: Callable[..., Someone], bucket: str
) -> None:
    aws("s3").put_object(Bucket=bucket, Key="a", Body=b"content")
    user = someone({"Action": "ec2:DescribeVpcs", "Resource": "*"})
    read = user.client("s3").get_object
    police(aws, bucket, Principal={"AWS": ROOT}, Action="s3:GetObject")
    assert "no identity-based policy allows" in refused(lambda: read(Bucket=bucket, Key="a"))[2]
    police(aws, bucket, Principal={"AWS": user.arn}, Action="s3:GetObject")
    assert read(Bucket=bucket, Key="a")["Body"].read() == b"content"
    assert refused(lambda: user.client("s3").delete_object(Bucket=bucket, Key="a"))[1] == "AccessDenied"


def test_nobody_reads_a_bucket_that_is_not_public(aws: Client, bucket: str, endpoint: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key="a", Body=b"content")
    config = Config(
        signature_version=UNSIGNED, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}
    )
    nobody = boto3.client("s3", endpoint_url=endpoint, region_name=REGION, config=config)
    assert refused(lambda: nobody.get_object(Bucket=bucket, Key="a"))[:2] == (403, "AccessDenied")
    police(aws, bucket, Action="s3:GetObject")
    assert nobody.get_object(Bucket=bucket, Key="a")["Body"].read() == b"content"
    assert patient.get(f"{endpoint}/{bucket}/a").text == "content"


def test_calls_come_by_tls_as_far_as_a_bucket_can_see(
    aws: Client, someone: Callable[..., Someone], bucket: str
) -> None:
    police(aws, bucket, Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
    someone(ALL_OF_S3).client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")


def test_a_deny_of_all_but_one_user_hits_the_others(
    aws: Client, someone: Callable[..., Someone], bucket: str
) -> None:
    spared, other = someone(ALL_OF_S3), someone(ALL_OF_S3)
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    but = {"Effect": "Deny", "NotPrincipal": {"AWS": [spared.arn, ROOT]}, "Action": "s3:*"}
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=document({**but, "Resource": resources}))
    spared.client("s3").list_objects_v2(Bucket=bucket)
    aws("s3").list_objects_v2(Bucket=bucket)
    said = refused(lambda: other.client("s3").list_objects_v2(Bucket=bucket))[2]
    assert said.endswith("with an explicit deny in a resource-based policy")


def test_a_copy_reads_its_source(aws: Client, someone: Callable[..., Someone], bucket: str, key: str) -> None:
    source, name = unique("source"), "a b/c"
    aws("s3").create_bucket(Bucket=source)
    aws("s3").put_object(Bucket=source, Key=name, Body=b"content")
    write = {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    read = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{source}/a b/*"}
    user = someone(write)
    s3 = user.client("s3")
    put = {"Bucket": bucket, "Key": "copy"}
    upload = {**put, "UploadId": s3.create_multipart_upload(**put)["UploadId"], "PartNumber": 1}
    copied = {"CopySource": {"Bucket": source, "Key": name}}
    calls = [lambda: s3.copy_object(**put, **copied), lambda: s3.upload_part_copy(**upload, **copied)]
    for call in calls:
        assert f"s3:GetObject on resource: arn:aws:s3:::{source}/{name}" in refused(call)[2]
    user.may(write, read)
    for call in calls:
        call()
    assert aws("s3").get_object(**put)["Body"].read() == b"content"
    police(aws, source, Effect="Deny", Action="s3:GetObject", Resource=f"arn:aws:s3:::{source}/*")
    for call in calls:
        assert "explicit deny in a resource-based policy" in refused(call)[2]
    # The owner's root user is bound, too; and what encrypts the source must be usable.
    assert refused(lambda: aws("s3").copy_object(**put, **copied))[1] == "AccessDenied"
    aws("s3").delete_bucket_policy(Bucket=source)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    aws("s3").put_bucket_encryption(
        Bucket=source, ServerSideEncryptionConfiguration={"Rules": [{**rule, "BucketKeyEnabled": True}]}
    )
    for call in calls:
        assert f"kms:Decrypt on resource: {key}" in refused(call)[2]


def test_the_owners_root_user_is_never_locked_out_of_a_buckets_policy(
    aws: Client, someone: Callable[..., Someone], bucket: str
) -> None:
    s3 = aws("s3")
    police(aws, bucket, Effect="Deny")
    assert refused(lambda: s3.list_objects_v2(Bucket=bucket))[1] == "AccessDenied"
    user = someone(ALL_OF_S3).client("s3")
    assert refused(lambda: user.delete_bucket_policy(Bucket=bucket))[1] == "AccessDenied"
    assert "Deny" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    police(aws, bucket, Effect="Deny")
    s3.delete_bucket_policy(Bucket=bucket)
    s3.list_objects_v2(Bucket=bucket)


# ------------------------------------------------------------------ keys


@pytest.fixture
def key(aws: Client) -> str:
    return str(aws("kms").create_key()["KeyMetadata"]["Arn"])


def test_a_key_is_made_only_by_who_can_change_its_policy_afterwards(
    someone: Callable[..., Someone], aws: Client
) -> None:
    tags = [{"TagKey": "Project", "TagValue": "ours"}]
    make = {"Action": ["kms:CreateKey", "kms:TagResource"], "Resource": "*"}
    policy = document(LET_IAM_DECIDE)

    def change(condition: dict[str, Any]) -> dict[str, Any]:
        return {"Action": "kms:PutKeyPolicy", "Resource": "*", "Condition": condition}

    user = someone(make, change({"StringEquals": {"aws:ResourceTag/Project": "ours"}}))
    kms = user.client("kms")
    # No tag exists yet when KMS looks.
    status, code, said = refused(lambda: kms.create_key(Policy=policy, Tags=tags))
    assert (status, code, said) == (400, "MalformedPolicyDocumentException", LOCKED_OUT)
    kms.create_key(Policy=policy, Tags=tags, BypassPolicyLockoutSafetyCheck=True)
    user.may(make, change({"StringEqualsIfExists": {"aws:ResourceTag/Project": "ours"}}))
    found = kms.create_key(Policy=policy, Tags=tags)["KeyMetadata"]["KeyId"]
    kms.put_key_policy(KeyId=found, PolicyName="default", Policy=policy)
    other = aws("kms").create_key(Tags=[{"TagKey": "Project", "TagValue": "theirs"}])["KeyMetadata"]["KeyId"]
    put = {"PolicyName": "default", "Policy": policy}
    assert refused(lambda: kms.put_key_policy(KeyId=other, **put))[1] == "AccessDeniedException"


def test_a_key_policy_that_would_lock_its_author_out_is_refused(
    someone: Callable[..., Someone], aws: Client, key: str
) -> None:
    user = someone({"Action": "kms:*", "Resource": "*"})
    kms = user.client("kms")
    only = document({"Principal": {"AWS": user.arn}, "Action": "kms:Decrypt", "Resource": "*"})
    put = {"KeyId": key, "PolicyName": "default", "Policy": only}
    assert refused(lambda: kms.put_key_policy(**put))[1:] == ("MalformedPolicyDocumentException", LOCKED_OUT)
    assert refused(lambda: aws("kms").put_key_policy(**put))[2] == LOCKED_OUT
    kms.put_key_policy(**put, BypassPolicyLockoutSafetyCheck=True)
    # Now nobody can, the account's root user neither: the policy does not name them.
    assert "no resource-based policy allows" in refused(lambda: aws("kms").describe_key(KeyId=key))[2]
    assert "no resource-based policy allows" in refused(lambda: kms.describe_key(KeyId=key))[2]


def test_a_key_policy_names_only_who_exists(someone: Callable[..., Someone]) -> None:
    kms = someone({"Action": "kms:*", "Resource": "*"}).client("kms")
    nobody = {
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    found = refused(lambda: kms.create_key(Policy=document(LET_IAM_DECIDE, nobody)))
    assert found[1:] == (
        "MalformedPolicyDocumentException",
        "Policy contains a statement with one or more invalid principals.",
    )


def test_iam_counts_only_where_the_key_says_so(someone: Callable[..., Someone]) -> None:
    user = someone({"Action": "kms:*", "Resource": "*"})
    kms = user.client("kms")
    other = someone({"Action": "ec2:DescribeVpcs", "Resource": "*"})
    mine = {"Principal": {"AWS": user.arn}, "Action": "kms:*", "Resource": "*"}
    named = {"Principal": {"AWS": other.arn}, "Action": "kms:Encrypt", "Resource": "*"}
    key = kms.create_key(Policy=document(mine, named))["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{other.name}", TargetKeyId=key)
    secret = other.client("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    other.client("kms").encrypt(KeyId=f"alias/{other.name}", Plaintext=b"x")
    third = someone({"Action": "kms:*", "Resource": "*"}).client("kms")
    said = refused(lambda: third.encrypt(KeyId=key, Plaintext=b"x"))[2]
    assert said.endswith("because no resource-based policy allows the kms:Encrypt action")
    decrypt = other.client("kms").decrypt
    assert refused(lambda: decrypt(KeyId=key, CiphertextBlob=secret))[1] == "AccessDeniedException"


def test_a_grant_lets_a_user_do_what_it_says_with_the_context_that_it_says(
    someone: Callable[..., Someone], aws: Client, key: str
) -> None:
    user = someone({"Action": "ec2:DescribeVpcs", "Resource": "*"})
    kms, context = user.client("kms"), {"for": "this"}
    encrypt = {"KeyId": key, "Plaintext": b"x", "EncryptionContext": context}
    assert refused(lambda: kms.encrypt(**encrypt))[1] == "AccessDeniedException"
    grant = aws("kms").create_grant(
        KeyId=key,
        GranteePrincipal=user.arn,
        Operations=["Encrypt"],
        Constraints={"EncryptionContextSubset": context},
    )["GrantId"]
    kms.encrypt(**encrypt)
    assert refused(lambda: kms.encrypt(KeyId=key, Plaintext=b"x"))[1] == "AccessDeniedException"
    aws("kms").revoke_grant(KeyId=key, GrantId=grant)
    assert refused(lambda: kms.encrypt(**encrypt))[1] == "AccessDeniedException"


def test_an_encryption_context_decides_where_a_policy_names_it(
    someone: Callable[..., Someone], key: str
) -> None:
    condition = {"StringEquals": {"kms:EncryptionContext:for": "this"}}
    kms = someone({"Action": "kms:Encrypt", "Resource": key, "Condition": condition}).client("kms")
    kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"for": "this"})
    for context in ({"for": "that"}, {}):
        put = {"KeyId": key, "Plaintext": b"x", "EncryptionContext": context}
        assert refused(lambda put=put: kms.encrypt(**put))[1] == "AccessDeniedException"


def test_objects_are_read_only_by_who_may_use_the_buckets_key(
    someone: Callable[..., Someone], aws: Client, bucket: str, key: str
) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    aws("s3").put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [{**rule, "BucketKeyEnabled": True}]}
    )
    aws("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    user = someone(ALL_OF_S3)
    read = user.client("s3").get_object
    said = refused(lambda: read(Bucket=bucket, Key="a"))[2]
    assert f"kms:Decrypt on resource: {key}" in said
    via = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    user.may(ALL_OF_S3, {"Action": "kms:Decrypt", "Resource": key, "Condition": via})
    assert read(Bucket=bucket, Key="a")["Body"].read() == b"x"
    assert refused(lambda: user.client("kms").decrypt(KeyId=key, CiphertextBlob=b"x" * 80))[1] == (
        "AccessDeniedException"
    )
    # The key's own policy has the last word.
    deny = {"Effect": "Deny", "Principal": {"AWS": user.arn}, "Action": "kms:Decrypt", "Resource": "*"}
    aws("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=document(LET_IAM_DECIDE, deny))
    assert "explicit deny in a resource-based policy" in refused(lambda: read(Bucket=bucket, Key="a"))[2]


# ------------------------------------------------------------------ services with an identity of their own


def test_a_log_group_takes_a_key_only_when_the_key_lets_logs_use_it(aws: Client, key: str) -> None:
    group = unique("/policed/logs")
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    make = {"logGroupName": group, "kmsKeyId": key}
    assert refused(lambda: aws("logs").create_log_group(**make))[1:] == (
        "InvalidParameterException",
        f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{arn}'.",
    )
    logs = {
        "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}},
    }
    aws("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=document(LET_IAM_DECIDE, logs))
    aws("logs").create_log_group(**make)
    other = unique("/other")
    assert refused(lambda: aws("logs").create_log_group(logGroupName=other, kmsKeyId=key))[1] == (
        "InvalidParameterException"
    )


def test_a_trail_needs_a_bucket_that_cloudtrail_may_write_to(aws: Client, bucket: str) -> None:
    name = unique("trail")
    arn = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{name}"
    make = {"Name": name, "S3BucketName": bucket, "S3KeyPrefix": "trail"}
    assert refused(lambda: aws("cloudtrail").create_trail(**make))[1] == "InsufficientS3BucketPolicyException"
    service = {"Principal": {"Service": "cloudtrail.amazonaws.com"}}
    source = {"aws:SourceArn": arn}
    look = {**service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"}
    write = {
        **service,
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/trail/AWSLogs/{ACCOUNT}/*",
        "Condition": {"StringEquals": {**source, "s3:x-amz-acl": "bucket-owner-full-control"}},
    }
    aws("s3").put_bucket_policy(
        Bucket=bucket, Policy=document({**look, "Condition": {"StringEquals": source}}, write)
    )
    other = unique("trail")
    assert refused(lambda: aws("cloudtrail").create_trail(**{**make, "Name": other}))[1] == (
        "InsufficientS3BucketPolicyException"
    )
    aws("cloudtrail").create_trail(**make)


# ------------------------------------------------------------------ roles


def role(aws: Client, *trust: dict[str, Any], **more: Any) -> str:
    statements = [{"Action": "sts:AssumeRole", **statement} for statement in trust]
    made = aws("iam").create_role(
        RoleName=unique("role"), AssumeRolePolicyDocument=document(*statements), **more
    )
    return str(made["Role"]["Arn"])


def test_a_trust_policy_judges_who_assumes_a_role(someone: Callable[..., Someone], aws: Client) -> None:
    user = someone({"Action": "ec2:DescribeVpcs", "Resource": "*"})
    assume = user.client("sts").assume_role
    by_account = role(aws, {"Principal": {"AWS": ROOT}})
    by_name = role(aws, {"Principal": {"AWS": user.arn}})
    by_condition = role(
        aws, {"Principal": {"AWS": ROOT}, "Condition": {"ArnEquals": {"aws:PrincipalArn": user.arn}}}
    )
    of_others = role(aws, {"Principal": {"Service": "ecs-tasks.amazonaws.com"}})
    user.wait()
    assume(RoleArn=by_name, RoleSessionName="test")  # named itself, a user needs no right of their own
    assert (
        "no identity-based policy" in refused(lambda: assume(RoleArn=by_account, RoleSessionName="test"))[2]
    )
    user.may({"Action": "sts:AssumeRole", "Resource": "*"})
    for arn in (by_account, by_condition):
        assume(RoleArn=arn, RoleSessionName="test")
    status, code, said = refused(lambda: assume(RoleArn=of_others, RoleSessionName="test"))
    assert (status, code) == (403, "AccessDenied")
    assert said == f"User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: {of_others}"


def test_a_new_role_cannot_be_assumed_at_once(
    someone: Callable[..., Someone], aws: Client, endpoint: str
) -> None:
    user = someone({"Action": "sts:AssumeRole", "Resource": "*"})
    with quicker(endpoint, 1.5):
        arn = role(aws, {"Principal": {"AWS": ROOT}})
        found = refused(lambda: user.client("sts").assume_role(RoleArn=arn, RoleSessionName="test"))
        assert found[1] == "AccessDenied"
        user.assume(arn)


def test_a_session_policy_limits_a_session(someone: Callable[..., Someone], aws: Client) -> None:
    user = someone({"Action": "sts:AssumeRole", "Resource": "*"})
    arn = role(aws, {"Principal": {"AWS": ROOT}})
    aws("iam").put_role_policy(
        RoleName=arn.rpartition("/")[2],
        PolicyName="p",
        PolicyDocument=document({"Action": "ec2:*", "Resource": "*"}),
    )
    user.wait()
    limited = user.assume(arn, Policy=document({"Action": "ec2:DescribeVpcs", "Resource": "*"}))
    user.client("ec2", limited).describe_vpcs()
    said = refused(user.client("ec2", limited).describe_subnets)[2]
    assert said.endswith("because no session policy allows the ec2:DescribeSubnets action")
    user.client("ec2", user.assume(arn)).describe_subnets()


def test_a_bucket_names_a_session_by_its_role(
    someone: Callable[..., Someone], aws: Client, bucket: str
) -> None:
    user = someone({"Action": "sts:AssumeRole", "Resource": "*"})
    arn = role(aws, {"Principal": {"AWS": ROOT}})
    aws("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    police(aws, bucket, Condition={"ArnEquals": {"aws:PrincipalArn": arn}}, Action="s3:GetObject")
    session = user.assume(arn)
    user.client("s3", session).get_object(Bucket=bucket, Key="a")
    police(aws, bucket, Principal={"AWS": arn}, Action="s3:GetObject")
    user.client("s3", session).get_object(Bucket=bucket, Key="a")
    assert refused(lambda: user.client("s3").get_object(Bucket=bucket, Key="a"))[1] == "AccessDenied"


def test_lambda_takes_no_role_that_it_may_not_assume(aws: Client) -> None:
    arn = role(aws, {"Principal": {"Service": "ecs-tasks.amazonaws.com"}})
    make = {
        "FunctionName": unique("function"),
        "Role": arn,
        "Runtime": "python3.12",
        "Handler": "a.b",
        "Code": {"ZipFile": b"PK\x05\x06" + b"\0" * 18},
    }
    soon(lambda: aws("iam").get_role(RoleName=arn.rpartition("/")[2]))
    assert refused(lambda: aws("lambda").create_function(**make))[1:] == (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    )


def test_a_service_assumes_a_role_for_the_resource_that_the_trust_policy_names(aws: Client) -> None:
    flows = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-flow-log/*"
    vpc = aws("ec2").create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    log = {"ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": "flows"}
    service = {"Principal": {"Service": "vpc-flow-logs.amazonaws.com"}}

    def make(**condition: Any) -> Any:
        arn = role(aws, {**service, "Condition": condition})
        time.sleep(0.2)  # twice the wait of this module: IAM has heard of it by then
        return aws("ec2").create_flow_logs(**log, DeliverLogsPermissionArn=arn)

    found = refused(lambda: make(StringEquals={"aws:SourceAccount": "111122223333"}))
    assert found[1:] == ("InvalidParameter", "Unable to assume given IAM role")
    make(StringEquals={"aws:SourceAccount": ACCOUNT}, ArnLike={"aws:SourceArn": flows})


# ------------------------------------------------------------------ topics and repositories


def test_a_topic_and_a_repository_let_in_whom_they_name(someone: Callable[..., Someone], aws: Client) -> None:
    user = someone({"Action": "ec2:DescribeVpcs", "Resource": "*"})
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]
    publish = {"TopicArn": topic, "Message": "x"}
    assert refused(lambda: user.client("sns").publish(**publish))[:2] == (403, "AuthorizationError")
    allow = {"Principal": {"AWS": user.arn}, "Action": "sns:Publish", "Resource": topic}
    aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(allow))
    user.client("sns").publish(**publish)
    name = unique("repository")
    aws("ecr").create_repository(repositoryName=name)
    describe = user.client("ecr").list_images
    assert refused(lambda: describe(repositoryName=name))[1] == "AccessDeniedException"
    allow = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "ecr:ListImages"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws("ecr").set_repository_policy(repositoryName=name, policyText=policy)
    describe(repositoryName=name)
