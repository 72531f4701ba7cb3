from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from nestctl.report import ExitCode, NestctlError, StepFinished
from nestctl.report.events import Event
from nestctl.runbook import engine
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed
from nestctl.runbook.steps import STEPS

CONTEXT = cast("Context", None)


@dataclass
class Recorder:
    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Fake:
    name: str
    found: Check
    needs: tuple[str, ...] = ()
    title: str = "a step"
    did: list[str] = field(default_factory=list)
    proof: Exception | None = None

    def check(self, context: Context, tell: Tell) -> Check:
        tell("looking")
        return self.found

    def apply(self, context: Context, tell: Tell) -> str:
        self.did.append("apply")
        return "made it"

    def verify(self, context: Context, tell: Tell) -> None:
        self.did.append("verify")
        if self.proof:
            raise self.proof


def run(*steps: Fake, **options: Any) -> list[engine.Result]:
    return engine.run(steps, CONTEXT, Recorder(), title="test", **options)


def test_a_step_that_is_done_is_left_alone() -> None:
    step = Fake("one", done("there"))
    assert run(step)[0].outcome == "done"
    assert step.did == []


def test_a_needed_step_is_carried_out_and_then_proven() -> None:
    step = Fake("one", needed("missing", "make it"))
    result = run(step)[0]
    assert (result.outcome, result.reason) == ("changed", "made it")
    assert step.did == ["apply", "verify"]


def test_a_failed_proof_fails_the_run_and_keeps_what_came_before() -> None:
    error = NestctlError("no-proof", "it does not hold")
    with pytest.raises(engine.StepFailed) as caught:
        run(Fake("one", done("there")), Fake("two", needed("missing"), proof=error), Fake("three", done("x")))
    assert caught.value.error is error
    assert [(r.step, r.outcome) for r in caught.value.results] == [("one", "done"), ("two", "failed")]


def test_a_call_that_aws_refuses_fails_its_step_in_awss_own_words() -> None:
    said = {"Error": {"Code": "AccessDenied", "Message": "not authorized to perform: ecr:DescribeImages"}}
    step = Fake("two", needed("missing"), proof=ClientError(said, "DescribeImages"))
    with pytest.raises(engine.StepFailed) as caught:
        run(Fake("one", done("there")), step)
    assert caught.value.error.code == "aws-api"
    assert caught.value.error.what == "AWS refused DescribeImages: AccessDenied."
    assert "ecr:DescribeImages" in caught.value.error.why
    assert [(r.step, r.outcome) for r in caught.value.results] == [("one", "done"), ("two", "failed")]


def test_a_step_that_waits_for_people_is_blocked_and_ends_the_run() -> None:
    waits = NestctlError("certificate-pending", "It is not issued.", "No record.", "", ExitCode.WAITING)
    with pytest.raises(engine.StepFailed) as caught:
        run(Fake("one", needed("no certificate"), proof=waits), Fake("two", done("x")))
    assert caught.value.error is waits
    assert [(r.step, r.outcome) for r in caught.value.results] == [("one", "blocked")]


def test_a_dry_run_changes_nothing_and_skips_what_cannot_be_told() -> None:
    first = Fake("one", needed("missing", "make it"))
    second = Fake("two", done("x"), needs=("one",))
    results = run(first, second, dry_run=True)
    assert [r.outcome for r in results] == ["needed", "skipped"]
    assert results[0].plan == ("make it",)
    assert first.did == []


def test_a_step_behind_a_skipped_one_is_skipped_too() -> None:
    results = run(
        Fake("one", needed("m")),
        Fake("two", done("x"), needs=("one",)),
        Fake("three", done("x"), needs=("two",)),
        dry_run=True,
    )
    assert [r.outcome for r in results] == ["needed", "skipped", "skipped"]


def test_every_step_ends_with_an_event() -> None:
    recorder = Recorder()
    engine.run([Fake("one", done("there"))], CONTEXT, recorder, title="test")
    assert [type(e).__name__ for e in recorder.events] == [
        "RunStarted",
        "StepStarted",
        "Progress",
        "StepFinished",
    ]
    assert isinstance(recorder.events[-1], StepFinished)


def test_until_cuts_the_runbook_and_refuses_what_it_does_not_know() -> None:
    names = [step.name for step in engine.select(STEPS, "platform")]
    assert names[-1] == "platform"
    with pytest.raises(NestctlError) as caught:
        engine.select(STEPS, "nowhere")
    assert caught.value.code == "unknown-step"


def test_the_runbook_is_in_order_and_every_need_comes_before() -> None:
    seen: set[str] = set()
    for step in STEPS:
        assert set(step.needs) <= seen, step.name
        seen.add(step.name)
    names = [step.name for step in STEPS]
    assert names.index("migrate") < names.index("backend") < names.index("frontend")


def test_aws_that_does_not_answer_fails_the_step_and_keeps_what_came_before() -> None:
    step = Fake("two", needed("missing"), proof=EndpointConnectionError(endpoint_url="https://sts.example"))
    with pytest.raises(engine.StepFailed) as caught:
        run(Fake("one", done("there")), step)
    assert caught.value.error.code == "aws-api"
    assert "https://sts.example" in caught.value.error.why
    assert [r.outcome for r in caught.value.results] == ["done", "failed"]
