"""RDS: groups of subnets and of parameters.

Source: the API references of CreateDBSubnetGroup, CreateDBParameterGroup and ModifyDBParameterGroup.
"""

from __future__ import annotations

import re

from ministack.services import ec2, rds

from nestctl.localcloud.control import form
from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.postgres_settings import NAMES
from nestctl.localcloud.control.limits.references import absent_subnet
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

VALUE = "InvalidParameterValue"
ZONES = 2
"""Availability zones that a subnet group covers at least."""
FAMILY = re.compile(
    r"postgres(?:9\.[3-6]|1[0-8])|mysql(?:5\.[1567]|8\.[04])|mariadb(?:10\.\d{1,2}|11\.\d)|"
    r"aurora-(?:mysql|postgresql)[\d.]+|oracle-.+|custom-.+|sqlserver-.+|db2-.+"
)
_STATIC = """
autovacuum_freeze_max_age autovacuum_max_workers autovacuum_multixact_freeze_max_age huge_pages
max_connections max_files_per_process max_locks_per_transaction max_logical_replication_workers
max_pred_locks_per_transaction max_prepared_transactions max_replication_slots max_wal_senders
max_worker_processes old_snapshot_threshold rds.logical_replication shared_buffers shared_preload_libraries
superuser_reserved_connections track_activity_query_size track_commit_timestamp wal_buffers
"""
STATIC = frozenset(_STATIC.split())
"""Parameters of PostgreSQL on RDS that need a restart."""
KNOWN = "postgres16"
"""The family whose parameters are known one by one."""


@limits("rds", "CreateDBSubnetGroup", "ModifyDBSubnetGroup")
def subnets(call: Call) -> Refused | None:
    """Refuse a group in one zone, of subnets that are not there, or with the name of RDS's own."""
    name = str(call.params.get("DBSubnetGroupName", ""))
    if call.action == "CreateDBSubnetGroup" and name.lower() == "default":
        return Refused(VALUE, "The parameter DBSubnetGroupName must not be default.")
    given = form.members(call.params, "SubnetIds", "SubnetIdentifier")
    if missing := absent_subnet(given):
        return Refused("InvalidSubnet", f"Some input subnets in :[{missing}] are invalid.")
    zones = sorted({str(ec2._subnets[subnet]["AvailabilityZone"]) for subnet in given})  # noqa: SLF001
    if not given or len(zones) >= ZONES:
        return None
    return Refused(
        "DBSubnetGroupDoesNotCoverEnoughAZs",
        "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
        f"{', '.join(zones)}. Add subnets to cover at least {ZONES} AZs.",
    )


@limits("rds", "CreateDBParameterGroup")
def family(call: Call) -> Refused | None:
    """Refuse a family that RDS does not have."""
    given = str(call.params.get("DBParameterGroupFamily", ""))
    if not given or FAMILY.fullmatch(given):
        return None
    return Refused(VALUE, f"ParameterGroupFamily {given} is not a valid parameter group family")


@limits("rds", "ModifyDBParameterGroup", "ResetDBParameterGroup")
def parameters(call: Call) -> Refused | None:
    """Refuse a parameter that there is not, and to change at once what a restart changes."""
    group = str(call.params.get("DBParameterGroupName", ""))
    record = rds._param_groups.get(group) or {}  # noqa: SLF001 - the emulator's own
    own = str(record.get("DBParameterGroupFamily", ""))
    if not own.startswith("postgres"):
        return None
    for field, value in call.params.items():
        if not field.endswith(".ParameterName"):
            continue
        name, method = str(value), call.params.get(f"{field.removesuffix('ParameterName')}ApplyMethod")
        if own == KNOWN and "." not in name and name.lower() not in NAMES:
            return Refused(VALUE, f"Could not find parameter with name: {name}")
        if name in STATIC and method == "immediate":
            words = "cannot use immediate apply method for static parameter"
            return Refused("InvalidParameterCombination", words)
    return None
