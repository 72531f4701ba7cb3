"""Runs that were killed in the middle of each step, and the runs after them."""

from __future__ import annotations

import signal
from typing import Any

import httpx
from interruptions import BLOWS, LOOKING
from worlds import steps_of

from nestctl.runbook.steps import STEPS

NAMES = [step.name for step in STEPS]
FEWEST_MIDWAY = 8


def test_every_step_that_works_was_struck(survivor: Any) -> None:
    assert list(dict.fromkeys(blow.step for blow in BLOWS)) == [name for name in NAMES if name not in LOOKING]
    # A step that had nothing to do shows no sign; its run must have come to its end, then.
    missed = [a for a in survivor.attempts if not a.struck and a.status != 0]
    assert missed == [], "\n".join(f"{a.blow.step} ({a.status}): {a.stderr[-2000:]}" for a in missed)
    killed = [a for a in survivor.attempts if a.blow.signal == signal.SIGKILL]
    assert [a.status for a in killed if a.status not in (-signal.SIGKILL, 0)] == []
    midway = {a.blow.step for a in killed if a.midway and a.status == -signal.SIGKILL}
    assert len(midway) >= FEWEST_MIDWAY, midway


def test_ctrl_c_ends_in_order_and_says_how_to_go_on(survivor: Any) -> None:
    stopped = [a for a in survivor.attempts if a.blow.signal == signal.SIGINT]
    assert [a.blow.step for a in stopped] == ["validation", "platform"]
    for attempt in stopped:
        assert attempt.midway, attempt.stderr[-2000:]
        assert attempt.status == 130
        assert "Stopping: what runs now ends in order" in attempt.stderr
        assert "nestctl up --verbose --app " in attempt.stderr
        assert ", to go on where it stopped" in attempt.stderr


def test_a_run_pauses_for_the_records_tells_them_and_the_next_one_goes_on(survivor: Any) -> None:
    (interrupted,) = (a for a in survivor.attempts if a.blow.step == "validation")
    (record,) = survivor.wanted
    told = f"{record['name']} {record['type']} {record['value']}"
    assert record["name"].startswith("_")
    assert f"DNS record wanted: {told}" in interrupted.stderr
    assert "0 of 1 record seen in DNS" in interrupted.stderr

    paused = survivor.paused
    assert paused.status == 3, str(paused)
    (error,) = paused.envelope["errors"]
    assert error["code"] == "certificate-pending"
    assert f"Not in DNS: {told}" in error["why"]
    assert "nestctl local dns set NAME TYPE VALUE" in error["next"]
    steps = steps_of(paused.data)
    assert steps["images"] == "done", "the run before it has built and pushed them"
    assert list(steps)[-1] == "validation", "nothing that needs the certificate has begun"
    assert steps["validation"] == "blocked"

    following = survivor.attempts[survivor.attempts.index(interrupted) + 1]
    assert following.blow.step == "platform"
    assert following.midway, "it went on, once the record stood"


def test_the_last_run_reaches_the_end_without_repair(survivor: Any) -> None:
    assert survivor.whole.status == 0, str(survivor.whole)
    site = survivor.whole.data["site"]
    for page in ("", "projects", "status/"):
        assert httpx.get(f"{site}{page}", timeout=30).status_code == 200


def test_the_machine_was_a_rough_one(survivor: Any) -> None:
    """No home, a locale that there is not, a narrow umask, and a proxy that only others are asked through."""
    world = survivor.world
    assert {"HOME", "NO_PROXY"} & set(world.env) == set()
    assert {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} <= set(world.env)
    assert not str(world.state).isascii()
    assert " " in str(world.app)
    logs = list(world.work.glob("*/logs/*"))
    assert logs
    assert {path.stat().st_mode & 0o077 for path in logs} == {0}
    here = {name for name in survivor.proxy.asked if name in ("localhost", "::1") or name.startswith("127.")}
    assert here == set()


def test_a_run_after_that_finds_nothing_to_do(survivor: Any) -> None:
    assert survivor.settled.status == 0, str(survivor.settled)
    assert steps_of(survivor.settled.data) == dict.fromkeys(["local cloud", *NAMES], "done")


def test_the_lock_of_a_dead_run_is_removed_and_said(survivor: Any) -> None:
    assert "removed the lock that a dead run left on the state of staging" in survivor.settled.stderr
    s3 = survivor.world.client("s3")
    names = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("nest-state-staging-")]
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=names[0])["Contents"]]
    assert keys == ["terraform.tfstate"]
