"""IAM: what is in use, or still holds something, is not deleted.

Source: the API reference of IAM, which names what has to go first.
"""

from __future__ import annotations

from ministack.services import iam

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call


@limits("iam", "DeleteUser")
def user(call: Call) -> Refused | None:
    """Refuse a user who has an inline policy, a password or a group."""
    name = str(call.params.get("UserName", ""))
    if iam._user_inline_policies.get(name):  # noqa: SLF001
        return _conflict("Cannot delete entity, must delete policies first.")
    if name in iam._login_profiles:  # noqa: SLF001
        return _conflict("Cannot delete entity, must delete login profile first.")
    if any(name in group["Users"] for group in iam._groups.values()):  # noqa: SLF001
        return _conflict("Cannot delete entity, must remove users from group first.")
    return None


@limits("iam", "DeleteGroup")
def group(call: Call) -> Refused | None:
    """Refuse a group that has users or policies."""
    name = str(call.params.get("GroupName", ""))
    record = iam._groups.get(name) or {}  # noqa: SLF001
    if record.get("Users"):
        return _conflict("Cannot delete entity, must remove users from group first.")
    if record.get("AttachedPolicies"):
        return _conflict("Cannot delete entity, must detach all policies first.")
    if iam._group_inline_policies.get(name):  # noqa: SLF001
        return _conflict("Cannot delete entity, must delete policies first.")
    return None


@limits("iam", "DeletePolicy")
def policy(call: Call) -> Refused | None:
    """Refuse a policy that has other versions, or is the boundary of a user or role."""
    arn = str(call.params.get("PolicyArn", ""))
    record = iam._policies.get(arn) or {}  # noqa: SLF001
    if record.get("AttachmentCount", 0) > 0:
        return None  # refused as it is
    if iam._boundary_usage_counts().get(arn):  # noqa: SLF001
        return _conflict("Cannot delete a policy attached to entities.")
    if len(record.get("Versions") or ()) > 1:
        return _conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    return None


def _conflict(words: str) -> Refused:
    return Refused("DeleteConflict", words, 409)
