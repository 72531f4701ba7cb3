"""Whether the database takes the stored password, where nobody here can reach it: on AWS, outside the VPC."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.aws import master_password, parameters, proxy_secret, s3
from nestctl.aws.master_password import Database
from nestctl.report import NestctlError
from nestctl.runbook import database_password, stack

MADE = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
OUTPUTS = {
    "database_identifier": "nest-staging-db",
    "zappa_bucket_name": "nest-zappa",
    "parameter_path": "/nest/staging/",
}


DATABASE = Database("db-1", "available", False, MADE, "db.example.org", 5432, "nest", "nest_staging")


@dataclass
class Account:
    """What AWS has."""

    database: Database = DATABASE
    stored: str = "stored-password"
    written: datetime = MADE - HOUR
    resets: list[datetime] = field(default_factory=list)
    door: str = "unreachable"
    mark: bytes | None = None
    secret: dict[str, str] | None = None
    given: list[str] = field(default_factory=list)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account()

    def give(_aws: Any, _name: str, password: str, *_: Any) -> None:
        made.given.append(password)
        made.resets.append(MADE + 48 * HOUR)

    def write(_aws: Any, _bucket: str, _key: str, data: bytes) -> None:
        made.mark = data

    def put(_aws: Any, _name: str, credentials: dict[str, str]) -> None:
        made.secret = dict(credentials)

    monkeypatch.setattr(stack, "outputs", lambda _: OUTPUTS)
    monkeypatch.setattr(master_password, "describe", lambda *_: made.database)
    monkeypatch.setattr(master_password, "knock", lambda *_: made.door)
    monkeypatch.setattr(master_password, "last_reset", lambda *_: max(made.resets, default=None))
    monkeypatch.setattr(master_password, "set_password", give)
    monkeypatch.setattr(parameters, "get_value", lambda *_: made.stored)
    monkeypatch.setattr(
        parameters, "last_write", lambda _aws, name: parameters.State(name, True, 1, made.written)
    )
    monkeypatch.setattr(s3, "read", lambda *_: made.mark)
    monkeypatch.setattr(s3, "write", write)
    monkeypatch.setattr(proxy_secret, "read", lambda *_: made.secret)
    monkeypatch.setattr(proxy_secret, "write", put)
    return made


def context() -> Any:
    entry = SimpleNamespace(use="database_password")
    manifest = SimpleNamespace(parameters={"DB_PASSWORD": entry, "OTHER": SimpleNamespace(use=None)})
    settings = SimpleNamespace(manifest=manifest)
    return SimpleNamespace(
        deployer=None,
        environment="staging",
        settings=settings,
        target=SimpleNamespace(authorities=None),
    )


CONTEXT = context()


def problem() -> str:
    return database_password.problem(CONTEXT)


def give() -> None:
    database_password.give(CONTEXT, lambda _: None)


@pytest.mark.parametrize(("door", "words"), [("taken", ""), ("refused", "takes another")])
def test_the_database_itself_has_the_last_word(account: Account, door: str, words: str) -> None:
    account.door, account.written = door, MADE + HOUR
    assert words in problem()
    assert bool(problem()) is bool(words)


@pytest.mark.usefixtures("account")
def test_a_database_that_terraform_made_takes_what_was_stored_before_it() -> None:
    assert problem() == ""


def test_a_parameter_that_was_made_anew_is_younger_than_the_database(account: Account) -> None:
    """Deleted by hand: Terraform makes it again, with a value that the database never saw."""
    account.written = MADE + HOUR
    assert "younger than the database" in problem()
    give()
    assert account.given == ["stored-password"]
    assert problem() == ""


def test_a_value_that_somebody_stored_is_given(account: Account) -> None:
    database_password.note(CONTEXT)
    assert problem() == ""
    account.stored, account.written = "another-password", MADE + HOUR
    assert "nobody has seen it take" in problem()
    give()
    assert account.given == ["another-password"]
    assert problem() == ""


@pytest.mark.parametrize("noted", [False, True])
def test_a_password_that_somebody_set_at_rds_is_noticed(account: Account, noted: bool) -> None:
    account.resets.append(MADE - HOUR)  # of an instance that had the name before
    if noted:
        database_password.note(CONTEXT)
    assert problem() == ""
    account.resets.append(MADE + HOUR)
    assert "somebody has set another since" in problem()
    give()
    assert problem() == ""
    account.resets.clear()  # RDS forgets events after two weeks
    assert problem() == ""


def test_another_instance_of_the_same_name_is_not_taken_for_the_first(account: Account) -> None:
    """Restored from a snapshot by hand: it has the password of then."""
    database_password.note(CONTEXT)
    account.database = replace(account.database, id="db-2", made=MADE + 24 * HOUR)
    assert "this database" in problem()


def test_a_change_under_way_is_seen_to_its_end(account: Account) -> None:
    account.database = replace(account.database, pending=True)
    account.door = "taken"
    assert "under way" in problem()


def test_nothing_is_written_twice_and_never_a_value(account: Account) -> None:
    database_password.note(CONTEXT)
    first = account.mark
    assert first is not None
    assert set(json.loads(first)) == {"database", "password", "reset"}
    assert account.stored.encode() not in first
    database_password.note(CONTEXT)
    assert account.mark is first


@pytest.mark.parametrize(
    "value", ["", "short", "x" * 129, "with/slash", "with@sign", 'with"mark', "with blank", "naïve-word"]
)
def test_what_rds_refuses_is_told_before_it_is_asked(account: Account, value: str) -> None:
    account.stored = value
    with pytest.raises(NestctlError) as caught:
        give()
    assert caught.value.code == "password-unfit"
    assert "--name /nest/staging/DB_PASSWORD " in caught.value.next
    assert not value or value not in caught.value.what + caught.value.why + caught.value.next
    assert account.given == []


@pytest.mark.parametrize(
    "secret", [None, {}, {"username": "nest", "password": "older-password"}, {"password": "stored-password"}]
)
def test_the_proxy_gets_the_stored_password(
    account: Account, secret: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.secret = secret
    assert database_password.proxy_problem(CONTEXT) == ""  # there is no proxy
    proxied = {**OUTPUTS, "database_proxy_name": "nest-staging-db-proxy"}
    monkeypatch.setattr(stack, "outputs", lambda _: proxied)
    assert database_password.proxy_problem(CONTEXT)
    database_password.give_proxy(CONTEXT)
    assert account.secret == {"username": "nest", "password": "stored-password"}
    assert database_password.proxy_problem(CONTEXT) == ""
