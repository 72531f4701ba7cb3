"""Whether the cache asks for the stored token, where nobody here can reach it: on AWS, outside the VPC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.aws import cache, parameters, s3
from nestctl.aws.cache import Group
from nestctl.report import NestctlError
from nestctl.runbook import cache_token, stack

THEN = datetime(2030, 1, 1, tzinfo=UTC)
OUTPUTS = {
    "cache_replication_group_id": "nest-staging-cache",
    "cache_auth_token_parameter": "/nest/staging/TOKEN",
    "zappa_bucket_name": "nest-zappa",
}
GROUP = Group("available", False, None, False, "first", "cache.example.org", 6379, True)
CONTEXT: Any = SimpleNamespace(deployer=None, target=SimpleNamespace(authorities=None))


@dataclass
class Account:
    """What AWS has."""

    group: Group = GROUP
    stored: str = "a-stored-token-of-the-cache"
    written: datetime = THEN
    door: str = "unreachable"
    mark: bytes | None = None
    given: int = 0


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account()

    def give(*_: Any) -> None:
        made.given += 1
        made.group = replace(made.group, enabled=True, changed=THEN + made.given * timedelta(hours=1))

    def write(_aws: Any, _bucket: str, _key: str, data: bytes) -> None:
        made.mark = data

    monkeypatch.setattr(stack, "outputs", lambda _: OUTPUTS)
    monkeypatch.setattr(cache, "describe", lambda *_: made.group)
    monkeypatch.setattr(cache, "knock", lambda *_: made.door)
    monkeypatch.setattr(cache, "set_token", give)
    monkeypatch.setattr(parameters, "get_value", lambda *_: made.stored)
    monkeypatch.setattr(
        parameters, "last_write", lambda _aws, name: parameters.State(name, True, 1, made.written)
    )
    monkeypatch.setattr(s3, "read", lambda *_: made.mark)
    monkeypatch.setattr(s3, "write", write)
    return made


@pytest.fixture
def settled(account: Account) -> Account:
    assert "asks for none" in cache_token.problem(CONTEXT)
    cache_token.give(CONTEXT, lambda _: None)
    assert cache_token.problem(CONTEXT) == ""
    return account


@pytest.mark.parametrize(
    "change",
    [
        {"written": THEN + timedelta(hours=5)},  # another value, or the parameter made anew
        {"group": replace(GROUP, enabled=True, changed=THEN + timedelta(hours=5))},  # somebody else set one
        {"group": replace(GROUP, enabled=True, changed=THEN, born="second")},
        {"mark": None},
        {"door": "open"},
        {"door": "wrong-token"},
    ],
    ids=str,
)
def test_a_token_that_may_no_longer_fit_is_set_anew(settled: Account, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(settled, name, value)
    assert cache_token.problem(CONTEXT)
    settled.door = "unreachable"
    cache_token.give(CONTEXT, lambda _: None)
    assert settled.given == 2
    assert cache_token.problem(CONTEXT) == ""


@pytest.mark.parametrize(
    "value",
    ["", "short", "x" * 129, "a token with blanks in it", "a_token_with_underscores", "naïve-token-of-x"],
)
def test_what_elasticache_refuses_is_told_before_it_is_asked(account: Account, value: str) -> None:
    account.stored = value
    with pytest.raises(NestctlError) as caught:
        cache_token.give(CONTEXT, lambda _: None)
    assert caught.value.code == "password-unfit"
    assert "--name /nest/staging/TOKEN " in caught.value.next
    assert not value or value not in caught.value.what + caught.value.why + caught.value.next
    assert account.given == 0
