"""Which version of a state is good, and what is said of the others."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.aws import s3
from nestctl.report import NestctlError
from nestctl.runbook import state_versions

START = datetime(2030, 1, 1, tzinfo=UTC)
GONE = object()


def state(serial: int, lineage: str = "one", resources: int = 1) -> bytes:
    listed = [{"instances": [{}] * resources}]
    return json.dumps({"version": 4, "serial": serial, "lineage": lineage, "resources": listed}).encode()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The versions of the state, oldest first; ``GONE`` is a deletion."""
    held: list[Any] = []
    written: dict[str, dict[str, str]] = {}

    def versions(*_: Any, most: int) -> list[s3.Row]:
        last = len(held) - 1
        rows = [
            s3.Row(f"v{number}", START + timedelta(hours=number), number == last, body is GONE)
            for number, body in enumerate(held)
        ]
        return rows[::-1][:most]

    def again(_aws: Any, _bucket: str, _key: str, version: str, metadata: dict[str, str]) -> str:
        held.append(held[int(version[1:])])
        written[f"v{len(held) - 1}"] = metadata
        return f"v{len(held) - 1}"

    monkeypatch.setattr(s3, "versions", versions)
    monkeypatch.setattr(
        s3, "read_version", lambda *a, first=None: (held[int(a[3][1:])][:first], written.get(a[3], {}))
    )
    monkeypatch.setattr(s3, "write_again", again)
    return held


CONTEXT: Any = SimpleNamespace(
    caller=None,
    state_bucket=lambda root: f"nest-state-{root}-0",
)


@pytest.mark.parametrize(
    ("present", "code", "words"),
    [
        (b"", "state-unusable", "empty"),
        (b"  \n", "state-unusable", "empty"),
        (state(9)[:40], "state-unusable", "not JSON"),
        (b"\xff\xfe", "state-unusable", "not JSON"),
        (b"[" * 100_000, "state-unusable", "not JSON"),
        (b"{}", "state-unusable", "no Terraform state"),
        (b"[]", "state-unusable", "no Terraform state"),
        (b'{"version": 3, "serial": 9, "lineage": "one"}', "state-unusable", "format 4"),
        (b'{"version": 4, "serial": 9}', "state-unusable", "format 4"),
        (GONE, "state-unusable", "deleted"),
        (state(2), "state-older", "serial 2 after 5"),
        (state(9, "two"), "state-older", "another lineage"),
    ],
)
def test_what_no_run_has_written_is_refused_with_the_way_back(
    present: Any, code: str, words: str, bucket: list[Any]
) -> None:
    bucket[:] = [state(2), state(5), present]
    with pytest.raises(NestctlError) as caught:
        state_versions.check(CONTEXT, "staging")
    assert caught.value.code == code
    assert words in caught.value.what
    assert "version is v1 " in caught.value.why
    assert caught.value.next == "nestctl state restore staging v1 --yes"


def test_the_advised_command_ends_it(bucket: list[Any]) -> None:
    bucket[:] = [state(2), state(5), b"{"]
    version = state_versions.choose(CONTEXT, "staging", "v1")
    assert state_versions.restore(CONTEXT, "staging", version) == "v3"
    state_versions.check(CONTEXT, "staging")
    assert bucket[2] == b"{"  # what was there can still be looked at


def test_an_older_version_that_is_restored_on_purpose_is_taken(bucket: list[Any]) -> None:
    bucket[:] = [state(2), state(5)]
    state_versions.restore(CONTEXT, "staging", state_versions.choose(CONTEXT, "staging", "v0"))
    state_versions.check(CONTEXT, "staging")
    bucket.append(state(3))  # and the next run goes on from it
    state_versions.check(CONTEXT, "staging")


def test_the_present_one_is_kept_when_that_is_wanted(bucket: list[Any]) -> None:
    bucket[:] = [state(5), state(2)]
    assert state_versions.fault(CONTEXT, "staging")
    state_versions.restore(CONTEXT, "staging", state_versions.choose(CONTEXT, "staging", "v1"))
    assert not state_versions.fault(CONTEXT, "staging")


