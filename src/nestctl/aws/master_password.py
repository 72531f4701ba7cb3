"""The master password of a database: who has set it, and setting it anew. The data stays as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nestctl.aws import postgres_door
from nestctl.aws.postgres_door import Door
from nestctl.aws.session import Aws
from nestctl.report import NestctlError

POLL = 0.5

REMEMBERED_MINUTES = 14 * 24 * 60
"""For which RDS tells events (RDS API reference, DescribeEvents)."""

RESET = "master credentials"
"""In the message of RDS-EVENT-0016, "Reset master credentials" (RDS User Guide, event messages)."""


@dataclass(frozen=True)
class Database:
    """An instance, as far as its master password goes.

    Attributes:
        id: What no other instance has, whatever its name.
        status: ``available``, ``modifying``, ``resetting-master-credentials``.
        pending: Whether a change of the password is under way.
        made: When it became available first.
        host: Name of its endpoint.
        port: Its port.
        user: Master user.
        name: Database that was made with it.
    """

    id: str
    status: str
    pending: bool
    made: datetime
    host: str
    port: int
    user: str
    name: str


def describe(aws: Aws, identifier: str) -> Database:
    """Return what RDS says of an instance."""
    (row,) = aws.client("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    # An instance that is being made has no address yet.
    endpoint = row.get("Endpoint", {})
    return Database(
        id=row["DbiResourceId"],
        status=row["DBInstanceStatus"],
        pending="MasterUserPassword" in row.get("PendingModifiedValues", {}),
        made=row["InstanceCreateTime"],
        host=endpoint.get("Address", ""),
        port=endpoint.get("Port", 0),
        user=row["MasterUsername"],
        name=row.get("DBName") or "postgres",
    )


def last_reset(aws: Aws, identifier: str) -> datetime | None:
    """Return when the password was last set, by whomever; ``None`` when RDS remembers no such event."""
    pages = (
        aws.client("rds")
        .get_paginator("describe_events")
        .paginate(SourceIdentifier=identifier, SourceType="db-instance", Duration=REMEMBERED_MINUTES)
    )
    found: list[datetime] = [
        event["Date"] for page in pages for event in page["Events"] if RESET in event["Message"].lower()
    ]
    return max(found, default=None)


def knock(database: Database, password: str, bundle: Path | None) -> Door:
    """Try a password where the database can be reached from here."""
    return postgres_door.knock(database.host, database.port, database.user, password, database.name, bundle)


def set_password(
    aws: Aws,
    identifier: str,
    password: str,
    progress: Callable[[str], None],
    bundle: Path | None = None,
    timeout: float = 1800.0,
) -> None:
    """Give the master user this password, and wait until it is taken. May be repeated after an interruption.

    Raises:
        NestctlError: ``database-timeout`` when the instance does not come to take it.
    """
    deadline = time.monotonic() + timeout
    while (found := describe(aws, identifier)).status != "available" or found.pending:
        _wait(found, identifier, progress, deadline, timeout)
    aws.client("rds").modify_db_instance(
        DBInstanceIdentifier=identifier, MasterUserPassword=password, ApplyImmediately=True
    )
    while True:
        found = describe(aws, identifier)
        settled = found.status == "available" and not found.pending
        if settled and knock(found, password, bundle) != "refused":
            return
        _wait(found, identifier, progress, deadline, timeout)


def _wait(
    found: Database, identifier: str, progress: Callable[[str], None], deadline: float, timeout: float
) -> None:
    progress(f"the database is {found.status}")
    if time.monotonic() > deadline:
        raise NestctlError(
            "database-timeout",
            f"The database {identifier} is {found.status} and does not take its new password "
            f"within {timeout:.0f} s.",
            "RDS has not finished this change or an earlier one.",
            "Run the same command again later.",
        )
    time.sleep(POLL)
