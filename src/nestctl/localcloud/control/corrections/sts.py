"""STS: a role is given to who names the external id that its trust policy asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

FORBIDDEN = 403
KEY = "sts:ExternalId"


@corrects("sts", "AssumeRole", until="the external id of a trust policy is compared")
async def assume_role(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Refuse a caller who does not name the external id."""
    arn = str(call.params.get("RoleArn", ""))
    found = await cloud.api("iam", "ListRoles", {})
    for role in found["Roles"]:
        if role["Arn"] == arn and not _trusts(
            role["AssumeRolePolicyDocument"], call.params.get("ExternalId")
        ):
            return replies.error(
                call,
                "AccessDenied",
                f"The caller is not authorized to perform: sts:AssumeRole on resource: {arn}",
                FORBIDDEN,
            )
    return await proceed(call)


def _trusts(policy: Mapping[str, Any], external_id: Any) -> bool:
    """Whether one statement of the trust policy asks for no external id, or for this one."""
    statements = policy.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        wanted = statement.get("Condition", {}).get("StringEquals", {}).get(KEY)
        if wanted is None or external_id in ([wanted] if isinstance(wanted, str) else wanted):
            return True
    return not statements
