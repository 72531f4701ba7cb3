"""Chapters 7 and 10: migrate, load-data and index-data, run as tasks of the backend's image."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nestctl import process
from nestctl.aws import s3, tasks
from nestctl.build import toolchain
from nestctl.report import NestctlError
from nestctl.runbook import release, stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed

INDEXED = "indexed"
"""Tag of the fixture in its bucket: by which release, and for which database, its data was indexed."""


@dataclass(frozen=True)
class Migrate:
    """The schema is that of the release: migrations run before the code that needs them."""

    name: str = "migrate"
    title: str = "database migrations"
    needs: tuple[str, ...] = ("images", "platform", "secrets")

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when this release is live, or its migrate task has ended well, on this very database."""
        tell("looking for a migration of this release")
        since = _database_created(context)
        if _live_since(context, since):
            return done("the live release was migrated before it went live")
        if _ran(context, "migrate", since):
            return done("the task of this release has ended well")
        return needed("this release has not migrated the database", f"run {context.stack}-migrate")

    def apply(self, context: Context, tell: Tell) -> str:
        """Run the task."""
        # Two migrations at once would meet in the same tables.
        return _run(context, "migrate", tell, join=True)

    def verify(self, context: Context, tell: Tell) -> None:
        """The task's own exit status is the proof: look for it."""
        _proven(context, "migrate", tell)


