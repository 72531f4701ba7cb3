"""Changes that AWS refuses on a running site, or makes by destroying it: refused before anything is built.

Terraform would find them minutes later, some of them after an hour of trying.
"""

from __future__ import annotations

import math
import time
from typing import Any

from nestctl.aws import standing
from nestctl.report import NestctlError, usage_error
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.settings.variables import declared

LEAST_GROWTH = 1.1
"""RDS rounds a smaller growth up to this, and Terraform would then want to shrink it again (RDS API
reference, ModifyDBInstance, ``AllocatedStorage``)."""


SETTLE_SECONDS = 3600.0
"""Longer than RDS usually takes for anything; Terraform's own limit for a deletion is an hour, too."""

FIRST_POLL, LAST_POLL = 0.5, 15.0
"""Seconds between two looks; each wait is half as long again."""


def wait_until_settled(context: Context, tell: Tell, limit: float = SETTLE_SECONDS) -> None:
    """Wait for what a run that was cut short has left AWS at work on: it takes no change meanwhile.

    What is being deleted would be planned as if it stayed.

    Raises:
        NestctlError: ``still-changing`` when it does not end in time.
    """
    began, pause = time.monotonic(), FIRST_POLL
    while found := standing.unsettled(context.deployer, f"{context.stack}-db", f"{context.stack}-cache"):
        said = " and ".join(f"the {name} is {state}" for name, state in found.items())
        passed = time.monotonic() - began
        if passed >= limit:
            raise NestctlError(
                "still-changing",
                f"{said[0].upper()}{said[1:]}.",
                f"AWS takes no other change of it meanwhile. Waited {passed:.0f} s.",
                "Run the same command again later.",
            )
        tell(f"{said}; waiting for that, {passed:.0f} of {limit:.0f} s")
        time.sleep(min(pause, max(0.0, limit - passed)))
        pause = min(pause * 1.5, LAST_POLL)


def refuse_impossible_changes(context: Context) -> None:
    """Hold what is asked for against what stands.

    Raises:
        NestctlError: ``storage-size``, ``storage-busy``, ``network-range`` or ``zones-fewer``.
    """
    _network(context)
    _storage(context)


def _storage(context: Context) -> None:
    found = standing.storage(context.deployer, f"{context.stack}-db")
    wanted = _size(context, "db_allocated_storage")
    if found is None or wanted == found.size:
        return
    where = f"[environments.{context.environment}.sizes]"
    if wanted < found.size:
        raise usage_error(
            "storage-size",
            f"The database has {found.size} GiB of storage and cannot have less; {wanted} are asked for.",
            "RDS only lets storage grow.",
            f"Write db_allocated_storage = {found.size} below {where} in nest.toml",
        )
    least = math.ceil(round(found.size * LEAST_GROWTH, 6))
    if wanted < least:
        raise usage_error(
            "storage-size",
            f"The database has {found.size} GiB of storage; {wanted} are asked for: too little more.",
            f"RDS lets storage grow by a tenth at least, which makes {least} GiB.",
            f"Write db_allocated_storage = {least} or more below {where} in nest.toml",
        )
    if found.optimizing:
        raise NestctlError(
            "storage-busy",
            f"The database's storage cannot grow from {found.size} GiB to {wanted} GiB yet.",
            "RDS still works on an earlier change of it, and takes no other within six hours.",
            "Run the same command again later; until then, the present size can stand in nest.toml.",
        )


def _network(context: Context) -> None:
    found = standing.network(context.deployer, context.stack)
    if found is None:
        return
    where = f"[environments.{context.environment}.sizes]"
    cidr = _size(context, "vpc_cidr")
    if cidr != found.cidr:
        raise usage_error(
            "network-range",
            f"The network has the range {found.cidr} and cannot get another; {cidr} is asked for.",
            "AWS fixes it when the VPC is made: all that is in it, the database too, would be made anew.",
            f'Write vpc_cidr = "{found.cidr}" below {where} in nest.toml',
        )
    zones = _size(context, "availability_zone_count")
    if zones < found.zones:
        raise usage_error(
            "zones-fewer",
            f"The site stands in {found.zones} availability zones and leaves none; {zones} are asked for.",
            "Every published version of the function keeps a network interface in each of them, "
            "and AWS does not delete a subnet that is in use.",
            f"Write availability_zone_count = {found.zones} below {where} in nest.toml",
        )


def _size(context: Context, name: str) -> Any:
    """Return what is asked for: from nest.toml, else the root's own default."""
    given = context.settings.sizes.get(name)
    wanted = declared(INFRASTRUCTURE / context.environment)[name].default if given is None else given
    return wanted if name == "vpc_cidr" else int(wanted)
