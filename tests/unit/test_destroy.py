"""What has to be emptied before a destroy, and swept up after it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.report import NestctlError
from nestctl.runbook import destroy, states


def item(kind: str, address: str, **before: Any) -> dict[str, Any]:
    return {"type": kind, "address": address, "change": {"before": before or None}}


def context() -> Any:
    manifest = SimpleNamespace(tasks={"migrate": None})
    return SimpleNamespace(
        stack="nest-staging",
        environment="staging",
        caller=None,
        check_state=lambda _: None,
        project="nest",
        settings=SimpleNamespace(manifest=manifest),
    )


def test_buckets_come_from_the_plan_and_that_of_logs_last() -> None:
    going = [
        item("aws_s3_bucket", "module.storage.module.logs_bucket.aws_s3_bucket.this", bucket="logs"),
        item("aws_s3_bucket", "module.storage.module.bucket.aws_s3_bucket.this", bucket="fixtures"),
        item("aws_s3_bucket", "module.storage.module.new.aws_s3_bucket.this"),
        item("aws_ecs_task_definition", "module.ecs.aws_ecs_task_definition.this", family="nest-staging-old"),
    ]
    root: Any = SimpleNamespace(show=lambda _: {"resource_changes": going})
    found = destroy.doomed(context(), root, root)
    assert found.buckets == ("fixtures", "logs")
    assert found.families == ("nest-staging-frontend", "nest-staging-migrate", "nest-staging-old")


def test_a_state_without_resources_is_nothing_to_destroy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "holds", lambda *_: False)
    monkeypatch.setattr(destroy.regions, "only_here", lambda _: None)
    with pytest.raises(NestctlError) as caught:
        destroy.plan(context(), print)
    assert caught.value.code == "nothing-to-destroy"


def test_without_its_role_what_is_there_is_not_taken_for_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "holds", lambda *_: True)
    monkeypatch.setattr(destroy.iam, "external_id", lambda *_: None)
    with pytest.raises(NestctlError) as caught:
        destroy.plan(context(), print)
    assert caught.value.code == "role-not-assumed"
    assert "nest-staging is there" in caught.value.what
