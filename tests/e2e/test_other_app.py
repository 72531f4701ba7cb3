"""Another application, by its own nest.toml: nothing but its folders and its name tells it apart."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from worlds import World, builds_of, copy_app, steps_of

from nestctl.runbook.steps import STEPS

STEPS_TO_THE_CERTIFICATE = ["local cloud", "doctor", "state", "bootstrap", "certificate"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_app(tmp_path_factory.mktemp("acme"))
    manifest = folder / "nest.toml"
    text = manifest.read_text(encoding="utf-8")
    renamed = text.replace('name = "nest"', 'name = "acme"')
    assert renamed != text
    manifest.write_text(renamed, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def acme(survivor: Any, app: Path) -> Iterator[World]:
    """The other application in the same account as the first: their names must not meet."""
    yield World(survivor.world.folder, app)
    shutil.rmtree(builds_of(app), ignore_errors=True)


def names(world: World) -> set[str]:
    """Return the names of what the first steps make."""
    s3, iam, ecr, kms = (world.client(service) for service in ("s3", "iam", "ecr", "kms"))
    return {
        *(f"bucket {item['Name']}" for item in s3.list_buckets()["Buckets"]),
        *(f"role {item['RoleName']}" for item in iam.list_roles()["Roles"]),
        *(f"user {item['UserName']}" for item in iam.list_users()["Users"]),
        *(f"repository {item['repositoryName']}" for item in ecr.describe_repositories()["repositories"]),
        *(f"key {item['AliasName']}" for item in kms.list_aliases()["Aliases"]),
    }


def test_a_dry_run_starts_nothing(app: Path, tmp_path: Path) -> None:
    world = World(tmp_path, app)
    found = world.nestctl("up", "--dry-run", "--json").data
    assert steps_of(found) == dict.fromkeys((step.name for step in STEPS), "needed")
    assert world.processes() == []
    assert not world.state.exists()


def test_its_names_carry_its_project(acme: World) -> None:
    before = names(acme)
    found = acme.nestctl("up", "--until", "certificate", "--json").data
    assert list(steps_of(found)) == STEPS_TO_THE_CERTIFICATE
    new = names(acme) - before
    assert {name.split()[0] for name in new} == {"bucket", "role", "user", "repository", "key"}
    assert [name for name in new if "acme-" not in name or "nest-" in name] == []
    assert "repository acme-staging-backend" in new


def test_a_project_whose_name_begins_like_the_first_ones_is_refused(survivor: Any, tmp_path: Path) -> None:
    """`nest` reaches what is named `nest-...`; nothing of it is made, and the first stays as it is."""
    folder = copy_app(tmp_path / "alike")
    manifest = folder / "nest.toml"
    text = manifest.read_text(encoding="utf-8").replace('name = "nest"', 'name = "nest-x"')
    # With production's, the names would be too long.
    text = re.sub(r"^\[environments\.production[^#]*", "", text, flags=re.MULTILINE)
    manifest.write_text(text, encoding="utf-8")
    world = World(survivor.world.folder, folder)
    before = names(world)
    try:
        (error,) = world.nestctl("up", "--until", "bootstrap", "--json", status=2).envelope["errors"]
    finally:
        shutil.rmtree(builds_of(folder), ignore_errors=True)
    assert error["code"] == "project-alike"
    assert names(world) == before


def test_the_first_application_is_as_it_was(acme: World, survivor: Any) -> None:
    del acme
    assert survivor.world.nestctl("plan", "state", "--json").data["summary"] == "no changes"
