"""The proof `manual`: it holds, and no name of the list can go without being missed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nestctl.prove.manual import findings, listing, prove
from nestctl.prove.manual.planned import NAMED_BY, Roots, name_of
from nestctl.prove.manual.tree import Tree
from nestctl.prove.plan import Plan
from nestctl.prove.roots import Plans
from nestctl.settings.paths import CHECKOUT
from nestctl.settings.resolve import resolve

pytestmark = pytest.mark.slow

NAMES = listing.load(resolve(environment="staging"))
STAGING = "infrastructure/staging"
Change = Callable[[dict[str, Plan], Path], None]
"""Breaks the plans, or the files in a copy of the checkout."""


@pytest.fixture(scope="session")
def roots(plans: Plans) -> Roots:
    return {name: plans.plan(name) for name in ("state", "bootstrap", "staging")}


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the manual speaks of, copied once."""
    folder = tmp_path_factory.mktemp("manual") / "checkout"
    made = shutil.ignore_patterns(".terraform", "tests", ".venv", "node_modules", "*.tfplan", "__pycache__")
    shutil.copytree(CHECKOUT / "infrastructure", folder / "infrastructure", ignore=made)
    shutil.copytree(CHECKOUT / "docker", folder / "docker")
    (folder / "backend").mkdir()
    for name in ("pyproject.toml", "uv.lock", "zappa_settings.template.json", ".gitignore"):
        shutil.copy(CHECKOUT / "backend" / name, folder / "backend" / name)
    (folder / "frontend").mkdir()
    (folder / ".git").mkdir()
    for name in ("nest.toml", ".gitignore"):
        shutil.copy(CHECKOUT / name, folder / name)
    return folder


def broken(roots: Roots, checkout: Path, tmp_path: Path, change: Change) -> str:
    """Return what the proof says after a change."""
    copy = tmp_path / "checkout"
    shutil.copytree(checkout, copy)
    changed = dict(roots)
    change(changed, copy)
    found = findings(NAMES, changed, Tree(copy, copy / "infrastructure"))
    assert all(finding.fix for finding in found)
    assert all(finding.file or finding.resource for finding in found), found
    return "\n".join(finding.what for finding in found)


def test_it_holds(plans: Plans) -> None:
    (report,) = prove(plans)
    assert report.findings == ()
    assert report.facts["names"] > 150


def test_it_holds_for_the_copy_that_is_broken_below(roots: Roots, checkout: Path, tmp_path: Path) -> None:
    assert broken(roots, checkout, tmp_path, lambda *_: None) == ""


def test_production_has_the_same_names() -> None:
    names = listing.load(resolve(environment="production"))
    assert names["outputs"].keys() == {"production"}
    assert {"root": "bootstrap", "type": "aws_iam_role", "name": "nest-production-terraform"} in names[
        "resources"
    ]


# ---------------------------------------------------------------------- what is planned


@pytest.mark.parametrize("name", NAMES["outputs"]["staging"])
def test_an_output_that_goes_is_missed(roots: Roots, checkout: Path, tmp_path: Path, name: str) -> None:
    def change(plans: dict[str, Plan], _: Path) -> None:
        left = {key: value for key, value in plans["staging"].outputs.items() if key != name}
        plans["staging"] = replace(plans["staging"], outputs=left)

    assert f"has no output {name}" in broken(roots, checkout, tmp_path, change)


@pytest.mark.parametrize(
    ("root", "name"), [(root, name) for root, listed in NAMES["variables"].items() for name in listed]
)
def test_a_variable_that_goes_is_missed(
    roots: Roots, checkout: Path, tmp_path: Path, root: str, name: str
) -> None:
    def change(_: dict[str, Plan], folder: Path) -> None:
        edit(folder / "infrastructure" / root / "variables.tf", f'variable "{name}"', f'variable "{name}_"')

    assert f"The root {root} has no variable {name}." in broken(roots, checkout, tmp_path, change)


@pytest.mark.parametrize("name", NAMES["values"]["staging"])
def test_an_example_with_another_value_is_missed(
    roots: Roots, checkout: Path, tmp_path: Path, name: str
) -> None:
    def change(_: dict[str, Plan], folder: Path) -> None:
        file = folder / STAGING / "terraform.tfvars.example"
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.removeprefix("# ").split("=")[0].strip() != name]
        assert len(kept) == len(lines) - 1
        file.write_text("\n".join(kept), encoding="utf-8")

    assert f"The example of staging lacks {name} = " in broken(roots, checkout, tmp_path, change)


@pytest.mark.parametrize("name", [*NAMES["parameters"]["set_by_people"], *NAMES["parameters"]["addresses"]])
def test_a_parameter_that_goes_is_missed(roots: Roots, checkout: Path, tmp_path: Path, name: str) -> None:
    def change(plans: dict[str, Plan], _: Path) -> None:
        (gone,) = (r for r in plans["staging"].of("aws_ssm_parameter") if r["name"] == NAMES["path"] + name)
        plans["staging"] = plans["staging"].without(gone.address)

    assert f"no parameter /nest/staging/{name}." in broken(roots, checkout, tmp_path, change)


