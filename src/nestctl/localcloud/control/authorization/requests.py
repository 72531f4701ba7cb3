"""What a call asks IAM for: its own action on what it names, and the actions that come with it."""

from __future__ import annotations

from collections.abc import Iterator

from nestctl.localcloud.control.authorization import actions, forms, keys, names
from nestctl.localcloud.control.authorization.context import TAG_LISTS
from nestctl.localcloud.control.authorization.facts import Facts
from nestctl.localcloud.control.identify import REGISTRY_ACTION
from nestctl.localcloud.control.types import Call
from nestctl.policies import reference
from nestctl.policies.evaluate import Request

PASSED: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("backup", "CreateBackupSelection"): (("BackupSelection.IamRoleArn", "backup.amazonaws.com"),),
    ("ec2", "CreateFlowLogs"): (("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),),
    ("ecs", "RegisterTaskDefinition"): (
        ("taskRoleArn", "ecs-tasks.amazonaws.com"),
        ("executionRoleArn", "ecs-tasks.amazonaws.com"),
    ),
    ("lambda", "CreateFunction"): (("Role", "lambda.amazonaws.com"),),
    ("lambda", "UpdateFunctionConfiguration"): (("Role", "lambda.amazonaws.com"),),
    ("rds", "CreateDBInstance"): (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
    ("rds", "ModifyDBInstance"): (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
    ("rds", "CreateDBProxy"): (("RoleArn", "rds.amazonaws.com"),),
    ("rds", "ModifyDBProxy"): (("RoleArn", "rds.amazonaws.com"),),
    ("scheduler", "CreateSchedule"): (("Target.RoleArn", "scheduler.amazonaws.com"),),
    ("scheduler", "UpdateSchedule"): (("Target.RoleArn", "scheduler.amazonaws.com"),),
}
"""Parameters that hand a role to a service (service authorization reference: depends on iam:PassRole)."""

TAGGING = {
    "acm": ("RequestCertificate", "AddTagsToCertificate"),
    "application-autoscaling": ("RegisterScalableTarget", "TagResource"),
    "backup": ("*", "TagResource"),
    "budgets": ("ModifyBudget", "TagResource"),
    "cloudfront": ("CreateDistribution", "TagResource"),
    "cloudtrail": ("CreateTrail", "AddTags"),
    "ecr": ("CreateRepository", "TagResource"),
    "ecs": ("*", "TagResource"),
    "elasticache": ("*", "AddTagsToResource"),
    "elasticloadbalancing": ("*", "AddTags"),
    "kms": ("CreateKey", "TagResource"),
    "lambda": ("CreateFunction", "TagResource"),
    "logs": ("CreateLogGroup", "TagResource"),
    "monitoring": ("PutMetricAlarm", "TagResource"),
    "rds": ("*", "AddTagsToResource"),
    "secretsmanager": ("CreateSecret", "TagResource"),
    "sns": ("CreateTopic", "TagResource"),
    "ssm": ("PutParameter", "AddTagsToResource"),
    "wafv2": ("CreateWebACL", "TagResource"),
}
"""Calls that tag what they make, and the action that they need for it."""

ALSO: dict[tuple[str, str], tuple[str, ...]] = {
    ("backup", "CreateBackupVault"): ("backup-storage:MountCapsule",),
    ("wafv2", "AssociateWebACL"): ("elasticloadbalancing:SetWebAcl",),
    ("wafv2", "PutLoggingConfiguration"): (
        "logs:CreateLogDelivery",
        "logs:DescribeResourcePolicies",
        "logs:PutResourcePolicy",
    ),
}
"""Permissions on no resource that a call needs besides its own (service authorization reference, "Dependent
actions")."""

IAM_TAGGING = {"CreateRole": "TagRole", "CreatePolicy": "TagPolicy", "CreateUser": "TagUser"}
BOUND = frozenset(
    {
        "AttachRolePolicy",
        "CreateRole",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
    }
)
"""Calls about roles for which IAM knows the role's permissions boundary (service authorization reference)."""

IAM_CONDITIONS = {"PolicyArn": "iam:PolicyARN", "AWSServiceName": "iam:AWSServiceName"}


async def requests(call: Call, account: str, facts: Facts) -> list[Request]:
    """Return what IAM is asked for a call, its own action first; nothing where no permission is needed."""
    if (call.service, call.action) in actions.NO_PERMISSION:
        return []
    if (call.service, call.action) == ("ecr", REGISTRY_ACTION):
        repository, needed = actions.of_registry(call)
        arn = names.Place(call, account).arn("ecr", f"repository/{repository}")
        return [Request(action, arn) for action in needed]
    action = actions.action(call)
    context = _own_context(call)
    if call.service == "iam" and call.action in BOUND and (role := str(call.params.get("RoleName", ""))):
        bound = str(call.params.get("PermissionsBoundary", "")) or facts.boundary(role)
        context |= {"iam:PermissionsBoundary": bound} if bound else {}
    found = [Request(action, arn, context) for arn in resources(call, action, account)]
    found += _tagging(call, account)
    for parameter, service in PASSED.get((call.service, call.action), ()):
        role = keys.at(call.params, parameter)
        if isinstance(role, str) and role:
            found.append(_pass(role, service))
    if (call.service, call.action) == ("ecs", "RunTask"):
        roles = await facts.task_roles(str(call.params.get("taskDefinition", "")))
        found += [_pass(role, "ecs-tasks.amazonaws.com") for role in roles]
    found += keys.uses(call, account, facts)
    found += [Request(action, arn) for action, arn in _copied(call)]
    found += [Request(also) for also in ALSO.get((call.service, call.action), ())]
    return list({(r.action, r.resource, tuple(sorted(r.context.items()))): r for r in found}.values())


def resources(call: Call, action: str, account: str) -> list[str]:
    """Return the ARNs that a call acts on; ``*`` where the action knows no resource or the call names none.

    A type that AWS requires and the call does not name, because it will only be made, is ``type/*``; so
    does one that only the operation's name tells.
    """
    known = reference.action(action)
    prefix = action.partition(":")[0]
    service = reference.service(prefix)
    if known is None or service is None or not known.resources:
        return ["*"]
    found: list[str] = []
    types: set[str] = set()
    for arn in names.named(call, account):
        if of := service.types_of(arn) & known.resources:
            found.append(arn)
            types |= of
    place = names.Place(call, account)
    # What AWS writes as kinds of one type (listener/app, listener/net) are choices.
    bases = {type_.partition("/")[0] for type_ in types}
    missing = frozenset(t for t in known.required if t.partition("/")[0] not in bases)
    if found and call.action == names.LOOKS_UP_WEB_ACL:
        return found
    if not found and not missing:
        missing = _told(call.action, known.resources)
        missing = missing or frozenset(
            t for t in known.resources if forms.names_any(call, t, service.resources[t])
        )
    for type_ in sorted(missing):
        found += forms.arns(call, type_, service.resources[type_], place.region, account)
    return list(dict.fromkeys(found)) or ["*"]


def _copied(call: Call) -> Iterator[tuple[str, str]]:
    """Yield what a copy reads, too (S3 API reference, CopyObject and UploadPartCopy)."""
    if call.service == "s3" and call.action in keys.S3_COPIES and (source := keys.source(call)):
        action = "s3:GetObjectVersion" if source.version else "s3:GetObject"
        yield action, f"arn:aws:s3:::{source.bucket}/{source.name}"


def _told(operation: str, types: frozenset[str]) -> frozenset[str]:
    """Return the types that an operation's name tells: ``CreateDBProxy`` is about a proxy, not a db."""
    words = operation.lower()
    found = {t: _plain(t.partition("/")[0]) for t in types}
    last = [plain for plain in found.values() if words.removesuffix("s").endswith(plain)]
    longest = max(last, key=len, default="")
    return frozenset(t for t, plain in found.items() if (plain == longest if longest else plain in words))


def _plain(type_: str) -> str:
    return type_.replace("-", "").replace("_", "").lower()


def _own_context(call: Call) -> dict[str, str | tuple[str, ...]]:
    if call.service != "iam" or not call.action.startswith(("Attach", "Detach", "CreateServiceLinkedRole")):
        return {}
    return {key: str(call.params[name]) for name, key in IAM_CONDITIONS.items() if call.params.get(name)}


def _tagging(call: Call, account: str) -> Iterator[Request]:
    prefix = actions.prefix(call)
    if call.service == "ec2":
        yield from _ec2_tagging(call, account)
        return
    if not _has_tags(call):
        return
    own = actions.action(call).partition(":")[2]
    if call.service == "iam":
        tagging = IAM_TAGGING.get(own, "")
    else:
        creates, tagging = TAGGING.get(call.service, ("", ""))
        if creates not in ("*", own) or own == tagging:
            return
    if tagging:
        action = f"{prefix}:{tagging}"
        own_resources = resources(call, f"{prefix}:{own}", account)
        scoped = [arn for arn in own_resources if arn != "*"] or resources(call, action, account)
        yield from (Request(action, arn) for arn in scoped)


def _ec2_tagging(call: Call, account: str) -> Iterator[Request]:
    for name, type_ in call.params.items():
        if name.startswith("TagSpecification.") and name.endswith(".ResourceType"):
            arn = names.Place(call, account).arn("ec2", f"{type_}/*")
            yield Request("ec2:CreateTags", arn, {"ec2:CreateAction": call.action})


def _has_tags(call: Call) -> bool:
    if call.action == "CreateDistributionWithTags":
        return True
    lists = (call.params.get(name) for name in TAG_LISTS)
    return any(lists) or any(name.startswith("Tags.") for name in call.params)


def _pass(role: str, service: str) -> Request:
    return Request("iam:PassRole", role, {"iam:PassedToService": service})
