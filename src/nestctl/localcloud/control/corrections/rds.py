"""RDS: every PostgreSQL instance is a real server; some answers lack what Terraform reads back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import rds

from nestctl.localcloud import data
from nestctl.localcloud.control import form, replies
from nestctl.localcloud.control.corrections import rds_states, rds_storage
from nestctl.localcloud.control.corrections.rds_records import (
    completed,
    forces_tls,
    is_good,
    is_postgres,
    keep_what_is_lost,
    key,
    port_name,
    record_of,
    single,
    with_known_filter,
)
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.data.postgres import Database, random_verifier
from nestctl.localcloud.data.scram import verifier

if TYPE_CHECKING:
    from nestctl.localcloud.supervise.runtime import Runtime

LOOPBACK = "127.0.0.1"
# The emulator keeps passwords in its state files, so it never gets one.
WITHHELD = "withheld-from-the-emulator"
FINAL = "_final"
"""Marks the snapshot of an instance that is being deleted."""

Record = dict[str, Any]


@corrects("rds", "CreateDBInstance", until="the emulator runs a PostgreSQL server without Docker")
async def create_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Make a server with the instance's master user and database."""
    password = call.params.get("MasterUserPassword")
    reply = await proceed(form.changed(call, {"MasterUserPassword": WITHHELD}))
    record = rds._instances.get(call.params.get("DBInstanceIdentifier", ""))  # noqa: SLF001
    if not is_good(reply) or record is None:
        return reply
    record.pop("_MasterUserPassword", None)
    if "DBName" not in call.params:
        record["DBName"] = ""
    keep_what_is_lost(record, call)
    rds_states.begin(record, "creating")
    if not is_postgres(record):
        rds_states.reported(record, "available")
    else:
        database = Database(
            key=key(record),
            port=cloud.port(port_name(record)),
            master=record["MasterUsername"],
            password_verifier=verifier(password) if password else random_verifier(),
            name=record["DBName"],
            force_tls=forces_tls(record),
        )
        record["Endpoint"] = {**record["Endpoint"], "Address": LOOPBACK, "Port": database.port}
        data.engine().create_database(database, _reporter(record, get_account_id(), get_region()))
    return single("CreateDBInstance", record)


@corrects("rds", "ModifyDBInstance", until="it changes a real password, and storage as RDS does")
async def modify_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Change the master password in the server itself; storage changes as RDS lets it."""
    record = record_of(call)
    refused = rds_states.refusal(call, record) or rds_storage.refusal(call, record)
    if refused is not None:
        return refused
    password = call.params.get("MasterUserPassword")
    before = rds_states.values(record)
    changed = rds_storage.grown(call, record)
    reply = await proceed(form.changed(changed, without=["MasterUserPassword"]))
    record = record_of(call)
    if not is_good(reply) or record is None:
        return reply
    keep_what_is_lost(record, call)
    for group in record.get("DBParameterGroups", []):
        if group.get("ParameterApplyStatus") == "applying":
            group["ParameterApplyStatus"] = "in-sync"
    rds_states.changed(record, call, before)
    if password and is_postgres(record):
        await data.engine().set_master_password(key(record), verifier(password))
    return single("ModifyDBInstance", record)


@corrects("rds", "DeleteDBInstance", until="the emulator runs a PostgreSQL server without Docker")
async def delete_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Remove the server; its data becomes the final snapshot or goes, too."""
    record = record_of(call)
    if (refused := rds_states.refusal(call, record)) is not None:
        return refused
    name = call.params.get("FinalDBSnapshotIdentifier", "")
    kept = bool(name) and not form.is_true(call.params.get("SkipFinalSnapshot"))
    if kept and record is not None and name in rds._snapshots:  # noqa: SLF001
        message = f"Cannot create the snapshot because a snapshot with the identifier {name} already exists."
        return replies.error(call, "DBSnapshotAlreadyExists", message)
    tags = record and list(rds._tags.get(record["DBInstanceArn"]) or [])  # noqa: SLF001
    reply = await proceed(call)
    if not is_good(reply) or record is None:
        return reply
    rds._instances[record["DBInstanceIdentifier"]] = record  # noqa: SLF001
    if tags:
        rds._tags[record["DBInstanceArn"]] = tags  # noqa: SLF001
    final = rds._snapshots.get(name) if kept else None  # noqa: SLF001
    if final is not None:
        final |= {"Status": "creating", "PercentProgress": 0, FINAL: True}

    def gone() -> None:
        _forget(record)
        if final is not None:
            _finish(final)

    record["DBInstanceStatus"] = record[rds_states.AIM] = rds_states.DELETING
    if is_postgres(record):
        if final is not None:
            final["_folder"] = await data.engine().delete_with_snapshot(key(record), name)
        else:
            await data.engine().delete(key(record))
        cloud.release_port(port_name(record))
    rds_states.delete(record, gone)
    return reply


