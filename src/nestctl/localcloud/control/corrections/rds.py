"""RDS: every PostgreSQL instance is a real server; some answers lack what Terraform reads back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import rds

from nestctl.localcloud import data
from nestctl.localcloud.control import form, replies
from nestctl.localcloud.control.corrections import rds_storage
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.data.postgres import Database, random_verifier
from nestctl.localcloud.data.scram import verifier

if TYPE_CHECKING:
    from nestctl.localcloud.supervise.runtime import Runtime

LOOPBACK = "127.0.0.1"
# The emulator keeps passwords in its state files, so it never gets one.
WITHHELD = "withheld-from-the-emulator"
Record = dict[str, Any]


@corrects("rds", "CreateDBInstance", until="the emulator runs a PostgreSQL server without Docker")
async def create_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Make a server with the instance's master user and database."""
    password = call.params.get("MasterUserPassword")
    reply = await proceed(form.changed(call, {"MasterUserPassword": WITHHELD}))
    record = rds._instances.get(call.params.get("DBInstanceIdentifier", ""))  # noqa: SLF001
    if not _is_good(reply) or record is None:
        return reply
    record.pop("_MasterUserPassword", None)
    if "DBName" not in call.params:
        record["DBName"] = ""
    _keep_what_is_lost(record, call)
    if _is_postgres(record):
        database = Database(
            key=_key(record),
            port=cloud.port(_port_name(record)),
            master=record["MasterUsername"],
            password_verifier=verifier(password) if password else random_verifier(),
            name=record["DBName"],
            force_tls=_forces_tls(record),
        )
        record["Endpoint"] = {**record["Endpoint"], "Address": LOOPBACK, "Port": database.port}
        record["DBInstanceStatus"] = "creating"
        data.engine().create_database(database, _reporter(record, get_account_id(), get_region()))
    return _single("CreateDBInstance", record)


@corrects("rds", "ModifyDBInstance", until="it changes a real password, and storage as RDS does")
async def modify_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Change the master password in the server itself; storage changes as RDS lets it."""
    if (refused := rds_storage.refusal(call, _record_of(call))) is not None:
        return refused
    password = call.params.get("MasterUserPassword")
    changed = rds_storage.grown(call, _record_of(call))
    reply = await proceed(form.changed(changed, without=["MasterUserPassword"]))
    record = _record_of(call)
    if not _is_good(reply) or record is None:
        return reply
    _keep_what_is_lost(record, call)
    for group in record.get("DBParameterGroups", []):
        if group.get("ParameterApplyStatus") == "applying":
            group["ParameterApplyStatus"] = "in-sync"
    if password and _is_postgres(record):
        await data.engine().set_master_password(_key(record), verifier(password))
    return _single("ModifyDBInstance", record)


@corrects("rds", "DeleteDBInstance", until="the emulator runs a PostgreSQL server without Docker")
async def delete_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Remove the server; its data becomes the final snapshot or goes, too."""
    record = _record_of(call)
    reply = await proceed(call)
    if _is_good(reply) and record is not None and _is_postgres(record):
        name = call.params.get("FinalDBSnapshotIdentifier", "")
        snapshot = rds._snapshots.get(name)  # noqa: SLF001
        if snapshot is not None and not form.is_true(call.params.get("SkipFinalSnapshot")):
            snapshot["_folder"] = await data.engine().delete_with_snapshot(_key(record), name)
        else:
            await data.engine().delete(_key(record))
        cloud.release_port(_port_name(record))
    return reply


