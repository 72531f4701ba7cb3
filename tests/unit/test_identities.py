from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from nestctl.aws.identities import read_profile, write_profile
from nestctl.report import NestctlError
from nestctl.runbook import identities


def test_a_profile_is_set_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "aws" / "config"
    write_profile(file, "profile one", {"region": "us-east-1"})
    write_profile(file, "profile two", {"external_id": "a%b"})
    write_profile(file, "profile one", {"region": "eu-west-1"})
    assert read_profile(file, "profile one") == {"region": "eu-west-1"}
    assert read_profile(file, "profile two") == {"external_id": "a%b"}
    assert file.stat().st_mode & 0o077 == 0
    assert [p.name for p in file.parent.iterdir()] == ["config"]


def test_a_profile_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_profile(tmp_path / "none", "profile one") == {}


class Answers:
    """Refuses as often as told, then answers."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if not self.codes:
            return "known"
        code = self.codes.pop(0)
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "AssumeRole")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only sleeping moves."""
    now = [0.0]
    monkeypatch.setattr(identities.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(identities.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_what_aws_does_not_know_yet_is_asked_for_again(clock: list[float]) -> None:
    ask, told = Answers("InvalidClientTokenId", "AccessDenied", "AccessDeniedException"), []
    assert identities.until_allowed("the role", ask, told.append) == "known"
    assert ask.asked == 4
    assert told == ["waiting until AWS knows the role"] * 3
    assert 0 < clock[0] < 10


def test_a_role_that_stays_unknown_ends_after_a_minute(clock: list[float]) -> None:
    def ask() -> Any:
        return Answers("AccessDenied")()

    with pytest.raises(NestctlError, match="the role after 60 s") as caught:
        identities.until_allowed("the role", ask, print)
    assert caught.value.code == "access-key"
    assert 60 < clock[0] < 70


def test_another_refusal_is_not_waited_for(clock: list[float]) -> None:
    ask = Answers("MalformedPolicyDocument")
    with pytest.raises(ClientError):
        identities.until_allowed("the role", ask, print)
    assert (ask.asked, clock[0]) == (1, 0)
