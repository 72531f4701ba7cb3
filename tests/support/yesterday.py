"""States that no run wrote, the advice that is given then, and what must be as before afterwards."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from worlds import RUN_SECONDS, Done, World

KEY = "terraform.tfstate"
ROOTS = ("state", "bootstrap", "staging")
REVISED = ("aws_ecs_task_definition", "aws_lb_target_group_attachment", "terraform_data")
"""Types that have another id after every change: a revision, or an id of Terraform's own."""


@dataclass(frozen=True)
class Facts:
    """What a site has that nobody could bring back.

    Attributes:
        rows: Number and checksum of every table's rows.
        parameters: Values in Parameter Store.
        things: Id, time of birth and endpoint of database and cache.
        ids: Id of every resource of every root, by root and address.
    """

    rows: dict[str, tuple[int, int]]
    parameters: dict[str, str]
    things: dict[str, Any]
    ids: dict[str, str]


def facts(world: World, path: str = "/nest/staging/") -> Facts:
    """Look at all of it."""
    database, cache = stores(world)
    return Facts(
        dict(_rows(world, path)),
        world.parameters(path),
        {
            "database": [database[name] for name in ("DbiResourceId", "InstanceCreateTime", "Endpoint")],
            "cache": [
                cache["ARN"],
                cache["ReplicationGroupCreateTime"],
                cache["NodeGroups"][0]["PrimaryEndpoint"],
            ],
        },
        {name: found for root in ROOTS for name, found in _ids(world, root)},
    )


def stores(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what AWS says of the database and of the cache."""
    (database,) = world.client("rds").describe_db_instances(DBInstanceIdentifier="nest-staging-db")[
        "DBInstances"
    ]
    (cache,) = world.client("elasticache").describe_replication_groups(
        ReplicationGroupId="nest-staging-cache"
    )["ReplicationGroups"]
    return database, cache


def _rows(world: World, path: str) -> Iterator[tuple[str, tuple[int, int]]]:
    with world.database(path) as connection:
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            found = connection.execute(
                f"SELECT count(*), coalesce(sum(hashtext(t::text)), 0)::bigint FROM {table} t"  # noqa: S608
            ).fetchone()
            assert found is not None
            yield table, found


def _ids(world: World, root: str) -> Iterator[tuple[str, str]]:
    for item in json.loads(read(world, root))["resources"]:
        if item["mode"] == "managed" and item["type"] not in REVISED:
            where = f"{root} {item.get('module', '')} {item['type']}.{item['name']}"
            for instance in item["instances"]:
                yield f"{where} {instance.get('index_key', '')}", instance["attributes"]["id"]


def bucket(world: World, root: str) -> str:
    """Return the bucket of a root's state."""
    names = [item["Name"] for item in world.client("s3").list_buckets()["Buckets"]]
    (found,) = (name for name in names if re.fullmatch(rf"nest-state-{root}-\w{{8}}", name))
    return str(found)


def read(world: World, root: str, version: str | None = None) -> bytes:
    """Return a root's state, or a version of it."""
    chosen = {"VersionId": version} if version else {}
    answer = world.client("s3").get_object(Bucket=bucket(world, root), Key=KEY, **chosen)
    return bytes(answer["Body"].read())


def write(world: World, root: str, body: bytes) -> None:
    """Put something into the place of a root's state, as a hand would."""
    world.client("s3").put_object(Bucket=bucket(world, root), Key=KEY, Body=body)


def present(world: World, root: str) -> str:
    """Return the version of a root's state that is read."""
    return str(world.client("s3").head_object(Bucket=bucket(world, root), Key=KEY)["VersionId"])


def ids(state: dict[str, Any]) -> dict[str, str]:
    """Return what a state knows: by address the id, and whether it is marked as half made."""
    return {
        f"{resource.get('module', '')}.{resource['type']}.{resource['name']}[{instance.get('index_key')}]": (
            f"{instance['attributes'].get('id')} {instance.get('status', '')}"
        )
        for resource in state["resources"]
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    }


def half_made(world: World) -> str:
    """Return a version of staging's state that knows about half of what there is now, as it is now."""
    listed = world.client("s3").list_object_versions(Bucket=bucket(world, "staging"), Prefix=KEY)["Versions"]
    now = ids(json.loads(read(world, "staging")))
    most = len(now)
    known = {}
    for item in listed:
        with suppress(ValueError):
            if item["Key"] == KEY:
                then = ids(json.loads(read(world, "staging", item["VersionId"])))
                if then.items() <= now.items():
                    known[item["VersionId"]] = len(then)
    found = min(known, key=lambda version: abs(known[version] - most / 2))
    assert 0 < known[found] < most, known
    return found


def forget_notes(world: World) -> None:
    """Leave staging's state as an apply does that ends between making parameters and reading them."""
    state = json.loads(read(world, "staging"))
    for resource in state["resources"]:
        for instance in resource["instances"] if resource["type"] == "aws_ssm_parameter" else ():
            instance["attributes"].pop("has_value_wo", None)
    state["serial"] += 1
    write(world, "staging", json.dumps(state).encode())


def advised(done: Done) -> list[str]:
    """Return the commands that a failed run said to type."""
    found = re.findall(r"^next: (.+)$", done.stderr, re.MULTILINE)
    assert all("nestctl " in command for command in found), str(done)
    return found


def type_in(world: World, command: str) -> Done:
    """Run a command as it stands in the advice."""
    ended = subprocess.run(
        shlex.split(command),
        env=world.env,
        cwd=world.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        umask=world.umask,
        check=False,
    )
    return Done((command,), ended.returncode, ended.stdout, ended.stderr, 0.0)


@dataclass(frozen=True)
class Refusal:
    """A run that stopped, and what came of following it.

    Attributes:
        run: The run.
        good: The version that was present before, by root.
        followed: The commands that it advised, once they were run.
        restored: Whether what is present then is what was present before, by root.
    """

    run: Done
    good: dict[str, str]
    followed: list[Done]
    restored: dict[str, bool]


def refuse(world: World, good: dict[str, str]) -> Refusal:
    """Run, and do as is advised."""
    run = world.nestctl("up", status=None)
    followed = [type_in(world, command) for command in advised(run)]
    restored = {root: read(world, root) == read(world, root, version) for root, version in good.items()}
    return Refusal(run, good, followed, restored)


def spoil_all(world: World) -> Refusal:
    """Empty one state, cut another in half, delete the third."""
    good = {root: present(world, root) for root in ROOTS}
    whole = read(world, "bootstrap")
    write(world, "state", b"")
    write(world, "bootstrap", whole[: len(whole) // 2])
    world.client("s3").delete_object(Bucket=bucket(world, "staging"), Key=KEY)
    return refuse(world, good)


def bring_back_an_old_one(world: World) -> Refusal:
    """Put an older version over staging's state, and let a Terraform by hand go on from it."""
    good = present(world, "staging")
    old = read(world, "staging", half_made(world))
    write(world, "staging", old)
    later = json.loads(old)
    later["serial"] = json.loads(read(world, "staging", good))["serial"] + 1
    write(world, "staging", json.dumps(later).encode())
    return refuse(world, {"staging": good})
