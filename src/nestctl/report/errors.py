"""The one shape of every failure a user can meet."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    WAITING = 3
    INTERRUPTED = 130


@dataclass
class NestctlError(Exception):
    """What happened, why, and what to run next.

    Attributes:
        code: Stable name of the error, as docs/troubleshooting.md lists it: ``terraform-lock``.
        what: One sentence on what happened.
        why: The cause, as far as it is known; may hold several lines.
        next: The command or edit that goes on from here.
        exit_code: Exit status of the process.
        others: What else was found wrong at the same time.
    """

    code: str
    what: str
    why: str = ""
    next: str = ""
    exit_code: ExitCode = ExitCode.FAILED
    others: tuple[NestctlError, ...] = ()

    def __str__(self) -> str:
        return f"{self.what}\n{self.why}" if self.why else self.what

    def as_dict(self) -> dict[str, str]:
        """Return the fields for the ``errors`` list of the JSON envelope."""
        fields = asdict(self)
        del fields["exit_code"], fields["others"]
        return fields


def usage_error(code: str, what: str, why: str = "", next_: str = "") -> NestctlError:
    """Return the error for input that is refused before anything changes (exit status 2)."""
    return NestctlError(code, what, why, next_, ExitCode.USAGE)
