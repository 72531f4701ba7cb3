"""What `destroy --all` leaves of a site: nothing, and everything that only sounds like it."""

from __future__ import annotations

import configparser
import hashlib
import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from account import Client, Thing, everything, left
from worlds import Done, World

ELSE = "nest-staging-eu"
"""Another environment's name that begins with this one's."""

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
FEWEST_KINDS = 35
"""Kinds of things that a site has: a listing that finds nothing would prove nothing."""


@dataclass(frozen=True)
class Destroyed:
    """A world in which a site was destroyed.

    Attributes:
        world: Where it was.
        empty: What an account has before anything is made.
        before: What it had before the first destroy.
        after: What it has now.
        strangers: What was put beside the site and belongs to somebody else.
        refused: Destroys that were refused, by what they should say.
        unchanged: Whether the account was as before after those.
        dry: What was announced.
        struck: Exit status of a run that was interrupted in the middle.
        run: The run after it.
    """

    world: World
    empty: set[Thing]
    before: set[Thing]
    after: set[Thing]
    strangers: set[Thing]
    refused: dict[str, Done]
    unchanged: bool
    dry: Done
    struck: int
    run: Done


@pytest.fixture(scope="module")
def destroyed(site: Any, open_folder: Callable[[str], Path]) -> Destroyed:
    """The end of the site's life: the other tests of this folder have seen all of it."""
    world: World = site.world
    words = ("destroy", "--confirm", "nest-staging", "--all", "--json")
    empty = untouched(open_folder("empty"))
    client = cache(world.client)
    leave_things_behind(client)
    ours = everything(client)
    make_strangers(client)
    before = everything(client)
    refused = {}
    with protection(client):
        refused["deletion-protected: database nest-staging-db"] = world.nestctl(*words, status=1)
    for name, environment in (("production", "production"), ("gone", "nobody")):
        with other_state(client, name, environment) as bucket:
            said = "nest-production" if environment == "production" else bucket
            refused[f"state-in-use: {said}"] = world.nestctl(*words, status=1)
    unchanged = everything(client) == before
    dry = world.nestctl("destroy", "--dry-run", "--all", "--json")
    struck = strike(world)
    run = world.nestctl(*words)
    after = everything(client)
    return Destroyed(world, empty, before, after, before - ours, refused, unchanged, dry, struck, run)


def strike(world: World) -> int:
    """Interrupt a destroy once Terraform is at it, and return how it ended."""
    process = world.start("destroy", "--confirm", "nest-staging", "--verbose")
    struck = False
    for line in process.stderr or ():
        if not struck and re.search(r"^  \d+ of \d+: destroying ", line):
            struck = True
            process.send_signal(signal.SIGINT)
    return process.wait()


def untouched(folder: Path) -> set[Thing]:
    """List an account in which nothing was made yet."""
    world = World(folder)
    try:
        world.nestctl("local", "start")
        return everything(cache(world.client))
    finally:
        world.close()


def leave_things_behind(client: Client) -> None:
    """Make what AWS, Zappa and people make beside Terraform, and leave it to the destroy."""
    iam, logs = client("iam"), client("logs")
    iam.create_role(RoleName="nest-staging-ZappaLambdaExecutionRole", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(
        RoleName="nest-staging-ZappaLambdaExecutionRole",
        PolicyName="zappa-permissions",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
            }
        ),
    )
    logs.create_log_group(logGroupName="/aws/ecs/containerinsights/nest-staging-tasks-cluster/performance")
    s3 = client("s3")
    (bucket,) = (b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("nest-fixtures-"))
    for body in (b"old", b"new"):
        s3.put_object(Bucket=bucket, Key="kept/version", Body=body)
    s3.delete_object(Bucket=bucket, Key="kept/version")


def make_strangers(client: Client) -> None:
    """Make things of somebody else whose names begin or end like ours."""
    logs, ecs, iam = client("logs"), client("ecs"), client("iam")
    for name in (f"/aws/lambda/{ELSE}", f"/aws/ecs/{ELSE}/tasks", f"/aws/rds/instance/{ELSE}-db/postgresql"):
        logs.create_log_group(logGroupName=name)
    for family in (f"{ELSE}-frontend", "nest-staging-frontend-eu"):
        ecs.register_task_definition(
            family=family, containerDefinitions=[{"name": "a", "image": "a", "memory": 128}]
        )
    iam.create_role(RoleName=f"{ELSE}-ZappaLambdaExecutionRole", AssumeRolePolicyDocument=TRUST)
    iam.create_user(UserName="nest-states")
    client("s3").create_bucket(Bucket=f"{ELSE}-logs")
    client("ecr").create_repository(repositoryName=f"{ELSE}-backend")
    client("ssm").put_parameter(Name="/nest/staging-eu/A", Value="a", Type="String")