@dataclass(frozen=True)
class Load:
    """The fixture is in its bucket and its rows are in the database."""

    name: str = "load"
    title: str = "data from the fixtures bucket"
    needs: tuple[str, ...] = ("migrate",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when the fixture of this release is uploaded, and was loaded since."""
        backend = context.settings.manifest.backend
        if backend.fixture is None or "load-data" not in context.settings.manifest.tasks:
            return done("the application has no fixture")
        tell("looking at the fixtures bucket")
        uploaded = s3.head(context.deployer, _bucket(context), _key(context))
        if uploaded is None:
            return needed(
                f"no {_key(context)} in {_bucket(context)}",
                f"make and upload {backend.fixture}",
                f"run {context.stack}-load-data",
            )
        # One that a command makes changes with the sources; one that is given changes by itself.
        if backend.fixture_command is None and _digest(make_fixture(context, tell)) != uploaded.sha256:
            return needed(
                f"{backend.fixture} is another than in {_bucket(context)}",
                f"upload {backend.fixture}",
                f"run {context.stack}-load-data",
            )
        since = max(uploaded.modified, _database_created(context))
        if _live_since(context, since) or _ran(context, "load-data", since):
            return done(f"s3://{_bucket(context)}/{_key(context)} is loaded")
        return needed("the fixture was not loaded by this release", f"run {context.stack}-load-data")

    def apply(self, context: Context, tell: Tell) -> str:
        """Make and upload the fixture if it differs, then run the task."""
        with context.building():
            file = make_fixture(context, tell)
        digest = _digest(file)
        uploaded = s3.head(context.deployer, _bucket(context), _key(context))
        if uploaded is None or uploaded.sha256 != digest:
            tell("uploading the fixture")
            s3.put(context.deployer, _bucket(context), _key(context), file)
        return _run(context, "load-data", tell)

    def verify(self, context: Context, tell: Tell) -> None:
        """The task's own exit status is the proof: look for it."""
        _proven(context, "load-data", tell)


@dataclass(frozen=True)
class Index:
    """The search indices are filled; without credentials the task says so and ends well."""

    name: str = "index"
    title: str = "search indices"
    needs: tuple[str, ...] = ("load",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when this release has indexed this database with these parameters: keys may come later."""
        if "index-data" not in context.settings.manifest.tasks:
            return done("the application has no index")
        tell("looking for an indexing of this release")
        marks = bool(context.settings.manifest.backend.fixture)
        if _is_marked(context) if marks else _ran(context, "index-data", _database_created(context)):
            return done("the data of this release is indexed")
        return needed("this release has not indexed its data", f"run {context.stack}-index-data")

    def apply(self, context: Context, tell: Tell) -> str:
        """Run the task, and mark the fixture: ECS forgets a task within the hour."""
        told = _run(context, "index-data", tell)
        if context.settings.manifest.backend.fixture:
            s3.tag(context.deployer, _bucket(context), _key(context), INDEXED, _mark(context))
        return told

    def verify(self, context: Context, tell: Tell) -> None:
        """The task's own exit status is the proof: look for it."""
        _proven(context, "index-data", tell)


def _is_marked(context: Context) -> bool:
    found = s3.tags(context.deployer, _bucket(context), _key(context))
    return found.get(INDEXED) == _mark(context)


def _mark(context: Context) -> str:
    """Return what says which release indexed which database with which parameters.

    A database made anew has another id; an index that was skipped for want of a key has other parameters.
    """
    database = _database(context)["DbiResourceId"]
    return f"{context.built.backend.release}/{database}/{release.fingerprint(context)}"


def make_fixture(context: Context, tell: Tell) -> Path:
    """Run the application's command that makes the fixture, and return the file.

    Raises:
        NestctlError: ``fixture`` when the command fails or leaves no file.
    """
    backend = context.settings.manifest.backend
    root = context.settings.app / backend.root
    file = root / str(backend.fixture)
    if backend.fixture_command is None:
        return _existing(file)
    tell(f"making {backend.fixture}")
    build = context.built.backend
    environment = build.work / "tools"
    python = toolchain.make_environment(root, environment, backend.image.groups, context.log("build"))
    program = [str(python) if word == "python" else word for word in backend.fixture_command]
    process.run(
        program,
        cwd=root,
        env=toolchain.base_environment(),
        log=context.log("build"),
        code="fixture",
        what=f"{backend.fixture} could not be made.",
        next_="Correct the cause and run the same command again.",
    )
    return _existing(file)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise NestctlError(
            "fixture",
            f"There is no {file}.",
            "The manifest names it as the fixture.",
            "Make it, or correct backend.fixture in nest.toml.",
        )
    return file


def _bucket(context: Context) -> str:
    return str(stack.outputs(context)["s3_fixtures_bucket_name"])


def _key(context: Context) -> str:
    return Path(str(context.settings.manifest.backend.fixture)).name


def _database(context: Context) -> dict[str, Any]:
    name = stack.outputs(context)["database_identifier"]
    found = context.deployer.client("rds").describe_db_instances(DBInstanceIdentifier=name)
    instance: dict[str, Any] = found["DBInstances"][0]
    return instance


def _database_created(context: Context) -> datetime:
    created: datetime = _database(context)["InstanceCreateTime"]
    return created


def _live_since(context: Context, since: datetime) -> bool:
    found = release.live(context)
    if found is None or found.get("Description") != context.built.backend.release:
        return False
    return datetime.fromisoformat(found["LastModified"].replace("+0000", "+00:00")) >= since


def _ran(context: Context, task: str, since: datetime) -> bool:
    found = tasks.last_success(
        context.deployer, stack.network(context).cluster, stack.task_definition(context, task)
    )
    return found is not None and found.started is not None and found.started >= since


def _run(context: Context, task: str, tell: Tell, *, join: bool = False) -> str:
    ended = tasks.run_task(
        context.deployer, stack.task_definition(context, task), stack.network(context), tell, join=join
    )
    return f"task {ended.arn.rsplit('/', 1)[-1][:8]} ended with status {ended.exit_code}"


def _proven(context: Context, task: str, tell: Tell) -> None:
    tell(f"looking for the end of {context.stack}-{task}")
    if not _ran(context, task, _database_created(context)):
        raise NestctlError(
            "task-unproven",
            f"ECS does not know that {context.stack}-{task} ended well.",
            "The task was run and waited for; its record is not there.",
            "Run the same command again.",
        )
