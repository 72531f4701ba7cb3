"""Secrets Manager: the name of a secret in its recovery window cannot be used again."""

from __future__ import annotations

from ministack.services import secretsmanager

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply


@corrects("secretsmanager", "CreateSecret", until="a name in its recovery window is refused by another code")
async def create_secret(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Refuse a name that is scheduled for deletion."""
    secret = secretsmanager._secrets.get(str(call.params.get("Name", "")))  # noqa: SLF001
    if secret is not None and secret.get("DeletedDate"):
        message = (
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
        return replies.error(call, "InvalidRequestException", message)
    return await proceed(call)
