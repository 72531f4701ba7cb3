"""Events in; terminal, plain lines or JSON out."""

from nestctl.report.errors import ExitCode, NestctlError, usage_error
from nestctl.report.events import (
    Event,
    Note,
    Outcome,
    Progress,
    Reporter,
    RunStarted,
    StepFinished,
    StepStarted,
)

__all__ = [
    "Event",
    "ExitCode",
    "NestctlError",
    "Note",
    "Outcome",
    "Progress",
    "Reporter",
    "RunStarted",
    "StepFinished",
    "StepStarted",
    "usage_error",
]
