"""Which reporter a run gets, and how results and failures reach people and programs."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nestctl.report.durations import Usual
from nestctl.report.envelope import envelope
from nestctl.report.errors import ExitCode, NestctlError
from nestctl.report.events import Reporter
from nestctl.report.plain import PlainReporter, QuietReporter
from nestctl.report.redaction import RedactingReporter, redact


def make_reporter(
    *, quiet: bool = False, verbose: bool = False, usual: Mapping[str, Usual] | None = None
) -> Reporter:
    """Return the live view on a terminal, plain lines elsewhere; both write to stderr only.

    Args:
        quiet: Warnings and failures only.
        verbose: Every line of progress, and no animation.
        usual: What each step usually takes, for the time left.
    """
    return RedactingReporter(_reporter(quiet=quiet, verbose=verbose, usual=usual))


def _reporter(*, quiet: bool, verbose: bool, usual: Mapping[str, Usual] | None) -> Reporter:
    if quiet:
        return QuietReporter(sys.stderr)
    if sys.stderr.isatty() and not verbose and os.environ.get("TERM") != "dumb":
        from rich.console import Console

        from nestctl.report.terminal import TerminalReporter

        return TerminalReporter(Console(stderr=True, highlight=False), usual)
    return PlainReporter(sys.stderr, verbose=verbose)


def say(text: str = "") -> None:
    """Write a line of talk to stderr."""
    print(redact(text), file=sys.stderr, flush=True)


def data(text: str) -> None:
    """Write a line of data to stdout."""
    print(redact(text), flush=True)


def columns_of_stdout() -> int | None:
    """Return the columns of the terminal that stdout is, ``None`` where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_envelope(
    command: str, result: Any, *, errors: Sequence[NestctlError] = (), exit_code: ExitCode = ExitCode.DONE
) -> None:
    """Write the JSON envelope to stdout."""
    data(envelope(command, result, errors=errors, exit_code=exit_code))


def runnable(command: str) -> str:
    """Return advice whose commands, which begin with ``nestctl``, can be typed here."""
    program = Path(sys.argv[0])
    if shutil.which("nestctl") is not None or program.name != "nestctl":
        return command
    place = os.path.relpath(program) if program.is_absolute() else str(program)
    return re.sub(r"(^|: |, )nestctl (?=[a-z])", lambda found: f"{found[1]}{place} ", command)


def print_error(error: NestctlError) -> None:
    """Write a failure to stderr: what, why, next."""
    say()
    say(f"error: {error.what}  [{error.code}]")
    for line in error.why.splitlines():
        say(f"  {runnable(line)}")
    if error.next:
        say(f"next: {runnable(error.next)}")
    for other in error.others:
        print_error(other)
