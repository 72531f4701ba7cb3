"""What services do with the customer's keys in the name of a caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from nestctl.localcloud.control.authorization import actions, attached, names
from nestctl.localcloud.control.authorization.facts import Facts
from nestctl.localcloud.control.types import Call
from nestctl.policies.evaluate import Request

S3_READS = frozenset({"GetObject", "HeadObject"})
S3_COPIES = frozenset({"CopyObject", "UploadPartCopy"})
S3_WRITES = frozenset({"PutObject", "CreateMultipartUpload", "UploadPart"}) | S3_COPIES
S3_ALGORITHM, S3_KEY = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"
SSM_READS = frozenset({"GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"})
SECRET_WRITES = frozenset({"CreateSecret", "PutSecretValue", "UpdateSecret"})
AWS_MANAGED = "alias/aws/"
"""Keys that AWS keeps for its services, whose policies let every caller in the account use them there."""

GRANTED = {
    ("backup", "CreateBackupVault"): "EncryptionKeyArn",
    ("ecr", "CreateRepository"): "encryptionConfiguration.kmsKey",
    ("elasticache", "CreateReplicationGroup"): "KmsKeyId",
    ("lambda", "CreateFunction"): "KMSKeyArn",
    ("rds", "CreateDBInstance"): "KmsKeyId",
    ("rds", "RestoreDBInstanceFromDBSnapshot"): "KmsKeyId",
}
"""Calls after which a service keeps using a key, and the parameter that names it."""

Uses = Iterator[Request]


def uses(call: Call, account: str, facts: Facts) -> Uses:
    """Yield what IAM is asked about keys for a call."""
    special = SPECIAL.get(call.service)
    if special is not None:
        yield from special(call, account, facts)
    key = at(call.params, GRANTED.get((call.service, call.action), ""))
    if isinstance(key, str) and (arn := _customers(call, account, key)):
        yield _use(call, "kms:CreateGrant", arn, {"kms:GrantIsForAWSResource": "true"})
        yield _use(call, "kms:DescribeKey", arn, {})


def at(params: Any, path: str) -> Any:
    """Return the value at a path of keys with dots between them; ``None`` when there is none."""
    for part in path.split("."):
        params = params.get(part) if isinstance(params, dict) else None
    return params


class Source(NamedTuple):
    """The object that a copy is made of."""

    bucket: str
    name: str
    version: str


def source(call: Call) -> Source | None:
    """Return what a call copies; ``None`` when it names nothing."""
    given, _, version = call.headers.get("x-amz-copy-source", "").partition("?versionId=")
    bucket, _, name = unquote_plus(given).lstrip("/").partition("/")
    return Source(bucket, name, version) if name else None


def _of_objects(call: Call, account: str, facts: Facts) -> Uses:
    bucket, _, name = call.path.lstrip("/").partition("/")
    if not name or call.action not in S3_READS | S3_WRITES:
        return
    if call.action in S3_COPIES and (read := source(call)):
        used = _customers(call, account, facts.bucket_key(read.bucket))
        context = {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{read.bucket}"}
        yield from [_use(call, "kms:Decrypt", used, context)] if used else []
    key = facts.bucket_key(bucket)
    if call.action in S3_WRITES and (algorithm := call.headers.get(S3_ALGORITHM)):
        key = call.headers.get(S3_KEY, "") if algorithm == "aws:kms" else ""
    if not (arn := _customers(call, account, key)):
        return
    action = "kms:Decrypt" if call.action in S3_READS else "kms:GenerateDataKey"
    # With a bucket key, as all our buckets have it, the bucket is the encryption context.
    yield _use(call, action, arn, {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}"})


def _of_parameters(call: Call, account: str, facts: Facts) -> Uses:
    if call.action == "PutParameter" and call.params.get("Type") in (None, "SecureString"):
        name = str(call.params.get("Name", ""))
        present = facts.parameter_keys(name, below=False, region=call.region, writing=True)
        # A new value of a parameter is encrypted with the key that the parameter has.
        wanted = str(call.params.get("KeyId") or next((key for _, key in present), ""))
        used = _customers(call, account, wanted)
        for arn in names.named(call, account) if used else ():
            if ":parameter/" in arn:
                yield _use(call, "kms:Encrypt", used, {"kms:EncryptionContext:PARAMETER_ARN": arn})
    if call.action in SSM_READS and call.params.get("WithDecryption"):
        asked = [call.params.get("Name"), call.params.get("Path"), *call.params.get("Names", [])]
        for name in filter(None, asked):
            found = facts.parameter_keys(str(name), below="Path" in call.params, region=call.region)
            for parameter, stored in found:
                if key := _customers(call, account, stored):
                    arn = names.Place(call, account).arn("ssm", f"parameter/{parameter.strip('/')}")
                    yield _use(call, "kms:Decrypt", key, {"kms:EncryptionContext:PARAMETER_ARN": arn})


def _of_secrets(call: Call, account: str, facts: Facts) -> Uses:
    writing = call.action in SECRET_WRITES
    arn, stored = facts.secret_key(str(call.params.get("SecretId", "")), call.region, writing=writing)
    key = _customers(call, account, str(call.params.get("KmsKeyId") or stored))
    if not key:
        return
    context = {"kms:EncryptionContext:SecretARN": arn} if arn else {}
    has_value = any(call.params.get(name) for name in ("SecretString", "SecretBinary"))
    if writing and has_value:
        yield _use(call, "kms:GenerateDataKey", key, context)
    if call.action == "GetSecretValue" or (writing and has_value):
        yield _use(call, "kms:Decrypt", key, context)


SPECIAL: dict[str, Callable[[Call, str, Facts], Uses]] = {
    "s3": _of_objects,
    "secretsmanager": _of_secrets,
    "ssm": _of_parameters,
}


def _use(call: Call, action: str, key: str, context: dict[str, str]) -> Request:
    service = actions.prefix(call)
    return Request(action, key, {"kms:ViaService": f"{service}.{call.region}.amazonaws.com", **context})


def _customers(call: Call, account: str, key: str) -> str:
    """ARN of a key of the customer's; empty for AWS's own and for none."""
    if not key or AWS_MANAGED in key:
        return ""
    return attached.key_of(key, call.region, account)
