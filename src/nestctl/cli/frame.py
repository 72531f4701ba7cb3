"""What surrounds every command: its result as text or JSON, its failures, its exit status."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import typer

from nestctl.cli.advice import complete
from nestctl.report import ExitCode, NestctlError
from nestctl.report.console import print_envelope, print_error, say
from nestctl.report.redaction import learn_environment, redact
from nestctl.settings.paths import WORK


class Failed(Exception):  # noqa: N818 - carries a failure together with what was done before it
    """A failure with what was found before it.

    Args:
        error: The failure.
        result: What ``--json`` shows beside it.
        shown: Whether people are shown the result, too, on stdout as after a success.
    """

    def __init__(self, error: NestctlError, result: Any, *, shown: bool = False) -> None:
        super().__init__(error.what)
        self.error = error
        self.result = result
        self.shown = shown


def run_command(command: str, as_json: bool, work: Callable[[], Any], show: Callable[[Any], None]) -> None:
    """Run a command's work, show its result, and exit with the documented status.

    Args:
        command: Words of the command, for the envelope.
        as_json: Whether stdout gets the envelope instead of text.
        work: Returns the JSON-able result.
        show: Writes the result for people.

    Raises:
        typer.Exit: With the exit status, when it is not 0.
    """
    learn_environment(os.environ)
    with _signals():
        try:
            result = work()
        except Failed as failure:
            if failure.shown and not as_json:
                show(failure.result)
            _fail(command, as_json, failure.error, failure.result)
        except NestctlError as error:
            _fail(command, as_json, error, None)
        except KeyboardInterrupt:
            stopped = NestctlError(
                "interrupted",
                "Stopped.",
                "What was done so far is kept.",
                f"{_again()}, to go on where it stopped",
                ExitCode.INTERRUPTED,
            )
            _fail(command, as_json, stopped, None)
        except Exception as fault:  # noqa: BLE001 - the last place that can give it the common shape
            _fail(command, as_json, unexpected(fault), None)
        else:
            if as_json:
                print_envelope(command, result)
            else:
                show(result)


def _again() -> str:
    """Return the command as it was typed: no option of nestctl carries a secret."""
    return shlex.join(["nestctl", *sys.argv[1:]])


def unexpected(fault: Exception) -> NestctlError:
    """Return a failure that no step foresaw: AWS's refusals by their words, the rest with a report file."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(fault, (ClientError, BotoCoreError)):
        from nestctl.aws.refusals import refusal

        return refusal(fault, _again())
    if isinstance(fault, OSError) and (known := _of_the_system(fault)):
        return known
    report = _report(redact("".join(traceback.format_exception(fault))))
    return NestctlError(
        "internal",
        f"nestctl has a fault of its own: {type(fault).__name__}: {fault}",
        f"Where it happened: {report}",
        f"Run it again: {_again()}; if it stays, open an issue with that file.",
    )


def _of_the_system(fault: OSError) -> NestctlError | None:
    """Return what the operating system refused, ``None`` when that says nothing of the machine."""
    where = fault.filename or "a file"
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return NestctlError(
            "disk-space",
            f"There is no space left to write {where}.",
            str(fault),
            f"Free some space, then go on: {_again()}",
        )
    if fault.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return NestctlError(
            "folder-unusable",
            f"{where} cannot be written or read by this user.",
            str(fault),
            f"Correct its owner or permissions, then go on: {_again()}",
        )
    return None


def _report(text: str) -> Path:
    """Write what happened to a file, in the work folder where that can be, and return its path."""
    try:
        WORK.mkdir(parents=True, exist_ok=True)
        report = WORK / "report.txt"
        report.write_text(text, encoding="utf-8")
    except OSError:
        handle, name = tempfile.mkstemp(prefix="nestctl-report-", suffix=".txt")
        report = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
    return report


def _fail(command: str, as_json: bool, error: NestctlError, result: Any) -> None:
    for told in (error, *error.others):
        told.next, told.why = complete(told.next), complete(told.why)
    if as_json:
        print_envelope(command, result, errors=[error, *error.others], exit_code=error.exit_code)
    print_error(error)
    raise typer.Exit(int(error.exit_code))


@contextmanager
def _signals() -> Iterator[None]:
    """Turn SIGTERM into the same orderly end as Ctrl-C, and say what the first of either does."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
        say("\nStopping: what runs now ends in order and saves its state. Again to stop at once.")
        for again in (signal.SIGINT, signal.SIGTERM):
            signal.signal(again, signal.default_int_handler)
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def confirm(question: str, *, yes: bool, flag: str = "--yes") -> None:
    """Ask before something is changed; without a terminal, refuse and name the flag.

    Raises:
        NestctlError: ``not-confirmed``.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise NestctlError(
            "not-confirmed",
            "Nothing was changed: this asks first, and there is no terminal to ask on.",
            question,
            f"Run it again with {flag}.",
            ExitCode.USAGE,
        )
    say(f"{question} [y/N] ")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise NestctlError("not-confirmed", "Nothing was changed.", "The answer was not yes.", "")