@pytest.mark.parametrize(
    "listed", NAMES["resources"], ids=[f"{listed['type']} {listed['name']}" for listed in NAMES["resources"]]
)
def test_a_resource_that_goes_or_changes_its_name_is_missed(
    roots: Roots, checkout: Path, tmp_path: Path, listed: dict[str, str]
) -> None:
    root = listed.get("root", "staging")
    start = listed["name"].rstrip("*")
    wanted = [r for r in roots[root].of(listed["type"]) if name_of(r).startswith(start)]
    assert wanted
    attribute = NAMED_BY.get(listed["type"], "name")

    def without(plans: dict[str, Plan], _: Path) -> None:
        plans[root] = plans[root].without(*(r.address for r in wanted))

    def renamed(plans: dict[str, Plan], _: Path) -> None:
        for resource in wanted:
            values = {attribute: f"x{name_of(resource)}", "tags": {"Name": f"x{name_of(resource)}"}}
            plans[root] = plans[root].changed(resource.address, **values)

    said = f"No {listed['type']} named {listed['name']} is planned"
    assert said in broken(roots, checkout, tmp_path / "without", without)
    assert f"{said}; the nearest is x" in broken(roots, checkout, tmp_path / "renamed", renamed)


def collide(plans: dict[str, Plan], _: Path) -> None:
    plans["staging"] = plans["staging"].with_resource(
        "aws_db_instance.b", "aws_db_instance", identifier="nest-staging-db"
    )


def plain_key(plans: dict[str, Plan], _: Path) -> None:
    address = 'aws_ssm_parameter.secret["GITHUB_TOKEN"]'
    plans["staging"] = plans["staging"].changed(address, key_id=None)


def application(**parameters: dict[str, str]) -> Change:
    def change(plans: dict[str, Plan], _: Path) -> None:
        values: dict[str, Any] = json.loads(json.dumps(plans["staging"].variables))
        values["application"]["parameters"] |= parameters
        plans["staging"] = replace(plans["staging"], variables=values)

    return change


def paths(plans: dict[str, Plan], _: Path) -> None:
    values: dict[str, Any] = json.loads(json.dumps(plans["staging"].variables))
    values["application"]["backend"]["paths"].remove("/graphql/*")
    plans["staging"] = replace(plans["staging"], variables=values)


def region(plans: dict[str, Plan], _: Path) -> None:
    values = {**plans["staging"].variables, "aws_region": "eu-central-1"}
    plans["staging"] = replace(plans["staging"], variables=values)


def trust(plans: dict[str, Plan], _: Path) -> None:
    address = "aws_iam_role.terraform"
    text = plans["bootstrap"][address]["assume_role_policy"].replace("user/nest-staging", "user/other")
    plans["bootstrap"] = plans["bootstrap"].changed(address, assume_role_policy=text)


def external(plans: dict[str, Plan], _: Path) -> None:
    address = "aws_iam_role.terraform"
    text = plans["bootstrap"][address]["assume_role_policy"].replace("sts:ExternalId", "sts:SourceIdentity")
    plans["bootstrap"] = plans["bootstrap"].changed(address, assume_role_policy=text)


def other_cluster(plans: dict[str, Plan], _: Path) -> None:
    plans["staging"] = plans["staging"].changed("aws_ecs_service.frontend", cluster="elsewhere")


def module(folder: str) -> Change:
    def change(plans: dict[str, Plan], _: Path) -> None:
        place = f"infrastructure/modules/{folder}/"
        left = {k: b for k, b in plans["staging"].blocks.items() if b.file.rpartition("/")[0] + "/" != place}
        assert len(left) < len(plans["staging"].blocks)
        plans["staging"] = replace(plans["staging"], blocks=left)

    return change


def prevent(plans: dict[str, Plan], _: Path) -> None:
    blocks = dict(plans["staging"].blocks)
    address, block = next(iter(blocks.items()))
    blocks[address] = replace(block, text=block.text.replace("{\n", "{\n  prevent_destroy = true\n", 1))
    plans["staging"] = replace(plans["staging"], blocks=blocks)


# ---------------------------------------------------------------------- what is written


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, (file, old)
    file.write_text(text.replace(old, new), encoding="utf-8")


def edited(name: str, old: str, new: str = "") -> Change:
    return lambda _, folder: edit(folder / name, old, new)


