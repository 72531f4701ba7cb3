"""How far a run is, and how long it still takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nestctl.cli.options import PROOF_NAMES, STEP_NAMES, environment_names, root_names
from nestctl.prove.proofs import PROOFS
from nestctl.report import durations
from nestctl.report.durations import FIRST, Clock, Usual
from nestctl.runbook import roots
from nestctl.runbook.steps import STEPS
from nestctl.settings.resolve import resolve

USUAL = {"one": Usual(1, 10), "two": Usual(1, 100), "three": Usual(1, 50)}


class Hands:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def clock() -> tuple[Clock, Hands]:
    hands = Hands()
    return Clock(("one", "two", "three"), USUAL, hands), hands


def test_a_run_with_nothing_to_do_is_expected_to_be_short() -> None:
    run, hands = clock()
    run.start("one")
    hands.time = 1
    run.finish("one", "done")
    assert run.left() == 2


def test_once_a_step_changed_something_the_rest_counts_as_changing() -> None:
    run, hands = clock()
    run.start("one")
    hands.time = 12
    run.finish("one", "changed")
    assert run.left() == pytest.approx(1.2 * 150)  # the machine takes 12 seconds for what usually takes 10
    run.start("two")
    hands.time = 72
    assert run.left() == pytest.approx(1.2 * 150 - 60)
    assert run.share() == pytest.approx((1.2 * 10 + 60) / (1.2 * 160))


@pytest.mark.parametrize(
    ("seconds", "pace"), [(20.0, 2.0), (5.0, 0.5), (1.0, 0.5), (10.0, 1.0), (9000.0, 4.0)]
)
def test_a_slow_machine_is_seen_by_what_it_has_done(seconds: float, pace: float) -> None:
    run, hands = clock()
    run.start("one")
    hands.time = seconds
    run.finish("one", "changed")
    assert run.left() == pytest.approx(pace * 150)


def test_a_look_and_a_failure_say_nothing_of_the_machine() -> None:
    for outcome in ("done", "failed", "skipped"):
        run, hands = clock()
        run.start("one")
        hands.time = 100
        run.finish("one", outcome)
        assert run.pace() == 1


def test_a_step_that_takes_longer_than_a_look_counts_as_working() -> None:
    run, hands = clock()
    run.start("one")
    assert run.left() == 3
    hands.time = 4
    assert run.left() == 6 + 150


def test_a_step_that_takes_longer_than_usual_leaves_the_others_time_and_no_less() -> None:
    run, hands = clock()
    run.start("one")
    run.works()
    hands.time = 500
    assert run.left() == 150


def test_the_bar_never_goes_back() -> None:
    run, hands = clock()
    seen = []
    for step, outcome, seconds in (
        ("one", "done", 30.0),
        ("two", "changed", 3.0),
        ("three", "changed", 90.0),
    ):
        run.start(step)
        for _ in range(5):
            hands.time += seconds / 5
            seen.append(run.share())
            if outcome == "changed":
                run.works()
        run.finish(step, outcome)
        seen.append(run.share())
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_what_a_run_took_is_kept_by_outcome(tmp_path: Path) -> None:
    steps = [
        {"step": "doctor", "outcome": "done", "seconds": 7.5},
        {"step": "state", "outcome": "changed", "seconds": 70.0},
        {"step": "images", "outcome": "failed", "seconds": 900.0},
    ]
    durations.save(tmp_path, durations.load(tmp_path), steps)
    found = durations.load(tmp_path)
    assert found["doctor"] == Usual(7.5, FIRST["doctor"].changed)
    assert found["state"] == Usual(FIRST["state"].done, 70.0)
    assert found["images"] == FIRST["images"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"state": 3}', '{"state": {"done": "x", "changed": 1}}'])
def test_a_spoilt_file_of_durations_costs_nothing_but_the_estimate(text: str, tmp_path: Path) -> None:
    (tmp_path / durations.FILE).write_text(text, encoding="utf-8")
    assert durations.load(tmp_path) == FIRST


def test_every_step_has_a_first_duration() -> None:
    assert set(FIRST) == {"local cloud", *(step.name for step in STEPS)}


def test_help_and_completion_name_what_there_is() -> None:
    settings = resolve()
    assert tuple(step.name for step in STEPS) == STEP_NAMES
    assert tuple(proof.name for proof in PROOFS) == PROOF_NAMES
    assert environment_names() == list(settings.manifest.environments)
    assert set(root_names()) == {*roots.names(settings), *settings.manifest.environments}
