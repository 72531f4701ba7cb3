"""Runs the steps in order: look, do, prove, say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from nestctl.aws.refusals import refusal
from nestctl.report import (
    ExitCode,
    NestctlError,
    Outcome,
    Progress,
    Reporter,
    RunStarted,
    StepFinished,
    StepStarted,
    usage_error,
)
from nestctl.report.words import did_you_mean, nearest
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Step


@dataclass(frozen=True)
class Result:
    """How a step ended."""

    step: str
    outcome: Outcome
    reason: str
    seconds: float
    plan: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "step": self.step,
            "outcome": self.outcome,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            **({"plan": list(self.plan)} if self.plan else {}),
            **({"data": self.data} if self.data else {}),
        }


class StepFailed(Exception):  # noqa: N818 - it is what happened to a step
    """A run ended before its last step.

    Attributes:
        error: Why.
        results: The steps so far, the failed one included.
    """

    def __init__(self, error: NestctlError, results: list[Result]) -> None:
        super().__init__(error.what)
        self.error = error
        self.results = results


def select(steps: Sequence[Step], until: str | None) -> list[Step]:
    """Return the steps up to and with ``until``; all without it.

    Raises:
        NestctlError: ``unknown-step`` (exit status 2).
    """
    if until is None:
        return list(steps)
    names = [step.name for step in steps]
    if until not in names:
        raise usage_error(
            "unknown-step",
            f"There is no step {until!r}. {did_you_mean(until, names)}".rstrip(),
            f"The steps are: {', '.join(names)}.",
            f"nestctl up --until {nearest(until, names)}",
        )
    return list(steps[: names.index(until) + 1])


def run(
    steps: Sequence[Step], context: Context, reporter: Reporter, *, title: str = "", dry_run: bool = False
) -> list[Result]:
    """Carry the steps out, or with ``dry_run`` only say what each would do.

    Args:
        steps: In their order.
        context: What they share.
        reporter: Told what happens.
        title: What the run is for; none when the caller has told it.
        dry_run: Change nothing.

    Raises:
        StepFailed: A step failed, or waits for what only people do.
    """
    if title:
        reporter.emit(RunStarted(title, tuple(step.name for step in steps)))
    results: list[Result] = []
    pending: set[str] = set()
    for step in steps:
        reporter.emit(StepStarted(step.name, step.title))
        began = time.monotonic()

        def tell(message: str) -> None:
            reporter.emit(Progress(message))

        looked: list[Check] = []
        try:
            result = _one(step, context, tell, dry_run, pending & set(step.needs), began, looked)
        except (NestctlError, ClientError, BotoCoreError) as fault:
            error = fault if isinstance(fault, NestctlError) else refusal(fault, "run the same command again")
            outcome: Outcome = "blocked" if error.exit_code is ExitCode.WAITING else "failed"
            facts = looked[0].data if looked else {}
            seconds = time.monotonic() - began
            _finish(reporter, results, Result(step.name, outcome, error.what, seconds, data=facts))
            raise StepFailed(error, results) from fault
        if result.outcome in ("needed", "skipped"):
            pending.add(step.name)
        _finish(reporter, results, result)
    return results


def look(steps: Sequence[Step], context: Context, reporter: Reporter) -> list[Result]:
    """Say of each step whether it is done, and change nothing (``nestctl status``)."""
    return run(steps, context, reporter, title="Looking at every step", dry_run=True)


def _one(
    step: Step,
    context: Context,
    tell: Any,
    dry_run: bool,
    waits_for: set[str],
    began: float,
    looked: list[Check],
) -> Result:
    def result(outcome: Outcome, check: Check, reason: str) -> Result:
        return Result(step.name, outcome, reason, time.monotonic() - began, tuple(check.plan), check.data)

    if dry_run and waits_for:
        reason = f"can be told once {' and '.join(sorted(waits_for))} is done"
        return Result(step.name, "skipped", reason, time.monotonic() - began)
    check = step.check(context, tell)
    looked.append(check)
    if check.verdict == "done":
        return result("done", check, check.reason)
    if dry_run:
        return result("needed", check, check.reason)
    summary = step.apply(context, tell)
    step.verify(context, tell)
    return result("changed", check, summary)


def _finish(reporter: Reporter, results: list[Result], result: Result) -> None:
    results.append(result)
    reporter.emit(StepFinished(result.step, result.outcome, result.reason, result.seconds, dict(result.data)))
