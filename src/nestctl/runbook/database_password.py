"""The database takes the stored password: proven by trying it where it can be reached, else by what was seen.

RDS tells nobody whether a password is right. So an object in the environment's bucket says for which instance
and which value of the parameter it was seen, and RDS's events say whether somebody has set it since.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from nestctl.aws import master_password, parameters, proxy_secret, s3
from nestctl.aws.master_password import Database
from nestctl.report import NestctlError
from nestctl.runbook import stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell

KEY = "nestctl/database-password.json"

FEWEST, MOST = 8, 128
FORBIDDEN = '/@" '
"""Of the master password (RDS API reference, ModifyDBInstance, ``MasterUserPassword``, PostgreSQL)."""


def problem(context: Context) -> str:
    """Return why the database has to be given its password; empty when it takes the stored one."""
    database = _describe(context)
    if database.pending:
        return "a change of its password is under way"
    door = master_password.knock(database, _password(context), context.target.authorities)
    if door == "refused":
        return "it takes another than the stored one"
    return "" if door == "taken" else _unseen(context, database)


def proxy_problem(context: Context) -> str:
    """Return why the proxy has to be given the password; empty when it has the stored one, or is none."""
    if not _has_proxy(context):
        return ""
    found = proxy_secret.read(context.deployer, _proxy(context))
    if found == _credentials(context):
        return ""
    return "it has none" if found is None else "it has another than the stored one"


def give(context: Context, tell: Tell) -> None:
    """Set the stored password, and note that it was seen to its end.

    Raises:
        NestctlError: ``password-unfit`` when RDS would not take it.
    """
    password = _password(context)
    if not fits(password):
        name = _parameter(context)
        raise NestctlError(
            "password-unfit",
            f"The database cannot have the password that is stored in {name}.",
            f"RDS takes {FEWEST} to {MOST} printable ASCII characters, "
            "without slash, at sign, quotation mark and blank.",
            parameters.advice(name),
        )
    identifier = stack.outputs(context)["database_identifier"]
    master_password.set_password(context.deployer, identifier, password, tell, context.target.authorities)
    note(context)


def give_proxy(context: Context) -> None:
    """Write the stored password into the proxy's secret."""
    proxy_secret.write(context.deployer, _proxy(context), _credentials(context))


def note(context: Context) -> None:
    """Write down for which instance and value the password was seen, unless that is there."""
    bucket, mark = stack.outputs(context)["zappa_bucket_name"], _mark(context, _describe(context))
    if _read(context) != mark:
        s3.write(context.deployer, bucket, KEY, json.dumps(mark).encode())


def fits(password: str) -> bool:
    """Tell whether RDS takes a password."""
    printable = all(" " < sign <= "~" and sign not in FORBIDDEN for sign in password)
    return FEWEST <= len(password) <= MOST and printable


def _unseen(context: Context, database: Database) -> str:
    """Return why nobody knows that the stored password is the right one."""
    mark, wanted = _read(context), _mark(context, database)
    if mark is None:
        # Terraform made the instance with the value that was stored by then.
        if parameters.last_write(context.deployer, _parameter(context)).modified > database.made:
            return "the stored one is younger than the database"
        mark = {**wanted, "reset": _text(database.made)}
    if mark.get("database") != wanted["database"]:
        return "nobody has seen this database take the stored one"
    if mark.get("password") != wanted["password"]:
        return "nobody has seen it take the stored one"
    return "somebody has set another since" if wanted["reset"] > mark.get("reset", "") else ""


def _mark(context: Context, database: Database) -> dict[str, str]:
    identifier = stack.outputs(context)["database_identifier"]
    reset = master_password.last_reset(context.deployer, identifier)
    return {
        "database": database.id,
        "password": parameters.last_write(context.deployer, _parameter(context)).written,
        "reset": _text(reset) if reset else "",
    }


def _text(moment: datetime) -> str:
    """Return a moment so that the later of two is the greater."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _read(context: Context) -> dict[str, Any] | None:
    text = s3.read(context.deployer, stack.outputs(context)["zappa_bucket_name"], KEY)
    return json.loads(text) if text else None


def _describe(context: Context) -> Database:
    return master_password.describe(context.deployer, stack.outputs(context)["database_identifier"])


def _parameter(context: Context) -> str:
    wanted = context.settings.manifest.parameters
    (name,) = (name for name, entry in wanted.items() if entry.use == "database_password")
    return f"{stack.outputs(context)['parameter_path']}{name}"


def _password(context: Context) -> str:
    return parameters.get_value(context.deployer, _parameter(context))


def _credentials(context: Context) -> dict[str, str]:
    return {"username": _describe(context).user, "password": _password(context)}


def _proxy(context: Context) -> str:
    return f"{stack.outputs(context)['database_identifier']}-proxy"


def _has_proxy(context: Context) -> bool:
    """Tell whether there is a proxy: one that nest.toml no longer wants serves until the next release."""
    return bool(stack.outputs(context).get("database_proxy_name"))
