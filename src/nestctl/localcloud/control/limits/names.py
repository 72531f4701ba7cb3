"""Load balancing, RDS and ElastiCache: names, passwords and lengths that their models leave open.

Source: the API references of CreateTargetGroup, CreateLoadBalancer, ModifyListenerAttributes,
CreateDBInstance and CreateReplicationGroup.
"""

from __future__ import annotations

import re

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

BALANCER_NAME = 32
HEADER_VALUE = 1000
"""Characters of a field that a listener sets, such as Content-Security-Policy."""
IDENTIFIER = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
DATABASE_IDENTIFIER, GROUP_IDENTIFIER = 63, 40
PASSWORD = (8, 128)
TOKEN = (16, 128)
RETENTION = 35
"""Days for which backups are kept at most."""
ELB = "elasticloadbalancing"
VALUE = "InvalidParameterValue"
_PASSWORD = "The parameter MasterUserPassword is not a valid password"  # noqa: S105 - words of AWS


def _balancer_name(name: str, kind: str) -> Refused | None:
    words = None
    if len(name) > BALANCER_NAME:
        words = f"cannot be longer than '{BALANCER_NAME}' characters"
    elif not re.fullmatch(r"[A-Za-z0-9-]+", name):
        words = "can only contain characters that are alphanumeric characters or hyphens(-)"
    elif name.startswith("-") or name.endswith("-"):
        words = "cannot begin or end with a hyphen(-)"
    elif kind.startswith("The load") and name.startswith("internal-"):
        words = "cannot begin with 'internal-'"
    return Refused("ValidationError", f"{kind} name '{name}' {words}") if words else None


@limits(ELB, "CreateLoadBalancer")
def load_balancer(call: Call) -> Refused | None:
    """Refuse a name of a load balancer."""
    return _balancer_name(str(call.params.get("Name", "")), "The load balancer")


@limits(ELB, "CreateTargetGroup")
def target_group(call: Call) -> Refused | None:
    """Refuse a name of a target group."""
    return _balancer_name(str(call.params.get("Name", "")), "Target group")


@limits(ELB, "ModifyListenerAttributes")
def listener_attribute(call: Call) -> Refused | None:
    """Refuse a header that is too long."""
    for field, key in call.params.items():
        if not (field.startswith("Attributes.") and field.endswith(".Key")):
            continue
        value = str(call.params.get(f"{field.removesuffix('.Key')}.Value", ""))
        if str(key).endswith(".header_value") and len(value) > HEADER_VALUE:
            words = f"The value of attribute '{key}' cannot be longer than '{HEADER_VALUE}' characters"
            return Refused("ValidationError", words)
    return None


def _identifier(call: Call, field: str, longest: int, words: str) -> Refused | None:
    given = str(call.params.get(field, ""))
    if not given or (IDENTIFIER.fullmatch(given) and len(given) <= longest):
        return None
    start = f"The parameter {words} is not a valid identifier"
    if len(given) > longest:
        return Refused(
            VALUE,
            f"{start} because it is longer than {longest} characters.",
        )
    return Refused(
        VALUE,
        f"{start}. Identifiers must begin with a letter; must contain only ASCII letters, digits, and "
        "hyphens; and must not end with a hyphen or contain two consecutive hyphens.",
    )


@limits("rds", "CreateDBInstance", "RestoreDBInstanceFromDBSnapshot")
def database(call: Call) -> Refused | None:
    """Refuse an identifier of a database."""
    return _identifier(call, "DBInstanceIdentifier", DATABASE_IDENTIFIER, "DBInstanceIdentifier")


@limits("rds", "CreateDBInstance", "ModifyDBInstance")
def master_password(call: Call) -> Refused | None:
    """Refuse a password that PostgreSQL on RDS cannot have."""
    password = call.params.get("MasterUserPassword")
    if password is None:
        return None
    shortest, longest = PASSWORD
    if len(password) < shortest:
        return Refused(VALUE, f"{_PASSWORD} because it is shorter than {shortest} characters.")
    if len(password) > longest:
        return Refused(VALUE, f"{_PASSWORD} because it is longer than {longest} characters.")
    if not password.isascii() or not password.isprintable() or set(password) & set('/@" '):
        return Refused(
            VALUE, f"{_PASSWORD}. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
        )
    return None


@limits("rds", "CreateDBInstance", "ModifyDBInstance")
def backups(call: Call) -> Refused | None:
    """Refuse a retention of backups that RDS does not have."""
    days = str(call.params.get("BackupRetentionPeriod", "0"))
    if days.isdigit() and int(days) <= RETENTION:
        return None
    return Refused(
        VALUE, f"Invalid backup retention period: {days}. Retention period must be between 0 and {RETENTION}."
    )


@limits("elasticache", "CreateReplicationGroup")
def replication_group(call: Call) -> Refused | None:
    """Refuse an identifier of a cache."""
    return _identifier(call, "ReplicationGroupId", GROUP_IDENTIFIER, "ReplicationGroupIdentifier")


@limits("elasticache", "CreateReplicationGroup", "ModifyReplicationGroup")
def auth_token(call: Call) -> Refused | None:
    """Refuse a token that a cache cannot have."""
    token = call.params.get("AuthToken")
    if token is None:
        return None
    shortest, longest = TOKEN
    fits = shortest <= len(token) <= longest and token.isascii() and token.isprintable()
    if fits and not set(token) & set('/@" '):
        return None
    return Refused(VALUE, "Invalid AuthToken provided.")
