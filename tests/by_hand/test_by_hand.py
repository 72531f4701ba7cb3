"""Types docs/by-hand.md, chapter by chapter, against a local cloud that nobody else uses."""

from __future__ import annotations

import configparser
import html
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from by_hand_page import Block, Page, foreign_commands, parse
from by_hand_shell import Shell, TypingError
from worlds import World

from nestctl.settings.paths import CHECKOUT
from nestctl.terraform.binary import find_terraform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

PAGE = parse((CHECKOUT / "docs" / "by-hand.md").read_text(encoding="utf-8"))
PATHS = ("infrastructure", "backend", "frontend", "docker", "scripts", "nest.toml")
"""What the page works with."""

BUILT = (
    ".terraform",
    "*.tfstate*",
    "terraform.tfvars",
    "terraform.tfbackend",
    "backend_override.tf",
    "*.tfplan",
)
BUILT += (".venv", "node_modules", ".next", "__pycache__", "*.dump", "zappa_settings.json", ".*_cache")

PARAMETERS = "/nest/staging/"

MANUAL = {
    "Overview": ("local start", "local env", "aws sts get-caller-identity"),
    "1. State backend": (
        "aws iam create-user --user-name nest-state",
        "aws iam attach-user-policy --user-name nest-state",
        "aws iam create-access-key",
        "aws configure",
        "cd infrastructure/state",
        "terraform init",
        "terraform plan",
        "terraform apply",
        "terraform output",
        "terraform init -migrate-state",
    ),
    "2. Bootstrap role": (
        "aws iam create-user --user-name nest-bootstrap",
        "cd infrastructure/bootstrap",
        "terraform.tfvars.example",
        "terraform.tfbackend.example",
        "openssl rand -hex 32",
        "terraform init -backend-config=terraform.tfbackend",
        "terraform plan",
        "terraform apply",
    ),
    "3. Staging": (
        "aws iam create-user --user-name nest-staging",
        "nest-staging-identity",
        "aws configure set role_arn",
        "aws configure set external_id",
        "aws configure set source_profile",
        "cd infrastructure/staging",
        "cp terraform.tfvars.example terraform.tfvars",
        "terraform init -backend-config=terraform.tfbackend",
        "terraform plan",
        "terraform apply",
        "terraform output acm_certificate_domain_validation_options",
    ),
    "4. Secrets": (
        "aws ssm get-parameters-by-path",
        "to-be-set-in-aws-console",
        "aws ssm put-parameter",
        "aws elasticache modify-replication-group",
    ),
    "5. Images": (
        "aws ecr get-login-password",
        "docker login --username AWS --password-stdin",
        "docker buildx build",
        "-f docker/backend/Dockerfile",
        "-f docker/frontend/Dockerfile",
        "npm run build",
        "aws s3 cp",
    ),
    "6. Database": (
        "s3_fixtures_bucket_name",
        "aws s3 cp backend/data/nest.dump",
        "aws ecs run-task",
        "run_task migrate",
        "run_task load-data",
        "aws logs tail",
        "aws logs filter-log-events",
    ),
    "7. Backend with Zappa": (
        "uv sync",
        "zappa_settings.template.json",
        "vpc_id",
        "private_subnet_ids",
        "lambda_security_group_id",
        "lambda_role_arn",
        "zappa package staging",
        "zappa deploy staging",
        "zappa status staging",
        'lambda_function_name = "nest-staging"',
    ),
    "8. Domain and frontend": (
        "aws acm wait certificate-validated",
        "terraform apply",
        "terraform output alb_dns_name",
        "terraform output lambda_function_url",
        "NEXT_SERVER_GRAPHQL_URL",
        "NEXT_SERVER_CSRF_URL",
        "aws ecs update-service",
        "--force-new-deployment",
        "run_task index-data",
        "curl",
    ),
    "9. Monitoring and maintenance": (
        "aws logs tail /aws/lambda/nest-staging",
        "aws logs tail /aws/ecs/nest-staging/tasks",
        "aws lambda update-function-code",
        "create-db-snapshot --db-instance-identifier nest-staging-db",
    ),
    "10. Cleaning up": (
        "force_destroy = true",
        "zappa undeploy staging",
        "cd infrastructure/state",
        "plan -destroy",
        "aws iam delete-user",
    ),
}
"""The manual's chapters in the order in which they work, each with what it has one type."""


class Typist:
    """Types chapters in order; after a failure, none."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        copy = folder / "checkout"
        for name in PATHS:
            source = CHECKOUT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns(*BUILT))
            else:
                shutil.copy(source, copy / name)
        (copy / ".venv").symlink_to(Path(sys.prefix))
        ours = (Path(sys.executable).parent, find_terraform().path.parent)
        programs = os.pathsep.join([*map(str, ours), self.world.env["PATH"]])
        env = {**self.world.env, "PATH": programs}
        self.shell = Shell(copy, env, folder / "typed")
        self.places = ("local", _cli(env["PATH"]))
        self.broken = ""

    def type(self, chapter: str) -> None:
        """Type a chapter's blocks that are for here."""
        if self.broken:
            pytest.fail(f"not typed, because of what went before: {self.broken}")
        for block in PAGE.blocks:
            if block.chapter == chapter and block.runs_in(self.places):
                try:
                    self.shell.type(block)
                except TypingError:
                    self.broken = block.where
                    raise

    def close(self) -> None:
        """End all of it."""
        self.shell.close()
        self.world.close()


