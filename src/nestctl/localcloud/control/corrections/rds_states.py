"""RDS: the states of an instance, and what is refused in them.

Sources: RDS user guide, "Viewing Amazon RDS DB instance status"; API reference of ModifyDBInstance
(``PendingModifiedValues``), CreateDBSnapshot and DeleteDBInstance; words as AWS is known to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nestctl.localcloud import pace
from nestctl.localcloud.control import form, replies
from nestctl.localcloud.control.corrections import rds_storage
from nestctl.localcloud.control.types import Call, Reply

Record = dict[str, Any]
CODE = "InvalidDBInstanceState"
STATUS = "DBInstanceStatus"
AVAILABLE, DELETING = "available", "deleting"
PENDING = "PendingModifiedValues"
PASSWORD = "MasterUserPassword"  # noqa: S105 - the name of a field
NOT_YET_SHARE = 0.25
"""Share of the usual wait after which a change begins: an instance says that it is available until then."""

SERVER, BUSY, APPLYING = "_server", "_busy", "_applying"
"""Of a record: what its server has become, whether its state has time left, whether a change is under way."""

AIM = "_aim"
"""Of a record: ``stopped`` or ``deleting``, when that is what becomes of the instance."""

STARTING = frozenset({"creating", "backing-up", "starting", "rebooting"})
"""States that end with the server's start."""

LATER = (
    "DBInstanceClass",
    "AllocatedStorage",
    "MultiAZ",
    "EngineVersion",
    "StorageType",
    "Iops",
    "StorageThroughput",
    "BackupRetentionPeriod",
    "CACertificateIdentifier",
    "IAMDatabaseAuthenticationEnabled",
)
"""Settings that stand among the pending values until they hold."""

OTHERS = (
    ("resetting-master-credentials", (PASSWORD,)),
    ("configuring-log-exports", ("CloudwatchLogsExportConfiguration",)),
    ("configuring-enhanced-monitoring", ("MonitoringInterval", "MonitoringRoleArn")),
)
"""States of changes that hold at once, by the fields of the call."""

NEEDS = {
    "ModifyDBInstance": "Database instance is not in available state.",
    "CreateDBSnapshot": (
        "Cannot create a snapshot because the database instance {} is not currently in the available state."
    ),
    "RebootDBInstance": "Instance {} is not in available state.",
    "StopDBInstance": "Instance {} is not in available state.",
}
"""What is refused, and how, when the instance is not available."""


def refusal(call: Call, record: Record | None) -> Reply | None:
    """Refuse what the state of an instance does not allow."""
    if record is None:
        return None
    name, status = record["DBInstanceIdentifier"], record[STATUS]
    if call.action in NEEDS and status != AVAILABLE:
        return replies.error(call, CODE, NEEDS[call.action].format(name))
    if call.action == "StartDBInstance" and status != "stopped":
        return replies.error(call, CODE, f"Instance {name} is not in stopped state.")
    if call.action == "DeleteDBInstance":
        if status == DELETING:
            return replies.error(call, CODE, f"Instance {name} is already being deleted.")
        if status == "creating" and not form.is_true(call.params.get("SkipFinalSnapshot")):
            message = f"Instance {name} is currently creating - a final snapshot cannot be taken."
            return replies.error(call, CODE, message)
    return None


def begin(record: Record, status: str) -> None:
    """Begin a state that lasts for the usual wait, and until the server has started."""
    record.pop(SERVER, None)
    record.pop(AIM, None)
    _enter(record, status)


def reported(record: Record, status: str) -> None:
    """Note what the server has become: ``available`` or ``failed``."""
    record[SERVER] = status
    _settle(record)


def _enter(record: Record, status: str) -> None:
    record[STATUS], record[BUSY] = status, True

    def over() -> None:
        record.pop(BUSY, None)
        _settle(record)

    pace.later(over)


def _settle(record: Record) -> None:
    server, status = record.get(SERVER), record[STATUS]
    if server is None or status not in STARTING or (record.get(BUSY) and server == AVAILABLE):
        return
    if server == AVAILABLE and status == "creating" and record.get("BackupRetentionPeriod"):
        _enter(record, "backing-up")
    else:
        record[STATUS] = server


def back_up(record: Record) -> None:
    """Let an instance say that it is being backed up, as it does while a snapshot is taken."""
    pace.passes(record, STATUS, "backing-up", AVAILABLE)


def stop(record: Record) -> None:
    """Take an instance to ``stopped``."""
    record[AIM] = "stopped"
    pace.passes(record, STATUS, "stopping", "stopped")


def values(record: Record | None) -> dict[str, Any]:
    """Return the settings that change later than they are asked for, to hand to :func:`changed`."""
    return {name: record.get(name) for name in (*LATER, PENDING)} if record is not None else {}


def changed(record: Record, call: Call, before: Mapping[str, Any]) -> None:
    """Let what a call changed take its time; meanwhile it stands among the pending values.

    Without ``ApplyImmediately`` it waits for the next change with it: no maintenance window comes.

    Args:
        record: The instance as the emulator has changed it already.
        call: ModifyDBInstance.
        before: What :func:`values` told before it.
    """
    new = {name: record[name] for name in LATER if name in record and record[name] != before[name]}
    record.update({name: before[name] for name in new})
    record[PENDING] = {**(before[PENDING] or {}), **record.get(PENDING, {}), **new}
    if PASSWORD in call.params:
        record[PENDING][PASSWORD] = "****"
    everything = bool(form.is_true(call.params.get("ApplyImmediately")))
    asked = [state for state, fields in OTHERS if any(name.startswith(fields) for name in call.params)]
    if everything and set(record[PENDING]) - {PASSWORD}:
        asked.insert(0, "modifying")
    if not asked:
        return
    record[APPLYING] = everything or record.get(APPLYING, False)

    def begun() -> None:
        pace.passes(record, STATUS, asked[0], AVAILABLE, then=lambda: _apply(record))

    pace.passes(record, STATUS, AVAILABLE, asked[0], times=NOT_YET_SHARE, then=begun)


def _apply(record: Record) -> None:
    waiting = record[PENDING]
    waiting.pop(PASSWORD, None)
    if record.pop(APPLYING, False):
        record[PENDING] = {}
        record.update(waiting)
        if rds_storage.FIELD in waiting:
            rds_storage.grew(record)


def delete(record: Record, gone: Callable[[], None]) -> None:
    """Keep an instance as ``deleting`` for the usual wait, then forget it."""
    record[STATUS] = record[AIM] = DELETING
    pace.later(gone)


def resume(record: Record) -> None:
    """End what a stop of the cloud cut short: a change holds, a state has no time left.

    The emulator has forgotten the state; what the instance is to become has not.
    """
    record.pop(BUSY, None)
    if APPLYING in record:
        _apply(record)
    record[STATUS] = record.get(AIM, record[STATUS])
