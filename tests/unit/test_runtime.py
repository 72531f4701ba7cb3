from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nestctl.localcloud.control.corrections import sts
from nestctl.localcloud.layout import Layout
from nestctl.localcloud.supervise import runtime as supervised
from nestctl.localcloud.supervise.ports import Ports
from nestctl.localcloud.supervise.runtime import UNKNOWN_ROLE_KEY_ID, Runtime

ROLE = "arn:aws:iam::000000000000:role/execution"
ID = "AWS_ACCESS_KEY_ID"


class Asked:
    """Stands for STS and boto3: a session that takes a moment to make, clients that say whose they are."""

    def __init__(self) -> None:
        self.issued: list[str] = []
        self.threads: set[str] = set()
        self.known: set[str] = set()
        self.made = 0
        self.is_there = True

    def issue(self, _cloud: Any, _role: str, _name: str) -> dict[str, str]:
        self.threads.add(threading.current_thread().name)
        if not self.is_there:
            return {}
        time.sleep(0.02)
        self.issued.append(f"ASIA{len(self.issued)}")
        self.known.add(self.issued[-1])
        return {ID: self.issued[-1], "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}

    def session(self, _cloud: Any, key: str) -> dict[str, str] | None:
        return {} if key in self.known else None

    def client(self, _service: str, *, aws_access_key_id: str, **_: Any) -> Any:
        self.made += 1

        class Client:
            def get_parameters(self, **_: Any) -> dict[str, Any]:
                return {"by": aws_access_key_id}

        return Client()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()
    monkeypatch.setattr(sts, "issue", found.issue)
    monkeypatch.setattr(sts, "session", found.session)
    monkeypatch.setattr(supervised.boto3, "Session", lambda: found)
    return found


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return Runtime(Layout(tmp_path), "http://127.0.0.1:9", Ports(tmp_path / "ports.json", print))


async def who_asks(runtime: Runtime, times: int) -> set[str]:
    calls = [runtime.api("ssm", "GetParameters", {}, "eu-west-1", role=ROLE) for _ in range(times)]
    return {answer["by"] for answer in await asyncio.gather(*calls)}


async def test_tasks_that_start_at_once_share_a_session_of_their_role(asked: Asked, runtime: Runtime) -> None:
    """Each in a thread made one of its own, in a memory that only one of them kept."""
    assert await who_asks(runtime, 8) == {"ASIA0"}
    assert asked.threads == {threading.current_thread().name}
    assert asked.made == 1


async def test_a_session_that_has_ended_is_followed_by_another(asked: Asked, runtime: Runtime) -> None:
    assert await who_asks(runtime, 1) == {"ASIA0"}
    asked.known.clear()
    assert await who_asks(runtime, 2) == {"ASIA1"}


async def test_a_role_that_is_not_there_gives_nothing_until_it_is(asked: Asked, runtime: Runtime) -> None:
    asked.is_there = False
    assert await who_asks(runtime, 1) == {UNKNOWN_ROLE_KEY_ID}
    asked.is_there = True
    assert await who_asks(runtime, 1) == {"ASIA0"}
