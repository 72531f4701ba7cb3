"""What the steps of the database take for done."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.runbook import database

OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def context(app: Path, command: list[str] | None) -> Any:
    backend = SimpleNamespace(root="backend", fixture="data/site.dump", fixture_command=command)
    manifest = SimpleNamespace(backend=backend, tasks={"load-data": None})
    return SimpleNamespace(
        settings=SimpleNamespace(app=app, manifest=manifest), deployer=None, stack="nest-staging"
    )


@pytest.fixture
def uploaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fixture that was uploaded and then loaded by a task."""
    file = tmp_path / "backend" / "data" / "site.dump"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"rows")
    there = SimpleNamespace(sha256=hashlib.sha256(b"rows").hexdigest(), modified=OLD)
    monkeypatch.setattr(database.s3, "head", lambda *_: there)
    monkeypatch.setattr(database.stack, "outputs", lambda _: {"s3_fixtures_bucket_name": "fixtures"})
    monkeypatch.setattr(database, "_database_created", lambda _: OLD)
    monkeypatch.setattr(database, "_live_since", lambda *_: False)
    monkeypatch.setattr(database, "_ran", lambda _, __, since: since <= NEW)
    return file


def test_a_fixture_that_is_loaded_is_done(tmp_path: Path, uploaded: Path) -> None:
    assert uploaded.is_file()
    assert database.Load().check(context(tmp_path, None), print).verdict == "done"


def test_a_fixture_that_was_replaced_is_loaded_again(tmp_path: Path, uploaded: Path) -> None:
    uploaded.write_bytes(b"other rows")
    found = database.Load().check(context(tmp_path, None), print)
    assert found.verdict == "needed"
    assert "another than in fixtures" in found.reason


def test_a_fixture_that_a_command_makes_is_not_made_for_a_look(tmp_path: Path, uploaded: Path) -> None:
    uploaded.unlink()
    assert database.Load().check(context(tmp_path, ["python", "make.py"]), print).verdict == "done"
