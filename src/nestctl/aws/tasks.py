"""One-off ECS tasks: run, wait, read their logs, and find the one that has already succeeded."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nestctl.aws import logs
from nestctl.aws.session import Aws, error_code
from nestctl.report import NestctlError

STARTED_BY = "nestctl"
POLL = 0.5
"""Seconds between two looks at a task; ECS allows 20 DescribeTasks a second."""


@dataclass(frozen=True)
class Network:
    """Where a task runs."""

    cluster: str
    subnets: Sequence[str]
    security_groups: Sequence[str]


@dataclass(frozen=True)
class Ended:
    """A task that stopped."""

    arn: str
    exit_code: int | None
    reason: str
    started: datetime | None


def last_success(aws: Aws, cluster: str, definition: str) -> Ended | None:
    """Return the newest stopped task of exactly this task definition that ended with status 0.

    ECS forgets stopped tasks after about an hour; then there is no evidence, and no answer.

    Args:
        definition: ARN with revision.
    """
    stopped = _of(aws.client("ecs"), cluster, definition, "STOPPED")
    good = [ended for task in stopped if (ended := _ended(task)).exit_code == 0]
    return max(good, key=lambda ended: ended.started.timestamp() if ended.started else 0.0, default=None)


def image_tag(aws: Aws, definition: str) -> str | None:
    """Return the tag of a definition's image, ``None`` when there is no such definition."""
    from botocore.exceptions import ClientError

    try:
        found = aws.client("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]
    except ClientError as error:
        if error_code(error) == "ClientException":
            return None
        raise
    return str(found["containerDefinitions"][0]["image"]).rsplit(":", 1)[-1]


def run_task(
    aws: Aws,
    definition: str,
    network: Network,
    progress: Callable[[str], None],
    timeout: float = 1800.0,
    *,
    join: bool = False,
) -> Ended:
    """Run a task to its end.

    Args:
        aws: Identity that runs it.
        definition: ARN of its definition, with revision.
        network: Where it runs.
        progress: Told its state.
        timeout: Seconds until it is stopped.
        join: Wait for a task of this definition that an interrupted run left, instead of starting a second.

    Raises:
        NestctlError: ``task-failed`` with the end of its log, ``task-timeout`` after ``timeout`` seconds
            (the task is stopped).
    """
    ecs = aws.client("ecs")
    name = definition.rsplit("/", 1)[-1]
    arn = _running(ecs, network.cluster, definition) if join else None
    if arn is None:
        arn = _started(ecs, definition, network)
    else:
        progress(f"{name} still runs for an interrupted run")
    deadline = time.monotonic() + timeout
    while True:
        task = ecs.describe_tasks(cluster=network.cluster, tasks=[arn])["tasks"][0]
        progress(f"{name} is {task['lastStatus'].lower()}")
        if task["lastStatus"] == "STOPPED":
            break
        if time.monotonic() > deadline:
            ecs.stop_task(cluster=network.cluster, task=arn, reason="nestctl: time-out")
            raise NestctlError(
                "task-timeout",
                f"The task {name} did not end within {timeout:.0f} s and was stopped.",
                "\n".join(log_tail(aws, task)),
                f"Look at its log, then run the same command again. The log: "
                f"{logs.command(logs.of_tasks(network.cluster.removesuffix('-tasks-cluster')))}",
            )
        time.sleep(POLL)
    ended = _ended(task)
    if ended.exit_code != 0:
        lines = log_tail(aws, task)
        raise NestctlError(
            "task-failed",
            f"The task {name} ended with status {ended.exit_code}: {ended.reason}",
            "\n".join(lines) if lines else "It wrote no log.",
            "Correct the cause and run the same command again.",
        )
    return ended


def _of(ecs: Any, cluster: str, definition: str, status: str) -> list[dict[str, Any]]:
    """Return the tasks of exactly this definition, with revision, that are or are to be in a status."""
    family = definition.rsplit("/", 1)[-1].rsplit(":", 1)[0]
    arns = ecs.list_tasks(cluster=cluster, family=family, desiredStatus=status)["taskArns"]
    found = ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"] if arns else []
    return [task for task in found if task["taskDefinitionArn"] == definition]


def _running(ecs: Any, cluster: str, definition: str) -> str | None:
    """Return a task of this definition that nestctl started and that has not ended."""
    running = _of(ecs, cluster, definition, "RUNNING")
    return next((str(task["taskArn"]) for task in running if task.get("startedBy") == STARTED_BY), None)


def _started(ecs: Any, definition: str, network: Network) -> str:
    name = definition.rsplit("/", 1)[-1]
    answer = ecs.run_task(
        cluster=network.cluster,
        taskDefinition=definition,
        count=1,
        launchType="FARGATE",
        startedBy=STARTED_BY,
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": list(network.subnets),
                "securityGroups": list(network.security_groups),
                "assignPublicIp": "DISABLED",
            }
        },
    )
    if answer.get("failures"):
        reasons = "; ".join(failure.get("reason", "?") for failure in answer["failures"])
        raise NestctlError(
            "task-failed", f"The task {name} was not started.", reasons, "nestctl up, or nestctl status"
        )
    return str(answer["tasks"][0]["taskArn"])


def log_tail(aws: Aws, task: dict[str, Any], lines: int = 20) -> list[str]:
    """Return the last lines that the task's first container wrote to CloudWatch Logs."""
    from botocore.exceptions import ClientError

    ecs = aws.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
    container = definition["containerDefinitions"][0]
    options = container.get("logConfiguration", {}).get("options", {})
    if "awslogs-group" not in options:
        return []
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task_id}"
    try:
        events = aws.client("logs").get_log_events(
            logGroupName=options["awslogs-group"], logStreamName=stream, startFromHead=False, limit=lines
        )["events"]
    except ClientError:
        return []
    return [event["message"] for event in events]


def _ended(task: dict[str, Any]) -> Ended:
    containers = task.get("containers") or [{}]
    code = containers[0].get("exitCode")
    reason = task.get("stoppedReason") or containers[0].get("reason") or ""
    started = task.get("startedAt") or task.get("createdAt")
    return Ended(task["taskArn"], code, reason, started)
