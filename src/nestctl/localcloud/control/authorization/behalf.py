"""What AWS's services check with an identity of their own before they answer: roles, keys, buckets, topics.

Each refusal has the code and the words of the service that refuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nestctl.localcloud.control.authorization import attached, context, forms, key_states, keys, names
from nestctl.localcloud.control.authorization.account import Account
from nestctl.localcloud.control.authorization.requests import PASSED
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call
from nestctl.policies.combine import Caller, judge
from nestctl.policies.evaluate import Request

LOGS_ACTIONS = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey")
"""What CloudWatch Logs does with a log group's key (CloudWatch Logs user guide, "Encrypt log data")."""


def service_may(
    service: str, action: str, resource: str, account: str, *, source: str = "", **more: str
) -> bool:
    """Tell whether a service may do something on a resource of the account with its own identity.

    Args:
        service: ``cloudtrail.amazonaws.com``.
        action: ``s3:PutObject``.
        resource: ARN.
        account: Account for whose resource it works.
        source: ARN of that resource.
        **more: Condition keys, with ``__`` for a colon and ``_`` for a hyphen.
    """
    keys_ = {key.replace("__", ":").replace("_", "-"): value for key, value in more.items()}
    return may(service, Request(action, resource, keys_), account, source=source)


def may(service: str, request: Request, account: str, *, source: str = "") -> bool:
    """Tell whether a service may do what is asked; see :func:`service_may`."""
    known = context.of_service(service, account, source)
    supplied = context.of_request(request, account)
    whole = Request(request.action, request.resource, context.merged(known, supplied, request.context))
    own = attached.policy_of(request.resource, account)
    return judge(Caller(service, is_service=True), whole, own.policy, decisive=own.decisive).allowed


def checks(service: str, action: str) -> bool:
    """Tell whether a service checks something with an identity of its own for a call."""
    return (service, action) in CHECKS or (service, action) in CANNOT_ASSUME


def problem(call: Call, caller: Caller, account: Account) -> Refused | None:
    """Return why the called service refuses a call that its caller may make; ``None`` when it does not."""
    own = CHECKS.get((call.service, call.action))
    found = own(call, caller, account) if own else None
    return found or _untrusting(call, caller, account)


def trusts(account: Account, role: str, service: str, number: str, source: str) -> bool:
    """Tell whether a role lets a service assume it.

    Args:
        account: The account.
        role: ARN of the role.
        service: ``lambda.amazonaws.com``.
        number: Number of the account.
        source: ARN of the resource for which the service works.
    """
    known = context.of_service(service, number, source)
    request = Request("sts:AssumeRole", role, known)
    return judge(Caller(service, is_service=True), request, account.trust(role), decisive=True).allowed


# ------------------------------------------------------------------ roles that a service is handed

CANNOT_ASSUME: Mapping[tuple[str, str], Refused] = {
    ("backup", "CreateBackupSelection"): Refused(
        "InvalidParameterValueException", "IAM Role {role} cannot be assumed by AWS Backup"
    ),
    ("ec2", "CreateFlowLogs"): Refused("InvalidParameter", "Unable to assume given IAM role"),
    ("lambda", "CreateFunction"): Refused(
        "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
    ),
    ("lambda", "UpdateFunctionConfiguration"): Refused(
        "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
    ),
    ("scheduler", "CreateSchedule"): Refused(
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    ),
    ("scheduler", "UpdateSchedule"): Refused(
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    ),
}
"""Calls for which a service tries the role at once, and what it says when the role does not trust it."""


SOURCES: Mapping[str, str] = {
    "backup": "backup-plan:{BackupPlanId}",
    "ec2": "vpc-flow-log/fl-00000000000000000",
    "lambda": "function:{FunctionName}",
    "scheduler": "schedule-group/{GroupName}",
}
"""For which of the account's resources each service assumes a role: the ``aws:SourceArn`` of its guide."""


def _source(call: Call, account: str) -> str:
    names_ = forms.fields(call)
    resource = re.sub(
        r"\{(\w+)\}", lambda m: next(iter(names_.get(m[1].lower(), [])), "default"), SOURCES[call.service]
    )
    return names.Place(call, account).arn(call.service, resource)


def _untrusting(call: Call, caller: Caller, account: Account) -> Refused | None:
    refusal = CANNOT_ASSUME.get((call.service, call.action))
    if refusal is None:
        return None
    for parameter, service in PASSED[call.service, call.action]:
        role = keys.at(call.params, parameter)
        if (
            isinstance(role, str)
            and role
            and not trusts(account, role, service, caller.account, _source(call, caller.account))
        ):
            return Refused(refusal.code, refusal.message.format(role=role), refusal.status)
    return None


# ------------------------------------------------------------------ key policies


def _lockout(call: Call, caller: Caller, account: Account) -> Refused | None:
    """KMS developer guide, "Default key policy": who sets a policy must be able to change it afterwards."""
    text = call.params.get("Policy")
    if not isinstance(text, str) or (call.action == "CreateKey" and not text):
        return None
    key = next(iter(names.named(call, caller.account)), "")
    resource = key if ":key/" in key else names.Place(call, caller.account).arn("kms", "key/new")
    policy = attached.read("key", text)
    if policy is None:
        return Refused("MalformedPolicyDocumentException", "The new key policy is not a valid policy.")
    unknown = [
        name
        for statement in policy
        for kind, name in statement.principals
        if not _exists(kind, name, account)
    ]
    if unknown:
        return Refused(
            "MalformedPolicyDocumentException",
            "Policy contains a statement with one or more invalid principals.",
        )
    if str(call.params.get("BypassPolicyLockoutSafetyCheck", "")).lower() == "true":
        return None
    # Before the key exists, it has no tags.
    record = attached.key_record(resource) or {}
    tags = {f"aws:ResourceTag/{tag['TagKey']}": tag["TagValue"] for tag in record.get("Tags", [])}
    later = Call("kms", "PutKeyPolicy", call.region, "POST", "/", "", {}, b"", {})
    known = context.merged(
        context.of_caller(caller, account.tags_of(caller)), context.of_call(later, caller.account)
    )
    request = Request(
        "kms:PutKeyPolicy",
        resource,
        context.merged(known, {"kms:CallerAccount": caller.account}, tags),
    )
    if judge(caller, request, policy, decisive=True).allowed:
        return None
    return Refused(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )


