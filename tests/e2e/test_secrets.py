"""No secret that was generated or set rests anywhere but in Parameter Store."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from account import rows
from worlds import World

from nestctl.prove.secrets.search import search
from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT, INFRASTRUCTURE
from nestctl.settings.shapes import SHAPES, Name
from nestctl.terraform.binary import find_terraform
from nestctl.terraform.root import Root

PATH = "/nest/staging/"
DATABASE = "module.platform.module.database.aws_db_instance.this"
TERRAFORM_SECONDS = 600

Sources = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Searched:
    """A world, what it was given, and the plans that were saved in it.

    Attributes:
        world: Where it runs.
        given: Secrets that people set, by parameter.
        plans: Saved plans: by dead runs, or for this search.
    """

    world: World
    given: dict[str, str] = field(default_factory=dict)
    plans: Sources = field(default_factory=list)


@pytest.fixture(scope="module", params=["left in peace", "interrupted"])
def searched(request: pytest.FixtureRequest) -> Searched:
    if request.param == "interrupted":
        story: Any = request.getfixturevalue("survivor")
        return Searched(story.world, plans=story.plans)
    world: World = request.getfixturevalue("site").world
    given = set_external_secrets(world)
    return Searched(world, given, list(terraform_by_hand(world)))


def made_up(shape: Name) -> str:
    """Return a value of a shape that nobody else has: the sample's digits, drawn anew."""
    drawn = re.sub("0", lambda _: secrets.choice("123456789"), SHAPES[shape].sample)
    assert drawn != SHAPES[shape].sample
    assert SHAPES[shape].fits(drawn)
    return drawn


def set_external_secrets(world: World) -> dict[str, str]:
    """Set what only people have, as they would; nothing that runs reads it before the next release."""
    declared = load_manifest(CHECKOUT).parameters
    given = {
        name: made_up(entry.shape) if entry.shape else secrets.token_urlsafe(40) + "<&+/ é"
        for name, entry in declared.items()
        if entry.kind == "secret"
    }
    for name, value in given.items():
        world.client("ssm").put_parameter(
            Name=PATH + name, Value=value, Type="SecureString", KeyId="alias/nest-staging", Overwrite=True
        )
    return given


def terraform_by_hand(world: World) -> Iterator[tuple[str, bytes]]:
    """Refresh the state, so that Terraform meets what people set, and save a plan that uses a secret."""
    data = world.work / "local-staging" / "terraform" / "staging"
    cloud = world.nestctl("local", "env", "--json").data
    root = Root("staging", INFRASTRUCTURE / "staging", data, {**cloud, "AWS_PROFILE": "nest-staging"})
    plan = world.folder / "by-hand.tfplan"
    variables = f"-var-file={data / 'nestctl.tfvars.json'}"
    for words in (
        ["apply", "-refresh-only", "-auto-approve", variables],
        ["plan", f"-replace={DATABASE}", f"-out={plan}", variables],
    ):
        ended = subprocess.run(
            [str(find_terraform().path), f"-chdir={root.folder}", *words, "-input=false", "-no-color"],
            env=root.environment(),
            capture_output=True,
            timeout=TERRAFORM_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        yield f"terraform {words[0]}", ended.stdout + ended.stderr
    yield str(plan), plan.read_bytes()
    plan.unlink()


# ---------------------------------------------------------------------- where secrets may not rest


def buckets(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield every version of every object: states, packages, logs, static files."""
    s3 = world.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for item in rows(s3, "list_object_versions", "Versions", Bucket=bucket["Name"]):
            body = s3.get_object(Bucket=bucket["Name"], Key=item["Key"], VersionId=item["VersionId"])
            yield f"s3://{bucket['Name']}/{item['Key']}?{item['VersionId']}", body["Body"].read()


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield str(path), path.read_bytes()


def tasks(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield every revision of every task definition, and what runs with its overrides."""
    ecs = world.client("ecs")
    for status in ("ACTIVE", "INACTIVE"):
        for arn in rows(ecs, "list_task_definitions", "taskDefinitionArns", status=status):
            yield arn, as_json(ecs.describe_task_definition(taskDefinition=arn))
    for cluster in rows(ecs, "list_clusters", "clusterArns"):
        for arn in rows(ecs, "list_tasks", "taskArns", cluster=cluster):
            yield arn, as_json(ecs.describe_tasks(cluster=cluster, tasks=[arn]))


def functions(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield the configuration of every version of every function."""
    client = world.client("lambda")
    for function in rows(client, "list_functions", "Functions"):
        name = function["FunctionName"]
        for version in rows(client, "list_versions_by_function", "Versions", FunctionName=name):
            yield version["FunctionArn"], as_json(version)


def logs(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield every event of every log group."""
    client = world.client("logs")
    for group in rows(client, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        events = rows(client, "filter_log_events", "events", logGroupName=name)
        yield f"log group {name}", "\n".join(event["message"] for event in events).encode()


def described(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield what AWS says of database, cache, images' repositories and schedules."""
    yield "rds", as_json(world.client("rds").describe_db_instances())
    yield "elasticache", as_json(world.client("elasticache").describe_replication_groups())
    yield "ssm", as_json(rows(world.client("ssm"), "describe_parameters", "Parameters"))
    yield "scheduler", as_json(rows(world.client("scheduler"), "list_schedules", "Schedules"))


def as_json(answer: Any) -> bytes:
    return json.dumps(answer, default=str, ensure_ascii=False).encode()


# ---------------------------------------------------------------------- the search


def test_no_secret_lies_anywhere(searched: Searched) -> None:
    world = searched.world
    declared = load_manifest(CHECKOUT).parameters
    values = world.parameters(PATH)
    generated = {name: values[name] for name, entry in declared.items() if entry.kind == "generated"}
    assert len(generated) >= 4
    assert all(len(value) >= 32 for value in generated.values())
    assert {name: values[name] for name in searched.given} == searched.given

    places = {
        "buckets": list(buckets(world)),
        "work": list(files(world.work)),
        "own logs": list(files(world.state / "logs")),
        "plans": searched.plans,
        "tasks": list(tasks(world)),
        "functions": list(functions(world)),
        "logs": list(logs(world)),
        "descriptions": list(described(world)),
    }
    leaks = search({**generated, **searched.given}, chain.from_iterable(places.values()))
    assert [str(leak) for leak in leaks] == []

    # The search would have found something: what is no secret lies in each of these places.
    known = {
        "buckets": ("nest-staging-cache", "s3://nest-state-staging-"),
        "work": ("nest-staging", "nestctl.tfvars.json"),
        "own logs": ("nest-staging", ""),
        "plans": ("nest-staging-db", "!"),
        "tasks": ("NEXTAUTH_SECRET", "task-definition/nest-staging-frontend"),
        "functions": (PATH, "nest-staging"),
        "logs": ("migrations", "/aws/ecs/nest-staging/tasks"),
        "descriptions": ("nest-staging-cache", "elasticache"),
    }
    for place, (text, name) in known.items():
        found = [leak.place for leak in search({"it": text}, places[place])]
        assert any(name in where for where in found), place


def test_no_plan_is_left_behind(searched: Searched) -> None:
    assert list(searched.world.work.rglob("*.tfplan")) == []


def test_dead_runs_left_plans_to_search(survivor: Any) -> None:
    assert len(survivor.plans) > 1
