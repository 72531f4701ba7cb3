from __future__ import annotations

import io
import json
import re
import time

from rich.console import Console

from nestctl.report import ExitCode, NestctlError, Note, Progress, RunStarted, StepFinished, StepStarted
from nestctl.report.durations import FIRST
from nestctl.report.envelope import ENVELOPE_VERSION, envelope
from nestctl.report.plain import PlainReporter, QuietReporter
from nestctl.report.table import render_results, step_lines
from nestctl.report.terminal import TerminalReporter
from nestctl.report.without_list import WithoutList


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
    assert lines == [
        "title",
        "[1/1] one: first",
        "  warning: careful",
        "  + one          changed      1.2 s  made",
    ]


def test_quiet_shows_warnings_and_failures_only() -> None:
    stream = io.StringIO()
    reporter = QuietReporter(stream)
    reporter.emit(Note("fyi"))
    reporter.emit(Note("careful", "warning"))
    reporter.emit(StepFinished("one", "done", "there", 1))
    reporter.emit(StepFinished("two", "failed", "broken", 1))
    assert stream.getvalue().splitlines() == ["warning: careful", "two: failed - broken"]


def test_a_reason_is_wrapped_between_words_below_itself() -> None:
    steps = [
        {
            "step": "a",
            "outcome": "done",
            "seconds": 0.1,
            "reason": "word " * 20 + "https://long.example/with-hyphen",
        },
        {"step": "certificate", "outcome": "changed", "seconds": 312.0, "reason": "two\nlines"},
    ]
    lines = list(render_results(steps, 80))
    assert max(map(len, lines)) <= 80
    assert " ".join(" ".join(lines).split()).count("word") == 20
    assert any(line.strip().endswith("https://long.example/with-hyphen") for line in lines)
    assert lines[0].index("word") == lines[1].index("word") == lines[-1].index("two")
    assert lines[-1].endswith("two")


def test_without_a_terminal_a_step_is_one_line() -> None:
    steps = [{"step": "a", "outcome": "done", "seconds": 0.1, "reason": "word " * 60}]
    (line,) = render_results(steps)
    assert line.count("word") == 60


def test_the_live_list_and_the_one_of_a_log_are_the_same() -> None:
    live, log = io.StringIO(), io.StringIO()
    for reporter in (
        TerminalReporter(Console(file=live, width=80, force_terminal=False)),
        PlainReporter(log),
    ):
        reporter.emit(StepFinished("platform", "changed", "157 added, 0 changed, 0 destroyed", 106.04))
        reporter.close()
    assert (
        live.getvalue()
        == log.getvalue()
        == ("  + platform     changed    106.0 s  157 added, 0 changed, 0 destroyed\n")
    )


def test_nothing_of_the_live_view_is_wider_than_the_terminal() -> None:
    stream = io.StringIO()
    reporter = TerminalReporter(Console(file=stream, force_terminal=True, width=80), FIRST)
    reporter.emit(RunStarted("Bringing up", ("certificate", "platform")))
    reporter.emit(StepStarted("certificate", "x" * 200))
    reporter.emit(Progress("1 of 3: creating " + "y" * 200, 0.5))
    time.sleep(0.3)
    reporter.close()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).replace("\r", "\n")
    assert "of 2 steps, about" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_command_whose_data_is_the_list_shows_it_once() -> None:
    stream = io.StringIO()
    reporter = WithoutList(PlainReporter(stream, verbose=True))
    reporter.emit(RunStarted("title", ("one",)))
    reporter.emit(StepStarted("one", "first"))
    reporter.emit(Note("careful", "warning"))
    reporter.emit(StepFinished("one", "done", "there", 1))
    assert stream.getvalue().splitlines() == ["  one: first", "  warning: careful"]


def test_a_command_without_steps_shows_what_it_does_on_a_terminal() -> None:
    stream = io.StringIO()
    reporter = TerminalReporter(Console(file=stream, force_terminal=True, width=80))
    reporter.emit(Progress("planning the destruction"))
    reporter.close()
    assert "planning the destruction" in stream.getvalue()


def test_a_word_wider_than_the_column_stays_whole() -> None:
    host = "nest-staging-alb-2l43asl4.eu-central-1.elb.amazonaws.com"
    lines = step_lines("domain", "done", f"staging.nest.owasp.org leads to {host}", 0.0, 80)
    assert [line for line in lines if line.strip() == host]
    assert max(map(len, lines)) <= 80
    assert host in " ".join(step_lines("domain", "done", host, 0.0, 80))