def _forget(record: Record) -> None:
    if rds._instances.get(record["DBInstanceIdentifier"]) is record:  # noqa: SLF001
        del rds._instances[record["DBInstanceIdentifier"]]  # noqa: SLF001
        rds._tags.pop(record["DBInstanceArn"], None)  # noqa: SLF001


def _finish(snapshot: Record) -> None:
    snapshot.pop(FINAL, None)
    snapshot.update(Status="available", PercentProgress=100)


@corrects("rds", "CreateDBSnapshot", until="a snapshot holds the database's data")
async def create_db_snapshot(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Copy the server's data."""
    record = record_of(call)
    if (refused := rds_states.refusal(call, record)) is not None:
        return refused
    reply = await proceed(call)
    name = call.params.get("DBSnapshotIdentifier", "")
    snapshot = rds._snapshots.get(name)  # noqa: SLF001
    if not is_good(reply) or snapshot is None or record is None or not is_postgres(record):
        return reply
    rds_states.back_up(record)
    snapshot |= {"Status": "creating", "PercentProgress": 0}

    def report(status: str) -> None:
        snapshot.update(Status=status, PercentProgress=100 if status == "available" else 0)

    snapshot["_folder"] = data.engine().take_snapshot(key(record), name, report)
    return replies.query_reply(call, f"<DBSnapshot>{rds._snapshot_xml(snapshot)}</DBSnapshot>")  # noqa: SLF001


@corrects("rds", "DeleteDBSnapshot", until="a snapshot holds the database's data")
async def delete_db_snapshot(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Remove the snapshot's data."""
    snapshot = rds._snapshots.get(call.params.get("DBSnapshotIdentifier", ""))  # noqa: SLF001
    if snapshot is not None and snapshot["Status"] == "creating":
        message = "Cannot delete the snapshot because it is not currently in the available or failed state."
        return replies.error(call, "InvalidDBSnapshotState", message)
    reply = await proceed(call)
    if is_good(reply) and snapshot is not None and snapshot.get("_folder"):
        await data.engine().delete_snapshot(snapshot["_folder"])
    return reply


@corrects("rds", "RestoreDBInstanceFromDBSnapshot", until="the restored instance has the snapshot's data")
async def restore_db_instance_from_db_snapshot(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Make a server of the snapshot's data; its master user and password are the snapshot's."""
    snapshot = rds._snapshots.get(call.params.get("DBSnapshotIdentifier", "").rsplit(":", 1)[-1])  # noqa: SLF001
    if snapshot is not None and snapshot["Status"] != "available":
        return replies.error(call, "InvalidDBSnapshotState", f"The snapshot is {snapshot['Status']}.")
    reply = await proceed(call)
    record = record_of(call)
    if not is_good(reply) or record is None or snapshot is None or not snapshot.get("_folder"):
        return reply
    keep_what_is_lost(record, call)
    _take_over(record, call)
    database = Database(
        key=key(record),
        port=cloud.port(port_name(record)),
        master=record["MasterUsername"],
        password_verifier="",
        name=record["DBName"],
        force_tls=forces_tls(record),
        seed=snapshot["_folder"],
    )
    record["Endpoint"] = {**record["Endpoint"], "Address": LOOPBACK, "Port": database.port}
    rds_states.begin(record, "creating")
    data.engine().create_database(database, _reporter(record, get_account_id(), get_region()))
    return single("RestoreDBInstanceFromDBSnapshot", record)


def _take_over(record: Record, call: Call) -> None:
    """Set what a restore takes from the call, and the emulator does not."""
    params = call.params
    if group := params.get("DBParameterGroupName"):
        record["DBParameterGroups"] = [{"DBParameterGroupName": group, "ParameterApplyStatus": "in-sync"}]
    if groups := form.members(params, "VpcSecurityGroupIds", "VpcSecurityGroupId"):
        record["VpcSecurityGroups"] = [{"VpcSecurityGroupId": item, "Status": "active"} for item in groups]
    if (subnets := rds._subnet_groups.get(params.get("DBSubnetGroupName", ""))) is not None:  # noqa: SLF001
        record["DBSubnetGroup"] = subnets
    for name in ("DeletionProtection", "CopyTagsToSnapshot"):
        if (value := form.is_true(params.get(name))) is not None:
            record[name] = value


@corrects("rds", "StopDBInstance", until="the emulator runs a PostgreSQL server without Docker")
async def stop_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Shut the server down."""
    if (refused := rds_states.refusal(call, record_of(call))) is not None:
        return refused
    reply = await proceed(call)
    record = record_of(call)
    if not is_good(reply) or record is None:
        return reply
    rds_states.stop(record)
    if is_postgres(record):
        await data.engine().halt(key(record))
    return single("StopDBInstance", record)


@corrects("rds", "StartDBInstance", until="the emulator runs a PostgreSQL server without Docker")
async def start_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Run the server again."""
    if (refused := rds_states.refusal(call, record_of(call))) is not None:
        return refused
    reply = await proceed(call)
    if not is_good(reply) or (record := record_of(call)) is None:
        return reply
    if is_postgres(record):
        _resume(record, cloud, get_account_id(), get_region())
    else:
        rds_states.begin(record, "starting")
        rds_states.reported(record, "available")
    return single("StartDBInstance", record)


@corrects("rds", "RebootDBInstance", until="the emulator runs a PostgreSQL server without Docker")
async def reboot_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Shut the server down and run it again."""
    record = record_of(call)
    if record is None:
        return await proceed(call)
    if (refused := rds_states.refusal(call, record)) is not None:
        return refused
    if is_postgres(record):
        await data.engine().halt(key(record))
        _resume(record, cloud, get_account_id(), get_region(), "rebooting")
    else:
        rds_states.begin(record, "rebooting")
        rds_states.reported(record, "available")
    return single("RebootDBInstance", record)


@corrects("rds", "DescribeDBInstances", until="the dbi-resource-id filter works and log exports are answered")
async def describe_db_instances(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Filter by resource id, and answer what the emulator leaves out."""
    return completed(await proceed(with_known_filter(call)))


def resume(runtime: Runtime) -> None:
    """Run every instance that the API knows, as after a restart of the cloud."""
    for (account, region, _), record in list(rds._instances.all_items()):  # noqa: SLF001
        with request_scope(account, region):
            rds_states.resume(record)
            if record["DBInstanceStatus"] == rds_states.DELETING:
                _forget(record)
            elif is_postgres(record) and record["DBInstanceStatus"] != "stopped":
                _resume(record, runtime, account, region)
    for _, snapshot in list(rds._snapshots.all_items()):  # noqa: SLF001
        if snapshot.get(FINAL):
            _finish(snapshot)


def _resume(record: Record, cloud: Cloud, account: str, region: str, status: str = "starting") -> None:
    port = cloud.port(port_name(record))
    record["Endpoint"] = {**record.get("Endpoint", {}), "Address": LOOPBACK, "Port": port}
    rds_states.begin(record, status)
    report = _reporter(record, account, region)
    if not data.engine().resume_database(key(record), report, port=port, force_tls=forces_tls(record)):
        record["DBInstanceStatus"] = "failed"


def _reporter(record: Record, account: str, region: str) -> Callable[[str], None]:
    def report(status: str) -> None:
        with request_scope(account, region):
            if rds._instances.get(record["DBInstanceIdentifier"]) is record:  # noqa: SLF001
                rds_states.reported(record, status)

    return report
