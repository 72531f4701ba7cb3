"""The condition keys that AWS supplies: the global ones, and those that services read from a request.

IAM user guide, "AWS global condition context keys"; service authorization reference. A key that a request
does not have is absent, and not empty.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus

from nestctl.localcloud.control.authorization import attached
from nestctl.localcloud.control.types import Call
from nestctl.policies.combine import Caller
from nestctl.policies.conditions import Context
from nestctl.policies.evaluate import Request

ADDRESS = "127.0.0.1"
VIA = "kms:viaservice"
Values = dict[str, str | tuple[str, ...]]

S3_QUERY = {
    "prefix": "s3:prefix",
    "delimiter": "s3:delimiter",
    "max-keys": "s3:max-keys",
    "versionId": "s3:VersionId",
}
S3_HEADERS = ("x-amz-",)
FORM_TAG = re.compile(r"(?:Tags?|TagSpecification\.\d+\.Tag)\.(?:member\.|Tag\.)?(\d+)\.Key")
XML_TAG = re.compile(r"<Tag>\s*<Key>([^<]*)</Key>\s*<Value>([^<]*)</Value>")
TAG_LISTS = (
    "Tags",
    "tags",
    "TagsList",
    "TagList",
    "BackupVaultTags",
    "BackupPlanTags",
    "resourceTags",
    "ResourceTags",
)
KEY_PARAMETERS = {
    "BypassPolicyLockoutSafetyCheck": "kms:BypassPolicyLockoutSafetyCheck",
    "EncryptionAlgorithm": "kms:EncryptionAlgorithm",
    "GranteePrincipal": "kms:GranteePrincipal",
    "PendingWindowInDays": "kms:ScheduleKeyDeletionPendingWindowInDays",
    "RetiringPrincipal": "kms:RetiringPrincipal",
}


def of_caller(caller: Caller, tags: Mapping[str, str]) -> Values:
    """Return what is known of who calls."""
    if not caller.account:
        return {"aws:PrincipalType": "Anonymous", "aws:PrincipalIsAWSService": "false"}
    kind = "Account" if caller.is_owner else "AssumedRole" if caller.entity != caller.arn else "User"
    found: Values = {
        # Of a session, AWS names the role.
        "aws:PrincipalArn": caller.entity,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": kind,
        "aws:PrincipalIsAWSService": "false",
        **{f"aws:PrincipalTag/{key}": value for key, value in tags.items()},
    }
    if kind == "User":
        found["aws:username"] = caller.arn.rpartition("/")[2]
    if kind == "AssumedRole":
        found["aws:MultiFactorAuthPresent"] = "false"  # only sessions have the key
    return found


def of_service(name: str, account: str, source_arn: str) -> Values:
    """Return what is known of a service that calls by itself, on behalf of one of the account's resources."""
    return {
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": name,
        "aws:PrincipalServiceNamesList": (name,),
        "aws:SourceAccount": account,
        "aws:SecureTransport": "true",
        **({"aws:SourceArn": source_arn} if source_arn else {}),
        **_times(),
    }


def of_call(call: Call, account: str) -> Values:
    """Return what every service reads from a call, and the called one's own keys."""
    tags = tags_of(call)
    found: Values = {
        # The local cloud's API stands for AWS's, which these callers reach by HTTPS.
        "aws:SecureTransport": "true",
        "aws:SourceIp": ADDRESS,
        "aws:RequestedRegion": call.region,
        "aws:ResourceAccount": account,
        "aws:ViaAWSService": "false",
        **_times(),
        **{f"aws:RequestTag/{key}": value for key, value in tags.items()},
    }
    if agent := call.headers.get("user-agent"):
        found["aws:UserAgent"] = agent
    if tags or (removed := _removed_tags(call)):
        found["aws:TagKeys"] = tuple(tags) or tuple(removed)
    own = OWN.get(call.service)
    return {**found, **(own(call) if own else {})}


def of_request(request: Request, account: str) -> Values:
    """Return what a service adds for one of the permissions that a call needs."""
    context = {key.lower() for key in request.context}
    found: Values = {}
    if VIA in context:
        found["aws:ViaAWSService"] = "true"
    if request.action.startswith("kms:"):
        found |= _of_key(request, account)
    names = {key.split(":", 2)[2] for key in context if key.startswith("kms:encryptioncontext:")}
    if names:
        found["kms:EncryptionContextKeys"] = tuple(sorted(names))
    return found


def tags_of(call: Call) -> dict[str, str]:
    """Return the tags that a call gives to something."""
    found: dict[str, str] = {}
    for name in TAG_LISTS:
        given = call.params.get(name)
        if isinstance(given, Mapping):
            found |= {str(key): str(value) for key, value in given.items()}
        for tag in given if isinstance(given, list) else ():
            if isinstance(tag, Mapping):
                key = tag.get("Key", tag.get("key", tag.get("TagKey")))
                found[str(key)] = str(tag.get("Value", tag.get("value", tag.get("TagValue", ""))))
    for name, value in call.params.items():
        if FORM_TAG.fullmatch(name):
            found[str(value)] = str(call.params.get(name[: -len("Key")] + "Value", ""))
    if header := call.headers.get("x-amz-tagging"):
        found |= dict(parse_qsl(header, keep_blank_values=True))
    if call.service == "cloudfront" or (call.service == "s3" and call.action.endswith("Tagging")):
        found |= dict(XML_TAG.findall(call.body.decode("utf-8", "replace")))
    return found


