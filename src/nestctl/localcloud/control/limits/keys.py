"""KMS: keys on their way out, aliases of AWS's own, sizes.

Source: "Key states of AWS KMS keys" in its developer guide, and its API reference.
"""

from __future__ import annotations

import base64
import binascii

from ministack.services import kms

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

PLAINTEXT = 4096
"""Bytes that Encrypt takes."""
LEAVING = ("PendingDeletion", "PendingReplicaDeletion")


@limits("kms", "ScheduleKeyDeletion")
def by_alias(call: Call) -> Refused | None:
    """Refuse an alias where only a key will do."""
    given = str(call.params.get("KeyId", ""))
    if given.startswith("alias/"):
        return Refused("NotFoundException", f"Invalid keyId '{given}'")
    if ":alias/" in given:
        return Refused("InvalidArnException", f"Invalid arn {given}")
    return None


@limits("kms", "CreateAlias", "DeleteAlias", "UpdateAlias")
def own_alias(call: Call) -> Refused | None:
    """Refuse names that AWS keeps for its own keys."""
    given = str(call.params.get("AliasName", ""))
    return Refused("NotAuthorizedException", "") if given.startswith("alias/aws/") else None


@limits(
    "kms",
    "CreateAlias",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
)
def leaving(call: Call) -> Refused | None:
    """Refuse to change a key that is pending deletion."""
    record = kms._resolve_key(str(call.params.get("KeyId") or call.params.get("TargetKeyId") or ""))  # noqa: SLF001
    if record is None or record.get("KeyState") not in LEAVING:
        return None
    return Refused("KMSInvalidStateException", f"{record['Arn']} is pending deletion.")


@limits("kms", "Encrypt")
def plaintext(call: Call) -> Refused | None:
    """Refuse more than a key encrypts itself."""
    try:
        size = len(base64.b64decode(str(call.params.get("Plaintext") or "")))
    except binascii.Error:
        return None
    if size <= PLAINTEXT:
        return None
    return Refused(
        "ValidationException",
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have "
        f"length less than or equal to {PLAINTEXT}",
    )
