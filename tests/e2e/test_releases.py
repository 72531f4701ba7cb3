"""A new release goes live, the alias leads back to the one before, and a run brings the new one back.

Around that, each of the two runs meets what people and bad days do to a site: a state of yesterday, passwords
that no longer fit, parameters that are gone, neighbouring settings that change. No value and no row may go.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import yesterday
from worlds import World, steps_of

from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT

FUNCTION = "nest-staging"
SETTLE_SECONDS = 60.0


def release_of(site: str) -> str:
    answer = httpx.get(f"{site}status/", timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["release"])


def wait_for(site: str, release: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while release_of(site) != release:
        assert time.monotonic() < deadline, f"the site still answers with {release_of(site)}, not {release}"
        time.sleep(0.2)


def versions_of(world: World, release: str) -> list[str]:
    pages = world.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=FUNCTION)
    return [
        version["Version"]
        for page in pages
        for version in page["Versions"]
        if version["Version"] != "$LATEST" and version["Environment"]["Variables"]["NEST_RELEASE"] == release
    ]


FIRST = {
    "frontend_desired_count = 2": "frontend_desired_count = 2\n"
    "frontend_autoscaling = { min = 1, max = 3, cpu_percent = 50 }\n"
    "db_backup_retention_days = 14\n"
    "cache_snapshot_retention_days = 3",
}
SECOND = {
    'description = "Encrypts sign-in sessions"': 'description = "Encrypts sessions of those who sign in"',
    "memory = 1024                        # MB": "memory = 1536",
    "[tasks.index-data]": '[tasks.index-data]\nmemory = "2048"',
}
"""What each run changes in nest.toml beside values that must stay: what stands there, and what instead."""

DELETED = ("DJANGO_DB_PASSWORD", "DJANGO_REDIS_AUTH_TOKEN", "DJANGO_SECRET_KEY")
ELSEWHERE = "set-by-somebody-at-aws-itself"


@dataclass
class Days:
    """What was there before and after each of the two runs.

    Attributes:
        facts: Before the first, between them, after the second.
        live: Configuration of the live version of the function, between them and after the second.
        images: Images by task, between them and after the second.
        tasks: Wanted and running tasks of the frontend after the second.
        descriptions: Of the parameters, after the second.
        backups: Days for which database and cache keep backups, after the second.
    """

    facts: list[yesterday.Facts]
    live: list[dict[str, Any]]
    images: list[dict[str, str]]
    tasks: tuple[int, int]
    descriptions: dict[str, str]
    backups: tuple[int, int]


def edit(world: World, changes: dict[str, str]) -> None:
    assert world.app is not None
    file = world.app / "nest.toml"
    text = file.read_text(encoding="utf-8")
    for before, after in changes.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")


def set_elsewhere(world: World) -> None:
    """Set another password and another token at RDS and ElastiCache themselves."""
    world.client("rds").modify_db_instance(
        DBInstanceIdentifier="nest-staging-db", MasterUserPassword=ELSEWHERE, ApplyImmediately=True
    )
    cache = world.client("elasticache")
    for strategy in ("ROTATE", "SET"):
        wait_until(
            lambda: cache.describe_replication_groups()["ReplicationGroups"][0]["Status"] == "available"
        )
        cache.modify_replication_group(
            ReplicationGroupId="nest-staging-cache",
            AuthToken=ELSEWHERE,
            AuthTokenUpdateStrategy=strategy,
            ApplyImmediately=True,
        )


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def live_configuration(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.client("lambda").get_function_configuration(
        FunctionName=FUNCTION, Qualifier="live"
    )
    return found


def images(world: World) -> dict[str, str]:
    """Return the image that each task's newest definition names."""
    ecs = world.client("ecs")
    families = ecs.list_task_definition_families(familyPrefix="nest-staging-", status="ACTIVE")["families"]
    newest = {name: ecs.describe_task_definition(taskDefinition=name)["taskDefinition"] for name in families}
    return {name: item["containerDefinitions"][0]["image"] for name, item in newest.items()}


