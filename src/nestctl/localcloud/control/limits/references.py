"""What a request names and is not there: keys, subnets and security groups."""

from __future__ import annotations

from collections.abc import Iterable

from ministack.core.responses import get_account_id
from ministack.services import ec2, kms

from nestctl.localcloud.control.authorization import attached
from nestctl.localcloud.control.types import Call


def absent_key(call: Call, reference: str) -> str | None:
    """Return what KMS says of a key or alias that is not there; ``None`` when there is nothing to say.

    AWS makes its own keys when a service first needs them. Those of other accounts and regions are not
    judged.
    """
    if not reference or "alias/aws/" in reference:
        return None
    account = get_account_id()
    arn = attached.Arn.of(reference)
    if arn is not None and (arn.region, arn.account) != (call.region, account):
        return None
    if kms._resolve_key(reference) is not None:  # noqa: SLF001 - the emulator's own
        return None
    meant = attached.key_of(reference, call.region, account)
    return f"Alias {meant} is not found." if ":alias/" in meant else f"Key '{meant}' does not exist"


def absent_subnet(names: Iterable[str]) -> str | None:
    """Return the first subnet that is not there."""
    return next((name for name in names if name not in ec2._subnets), None)  # noqa: SLF001


def absent_group(names: Iterable[str]) -> str | None:
    """Return the first security group that is not there."""
    return next((name for name in names if name not in ec2._security_groups), None)  # noqa: SLF001
