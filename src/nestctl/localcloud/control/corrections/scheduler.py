"""EventBridge Scheduler: schedules run ECS tasks, a target that the emulator does not have."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge

from nestctl.localcloud.control.types import Cloud

log = logging.getLogger(__name__)

DELIVERY_SECONDS = 60.0
Target = dict[str, Any]
Deliver = Callable[..., None]


def deliver_to_ecs(cloud: Cloud) -> None:
    """Let schedules and rules whose target is an ECS cluster run a task there, by the cloud's own API.

    They do so as the role that the target names, and only where its policies allow it. Until the emulator
    delivers to ECS through its API.

    Args:
        cloud: Whose API runs the task.
    """
    loop = asyncio.get_running_loop()
    others: Deliver = getattr(eventbridge._invoke_target, "others", eventbridge._invoke_target)  # noqa: SLF001

    def invoke(target: Target, event: Target, rule: Target, view: Any = None) -> None:
        # The emulator calls it in a thread of its own.
        if ":ecs:" not in target.get("Arn", "") or ":cluster/" not in target["Arn"]:
            others(target, event, rule, view)
            return
        name = rule.get("Name", "?")
        try:
            running = asyncio.run_coroutine_threadsafe(
                cloud.api(
                    "ecs",
                    "RunTask",
                    run_task(target, name),
                    target["Arn"].split(":")[3],
                    role=target.get("RoleArn", ""),
                ),
                loop,
            )
            for failure in running.result(DELIVERY_SECONDS).get("failures", []):
                log.warning("The schedule %s ran no task: %s", name, failure)
        except Exception:
            log.exception("The schedule %s ran no task.", name)

    invoke.others = others  # type: ignore[attr-defined]  # so that it is not wrapped twice in one process
    eventbridge._invoke_target = invoke  # noqa: SLF001 - where it decides what a target is


def run_task(target: Target, schedule: str) -> dict[str, Any]:
    """The parameters of RunTask that a target stands for.

    Args:
        target: With ``Arn`` of the cluster and ``EcsParameters``, as Scheduler and EventBridge have them.
        schedule: Its schedule's name, which the task shows as who started it.
    """
    asked = target.get("EcsParameters", {})
    # Without its revision the newest definition is meant, which RunTask knows by the family's name.
    family = asked.get("TaskDefinitionArn", "").rpartition("task-definition/")[2]
    params: dict[str, Any] = {
        "cluster": target["Arn"],
        "taskDefinition": family,
        "count": asked.get("TaskCount", 1),
        "startedBy": schedule[:36],
    }
    for name, field in (
        ("LaunchType", "launchType"),
        ("CapacityProviderStrategy", "capacityProviderStrategy"),
        ("PlatformVersion", "platformVersion"),
        ("Group", "group"),
        ("PropagateTags", "propagateTags"),
    ):
        if asked.get(name):
            params[field] = asked[name]
    if network := (asked.get("NetworkConfiguration") or {}).get("awsvpcConfiguration"):
        params["networkConfiguration"] = {
            "awsvpcConfiguration": {name[0].lower() + name[1:]: value for name, value in network.items()}
        }
    if overrides := target.get("Input"):
        params["overrides"] = json.loads(overrides)
    return params
