"""IAM and KMS: sizes of policies, without white space; names, access keys and what can be attached.

Source: "IAM and AWS STS quotas" in IAM's user guide, "Resource quotas" in the developer guide of KMS.
"""

from __future__ import annotations

from collections.abc import Mapping

from ministack.services import iam

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

MANAGED, TRUST, ATTACHED, KEY, ACCESS_KEYS = 6144, 2048, 10, 32 * 1024, 2
INLINE = {"Role": 10_240, "User": 2048, "Group": 5120}
"""Characters of all inline policies of an owner; above, those of one managed, trust or key policy."""


def size_of(document: object) -> int:
    """Characters of a policy, without white space."""
    return len("".join(str(document).split()))


@limits("iam", "CreatePolicy", "CreatePolicyVersion")
def managed(call: Call) -> Refused | None:
    """Refuse a managed policy that is too long."""
    if size_of(call.params.get("PolicyDocument", "")) <= MANAGED:
        return None
    return Refused("LimitExceeded", f"Cannot exceed quota for PolicySize: {MANAGED}", 409)


@limits("iam", "CreateRole")
@limits("iam", "UpdateAssumeRolePolicy")
def trust(call: Call) -> Refused | None:
    """Refuse a trust policy that is too long."""
    document = call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument", "")
    if size_of(document) <= TRUST:
        return None
    return Refused("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST}", 409)


@limits("iam", "PutRolePolicy", "PutUserPolicy", "PutGroupPolicy")
def inline(call: Call) -> Refused | None:
    """Refuse an inline policy with which those of its owner are too long."""
    kind = call.action.removeprefix("Put").removesuffix("Policy")
    owner, name = str(call.params.get(f"{kind}Name", "")), str(call.params.get("PolicyName", ""))
    held = dict(_inline(kind, owner))
    held[name] = call.params.get("PolicyDocument", "")
    if sum(size_of(document) for document in held.values()) <= INLINE[kind]:
        return None
    words = f"Maximum policy size of {INLINE[kind]} bytes exceeded for {kind.lower()} {owner}"
    return Refused("LimitExceeded", words, 409)


def _inline(kind: str, owner: str) -> Mapping[str, object]:
    if kind == "Role":
        return (iam._roles.get(owner) or {}).get("InlinePolicies") or {}  # noqa: SLF001
    held = iam._user_inline_policies if kind == "User" else iam._group_inline_policies  # noqa: SLF001
    return held.get(owner) or {}


@limits("iam", "AttachRolePolicy")
def attached(call: Call) -> Refused | None:
    """Refuse an eleventh managed policy."""
    record = iam._roles.get(str(call.params.get("RoleName", ""))) or {}  # noqa: SLF001
    held = set(record.get("AttachedPolicies") or ()) | {call.params.get("PolicyArn")}
    if len(held) <= ATTACHED:
        return None
    return Refused("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {ATTACHED}", 409)


@limits("kms", "CreateKey", "PutKeyPolicy")
def key(call: Call) -> Refused | None:
    """Refuse a key policy that is too long."""
    if len(str(call.params.get("Policy") or "").encode()) <= KEY:
        return None
    return Refused("LimitExceededException", f"The key policy exceeds the maximum size of {KEY} bytes.")


# ------------------------------------------------------------------ names, keys and what is attached

TABLES = {
    "Group": "_groups",
    "InstanceProfile": "_instance_profiles",
    "Policy": "_policies",
    "Role": "_roles",
    "User": "_users",
}
"""The emulator's tables, by what has a name."""


@limits("iam", "CreateGroup", "CreateInstanceProfile", "CreatePolicy", "CreateRole", "CreateUser")
def taken(call: Call) -> Refused | None:
    """Refuse a name that another one has but for its case (IAM user guide, "Names")."""
    kind = call.action.removeprefix("Create")
    name = str(call.params.get(f"{kind}Name", ""))
    others = getattr(iam, TABLES[kind]).keys()
    if name.lower() not in {str(other).rpartition("/")[2].lower() for other in others}:
        return None
    said = f"A policy called {name}" if kind == "Policy" else f"{kind} with name {name}"
    return Refused("EntityAlreadyExists", f"{said} already exists.", 409)


@limits("iam", "CreateAccessKey")
def access_keys(call: Call) -> Refused | None:
    """Refuse a third access key of a user."""
    user = str(call.params.get("UserName", ""))
    held = [key for key in iam._access_keys.values() if key["UserName"] == user]  # noqa: SLF001
    if not user or len(held) < ACCESS_KEYS:
        return None
    return Refused("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {ACCESS_KEYS}", 409)


@limits("iam", "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy")
def absent_policy(call: Call) -> Refused | None:
    """Refuse to attach a policy that is not there."""
    arn = str(call.params.get("PolicyArn", ""))
    if _is_there(arn):
        return None
    return Refused("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)


@limits("iam", "CreateRole", "CreateUser", "PutRolePermissionsBoundary", "PutUserPermissionsBoundary")
def absent_boundary(call: Call) -> Refused | None:
    """Refuse a permissions boundary that is not there."""
    arn = str(call.params.get("PermissionsBoundary", ""))
    if not arn or _is_there(arn):
        return None
    return Refused("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


def _is_there(policy: str) -> bool:
    # Of AWS's own policies the emulator knows the usual ones only.
    return ":iam::aws:policy/" in policy or policy in iam._policies  # noqa: SLF001