@pytest.fixture(scope="module")
def typist(open_folder: Callable[[str], Path]) -> Iterator[Typist]:
    """Somebody who types the page, from its first line on."""
    found = Typist(open_folder("by-hand"))
    try:
        yield found
    finally:
        found.close()


@pytest.mark.parametrize("chapter", MANUAL)
def test_the_chapter_holds_as_it_is_written(typist: Typist, chapter: str) -> None:
    typist.type(chapter)
    if check := AFTERWARDS.get(chapter):
        check(typist)


def the_site_answers(typist: Typist) -> None:
    """The page shows what the database says now, and nothing that was printed was a secret."""
    world = typist.world
    site = world.nestctl("local", "status", "--json").data["info"]["site_url"].rstrip("/")
    with world.database(PARAMETERS) as connection:
        key, name = connection.execute("SELECT key, name FROM catalog_project ORDER BY key").fetchone() or ()
        assert html.escape(name) in httpx.get(f"{site}/projects/{key}", timeout=30).text
        connection.execute("UPDATE catalog_project SET name = 'Renamed by hand' WHERE key = %s", (key,))
        page = httpx.get(f"{site}/projects/{key}", timeout=30)
    assert page.status_code == 200
    assert "<h1>Renamed by hand</h1>" in page.text
    for secret in secrets_of(world):
        assert secret not in typist.shell.printed


def secrets_of(world: World) -> list[str]:
    """Return what the page made up and must not have shown."""
    credentials = configparser.RawConfigParser()
    credentials.read(world.state / "aws" / "credentials", encoding="utf-8")
    users = ("nest-state", "nest-bootstrap", "nest-staging-identity")
    keys = [credentials[user]["aws_secret_access_key"] for user in users]
    values = world.parameters(PARAMETERS)
    names = ("DJANGO_SECRET_KEY", "NEXTAUTH_SECRET", "NEST_ORIGIN_SECRET")
    names += ("DJANGO_DB_PASSWORD", "DJANGO_REDIS_AUTH_TOKEN")
    found = [*keys, *(values[name] for name in names)]
    assert min(map(len, found)) >= 16, "a secret that is too short to be one"
    return found


def nothing_runs(typist: Typist) -> None:
    """The page ends with a cloud that has stopped."""
    assert typist.world.nestctl("local", "status", "--json").data["running"] is False


AFTERWARDS = {"8. Domain and frontend": the_site_answers, "10. Cleaning up": nothing_runs}


# ---------------------------------------------------------------------- the page, without typing it


def test_the_page_has_every_chapter_and_command_of_the_manual() -> None:
    assert not lost(PAGE)


@pytest.mark.parametrize("chapter", MANUAL)
def test_a_lost_chapter_is_missed(chapter: str) -> None:
    chapters = tuple(name for name in PAGE.chapters if name != chapter)
    blocks = tuple(block for block in PAGE.blocks if block.chapter != chapter)
    assert any(chapter in line for line in lost(Page(chapters, blocks)))


def test_a_lost_command_is_missed() -> None:
    def without(block: Block) -> Block:
        return Block(
            block.chapter, block.section, block.line, block.commands.replace("run-task", "stop-task")
        )

    found = lost(Page(PAGE.chapters, tuple(map(without, PAGE.blocks))))
    assert found == ["6. Database: nothing types 'aws ecs run-task'"]


def test_the_page_uses_nothing_of_nestctl_but_the_local_cloud() -> None:
    assert [use for block in PAGE.blocks for use in foreign_commands(block.commands)] == []


def lost(page: Page) -> list[str]:
    """Return what the page lacks of the manual, and chapters that nobody types."""
    found = [f"no chapter {name!r}" for name in MANUAL if name != "Overview" and name not in page.chapters]
    found += [f"nobody types the chapter {name!r}" for name in page.chapters if name not in MANUAL]
    for chapter, wanted in MANUAL.items():
        typed = "\n".join(block.commands for block in page.blocks if block.chapter == chapter)
        found += [f"{chapter}: nothing types {command!r}" for command in wanted if command not in typed]
    return found


def _cli(path: str) -> str:
    """Return which version of the AWS CLI is there; the page names it as a need."""
    program = shutil.which("aws", path=path)
    assert program, "docs/by-hand.md needs the AWS CLI on PATH: https://aws.amazon.com/cli/"
    words = os.popen(f"'{program}' --version 2>&1").read()  # noqa: S605 - a path that was just found
    version = re.match(r"aws-cli/(\d)\.", words)
    assert version, words
    return f"aws-cli-{version[1]}"
