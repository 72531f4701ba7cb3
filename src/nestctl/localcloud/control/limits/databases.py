"""RDS: what an instance is made of.

Source: the API reference of CreateDBInstance, and the user guide of RDS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ministack.services import rds

from nestctl.localcloud.control import form
from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.references import absent_group, absent_key
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

COMBINATION, VALUE = "InvalidParameterCombination", "InvalidParameterValue"
POSTGRES = "postgres"
BURSTABLE = ("micro", "small", "medium", "large", "xlarge", "2xlarge")
FIXED = ("medium", "large", *(f"{factor}xlarge" for factor in ("", *range(2, 49))))
_FAMILIES = """
m5 m5d m6g m6gd m6i m6id m6idn m6in m7g m7gd m7i m8g m8gd r5 r5b r5d r6g r6gd r6i r6id r6idn r6in r7g r7gd r7i
r8g r8gd c6gd x2g x2idn x2iedn z1d
"""
CLASSES = {"t3": BURSTABLE, "t4g": BURSTABLE, **dict.fromkeys(_FAMILIES.split(), FIXED)}
"""Sizes of the classes that PostgreSQL 16 runs on, by family; some families lack some sizes."""
MAJORS = range(11, 19)
MINOR = 24
"""A major version of PostgreSQL has fewer minor ones than that in its five years."""
PORTS = range(1150, 65536)
STRIPED = 400
"""GiB from which a gp3 volume of PostgreSQL's has IOPS and throughput of one's choice."""
SMALLEST = {"gp2": 20, "gp3": 20, "io1": 100, "io2": 100}
"""GiB of the smallest volume."""
_RESERVED = """
admin all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
only or order outer overlaps placing primary public rdsadmin rdsrepladmin rds_superuser references returning
right select session_user similar some symmetric table tablesample then to trailing true union unique user
using variadic verbose when where window with
"""
RESERVED = frozenset(_RESERVED.split())
"""Names of users that PostgreSQL or RDS keep for themselves."""
RESERVED_DATABASES = frozenset({"rdsadmin", "template0", "template1"})
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
_DAILY = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_WEEKLY = re.compile(r"([a-z]{3}):(\d\d):(\d\d)-([a-z]{3}):(\d\d):(\d\d)")


def _record(call: Call) -> Mapping[str, Any]:
    """The instance that a change is about; empty for a new one."""
    return rds._instances.get(str(call.params.get("DBInstanceIdentifier", ""))) or {}  # noqa: SLF001


def _engine(call: Call) -> str:
    return str(call.params.get("Engine") or _record(call).get("Engine") or POSTGRES)


@limits("rds", "CreateDBInstance", "ModifyDBInstance")
def instance_class(call: Call) -> Refused | None:
    """Refuse a class that is none, or that PostgreSQL does not run on."""
    given = str(call.params.get("DBInstanceClass") or "")
    parts = given.split(".")
    if not given:
        return None
    if len(parts) < 3 or parts[0] != "db":  # noqa: PLR2004
        return Refused(VALUE, f"Invalid DB Instance class: {given}")
    if _engine(call) != POSTGRES or parts[2] in CLASSES.get(parts[1], ()):
        return None
    version = call.params.get("EngineVersion") or _record(call).get("EngineVersion") or "16"
    return Refused(
        COMBINATION,
        "RDS does not support creating a DB instance with the following combination: "
        f"DBInstanceClass={given}, Engine={POSTGRES}, EngineVersion={version}, "
        "LicenseModel=postgresql-license. For supported combinations of instance class and database engine "
        "version, see the documentation.",
    )


@limits("rds", "CreateDBInstance", "ModifyDBInstance")
def version(call: Call) -> Refused | None:
    """Refuse a version that PostgreSQL does not have."""
    given = str(call.params.get("EngineVersion") or "")
    if not given or _engine(call) != POSTGRES:
        return None
    found = re.fullmatch(r"(\d{2})(?:\.(\d{1,2}))?(?:-R\d)?", given)
    if found and int(found[1]) in MAJORS and int(found[2] or 1) in range(1, MINOR):
        return None
    return Refused(COMBINATION, f"Cannot find version {given} for {POSTGRES}")


@limits("rds", "CreateDBInstance", "ModifyDBInstance")
def storage(call: Call) -> Refused | None:
    """Refuse a volume that is too small for what is asked of it."""
    params, record = call.params, _record(call)
    if _engine(call) != POSTGRES:
        return None
    kind = str(params.get("StorageType") or record.get("StorageType") or "gp2")
    size = str(params.get("AllocatedStorage") or record.get("AllocatedStorage") or "")
    if not size.isdigit():
        return None
    if "AllocatedStorage" in params and int(size) < SMALLEST.get(kind, 0):
        words = f"Invalid storage size for engine name {POSTGRES} and storage type {kind}: {size}"
        return Refused(COMBINATION, words)
    if kind == "gp3" and int(size) < STRIPED and (params.get("Iops") or params.get("StorageThroughput")):
        words = (
            "You can't specify IOPS or storage throughput for engine postgres and a storage size less than"
        )
        return Refused(COMBINATION, f"{words} {STRIPED}.")
    return None


@limits("rds", "CreateDBInstance")
def storage_to_grow(call: Call) -> Refused | None:
    """Refuse storage that grows to less than there is; in a change, as much as there is turns growing off."""
    size, most = (str(call.params.get(name) or "") for name in ("AllocatedStorage", "MaxAllocatedStorage"))
    if not (size.isdigit() and most.isdigit()) or int(most) > int(size):
        return None
    return Refused(COMBINATION, "Max storage size must be greater than storage size")


@limits("rds", "CreateDBInstance", "ModifyDBInstance")
def port(call: Call) -> Refused | None:
    """Refuse a port that RDS keeps."""
    field = "Port" if call.action == "CreateDBInstance" else "DBPortNumber"
    given = str(call.params.get(field) or "")
    if not given.isdigit() or int(given) in PORTS:
        return None
    return Refused(VALUE, f"{given} is not a valid port. Valid range: {PORTS[0]}-{PORTS[-1]}.")


@limits("rds", "CreateDBInstance")
def database_name(call: Call) -> Refused | None:
    """Refuse a name of the first database."""
    given = str(call.params.get("DBName") or "")
    if not given or _engine(call) != POSTGRES:
        return None
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", given):
        return Refused(VALUE, "DBName must begin with a letter and contain only alphanumeric characters.")
    if given.lower() in RESERVED_DATABASES:
        return Refused(VALUE, f"DBName {given} cannot be used. It is a reserved word for this engine")
    return None


@limits("rds", "CreateDBInstance")
def master_user(call: Call) -> Refused | None:
    """Refuse a name of the master user."""
    given = str(call.params.get("MasterUsername") or "")
    if not given or _engine(call) != POSTGRES:
        return None
    if given.lower() in RESERVED or given.lower().startswith("pg_"):
        words = f"MasterUsername {given} cannot be used as it is a reserved word used by the engine"
        return Refused(VALUE, words)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", given):
        words = "must begin with a letter and contain only alphanumeric characters, at most 63"
        return Refused(VALUE, f"The parameter MasterUsername is not a valid user name. It {words}.")
    return None


@limits("rds", "CreateDBInstance", "ModifyDBInstance")
def windows(call: Call) -> Refused | None:
    """Refuse windows of backup and maintenance that overlap."""
    names = ("PreferredBackupWindow", "PreferredMaintenanceWindow")
    if not any(call.params.get(name) for name in names):
        return None
    record = _record(call)
    backup, maintenance = (str(call.params.get(name) or record.get(name) or "").lower() for name in names)
    if not _overlap(_daily(backup), _weekly(maintenance)):
        return None
    return Refused(COMBINATION, "The backup window and maintenance window must not overlap.")


def _daily(text: str) -> tuple[int, int] | None:
    """Begin in minutes of the day, and length."""
    if not (found := _DAILY.fullmatch(text)):
        return None
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return begin, (end - begin) % DAY


def _weekly(text: str) -> tuple[int, int] | None:
    """Begin in minutes of the week, and length."""
    if not (found := _WEEKLY.fullmatch(text)) or not {found[1], found[4]} <= {*DAYS}:
        return None
    begin, end = (
        DAYS.index(day) * DAY + int(hour) * 60 + int(minute)
        for day, hour, minute in ((found[1], found[2], found[3]), (found[4], found[5], found[6]))
    )
    return begin, (end - begin) % (7 * DAY)


def _overlap(daily: tuple[int, int] | None, weekly: tuple[int, int] | None) -> bool:
    """Tell whether a window of each day and one of the week have a minute in common."""
    if daily is None or weekly is None:
        return False
    (begin, length), (start, lasting) = daily, weekly
    return (begin - start) % DAY < lasting or (start - begin) % DAY < length


@limits("rds", "CreateDBInstance")
def absent(call: Call) -> Refused | None:
    """Refuse keys and groups that are not there."""
    params = call.params
    for field in ("KmsKeyId", "PerformanceInsightsKMSKeyId"):
        given = str(params.get(field) or "")
        if absent_key(call, given) is not None:
            return Refused(
                "KMSKeyNotAccessibleFault",
                f"The specified KMS key [{given}] does not exist, is not enabled or you do not have "
                "permissions to access it.",
            )
    name = str(params.get("DBSubnetGroupName") or "default")
    if name != "default" and name not in rds._subnet_groups:  # noqa: SLF001
        return Refused("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.", 404)
    groups = form.members(params, "VpcSecurityGroupIds", "VpcSecurityGroupId")
    if missing := absent_group(groups):
        return Refused(VALUE, f"Invalid security group , groupId= {missing}, groupName=.")
    return None