@contextmanager
def protection(client: Client) -> Iterator[None]:
    """Have the database's deletion protection on, as production has it."""
    rds = client("rds")
    for on in (True, False):
        rds.modify_db_instance(
            DBInstanceIdentifier="nest-staging-db", DeletionProtection=on, ApplyImmediately=True
        )
        if on:
            yield


@contextmanager
def other_state(client: Client, name: str, environment: str) -> Iterator[str]:
    """Have a state that describes something, of an environment that nest.toml knows or of another."""
    s3 = client("s3")
    suffix = hashlib.sha256(f"000000000000/us-east-1/nest/{environment}".encode()).hexdigest()[:8]
    bucket = f"nest-state-{name}-{suffix}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="terraform.tfstate", Body=b'{"resources": [{}]}')
    yield bucket
    s3.delete_object(Bucket=bucket, Key="terraform.tfstate")
    s3.delete_bucket(Bucket=bucket)


def test_a_listing_sees_the_site(destroyed: Destroyed) -> None:
    kinds = {thing.kind for thing in destroyed.before - destroyed.empty}
    assert len(kinds) >= FEWEST_KINDS, sorted(kinds)


def test_what_must_not_go_is_not_even_emptied(destroyed: Destroyed) -> None:
    for expected, refused in destroyed.refused.items():
        (error,) = refused.envelope["errors"]
        code, _, what = expected.partition(": ")
        assert (error["code"], what in error["what"]) == (code, True), error
    assert len(destroyed.refused) == 3
    assert destroyed.unchanged


def test_the_dry_run_tells_all_and_does_nothing(destroyed: Destroyed) -> None:
    told = destroyed.dry.data
    assert told["destroyed"] is None
    assert set(told["resources"]) > set(destroyed.run.data["resources"])
    assert "role nest-staging-terraform and its policies" in told["all"]
    assert "user nest-bootstrap and its profile" in told["all"]


def test_nothing_is_left(destroyed: Destroyed) -> None:
    ours = destroyed.after - destroyed.strangers
    assert left(destroyed.empty, ours) == []
    named = {thing.name for thing in ours - destroyed.empty}
    assert named == {"nest-staging", "nest-state-state", "nest-state-staging", "nest-state-bootstrap-staging"}


def test_what_belongs_to_others_is_as_it_was(destroyed: Destroyed) -> None:
    assert len(destroyed.strangers) == 10
    assert destroyed.strangers <= destroyed.after


def test_an_interrupted_destroy_goes_on_where_it_stopped(destroyed: Destroyed) -> None:
    """It has taken the outputs away, and its state still describes what is left."""
    assert destroyed.struck == 130
    assert destroyed.run.data["resources"] != []


def test_it_says_what_it_removed(destroyed: Destroyed) -> None:
    done = destroyed.run.data
    assert done["destroyed"].startswith("0 added, 0 changed, ")
    for word in (
        "role nest-staging-ZappaLambdaExecutionRole",
        "log group /aws/ecs/containerinsights/nest-staging-tasks-cluster/performance",
    ):
        assert word in done["removed"]
    assert [line.split(":")[0] for line in done["all"]] == [
        "role nest-staging-terraform",
        "state",
        "user nest-state",
        "user nest-bootstrap",
        "user nest-staging",
    ]


def test_no_profile_and_no_state_lies_on_this_machine(destroyed: Destroyed) -> None:
    env = destroyed.world.nestctl("local", "env", "--json").data
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        parser = configparser.RawConfigParser(default_section="")
        parser.read(env[variable], encoding="utf-8")
        ours = [name for name in parser.sections() if "nest-" in name and "nest-local" not in name]
        assert ours == []
    assert list((destroyed.world.work / "local-staging" / "roots").rglob("*.tfstate*")) == []


def test_a_second_destroy_finds_nothing(destroyed: Destroyed) -> None:
    for words in ((), ("--all",)):
        refused = destroyed.world.nestctl("destroy", "--confirm", "nest-staging", *words, "--json", status=1)
        assert [error["code"] for error in refused.envelope["errors"]] == ["nothing-to-destroy"]
