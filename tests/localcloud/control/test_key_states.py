"""A key that is disabled or on its way out serves nobody; once it is enabled again, nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from people import ACCOUNT, Client, refused, unique, working_role

KMS = {"encryptionType": "KMS", "kmsKey": "{key}"}
USES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "read a parameter": ("ssm", "get_parameter", {"Name": "/{name}", "WithDecryption": True}, "InvalidKeyId"),
    "read parameters below a path": (
        "ssm",
        "get_parameters_by_path",
        {"Path": "/", "Recursive": True, "WithDecryption": True},
        "InvalidKeyId",
    ),
    "write a parameter": (
        "ssm",
        "put_parameter",
        {"Name": "/{name}", "Value": "w", "Type": "SecureString", "Overwrite": True},
        "InvalidKeyId",
    ),
    "read an object": ("s3", "get_object", {"Bucket": "{name}", "Key": "kept"}, "KMS.{}"),
    "write an object": ("s3", "put_object", {"Bucket": "{name}", "Key": "more", "Body": b"x"}, "KMS.{}"),
    "read a secret": ("secretsmanager", "get_secret_value", {"SecretId": "{name}"}, "DecryptionFailure"),
    "write a secret": (
        "secretsmanager",
        "put_secret_value",
        {"SecretId": "{name}", "SecretString": "w"},
        "EncryptionFailure",
    ),
    "make a repository": (
        "ecr",
        "create_repository",
        {"repositoryName": "{name}", "encryptionConfiguration": KMS},
        "KmsException",
    ),
    "make a vault": (
        "backup",
        "create_backup_vault",
        {"BackupVaultName": "{name}", "EncryptionKeyArn": "{key}"},
        "InvalidParameterValueException",
    ),
    "make a database": (
        "rds",
        "create_db_instance",
        {
            "DBInstanceIdentifier": "{name}",
            "DBInstanceClass": "db.t3.micro",
            "Engine": "postgres",
            "AllocatedStorage": 20,
            "MasterUsername": "nest",
            "MasterUserPassword": "long-enough-for-that",
            "StorageEncrypted": True,
            "KmsKeyId": "{key}",
        },
        "KMSKeyNotAccessibleFault",
    ),
    "make a cache": (
        "elasticache",
        "create_replication_group",
        {
            "ReplicationGroupId": "{name}",
            "ReplicationGroupDescription": "a cache",
            "CacheNodeType": "cache.t3.micro",
            "NumCacheClusters": 1,
            "AtRestEncryptionEnabled": True,
            "KmsKeyId": "{key}",
        },
        "InvalidKMSKeyFault",
    ),
    "make a function": (
        "lambda",
        "create_function",
        {
            "FunctionName": "{name}",
            "Role": f"arn:aws:iam::{ACCOUNT}:role/key-states",
            "PackageType": "Image",
            "Code": {"ImageUri": "x"},
            "KMSKeyArn": "{key}",
        },
        "InvalidParameterValueException",
    ),
}
"""Service, operation, arguments, and the code of the refusal; its braces stand for that of KMS."""


def filled(value: Any, name: str, key: str) -> Any:
    if isinstance(value, dict):
        return {field: filled(inner, name, key) for field, inner in value.items()}
    return value.format(name=name, key=key) if isinstance(value, str) else value


@pytest.fixture
def held(aws: Client) -> tuple[str, str]:
    """A name under which a parameter, an object and a secret are kept, and the ARN of their key."""
    working_role(aws, "key-states")
    name, key = unique("held"), aws("kms").create_key()["KeyMetadata"]["Arn"]
    aws("ssm").put_parameter(Name=f"/{name}", Value="v", Type="SecureString", KeyId=key)
    aws("secretsmanager").create_secret(Name=name, SecretString="v", KmsKeyId=key)
    aws("s3").create_bucket(Bucket=name)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    aws("s3").put_bucket_encryption(
        Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{**rule, "BucketKeyEnabled": True}]}
    )
    aws("s3").put_object(Bucket=name, Key="kept", Body=b"v")
    return name, key


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("state", ["DisabledException", "KMSInvalidStateException"])
def test_what_needs_the_key_is_refused_in_the_words_of_its_service(
    aws: Client, held: tuple[str, str], use: str, state: str
) -> None:
    name, key = held
    if state == "DisabledException":
        aws("kms").disable_key(KeyId=key)
    else:
        aws("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    service, operation, arguments, code = USES[use]
    call = getattr(aws(service), operation)
    try:
        _, found, said = refused(lambda: call(**filled(arguments, name, key)))
        assert found == code.format(state)
        assert key in said or service == "secretsmanager"
    finally:
        if state != "DisabledException":
            aws("kms").cancel_key_deletion(KeyId=key)
        aws("kms").enable_key(KeyId=key)


def test_once_it_is_enabled_again_all_is_there(aws: Client, held: tuple[str, str]) -> None:
    name, key = held
    aws("kms").disable_key(KeyId=key)
    assert aws("ssm").get_parameter(Name=f"/{name}")["Parameter"]["Value"] != "v", (
        "encrypted, it needs no key"
    )
    aws("kms").enable_key(KeyId=key)
    assert aws("ssm").get_parameter(Name=f"/{name}", WithDecryption=True)["Parameter"]["Value"] == "v"
    assert aws("s3").get_object(Bucket=name, Key="kept")["Body"].read() == b"v"
    assert aws("secretsmanager").get_secret_value(SecretId=name)["SecretString"] == "v"


def test_no_log_group_is_made_with_it(aws: Client) -> None:
    kms, logs, name = aws("kms"), aws("logs"), unique("/held")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    owner = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    use = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    statements = [
        {"Effect": "Allow", "Principal": owner, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
            "Action": use,
            "Resource": "*",
        },
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    logs.create_log_group(logGroupName=name, kmsKeyId=key)
    kms.disable_key(KeyId=key)
    _, code, said = refused(lambda: logs.create_log_group(logGroupName=f"{name}-more", kmsKeyId=key))
    assert code == "InvalidParameterException"
    assert "does not exist or is not allowed" in said
