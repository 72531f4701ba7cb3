"""What a running site cannot become is refused before anything is built."""

from __future__ import annotations

import re
import tomllib
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nestctl.aws import standing as aws
from nestctl.report import NestctlError
from nestctl.runbook import standing
from nestctl.runbook.context import Context
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.settings.variables import declared

DEFAULTS = declared(INFRASTRUCTURE / "staging")
SIZE = int(DEFAULTS["db_allocated_storage"].default)
ZONES = int(DEFAULTS["availability_zone_count"].default)
RANGE = str(DEFAULTS["vpc_cidr"].default)


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks for sizes while something stands."""

    def asking(
        sizes: dict[str, Any], storage: aws.Storage | None = None, network: aws.Network | None = None
    ) -> None:
        monkeypatch.setattr(aws, "storage", lambda *_: storage)
        monkeypatch.setattr(aws, "network", lambda *_: network)
        context = SimpleNamespace(
            deployer=None,
            stack="nest-staging",
            environment="staging",
            settings=SimpleNamespace(sizes=sizes),
        )
        standing.refuse_impossible_changes(cast("Context", context))

    return asking


def told(next_: str) -> dict[str, Any]:
    """Return what is written into nest.toml as it is advised: `Write name = value ... below ...`."""
    name, value = re.findall(r"Write (\w+) = (\S+)", next_)[0]
    return {name: tomllib.loads(f"x = {value}")["x"]}


@pytest.mark.parametrize(
    ("sizes", "storage"),
    [
        ({}, aws.Storage(SIZE, optimizing=False)),
        ({}, aws.Storage(SIZE, optimizing=True)),
        ({}, None),
        ({"db_allocated_storage": 110}, aws.Storage(100, optimizing=False)),
        ({"db_allocated_storage": "200"}, aws.Storage(100, optimizing=False)),
        ({"db_allocated_storage": 33}, aws.Storage(30, optimizing=False)),
    ],
)
def test_storage_stays_or_grows(ask: Any, sizes: dict[str, Any], storage: aws.Storage | None) -> None:
    ask(sizes, storage)


@pytest.mark.parametrize(
    ("sizes", "storage", "code", "next_"),
    [
        ({}, aws.Storage(SIZE + 1, optimizing=False), "storage-size", f"= {SIZE + 1} below"),
        ({"db_allocated_storage": 50}, aws.Storage(100, optimizing=False), "storage-size", "= 100 below"),
        ({"db_allocated_storage": 50}, aws.Storage(100, optimizing=True), "storage-size", "= 100 below"),
        ({"db_allocated_storage": 105}, aws.Storage(100, optimizing=False), "storage-size", "= 110 or more"),
        ({"db_allocated_storage": 23}, aws.Storage(21, optimizing=False), "storage-size", "= 24 or more"),
        ({"db_allocated_storage": 200}, aws.Storage(100, optimizing=True), "storage-busy", "again later"),
    ],
)
def test_other_storage_is_refused(
    ask: Any, sizes: dict[str, Any], storage: aws.Storage, code: str, next_: str
) -> None:
    with pytest.raises(NestctlError) as caught:
        ask(sizes, storage)
    assert caught.value.code == code
    assert next_ in caught.value.next
    assert f"{storage.size} GiB" in caught.value.what
    if code == "storage-size":
        ask(told(caught.value.next), storage)
    else:  # until AWS is ready, the size that there is
        ask({"db_allocated_storage": storage.size}, storage)
        ask(sizes, aws.Storage(storage.size, optimizing=False))


@pytest.mark.parametrize("zones", [ZONES, ZONES + 1])
def test_zones_may_be_added(ask: Any, zones: int) -> None:
    ask({"availability_zone_count": zones}, network=aws.Network(RANGE, ZONES))


@pytest.mark.parametrize(
    ("sizes", "network", "code", "next_"),
    [
        ({}, aws.Network(RANGE, ZONES + 1), "zones-fewer", f"availability_zone_count = {ZONES + 1}"),
        ({}, aws.Network("10.7.0.0/16", ZONES), "network-range", 'vpc_cidr = "10.7.0.0/16"'),
        ({"vpc_cidr": "10.8.0.0/16"}, aws.Network(RANGE, ZONES), "network-range", f'vpc_cidr = "{RANGE}"'),
    ],
)
def test_another_network_is_refused(
    ask: Any, sizes: dict[str, Any], network: aws.Network, code: str, next_: str
) -> None:
    with pytest.raises(NestctlError) as caught:
        ask(sizes, network=network)
    assert caught.value.code == code
    assert next_ in caught.value.next
    ask(sizes | told(caught.value.next), network=network)


def test_what_a_run_left_aws_at_work_on_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    context = cast("Context", SimpleNamespace(deployer=None, stack="nest-staging"))
    states: list[dict[str, str]] = [
        {"database nest-staging-db": "modifying", "cache nest-staging-cache": "creating"},
        {"database nest-staging-db": "deleting"},
        {},
    ]
    asked: list[tuple[str, ...]] = []

    def unsettled(_aws: Any, *names: str) -> dict[str, str]:
        asked.append(names)
        return states[min(len(asked), len(states)) - 1]

    monkeypatch.setattr(aws, "unsettled", unsettled)
    monkeypatch.setattr(standing, "FIRST_POLL", 0.0)
    told: list[str] = []
    standing.wait_until_settled(context, told.append)
    assert set(asked) == {("nest-staging-db", "nest-staging-cache")}
    assert [line.partition(";")[0] for line in told] == [
        "the database nest-staging-db is modifying and the cache nest-staging-cache is creating",
        "the database nest-staging-db is deleting",
    ]
    states.pop()
    with pytest.raises(NestctlError, match="The database nest-staging-db is deleting") as refused:
        standing.wait_until_settled(context, told.append, limit=0.0)
    assert refused.value.code == "still-changing"
