"""Secrets Manager: a name in its recovery window is not free, and a value keeps the key of its writing."""

from __future__ import annotations

from ministack.services import secretsmanager

from nestctl.localcloud.control import replies, sealed
from nestctl.localcloud.control.authorization import attached
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

OK = 200


@corrects("secretsmanager", "CreateSecret", until="a name in its recovery window is refused by another code")
async def create_secret(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Refuse a name that is scheduled for deletion."""
    secret = secretsmanager._secrets.get(str(call.params.get("Name", "")))  # noqa: SLF001
    if secret is not None and secret.get("DeletedDate"):
        message = (
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
        return replies.error(call, "InvalidRequestException", message)
    return await _sealed(call, proceed, cloud)


@corrects("secretsmanager", "PutSecretValue", until="a value stays readable when the alias of its key goes")
async def put_secret_value(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Note the key of a new value."""
    return await _sealed(call, proceed, cloud)


@corrects("secretsmanager", "UpdateSecret", until="a value stays readable when the alias of its key goes")
async def update_secret(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Note the key of a new value."""
    return await _sealed(call, proceed, cloud)


async def _sealed(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    reply = await proceed(call)
    if reply.status != OK or not any(call.params.get(name) for name in ("SecretString", "SecretBinary")):
        return reply
    wanted = str(call.params.get("Name") or call.params.get("SecretId") or "")
    for (account, region, name), record in secretsmanager._secrets.all_items():  # noqa: SLF001
        if (account, region) == (cloud.account_id, call.region) and wanted in (name, record.get("ARN")):
            named = str(record.get("KmsKeyId") or "")
            meant = attached.key_of(named, region, account) if named else ""
            sealed.remember(cloud, "secretsmanager", f"{region} {name}", named, meant)
    return reply
