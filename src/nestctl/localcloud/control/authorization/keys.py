"""What services do with the customer's keys in the name of a caller."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from nestctl.localcloud.control.authorization import actions, names
from nestctl.localcloud.control.authorization.facts import Facts
from nestctl.localcloud.control.types import Call
from nestctl.policies.evaluate import Request

S3_READS = frozenset({"GetObject", "HeadObject"})
S3_WRITES = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy"})
SSM_READS = frozenset({"GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"})

GRANTED = {
    ("ecr", "CreateRepository"): "encryptionConfiguration.kmsKey",
    ("elasticache", "CreateReplicationGroup"): "KmsKeyId",
    ("lambda", "CreateFunction"): "KMSKeyArn",
    ("rds", "CreateDBInstance"): "KmsKeyId",
    ("rds", "RestoreDBInstanceFromDBSnapshot"): "KmsKeyId",
}
"""Calls after which a service keeps using a key, and the parameter that names it."""

Uses = AsyncIterator[Request]


async def uses(call: Call, account: str, facts: Facts) -> Uses:
    """Yield what IAM is asked about keys for a call."""
    special = SPECIAL.get(call.service)
    if special is not None:
        async for request in special(call, account, facts):
            yield request
    key = at(call.params, GRANTED.get((call.service, call.action), ""))
    if isinstance(key, str) and key:
        arn = _arn(call, account, key)
        yield _use(call, "kms:CreateGrant", arn, {"kms:GrantIsForAWSResource": "true"})
        yield _use(call, "kms:DescribeKey", arn, {})


def at(params: Any, path: str) -> Any:
    """Return the value at a path of keys with dots between them; ``None`` when there is none."""
    for part in path.split("."):
        params = params.get(part) if isinstance(params, dict) else None
    return params


async def _of_objects(call: Call, account: str, facts: Facts) -> Uses:  # noqa: ARG001 - one signature for all
    bucket, _, name = call.path.lstrip("/").partition("/")
    if not name or call.action not in S3_READS | S3_WRITES or not (key := await facts.bucket_key(bucket)):
        return
    action = "kms:Decrypt" if call.action in S3_READS else "kms:GenerateDataKey"
    # With a bucket key, as all our buckets have it, the bucket is the encryption context.
    yield _use(call, action, key, {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}"})


async def _of_parameters(call: Call, account: str, facts: Facts) -> Uses:
    if call.action == "PutParameter" and (key := call.params.get("KeyId")):
        for arn in names.named(call, account):
            if ":parameter/" in arn:
                context = {"kms:EncryptionContext:PARAMETER_ARN": arn}
                yield _use(call, "kms:Encrypt", _arn(call, account, str(key)), context)
    if call.action in SSM_READS and call.params.get("WithDecryption"):
        asked = [call.params.get("Name"), call.params.get("Path"), *call.params.get("Names", [])]
        for name in filter(None, asked):
            for key in await facts.parameter_keys(str(name), below="Path" in call.params):
                yield _use(call, "kms:Decrypt", key, {})


SPECIAL: dict[str, Callable[[Call, str, Facts], Uses]] = {"s3": _of_objects, "ssm": _of_parameters}


def _use(call: Call, action: str, key: str, context: dict[str, str]) -> Request:
    service = actions.prefix(call)
    return Request(action, key, {"kms:ViaService": f"{service}.{call.region}.amazonaws.com", **context})


def _arn(call: Call, account: str, key: str) -> str:
    return key if key.startswith("arn:") else names.Place(call, account).arn("kms", f"key/{key}")
