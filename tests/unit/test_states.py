"""What is read from states without Terraform."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.runbook import context as run_context
from nestctl.runbook import state, states

KEYS = ("state", "staging", "bootstrap-staging", "fork", "bootstrap-fork")
STATE = {
    "version": 4,
    "serial": 7,
    "lineage": "one",
    "resources": [
        {"type": "aws_kms_key", "name": "state", "instances": [{"index_key": key} for key in KEYS]},
        {"type": "aws_s3_bucket", "name": "this", "instances": [{"attributes": {}}]},
    ],
}


def context() -> Any:
    manifest = SimpleNamespace(environments=["staging", "production"])
    return SimpleNamespace(
        caller=None,
        environment="staging",
        settings=SimpleNamespace(manifest=manifest),
        state_bucket=lambda root, *_: f"nest-state-{root}",
    )


def test_an_environment_that_only_the_state_knows_keeps_its_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states.s3, "read", lambda *_: json.dumps(STATE).encode())
    monkeypatch.setattr(state.s3, "bucket_exists", lambda *_: False)
    assert states.environments(context()) == {"staging", "fork"}
    assert state._environments(context()) == ["fork", "staging"]


@pytest.mark.parametrize("text", [None, b'{"version": 4, "serial": 1, "lineage": "one"}'])
def test_without_a_state_there_is_nothing(text: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states.s3, "read", lambda *_: text)
    assert states.environments(context()) == set()
    assert not states.describes(context(), "nest-state-staging")


@pytest.mark.parametrize("text", [b"", b"{", b"{}", b"[]", b'{"version": 3}'])
def test_what_cannot_be_read_may_describe_anything(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states.s3, "read", lambda *_: text)
    assert states.describes(context(), "nest-state-staging")


def test_outputs_are_those_of_the_state_and_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"name": {"value": "nest", "type": "string"}, "ids": {"value": ["a"], "sensitive": True}}
    reads = []
    checked = []

    def read(*place: object) -> bytes:
        reads.append(place[1:])
        return json.dumps({**STATE, "outputs": outputs}).encode()

    monkeypatch.setattr(run_context.s3, "read", read)
    ours: Any = object.__new__(run_context.Context)
    ours.__dict__.update(caller=None, _outputs={}, check_state=checked.append)
    root: Any = SimpleNamespace(name="staging", backend={"bucket": "b", "key": "k"}, outputs=pytest.fail)
    assert ours.outputs(root) == ours.outputs(root) == {"name": "nest", "ids": ["a"]}
    assert (reads, checked) == ([("b", "k")], ["staging"])
    assert ours.outputs(root, fresh=True)["name"] == "nest"
    assert len(reads) == 2


def test_before_the_first_apply_there_are_no_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_context.s3, "read", lambda *_: None)
    ours: Any = object.__new__(run_context.Context)
    ours.__dict__.update(caller=None, _outputs={}, check_state=lambda _: None)
    root: Any = SimpleNamespace(name="staging", backend={"bucket": "b", "key": "k"}, outputs=pytest.fail)
    assert ours.outputs(root) == {}


def test_terraform_tells_the_outputs_of_a_state_on_this_machine() -> None:
    ours: Any = object.__new__(run_context.Context)
    ours.__dict__.update(_outputs={})
    root: Any = SimpleNamespace(name="state", backend={}, outputs=lambda: {"bucket": "b"})
    assert ours.outputs(root) == {"bucket": "b"}
