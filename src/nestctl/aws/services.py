"""The frontend's ECS service: what it runs, whether it is steady, and a rolling restart."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nestctl.aws import logs
from nestctl.aws.session import Aws
from nestctl.report import NestctlError
from nestctl.report.words import counted

POLL = 0.5
SHOWN = 5

TROUBLE = ("failed", "unable", "unhealthy", "stopped:", "rolling back")
"""Words in the messages of a service that something went wrong in (ECS developer guide, "Amazon ECS service
event messages"); those without are of its usual work."""


@dataclass(frozen=True)
class Service:
    """What DescribeServices says.

    Attributes:
        image_tag: Tag of the image of its primary deployment.
        desired: Tasks wanted.
        running: Tasks that run, over all deployments.
        steady: One deployment, completed, with all its tasks running.
        failed: The circuit breaker has given the primary deployment up.
        deployed: When the primary deployment began.
        events: Its last messages, newest first; AWS gives a hundred.
    """

    image_tag: str
    desired: int
    running: int
    steady: bool
    failed: bool
    deployed: datetime
    events: tuple[str, ...]

    @property
    def why(self) -> str:
        """Its last messages that say what went wrong, each kind once; just the last ones where none does."""
        kinds: dict[str, str] = {}
        for text in reversed(self.events):
            kind = re.sub(r"\((?:task|deployment) [^)]*\) ?", "", text)
            kinds.pop(kind, None)  # one that comes again is as new as its last
            kinds[kind] = text
        told = [text for kind, text in kinds.items() if any(word in kind for word in TROUBLE)]
        return "\n".join(told[-SHOWN:] or self.events[:SHOWN])


def describe(aws: Aws, cluster: str, service: str) -> Service | None:
    """Return the service's state, ``None`` when it is not there."""
    from botocore.exceptions import ClientError

    ecs = aws.client("ecs")
    try:
        found = ecs.describe_services(cluster=cluster, services=[service])["services"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ClusterNotFoundException":
            return None
        raise
    active = [item for item in found if item["status"] == "ACTIVE"]
    if not active:
        return None
    item: dict[str, Any] = active[0]
    definition = ecs.describe_task_definition(taskDefinition=item["taskDefinition"])["taskDefinition"]
    deployments = item["deployments"]
    primary = next(d for d in deployments if d["status"] == "PRIMARY")
    state = primary.get("rolloutState", "COMPLETED")
    return Service(
        image_tag=definition["containerDefinitions"][0]["image"].rsplit(":", 1)[-1],
        desired=item["desiredCount"],
        running=item["runningCount"],
        steady=len(deployments) == 1
        and state == "COMPLETED"
        and item["runningCount"] == item["desiredCount"],
        failed=state == "FAILED" or any(d.get("rolloutState") == "FAILED" for d in deployments),
        deployed=primary["createdAt"],
        events=tuple(event["message"] for event in item.get("events", [])),
    )


def restart(aws: Aws, cluster: str, service: str) -> None:
    """Replace the running tasks by new ones of the same definition (``--force-new-deployment``)."""
    aws.client("ecs").update_service(cluster=cluster, service=service, forceNewDeployment=True)


def failure(service: str, state: Service, log_group: str) -> NestctlError:
    """Return what to say when the circuit breaker has ended a deployment: ``service-failed``."""
    return NestctlError(
        "service-failed",
        f"The new tasks of {service} did not become healthy; the old ones go on.",
        state.why,
        f"{logs.command(log_group)}; correct the cause, then run the same command again",
    )


def wait_steady(
    aws: Aws,
    cluster: str,
    service: str,
    log_group: str,
    progress: Callable[[str], None],
    timeout: float = 900.0,
) -> Service:
    """Wait until the service is steady.

    Args:
        aws: Who asks.
        cluster: The service's cluster.
        service: Its name.
        log_group: Where its tasks write.
        progress: Told how many tasks run.
        timeout: Seconds to wait.

    Raises:
        NestctlError: ``service-failed`` when the circuit breaker ended the deployment,
            ``service-timeout`` after ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        state = describe(aws, cluster, service)
        if state is None:
            raise NestctlError(
                "service-missing",
                f"There is no service {service} in {cluster}.",
                "The step `platform` makes it.",
                "nestctl up --until platform",
            )
        if state.steady:
            return state
        if state.failed:
            raise failure(service, state, log_group)
        if time.monotonic() > deadline:
            raise NestctlError(
                "service-timeout",
                f"{service} is not steady after {timeout:.0f} s.",
                state.why,
                "Run the same command again, which goes on waiting; what the tasks say: "
                f"{logs.command(log_group)}",
            )
        progress(f"{state.running} of {counted(state.desired, 'task')} run")
        time.sleep(POLL)
