"""The JSON that every command prints with ``--json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nestctl.report.errors import ExitCode, NestctlError

ENVELOPE_VERSION = 1
"""Raised when a field changes its meaning or goes."""


def envelope(
    command: str, data: Any, *, errors: Sequence[NestctlError] = (), exit_code: ExitCode = ExitCode.DONE
) -> str:
    """Return the envelope as one JSON document.

    Args:
        command: Words of the command: ``local start``.
        data: JSON-able result.
        errors: Failures, most important first.
        exit_code: Exit status that goes with it.
    """
    status = "ok" if exit_code == ExitCode.DONE else "failed"
    document = {
        "version": ENVELOPE_VERSION,
        "command": command,
        "status": status,
        "exit_code": int(exit_code),
        "data": data,
        "errors": [error.as_dict() for error in errors],
    }
    return json.dumps(document, indent=2, default=str)
