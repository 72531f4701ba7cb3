from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from nestctl.cli.app import app
from nestctl.localcloud import LocalCloudError, pace


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    before = pace.seconds()
    yield
    pace.set_seconds(before)


def test_a_change_is_under_way_for_the_wait_and_then_over() -> None:
    pace.set_seconds(0.1)
    changes = pace.Changes()
    changes.begin("a", "modifying")
    changes.begin("b", "creating", times=100)
    assert changes.state("a") == "modifying"
    assert 0 < changes.left("a") <= 0.1
    deadline = time.monotonic() + 5
    while changes.state("a") is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert changes.left("a") == 0
    assert changes.state("b") == "creating"
    changes.end("b")
    assert changes.state("b") is None


def test_without_a_wait_nothing_is_under_way() -> None:
    pace.set_seconds(0)
    changes = pace.Changes()
    changes.begin("a", "modifying")
    assert changes.state("a") is None


@pytest.mark.parametrize("wrong", ["-1", "3601", "nan", "inf", "soon", ""])
def test_what_is_no_wait_is_refused(wrong: str) -> None:
    with pytest.raises(LocalCloudError, match="is not a wait"):
        pace.set_seconds(wrong)  # type: ignore[arg-type]


def test_the_environment_may_set_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(pace.VARIABLE, raising=False)
    assert pace.asked() is None
    monkeypatch.setenv(pace.VARIABLE, "0.5")
    assert pace.asked() == 0.5
    monkeypatch.setenv(pace.VARIABLE, "soon")
    with pytest.raises(LocalCloudError):
        pace.asked()


def test_the_command_line_refuses_what_is_no_wait() -> None:
    ended = CliRunner().invoke(app, ["local", "start", "--delay", "-1"])
    assert ended.exit_code == 2
    assert "bad-delay" in ended.stderr


def test_a_record_passes_through_its_states_and_a_wait_of_nothing_ends_them_all() -> None:
    async def story() -> list[tuple[str, str]]:
        pace.set_seconds(3600)
        ended: list[str] = []
        first, second, third = {"State": ""}, {"State": ""}, {"State": ""}
        pace.passes(first, "State", "creating", "backing-up", "available", then=lambda: ended.append("first"))
        pace.passes(second, "State", "pending", "available", then=lambda: ended.append("second"))
        pace.passes(third, "State", "modifying", "available")
        pace.passes(third, "State", "modifying", "changed")
        seen = [(first["State"], second["State"])]
        second["State"] = "deleting"
        pace.set_seconds(0)
        pace.set_seconds(0.01)
        assert third["State"] == "changed", "the later change was ended by the earlier one"
        pace.passes(third, "State", "a", "b", "c")
        assert third["State"] == "a"
        deadline = time.monotonic() + 5
        while third["State"] != "c":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        assert ended == ["first"]
        return [*seen, (first["State"], second["State"])]

    assert asyncio.run(story()) == [("creating", "pending"), ("available", "deleting")]


def test_a_change_ends_in_the_region_in_which_it_began() -> None:
    region = contextvars.ContextVar("region", default="nowhere")

    async def story() -> list[str]:
        seen: list[str] = []
        for name in ("one", "two"):
            region.set(name)
            pace.set_seconds(3600)
            pace.later(lambda: seen.append(region.get()))
        region.set("three")
        pace.set_seconds(0)
        return seen

    assert asyncio.run(story()) == ["one", "two"]


def test_without_a_wait_a_record_has_its_last_state_at_once() -> None:
    pace.set_seconds(0)
    record = {"State": ""}
    pace.passes(record, "State", "pending", "available")
    assert record["State"] == "available"