def _exists(kind: str, name: str, account: Account) -> bool:
    arn = attached.Arn.of(name)
    if kind != "AWS" or arn is None or arn.service != "iam":
        return True
    own, _, rest = arn.resource.partition("/")
    if own not in ("role", "user"):
        return True
    found = account.identities.entity(own, rest.rpartition("/")[2])
    return found is not None and found.arn == name


# ------------------------------------------------------------------ what services write to


def _log_group(call: Call, caller: Caller, account: Account) -> Refused | None:  # noqa: ARG001 - one signature
    key, group = str(call.params.get("kmsKeyId") or ""), str(call.params.get("logGroupName") or "")
    if not key:
        return None
    place = names.Place(call, caller.account)
    arn = place.arn("logs", f"log-group:{group}")
    service = f"logs.{call.region}.amazonaws.com"
    used = attached.key_of(key, call.region, caller.account)
    asked = {"kms:EncryptionContext:aws:logs:arn": arn}
    exists = attached.key_record(used) is not None and key_states.unusable(used) is None
    if exists and all(
        may(service, Request(action, used, asked), caller.account, source=arn) for action in LOGS_ACTIONS
    ):
        return None
    return Refused(
        "InvalidParameterException",
        f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{arn}'.",
    )


def _trail(call: Call, caller: Caller, account: Account) -> Refused | None:  # noqa: ARG001
    params, service = call.params, "cloudtrail.amazonaws.com"
    name, bucket = str(params.get("Name", "")), str(params.get("S3BucketName") or "")
    arn = (
        name
        if name.startswith("arn:")
        else names.Place(call, caller.account).arn("cloudtrail", f"trail/{name}")
    )
    if bucket:
        prefix = f"{params['S3KeyPrefix'].strip('/')}/" if params.get("S3KeyPrefix") else ""
        path = f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{caller.account}/CloudTrail/{call.region}/log.json.gz"
        write = Request("s3:PutObject", path, {"s3:x-amz-acl": "bucket-owner-full-control"})
        look = Request("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}")
        if not all(may(service, request, caller.account, source=arn) for request in (look, write)):
            return Refused(
                "InsufficientS3BucketPolicyException",
                f"Incorrect S3 bucket policy is detected for bucket: {bucket}",
            )
    if key := str(params.get("KmsKeyId") or ""):
        used = attached.key_of(key, call.region, caller.account)
        asked = {"kms:EncryptionContext:aws:cloudtrail:arn": arn}
        wanted = [Request("kms:GenerateDataKey", used, asked), Request("kms:DescribeKey", used)]
        if not all(may(service, request, caller.account, source=arn) for request in wanted):
            return Refused(
                "InsufficientEncryptionPolicyException",
                f"Insufficient permissions to access S3 bucket {bucket} or KMS key {key}.",
            )
    return None


def _access_logs(call: Call, caller: Caller, account: Account) -> Refused | None:  # noqa: ARG001
    wanted = dict(_attributes(call.params))
    bucket = wanted.get("access_logs.s3.bucket", "")
    if wanted.get("access_logs.s3.enabled") != "true" or not bucket:
        return None
    prefix = wanted.get("access_logs.s3.prefix", "").strip("/")
    folder = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    path = f"arn:aws:s3:::{bucket}/{folder}/{caller.account}/ELBAccessLogTestFile"
    source = str(call.params.get("LoadBalancerArn", ""))
    service = "logdelivery.elasticloadbalancing.amazonaws.com"
    if may(service, Request("s3:PutObject", path), caller.account, source=source):
        return None
    return Refused(
        "InvalidConfigurationRequest",
        f"Access Denied for bucket: {bucket}. Please check S3bucket permission",
    )


def _attributes(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        if match := re.fullmatch(r"(Attributes\.member\.\d+)\.Key", name):
            yield str(value), str(params.get(f"{match[1]}.Value", ""))


def _budget_notice(call: Call, caller: Caller, account: Account) -> Refused | None:  # noqa: ARG001
    for topic in sorted(set(re.findall(r"arn:aws:sns:[^\"\s]+", json.dumps(dict(call.params))))):
        if not may("budgets.amazonaws.com", Request("sns:Publish", topic), caller.account):
            return Refused(
                "InvalidParameterException",
                f"Please verify that the policy of the SNS topic {topic} allows AWS Budgets to publish.",
            )
    return None


CHECKS: Mapping[tuple[str, str], Callable[[Call, Caller, Account], Refused | None]] = {
    ("budgets", "CreateBudget"): _budget_notice,
    ("budgets", "CreateNotification"): _budget_notice,
    ("budgets", "CreateSubscriber"): _budget_notice,
    ("cloudtrail", "CreateTrail"): _trail,
    ("cloudtrail", "UpdateTrail"): _trail,
    ("elasticloadbalancing", "ModifyLoadBalancerAttributes"): _access_logs,
    ("kms", "CreateKey"): _lockout,
    ("kms", "PutKeyPolicy"): _lockout,
    ("logs", "AssociateKmsKey"): _log_group,
    ("logs", "CreateLogGroup"): _log_group,
}