MUTATIONS: dict[str, tuple[Change, str]] = {
    "two of one name": (collide, "nest-staging-db names 2 resources"),
    "a parameter with AWS's key": (plain_key, "GITHUB_TOKEN is not encrypted with the stack's key"),
    "another address": (
        application(NEXT_SERVER_CSRF_URL={"kind": "plain", "value": "https://x/csrf/"}),
        "NEXT_SERVER_CSRF_URL is https://x/csrf/",
    ),
    "a path that is not routed": (paths, "does not pass /graphql/"),
    "another region": (region, "`aws ecr get-login-password --region us-east-1` needs the region us-east-1"),
    "a stranger in the trust policy": (trust, "its trust policy lacks :user/nest-staging"),
    "no external id": (external, "its trust policy lacks sts:ExternalId"),
    "the service in another cluster": (other_cluster, "needs the service nest-staging-frontend-service"),
    **{
        f"module {folder}": (
            module(folder),
            f"Nothing comes from the module infrastructure/modules/{folder}.",
        )
        for folder in ("alb", "kms", "storage", "ecs/modules/task", "networking/modules/nacl")
    },
    "prevent_destroy": (prevent, "prevent_destroy is used although"),
    "no such variable": (
        edited(f"{STAGING}/variables.tf", 'variable "deletion_protection"', 'variable "other"'),
        "replaced by the variable deletion_protection",
    ),
    "Poetry": (edited("backend/pyproject.toml", "[tool.uv]", "[tool.poetry]\n[tool.uv]"), "poetry is used"),
    "no lock file": (lambda _, folder: (folder / "backend/uv.lock").unlink(), "replaced by backend/uv.lock"),
    "the placeholder": (
        edited("infrastructure/modules/platform/facts.tf", NAMES["placeholder"], "unset"),
        "What people set does not begin as to-be-set-in-aws-console",
    ),
    "a user without a policy": (
        lambda _, folder: (folder / "infrastructure/state/policy.json").unlink(),
        "infrastructure/state/policy.json does not name Statement",
    ),
    "a user that the README does not name": (
        edited("infrastructure/bootstrap/README.md", "nest-bootstrap", "somebody"),
        "infrastructure/bootstrap/README.md does not name nest-bootstrap",
    ),
    "a user who may not assume the role": (
        edited(f"{STAGING}/policy.json", "-terraform"),
        "policy.json does not allow the role",
    ),
    "a profile": (
        edited(f"{STAGING}/README.md", "[nest-staging-identity]", "[identity]"),
        "does not show the profile nest-staging-identity",
    ),
    "a key of a profile": (
        edited(f"{STAGING}/README.md", "source_profile = ", "profile = "),
        "The profile nest-staging of infrastructure/staging/README.md lacks source_profile",
    ),
    "a placeholder of the template": (
        edited("backend/zappa_settings.template.json", "${vpc_id}"),
        "has no ${vpc_id}",
    ),
    "a stage": (
        edited("backend/zappa_settings.template.json", '"staging": {', '"stage": {'),
        "`zappa deploy staging` needs the stage staging",
    ),
    "Zappa": (edited("backend/pyproject.toml", '"zappa==', '"zapper=='), "needs Zappa"),
    "variables of the frontend's build": (
        edited("docker/frontend/Dockerfile", "ARG NEXT_PUBLIC_", "ARG PUBLIC_"),
        "takes no variable NEXT_PUBLIC_",
    ),
    "the fixture": (
        edited("nest.toml", "data/nest.dump", "data/other.dump"),
        "needs the fixture backend/data/nest.dump",
    ),
    "a backend": (
        edited("infrastructure/bootstrap/versions.tf", 'backend "s3"', 'backend "local"'),
        "needs a backend",
    ),
    "a backend too many": (
        edited("infrastructure/state/versions.tf", "terraform {", 'terraform {\n  backend "s3" {}'),
        "`terraform init` needs a root without a backend",
    ),
    "a key of the backend": (
        edited(f"{STAGING}/terraform.tfbackend.example", '"terraform.tfstate"', '"staging.tfstate"'),
        "does not set key to terraform.tfstate",
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_the_manual_would_not_find_is_missed(
    roots: Roots, checkout: Path, tmp_path: Path, name: str
) -> None:
    change, expected = MUTATIONS[name]
    assert expected in broken(roots, checkout, tmp_path, change)


@pytest.mark.parametrize("name", NAMES["files"]["there"])
def test_a_file_that_goes_is_missed(roots: Roots, checkout: Path, tmp_path: Path, name: str) -> None:
    said = broken(roots, checkout, tmp_path, lambda _, folder: (folder / name).unlink())
    assert f"There is no {name}." in said


@pytest.mark.parametrize("name", NAMES["files"]["ignored"])
def test_a_file_that_git_would_take_is_missed(
    roots: Roots, checkout: Path, tmp_path: Path, name: str
) -> None:
    def change(_: dict[str, Plan], folder: Path) -> None:
        for file in folder.rglob(".gitignore"):
            lines = file.read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines if not line.endswith(Path(name).name)]
            file.write_text("\n".join(kept), encoding="utf-8")

    assert f"git does not ignore {name}." in broken(roots, checkout, tmp_path, change)


def test_a_command_of_another_program_is_missed(roots: Roots, checkout: Path) -> None:
    names = {**NAMES, "commands": [{"folder": ".", "run": ["pulumi up"]}]}
    (found,) = findings(names, roots, Tree(checkout, checkout / "infrastructure"))
    assert found.what == "Nothing is known of the program pulumi."
