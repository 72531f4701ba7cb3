"""Which of all tasks a service of ECS counts as its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nestctl.localcloud.compute import ecs_state
from nestctl.localcloud.compute.ecs_state import Place, Record, ecs

HERE = Place("000000000000", "us-east-1")
SERVICE = {"serviceName": "web", "clusterArn": "this-cluster"}
OWN: Record = {"group": "service:web", "clusterArn": "this-cluster", "lastStatus": "RUNNING"}


@pytest.fixture
def tasks() -> Iterator[dict[tuple[str, str, str], Record]]:
    """The emulator's table of tasks, emptied."""
    table: dict[tuple[str, str, str], Record] = ecs._tasks._data
    before = dict(table)
    table.clear()
    yield table
    table.clear()
    table.update(before)


def test_a_service_has_its_tasks_that_are_not_stopped(tasks: dict[tuple[str, str, str], Record]) -> None:
    tasks[HERE.account, HERE.region, "runs"] = dict(OWN)
    tasks[HERE.account, HERE.region, "starts"] = {**OWN, "lastStatus": "PROVISIONING"}

    assert ecs_state.tasks_of(HERE, SERVICE) == [dict(OWN), {**OWN, "lastStatus": "PROVISIONING"}]


@pytest.mark.parametrize(
    "other",
    [{"lastStatus": "STOPPED"}, {"group": "service:api"}, {"group": ""}, {"clusterArn": "other-cluster"}],
    ids=lambda change: "-".join(*change.items()),
)
def test_a_service_has_no_others(tasks: dict[tuple[str, str, str], Record], other: Record) -> None:
    tasks[HERE.account, HERE.region, "other"] = OWN | other

    assert ecs_state.tasks_of(HERE, SERVICE) == []


@pytest.mark.parametrize("place", [("000000000000", "eu-central-1"), ("111111111111", "us-east-1")])
def test_a_service_has_none_of_another_place(
    tasks: dict[tuple[str, str, str], Record], place: tuple[str, str]
) -> None:
    tasks[*place, "elsewhere"] = dict(OWN)

    assert ecs_state.tasks_of(HERE, SERVICE) == []
    assert ecs_state.tasks_of(Place(*place), SERVICE) == [OWN]