def _removed_tags(call: Call) -> list[str]:
    for name in ("TagKeys", "tagKeys"):
        if isinstance(given := call.params.get(name), list):
            return [str(key) for key in given]
    listed = [str(v) for key, v in call.params.items() if key.startswith("TagKeys.")]
    return listed or parse_qs(call.query).get("tagKeys", [])


def _times() -> Values:
    now = time.time()
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"aws:CurrentTime": moment, "aws:EpochTime": str(int(now))}


# ------------------------------------------------------------------ by service


def _s3(call: Call) -> Values:
    found: Values = {"s3:TlsVersion": "1.3", "s3:signatureversion": "AWS4-HMAC-SHA256"}
    for name, value in call.headers.items():
        if name.startswith(S3_HEADERS):
            found[f"s3:{name}"] = unquote_plus(value) if name == "x-amz-copy-source" else value
    for name in ("if-match", "if-none-match"):
        if name in call.headers:
            found[f"s3:{name}"] = call.headers[name]
    query = parse_qs(call.query, keep_blank_values=True)
    found |= {key: query[name][0] for name, key in S3_QUERY.items() if name in query}
    found |= {f"s3:RequestObjectTag/{k}": v for k, v in parse_qsl(call.headers.get("x-amz-tagging", ""))}
    return found


def _kms(call: Call) -> Values:
    found: Values = {}
    for name, key in KEY_PARAMETERS.items():
        if (value := call.params.get(name)) is not None:
            found[key] = str(value).lower() if isinstance(value, bool) else str(value)
    context = call.params.get("EncryptionContext") or {}
    found |= {f"kms:EncryptionContext:{key}": str(value) for key, value in context.items()}
    if context:
        found["kms:EncryptionContextKeys"] = tuple(sorted(context))
    if operations := call.params.get("Operations"):
        found["kms:GrantOperations"] = tuple(str(operation) for operation in operations)
    if call.action in ("CreateKey", "PutKeyPolicy"):
        found.setdefault("kms:BypassPolicyLockoutSafetyCheck", "false")
    if call.action == "CreateGrant":
        found["kms:GrantIsForAWSResource"] = "false"  # a service's grant comes through that service
    if "alias/" in str(call.params.get("KeyId", "")):
        found["kms:RequestAlias"] = (
            str(call.params["KeyId"]).rpartition("alias/")[1]
            + str(call.params["KeyId"]).rpartition("alias/")[2]
        )
    if call.action == "CreateKey":
        found["kms:KeySpec"] = str(call.params.get("KeySpec", "SYMMETRIC_DEFAULT"))
        found["kms:KeyUsage"] = str(call.params.get("KeyUsage", "ENCRYPT_DECRYPT"))
        found["kms:KeyOrigin"] = str(call.params.get("Origin", "AWS_KMS"))
        found["kms:MultiRegion"] = str(call.params.get("MultiRegion", False)).lower()
    return found


def _of_key(request: Request, account: str) -> Values:
    found: Values = {"kms:CallerAccount": account}
    if (record := attached.key_record(request.resource)) is not None:
        found["kms:KeySpec"] = str(record.get("KeySpec", ""))
        found["kms:KeyUsage"] = str(record.get("KeyUsage", ""))
        found["kms:KeyOrigin"] = str(record.get("Origin", ""))
        found["kms:MultiRegion"] = str(bool(record.get("MultiRegion"))).lower()
        if aliases := attached.aliases_of(request.resource):
            found["kms:ResourceAliases"] = aliases
    return found


def _sts(call: Call) -> Values:
    pairs = {"ExternalId": "sts:ExternalId", "RoleSessionName": "sts:RoleSessionName"}
    return {key: str(call.params[name]) for name, key in pairs.items() if call.params.get(name)}


def _lambda(call: Call) -> Values:
    pairs = {
        "AuthType": "lambda:FunctionUrlAuthType",
        "FunctionUrlAuthType": "lambda:FunctionUrlAuthType",
        "Principal": "lambda:Principal",
    }
    return {key: str(call.params[name]) for name, key in pairs.items() if call.params.get(name)}


def _ecs(call: Call) -> Values:
    cluster = call.params.get("cluster")
    return (
        {"ecs:enable-execute-command": str(call.params.get("enableExecuteCommand", False)).lower()}
        if cluster
        else {}
    )


def _ec2(call: Call) -> Values:
    found: Values = {}
    if kind := call.params.get("InstanceType"):
        found["ec2:InstanceType"] = str(kind)
    return found


def _elasticloadbalancing(call: Call) -> Values:
    return dict(_pairs(call.params, {"Scheme": "elasticloadbalancing:Scheme"}))


def _pairs(params: Mapping[str, Any], wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, key in wanted.items():
        if params.get(name):
            yield key, str(params[name])


def _sns(call: Call) -> Values:
    pairs = {"Endpoint": "sns:Endpoint", "Protocol": "sns:Protocol"}
    return dict(_pairs(call.params, pairs))


OWN: Mapping[str, Callable[[Call], Values]] = {
    "ec2": _ec2,
    "ecs": _ecs,
    "elasticloadbalancing": _elasticloadbalancing,
    "kms": _kms,
    "lambda": _lambda,
    "s3": _s3,
    "sns": _sns,
    "sts": _sts,
}


def merged(*parts: Context) -> Context:
    """Return one context of several; what comes later wins, whatever the spelling of its key."""
    found: dict[str, tuple[str, str | tuple[str, ...]]] = {}
    for part in parts:
        found |= {key.lower(): (key, value) for key, value in part.items()}
    return dict(found.values())