@pytest.fixture(scope="module")
def days(survivor: Any, neighbour: Any) -> Days:
    del neighbour  # deployed at the same time
    world: World = survivor.world
    site = survivor.whole.data["site"]
    first = release_of(site)
    before = world.client("lambda").get_alias(FunctionName=FUNCTION, Name="live")["FunctionVersion"]
    assert before in versions_of(world, first)
    facts = [yesterday.facts(world)]

    assert world.app is not None
    source = world.app / "backend" / "config" / "wsgi.py"
    source.write_text(source.read_text(encoding="utf-8") + "\n# A change of the sources.\n", encoding="utf-8")
    edit(world, FIRST)
    world.nestctl("state", "restore", "staging", yesterday.half_made(world), "--yes")
    set_elsewhere(world)
    done = world.nestctl("up", "--json")
    assert "taken over into staging" in done.stderr
    changed = steps_of(done.data)
    assert {"images", "migrate", "backend"} <= {name for name, how in changed.items() if how == "changed"}
    second = release_of(site)
    assert second != first
    live = [live_configuration(world)]
    assert live[0]["Version"] in versions_of(world, second)
    facts.append(yesterday.facts(world))
    ran = [images(world)]

    world.client("lambda").update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion=before)
    wait_for(site, first)
    assert httpx.get(f"{site}projects", timeout=30).status_code == 200

    world.client("ecs").update_service(
        cluster="nest-staging-frontend-cluster", service="nest-staging-frontend-service", desiredCount=1
    )
    edit(world, SECOND)
    for name in DELETED:
        world.client("ssm").delete_parameter(Name=f"/nest/staging/{name}")
    yesterday.forget_notes(world)
    done = world.nestctl("up", "--json")
    assert "the state of staging was kept from reading" in done.stderr
    repaired = steps_of(done.data)
    assert {"platform", "secrets", "backend"} <= {name for name, how in repaired.items() if how == "changed"}
    assert "the database was given its password" in done.stdout
    wait_for(site, second)
    assert httpx.get(f"{site}projects", timeout=30).status_code == 200
    facts.append(yesterday.facts(world))
    return look(world, facts, [*live, live_configuration(world)], [*ran, images(world)])


def look(
    world: World, facts: list[yesterday.Facts], live: list[dict[str, Any]], ran: list[dict[str, str]]
) -> Days:
    (service,) = world.client("ecs").describe_services(
        cluster="nest-staging-frontend-cluster", services=["nest-staging-frontend-service"]
    )["services"]
    pages = world.client("ssm").get_paginator("describe_parameters").paginate()
    described = {item["Name"]: item.get("Description", "") for page in pages for item in page["Parameters"]}
    database, cache = yesterday.stores(world)
    return Days(
        facts,
        live,
        ran,
        (service["desiredCount"], service["runningCount"]),
        described,
        (database["BackupRetentionPeriod"], cache["SnapshotRetentionLimit"]),
    )


def test_the_alias_leads_back_and_forth_between_releases(days: Days) -> None:
    """The runs themselves assert which release answers."""
    assert days.live[0]["Version"] != days.live[1]["Version"]


def test_a_state_of_yesterday_and_passwords_set_elsewhere_cost_nothing(days: Days) -> None:
    before, after, _ = days.facts
    assert sum(number for number, _ in before.rows.values()) > 100
    assert after.rows == before.rows
    assert after.parameters == before.parameters
    assert after.things == before.things
    assert {name: after.ids.get(name) for name in before.ids} == before.ids


def test_parameters_that_are_gone_are_made_anew_and_taken_by_database_and_cache(days: Days) -> None:
    _, before, after = days.facts
    assert after.rows == before.rows  # read with the new password
    assert after.things == before.things
    assert after.ids == before.ids
    assert {name for name in before.parameters if after.parameters[name] != before.parameters[name]} == set(
        DELETED
    )
    assert all(len(after.parameters[name]) >= 48 for name in DELETED)


def test_no_value_was_read_into_the_state(days: Days, survivor: Any) -> None:
    """The provider's notes on which values nobody may read were gone from it before the second run."""
    state = yesterday.read(survivor.world, "staging").decode()
    values = days.facts[-1].parameters
    declared = load_manifest(CHECKOUT).parameters
    secret = [values[name] for name, entry in declared.items() if entry.kind == "generated"]
    assert len(secret) >= len(DELETED)
    assert [value for value in secret if value in state] == []


def test_a_change_of_neighbours_reaches_no_value(days: Days) -> None:
    assert days.descriptions["/nest/staging/NEXTAUTH_SECRET"] == "Encrypts sessions of those who sign in"
    assert days.backups == (14, 3)
    before, after = days.live
    assert (before["MemorySize"], after["MemorySize"]) == (1024, 1536)
    assert after["CodeSha256"] == before["CodeSha256"]
    assert after["Description"] == before["Description"]
    assert days.images[1] == days.images[0]
    assert days.tasks == (1, 1)  # as autoscaling would have set it, though nest.toml says 2 to begin with