def test_a_bad_version_that_was_repaired_is_forgotten(bucket: list[Any]) -> None:
    bucket[:] = [state(2), b"{", state(5)]
    state_versions.check(CONTEXT, "staging")


@pytest.mark.parametrize(
    "held", [[], [GONE], [state(4, resources=0), GONE], [state(1)], [state(1), state(1)]]
)
def test_what_a_run_leaves_is_good(held: list[Any], bucket: list[Any]) -> None:
    bucket[:] = held
    state_versions.check(CONTEXT, "staging")


def test_without_a_good_version_that_is_said(bucket: list[Any]) -> None:
    bucket[:] = [b"{", b""]
    with pytest.raises(NestctlError, match="no version that can be used") as caught:
        state_versions.check(CONTEXT, "staging")
    assert caught.value.next == "nestctl aws s3 rm s3://nest-state-staging-0/terraform.tfstate"
    bucket.append(GONE)  # what it does
    state_versions.check(CONTEXT, "staging")


@pytest.mark.parametrize(("wanted", "words"), [("x", "no version"), ("v", "3 versions"), ("v2", "empty")])
def test_no_other_version_is_restored_than_the_one_that_was_meant(
    wanted: str, words: str, bucket: list[Any]
) -> None:
    bucket[:] = [state(2), state(5), b""]
    with pytest.raises(NestctlError, match=words) as caught:
        state_versions.choose(CONTEXT, "staging", wanted)
    assert caught.value.code == "state-version"
    assert len(bucket) == 3


@pytest.mark.parametrize(
    "since",
    [
        [state(3)],  # Terraform went on from the older one, by hand
        [state(3), state(4)],
        [state(3), state(4), state(9)],  # it came further than the good one
        [b"{", state(3)],
        [state(3, "two")],
    ],
)
def test_what_was_built_upon_an_older_version_is_no_good_state(since: list[Any], bucket: list[Any]) -> None:
    bucket[:] = [state(2), state(5, resources=7), state(2), *since]
    with pytest.raises(NestctlError, match="serial 2 after 5") as caught:
        state_versions.check(CONTEXT, "staging")
    assert caught.value.code == "state-older"
    assert "version is v1 " in caught.value.why
    assert "with 7 resources" in caught.value.why
    state_versions.restore(CONTEXT, "staging", state_versions.choose(CONTEXT, "staging", "v1"))
    state_versions.check(CONTEXT, "staging")


def test_after_an_intended_step_back_the_states_since_are_the_good_ones(bucket: list[Any]) -> None:
    """The highest number would lead back to what was left on purpose."""
    bucket[:] = [state(2), state(9)]
    state_versions.restore(CONTEXT, "staging", state_versions.choose(CONTEXT, "staging", "v0"))
    bucket += [state(3), state(4), b""]
    with pytest.raises(NestctlError) as caught:
        state_versions.check(CONTEXT, "staging")
    assert "version is v4 " in caught.value.why
    best = state_versions.best(state_versions.find(CONTEXT, "staging"))
    assert best is not None
    assert best.id == "v4"


def test_a_new_site_after_a_destroy_has_a_history_of_its_own(bucket: list[Any]) -> None:
    bucket[:] = [state(8), state(9, resources=0), GONE, state(1, "two"), state(2, "two")]
    state_versions.check(CONTEXT, "staging")
    bucket.append(state(1, "two"))
    with pytest.raises(NestctlError) as caught:
        state_versions.check(CONTEXT, "staging")
    assert "version is v4 " in caught.value.why


def test_a_deletion_of_what_described_something_is_not_forgotten(bucket: list[Any]) -> None:
    bucket[:] = [state(8), GONE, state(1, "two")]
    with pytest.raises(NestctlError, match="another lineage") as caught:
        state_versions.check(CONTEXT, "staging")
    assert "version is v0 " in caught.value.why


def test_what_lies_long_ago_is_left_in_peace(bucket: list[Any]) -> None:
    bucket[:] = [state(50), *(state(number) for number in range(state_versions.GLANCED_AT))]
    state_versions.check(CONTEXT, "staging")
