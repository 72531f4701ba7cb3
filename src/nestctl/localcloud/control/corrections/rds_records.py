"""RDS: the emulator's records of instances, and answers that hold what it leaves out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ministack.services import rds

from nestctl.localcloud.control import form
from nestctl.localcloud.control.corrections import rds_storage
from nestctl.localcloud.control.types import Call, Reply

Record = dict[str, Any]


def keep_what_is_lost(record: Record, call: Call) -> None:
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


def with_known_filter(call: Call) -> Call:
    """Return a call that filters by resource id as one that filters by name."""
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


def completed(reply: Reply) -> Reply:
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
        if record["DBInstanceStatus"] == "creating":
            text = re.sub(r"<Endpoint>.*?</Endpoint>", "", text, count=1, flags=re.DOTALL)
        # AWS leaves the name out when no database was made.
        return rds_storage.shown(text.replace("<DBName></DBName>", ""), record)

    body = re.sub(r"<DBInstance>.*?</DBInstance>", complete, reply.body.decode(), flags=re.DOTALL)
    return replace(reply, body=body.encode())


def single(name: str, record: Record) -> Reply:
    """Answer with one instance."""
    status, headers, body = rds._single_instance_response(f"{name}Response", f"{name}Result", record)  # noqa: SLF001
    raw = body if isinstance(body, bytes) else body.encode()
    return completed(Reply(status, {key.lower(): value for key, value in headers.items()}, raw))


def record_of(call: Call) -> Record | None:
    """Return the record of the instance that a call names."""
    name = call.params.get("DBInstanceIdentifier", "").rsplit(":", 1)[-1]
    record: Record | None = rds._instances.get(name)  # noqa: SLF001
    return record


def forces_tls(record: Record) -> bool:
    """Parameter ``rds.force_ssl``: on by default since PostgreSQL 15."""
    for reference in record.get("DBParameterGroups", []):
        group = rds._param_groups.get(reference.get("DBParameterGroupName", ""), {})  # noqa: SLF001
        entry = group.get("Parameters", {}).get("rds.force_ssl", {})
        if str(entry.get("ParameterValue", "1")) == "0":
            return False
    return True


def key(record: Record) -> str:
    """Return what the server of an instance is known by."""
    return str(record["DbiResourceId"])


def port_name(record: Record) -> str:
    """Return the name of an instance's port."""
    return f"rds/{record['DBInstanceIdentifier']}/{record['DbiResourceId']}"


def is_postgres(record: Record) -> bool:
    """Tell whether an instance is PostgreSQL, which alone has a server."""
    return str(record.get("Engine")) == "postgres"


def is_good(reply: Reply) -> bool:
    """Tell whether a call succeeded."""
    return reply.status == 200  # noqa: PLR2004
