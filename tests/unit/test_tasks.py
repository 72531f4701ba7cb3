"""A task that an interrupted run left is waited for, not started a second time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.aws import tasks

DEFINITION = "arn:aws:ecs:us-east-1:123456789012:task-definition/nest-staging-migrate:3"
NETWORK = tasks.Network("cluster", ["subnet-1"], ["sg-1"])


class Ecs:
    """ECS with tasks that end as soon as they are looked at twice."""

    def __init__(self, *running: dict[str, Any]) -> None:
        self.tasks = {task["taskArn"]: {"lastStatus": "RUNNING", **task} for task in running}
        self.started = 0

    def list_tasks(self, **asked: Any) -> dict[str, Any]:
        assert asked == {"cluster": "cluster", "family": "nest-staging-migrate", "desiredStatus": "RUNNING"}
        return {"taskArns": list(self.tasks)}

    def run_task(self, **asked: Any) -> dict[str, Any]:
        self.started += 1
        self.tasks["new"] = {"taskArn": "new", "lastStatus": "RUNNING"}
        return {"tasks": [self.tasks["new"]]}

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> dict[str, Any]:
        found = [dict(self.tasks[arn]) for arn in tasks]
        for arn in tasks:
            self.tasks[arn] |= {"lastStatus": "STOPPED", "containers": [{"exitCode": 0}]}
        return {"tasks": found}


@pytest.mark.parametrize(
    ("running", "ended", "started"),
    [
        ((), "new", 1),
        (({"taskArn": "old", "taskDefinitionArn": DEFINITION, "startedBy": "nestctl"},), "old", 0),
        (({"taskArn": "old", "taskDefinitionArn": DEFINITION, "startedBy": "someone"},), "new", 1),
        (({"taskArn": "old", "taskDefinitionArn": DEFINITION[:-1] + "2", "startedBy": "nestctl"},), "new", 1),
    ],
    ids=["none", "ours", "another's", "another release's"],
)
def test_only_our_own_task_of_this_release_is_joined(
    running: tuple[dict[str, Any], ...], ended: str, started: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "POLL", 0)
    ecs = Ecs(*running)
    aws: Any = SimpleNamespace(client=lambda _: ecs)
    assert tasks.run_task(aws, DEFINITION, NETWORK, lambda _: None, join=True).arn == ended
    assert ecs.started == started
