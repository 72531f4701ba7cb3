from __future__ import annotations

import io
import json

from rich.console import Console

from nestctl.report import ExitCode, NestctlError, Note, Progress, RunStarted, StepFinished, StepStarted
from nestctl.report.envelope import ENVELOPE_VERSION, envelope
from nestctl.report.plain import PlainReporter, QuietReporter
from nestctl.report.table import render_results
from nestctl.report.terminal import TerminalReporter


def test_the_envelope_has_the_same_fields_for_success_and_failure() -> None:
    good = json.loads(envelope("up", {"a": 1}))
    error = NestctlError("code", "what", "why", "next")
    bad = json.loads(envelope("up", None, errors=[error], exit_code=ExitCode.FAILED))
    assert set(good) == set(bad) == {"version", "command", "status", "exit_code", "data", "errors"}
    assert good["version"] == ENVELOPE_VERSION
    assert (good["status"], bad["status"], bad["exit_code"]) == ("ok", "failed", 1)
    assert bad["errors"] == [{"code": "code", "what": "what", "why": "why", "next": "next"}]


def test_plain_lines_hold_no_escape_codes_and_thin_progress_out() -> None:
    stream = io.StringIO()
    reporter = PlainReporter(stream)
    reporter.emit(RunStarted("title", ("one",)))
    reporter.emit(StepStarted("one", "first"))
    for number in range(100):
        reporter.emit(Progress(f"line {number}"))
    reporter.emit(Note("careful", "warning"))
    reporter.emit(StepFinished("one", "changed", "made", 1.25))
    lines = stream.getvalue().splitlines()
    assert "\x1b" not in stream.getvalue()
    assert lines == ["title", "[1/1] one: first", "  warning: careful", "  one: changed - made (1.2 s)"]


def test_quiet_shows_warnings_and_failures_only() -> None:
    stream = io.StringIO()
    reporter = QuietReporter(stream)
    reporter.emit(Note("fyi"))
    reporter.emit(Note("careful", "warning"))
    reporter.emit(StepFinished("one", "done", "there", 1))
    reporter.emit(StepFinished("two", "failed", "broken", 1))
    assert stream.getvalue().splitlines() == ["warning: careful", "two: failed - broken"]


def test_results_are_aligned_and_long_reasons_cut() -> None:
    steps = [
        {"step": "a", "outcome": "done", "seconds": 0.1, "reason": "x" * 200},
        {"step": "longer", "outcome": "changed", "seconds": 12.0, "reason": "two\nlines"},
    ]
    first, second = render_results(steps)
    assert first.index("done") == second.index("changed")
    assert first.endswith("…")
    assert second.endswith("two")


def test_a_command_without_steps_shows_what_it_does_on_a_terminal() -> None:
    stream = io.StringIO()
    reporter = TerminalReporter(Console(file=stream, force_terminal=True, width=80))
    reporter.emit(Progress("planning the destruction"))
    reporter.close()
    assert "planning the destruction" in stream.getvalue()
