"""Asks a PostgreSQL server whether it takes a password, and nothing else."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Literal

Door = Literal["taken", "refused", "unreachable"]

REACH_SECONDS = 3.0
"""For a connection from here; on AWS the database is in the VPC, and only who has a way into it gets one."""

INVALID_PASSWORD = "28P01"  # noqa: S105 - a code
AFTER_THE_PASSWORD = {"3D000", "42501", "53300"}
"""No such database, no right to connect to it, too many connections: told to those only who proved theirs."""


def knock(host: str, port: int, user: str, password: str, database: str, bundle: Path | None = None) -> Door:
    """Try a password over verified TLS, as far as the server can be reached from here.

    Args:
        host: Its name.
        port: Its port.
        user: Whose password it is.
        password: The password.
        database: Name of a database that the user may connect to.
        bundle: Authorities that its certificate may be of; ``None`` for the system's.

    Returns:
        ``unreachable`` as well where the server answers with something else than yes or no.
    """
    from pg8000 import dbapi

    try:
        dbapi.connect(
            user=user,
            host=host,
            port=port,
            password=password,
            database=database,
            ssl_context=ssl.create_default_context(cafile=bundle),
            timeout=REACH_SECONDS,
        ).close()
    except dbapi.DatabaseError as error:
        return _said(error.args[0] if error.args else "")
    except (OSError, dbapi.Error):
        return "unreachable"
    return "taken"


def _said(answer: object) -> Door:
    """Return what an error of the server says of the password; its fields go by the protocol's letters."""
    code = answer.get("C") if isinstance(answer, dict) else None
    if code == INVALID_PASSWORD:
        return "refused"
    return "taken" if code in AFTER_THE_PASSWORD else "unreachable"
