"""STS: a role is given to who names the external id of its trust policy, and sessions outlive a restart."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ministack.services import iam

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.store import Store
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

GOOD = 200
FORBIDDEN = 403
KEY = "sts:ExternalId"
PROCESS_SECONDS = 7 * 24 * 3600.0  # longer than a function or task runs; on AWS they are renewed


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
    reply = await proceed(call)
    if reply.status == GOOD:
        _remember(cloud, reply.body.decode())
    return reply


def session(cloud: Cloud, access_key: str) -> str | None:
    """Return the ARN of a session that was given out before a restart, ``None`` for no such."""
    found = Store.of(cloud.state_dir, "sts").table("sessions").get(access_key)
    return str(found["arn"]) if found and found["until"] > time.time() else None


def issue(cloud: Cloud, role_arn: str, name: str) -> dict[str, str]:
    """Give a process the credentials of a role, as Lambda and ECS do.

    Args:
        cloud: The running cloud.
        role_arn: The role; when it does not exist, nothing is given.
        name: Name of the session: the function, the task.

    Returns:
        Variables of the process.
    """
    role = role_arn.rpartition("/")[2]
    if not role_arn or iam._roles.get_scoped(cloud.account_id, None, role) is None:  # noqa: SLF001 - its only table
        return {}
    key = "ASIA" + secrets.token_hex(8).upper()
    arn = f"arn:aws:sts::{cloud.account_id}:assumed-role/{role}/{name}"
    _keep(cloud, key, arn, time.time() + PROCESS_SECONDS)
    token = secrets.token_urlsafe(32)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": token, "AWS_SESSION_TOKEN": token}


def _remember(cloud: Cloud, answer: str) -> None:
    values = {
        name: match[1]
        for name in ("AccessKeyId", "Arn", "Expiration")
        if (match := re.search(rf"<{name}>([^<]+)</{name}>", answer))
    }
    if len(values) < 3:  # noqa: PLR2004 - the three above
        return
    _keep(
        cloud, values["AccessKeyId"], values["Arn"], datetime.fromisoformat(values["Expiration"]).timestamp()
    )


def _keep(cloud: Cloud, key: str, arn: str, until: float) -> None:
    store = Store.of(cloud.state_dir, "sts")
    sessions = store.table("sessions")
    for old in [old for old, known in sessions.items() if known["until"] < time.time()]:
        del sessions[old]
    sessions[key] = {"arn": arn, "until": until}
    store.save()


def _trusts(policy: Mapping[str, Any], external_id: Any) -> bool:
    """Whether one statement of the trust policy asks for no external id, or for this one."""
    statements = policy.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        wanted = statement.get("Condition", {}).get("StringEquals", {}).get(KEY)
        if wanted is None or external_id in ([wanted] if isinstance(wanted, str) else wanted):
            return True
    return not statements