@corrects("rds", "CreateDBSnapshot", until="a snapshot holds the database's data")
async def create_db_snapshot(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Copy the server's data."""
    record = _record_of(call)
    reply = await proceed(call)
    name = call.params.get("DBSnapshotIdentifier", "")
    snapshot = rds._snapshots.get(name)  # noqa: SLF001
    if not _is_good(reply) or snapshot is None or record is None or not _is_postgres(record):
        return reply
    snapshot |= {"Status": "creating", "PercentProgress": 0}

    def report(status: str) -> None:
        snapshot.update(Status=status, PercentProgress=100 if status == "available" else 0)

    snapshot["_folder"] = data.engine().take_snapshot(_key(record), name, report)
    return replies.query_reply(call, f"<DBSnapshot>{rds._snapshot_xml(snapshot)}</DBSnapshot>")  # noqa: SLF001


@corrects("rds", "DeleteDBSnapshot", until="a snapshot holds the database's data")
async def delete_db_snapshot(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Remove the snapshot's data."""
    snapshot = rds._snapshots.get(call.params.get("DBSnapshotIdentifier", ""))  # noqa: SLF001
    reply = await proceed(call)
    if _is_good(reply) and snapshot is not None and snapshot.get("_folder"):
        await data.engine().delete_snapshot(snapshot["_folder"])
    return reply


@corrects("rds", "RestoreDBInstanceFromDBSnapshot", until="the restored instance has the snapshot's data")
async def restore_db_instance_from_db_snapshot(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Make a server of the snapshot's data; its master user and password are the snapshot's."""
    snapshot = rds._snapshots.get(call.params.get("DBSnapshotIdentifier", "").rsplit(":", 1)[-1])  # noqa: SLF001
    if snapshot is not None and snapshot["Status"] != "available":
        return replies.error(call, "InvalidDBSnapshotState", f"The snapshot is {snapshot['Status']}.")
    reply = await proceed(call)
    record = _record_of(call)
    if not _is_good(reply) or record is None or snapshot is None or not snapshot.get("_folder"):
        return reply
    _keep_what_is_lost(record, call)
    _take_over(record, call)
    database = Database(
        key=_key(record),
        port=cloud.port(_port_name(record)),
        master=record["MasterUsername"],
        password_verifier="",
        name=record["DBName"],
        force_tls=_forces_tls(record),
        seed=snapshot["_folder"],
    )
    record["Endpoint"] = {**record["Endpoint"], "Address": LOOPBACK, "Port": database.port}
    record["DBInstanceStatus"] = "creating"
    data.engine().create_database(database, _reporter(record, get_account_id(), get_region()))
    return _single("RestoreDBInstanceFromDBSnapshot", record)


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
    reply = await proceed(call)
    record = _record_of(call)
    if _is_good(reply) and record is not None and _is_postgres(record):
        await data.engine().halt(_key(record))
        record["DBInstanceStatus"] = "stopped"
    return reply


@corrects("rds", "StartDBInstance", until="the emulator runs a PostgreSQL server without Docker")
async def start_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Run the server again."""
    reply = await proceed(call)
    if _is_good(reply) and (record := _record_of(call)) is not None and _is_postgres(record):
        _resume(record, cloud, get_account_id(), get_region())
    return reply


@corrects("rds", "RebootDBInstance", until="the emulator runs a PostgreSQL server without Docker")
async def reboot_db_instance(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Shut the server down and run it again."""
    reply = await proceed(call)
    if _is_good(reply) and (record := _record_of(call)) is not None and _is_postgres(record):
        await data.engine().halt(_key(record))
        _resume(record, cloud, get_account_id(), get_region())
    return reply


@corrects("rds", "DescribeDBInstances", until="the dbi-resource-id filter works and log exports are answered")
async def describe_db_instances(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Filter by resource id, and answer what the emulator leaves out."""
    return _completed(await proceed(_with_known_filter(call)))


def resume(runtime: Runtime) -> None:
    """Run every instance that the API knows, as after a restart of the cloud."""
    for (account, region, _), record in list(rds._instances.all_items()):  # noqa: SLF001
        if _is_postgres(record) and record.get("DBInstanceStatus") != "stopped":
            with request_scope(account, region):
                _resume(record, runtime, account, region)


def _resume(record: Record, cloud: Cloud, account: str, region: str) -> None:
    port = cloud.port(_port_name(record))
    record["Endpoint"] = {**record.get("Endpoint", {}), "Address": LOOPBACK, "Port": port}
    record["DBInstanceStatus"] = "starting"
    report = _reporter(record, account, region)
    if not data.engine().resume_database(_key(record), report, port=port, force_tls=_forces_tls(record)):
        record["DBInstanceStatus"] = "failed"


def _reporter(record: Record, account: str, region: str) -> Callable[[str], None]:
    def report(status: str) -> None:
        with request_scope(account, region):
            if rds._instances.get(record["DBInstanceIdentifier"]) is record:  # noqa: SLF001
                record["DBInstanceStatus"] = status

    return report


def _keep_what_is_lost(record: Record, call: Call) -> None:
    """Note fields that the emulator ignores, for the answers."""
    params = call.params
    exports = record.get("EnabledCloudwatchLogsExports", [])
    exports = exports + form.members(params, "EnableCloudwatchLogsExports")
    exports += form.members(params, "CloudwatchLogsExportConfiguration.EnableLogTypes")
    gone = form.members(params, "CloudwatchLogsExportConfiguration.DisableLogTypes")
    record["EnabledCloudwatchLogsExports"] = [kind for kind in dict.fromkeys(exports) if kind not in gone]
    if key := params.get("PerformanceInsightsKMSKeyId"):
        record["PerformanceInsightsKMSKeyId"] = key
    if throughput := params.get("StorageThroughput"):
        record["StorageThroughput"] = int(throughput)
    for name, field in (
        ("EnablePerformanceInsights", "PerformanceInsightsEnabled"),
        ("AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade"),
    ):
        if (value := form.is_true(params.get(name))) is not None:
            record[field] = value


def _with_known_filter(call: Call) -> Call:
    for name, value in call.params.items():
        match = re.fullmatch(r"(Filters\.(?:Filter|member)\.\d+\.)Name", name)
        if match is None or value != "dbi-resource-id":
            continue
        wanted = {item for key, item in call.params.items() if key.startswith(f"{match[1]}Values.")}
        found = [
            record["DBInstanceIdentifier"]
            for record in rds._instances.values()  # noqa: SLF001
            if record.get("DbiResourceId") in wanted
        ] or ["no-such-instance"]
        values = {f"{match[1]}Values.Value.{number}": item for number, item in enumerate(found, 1)}
        return form.changed(call, {**values, name: "db-instance-id"}, without=[f"{match[1]}Values."])
    return call


def _completed(reply: Reply) -> Reply:
    """Add the log exports and the performance insights key that the emulator's XML leaves out."""

    def complete(block: re.Match[str]) -> str:
        text = block[0]
        name = re.search(r"<DBInstanceIdentifier>([^<]+)<", text)
        record = rds._instances.get(name[1]) if name else None  # noqa: SLF001
        if record is None:
            return text
        exports = "".join(
            f"<member>{kind}</member>" for kind in record.get("EnabledCloudwatchLogsExports", [])
        )
        more = f"<EnabledCloudwatchLogsExports>{exports}</EnabledCloudwatchLogsExports>"
        if record.get("PerformanceInsightsEnabled") and record.get("PerformanceInsightsKMSKeyId"):
            insights_key = record["PerformanceInsightsKMSKeyId"]
            more += f"<PerformanceInsightsKMSKeyId>{insights_key}</PerformanceInsightsKMSKeyId>"
        text = text.replace("<EnabledCloudwatchLogsExports/>", more)
        # AWS leaves the name out when no database was made.
        return rds_storage.shown(text.replace("<DBName></DBName>", ""), record)

    body = re.sub(r"<DBInstance>.*?</DBInstance>", complete, reply.body.decode(), flags=re.DOTALL)
    return replace(reply, body=body.encode())


def _single(name: str, record: Record) -> Reply:
    status, headers, body = rds._single_instance_response(f"{name}Response", f"{name}Result", record)  # noqa: SLF001
    raw = body if isinstance(body, bytes) else body.encode()
    return _completed(Reply(status, {key.lower(): value for key, value in headers.items()}, raw))


def _record_of(call: Call) -> Record | None:
    name = call.params.get("DBInstanceIdentifier", "").rsplit(":", 1)[-1]
    record: Record | None = rds._instances.get(name)  # noqa: SLF001
    return record


def _forces_tls(record: Record) -> bool:
    """Parameter ``rds.force_ssl``: on by default since PostgreSQL 15."""
    for reference in record.get("DBParameterGroups", []):
        group = rds._param_groups.get(reference.get("DBParameterGroupName", ""), {})  # noqa: SLF001
        entry = group.get("Parameters", {}).get("rds.force_ssl", {})
        if str(entry.get("ParameterValue", "1")) == "0":
            return False
    return True


def _key(record: Record) -> str:
    return str(record["DbiResourceId"])


def _port_name(record: Record) -> str:
    return f"rds/{record['DBInstanceIdentifier']}/{record['DbiResourceId']}"


def _is_postgres(record: Record) -> bool:
    return str(record.get("Engine")) == "postgres"


def _is_good(reply: Reply) -> bool:
    return reply.status == 200  # noqa: PLR2004
