"""STS: sessions keep their policies and outlive a restart. Who may assume a role, the authorizer says."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ministack.services import iam

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.store import Store
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

GOOD = 200
PROCESS_SECONDS = 7 * 24 * 3600.0  # longer than a function or task runs; on AWS they are renewed


@corrects("sts", "AssumeRole", until="sessions outlive a restart")
async def assume_role(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Remember the session and what limits it."""
    reply = await proceed(call)
    if reply.status == GOOD:
        _remember(cloud, reply.body.decode(), _limits(call))
    return reply


def _limits(call: Call) -> dict[str, Any] | None:
    """The session policies of a request; ``None`` when it has none."""
    arns = [
        str(value)
        for name, value in call.params.items()
        if re.fullmatch(r"PolicyArns\.member\.\d+\.arn", name)
    ]
    policy = str(call.params.get("Policy", ""))
    return {"policy": policy, "arns": arns} if policy or arns else None


def session(cloud: Cloud, access_key: str) -> Mapping[str, Any] | None:
    """Return a session, by its key: its ``arn`` and its session ``policies``; ``None`` for no such."""
    found: Mapping[str, Any] | None = Store.of(cloud.state_dir, "sts").table("sessions").get(access_key)
    return found if found and found["until"] > time.time() else None


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


def _remember(cloud: Cloud, answer: str, limits: dict[str, Any] | None) -> None:
    values = {
        name: match[1]
        for name in ("AccessKeyId", "Arn", "Expiration")
        if (match := re.search(rf"<{name}>([^<]+)</{name}>", answer))
    }
    if len(values) < 3:  # noqa: PLR2004 - the three above
        return
    until = datetime.fromisoformat(values["Expiration"]).timestamp()
    _keep(cloud, values["AccessKeyId"], values["Arn"], until, limits)


def _keep(cloud: Cloud, key: str, arn: str, until: float, limits: dict[str, Any] | None = None) -> None:
    store = Store.of(cloud.state_dir, "sts")
    sessions = store.table("sessions")
    for old in [old for old, known in sessions.items() if known["until"] < time.time()]:
        del sessions[old]
    sessions[key] = {"arn": arn, "until": until, "policies": limits}
    store.save()
