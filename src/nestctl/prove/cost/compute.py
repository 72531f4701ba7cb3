"""What tasks, services and the function are billed for."""

from __future__ import annotations

from collections.abc import Iterator

from nestctl.prove.cost.part import HOURS, Need
from nestctl.prove.cost.use import Use
from nestctl.prove.plan import Plan, Resource

SPOT = "FARGATE_SPOT"

INSIGHTS_METRICS = 24
"""Metrics of a cluster and its one service that Container Insights keeps: our estimate, so a part by use."""

FREE_GB = 20
"""Ephemeral storage that each task has for nothing (vantage.sh/blog/fargate-pricing)."""


def service(resource: Resource, plan: Plan, _: Use) -> Iterator[Need]:
    """The tasks that a service keeps running."""
    definition = plan.by("arn", resource["task_definition"], "aws_ecs_task_definition")
    if definition is None:
        yield Need("Frontend", "task-definition-unknown", 1)
        return
    scaled = _scaling(resource, plan)
    count = scaled["min_capacity"] if scaled is not None else resource["desired_count"]
    yield from _fargate("Frontend", definition, (count or 0) * HOURS, spot=_spot(resource), fixed=True)


def autoscaled(resource: Resource, plan: Plan, _: Use) -> Iterator[Need]:
    """Half of the tasks that a service may add, as if its load were high half of the time."""
    services = [s for s in plan.of("aws_ecs_service") if _scaling(s, plan) is resource]
    for found in services:
        definition = plan.by("arn", found["task_definition"], "aws_ecs_task_definition")
        if definition is not None:
            hours = (resource["max_capacity"] - resource["min_capacity"]) * HOURS / 2
            yield from _fargate("Frontend", definition, hours, spot=_spot(found), fixed=False)


def task(resource: Resource, plan: Plan, use: Use) -> Iterator[Need]:
    """The hours of a one-off or scheduled task; a service's definition is billed with the service."""
    if plan.by("task_definition", resource["arn"], "aws_ecs_service"):
        return
    spot = any(
        SPOT in (cluster["capacity_providers"] or ())
        and any(s["capacity_provider"] == SPOT for s in cluster["default_capacity_provider_strategy"] or ())
        for cluster in plan.of("aws_ecs_cluster_capacity_providers")
        if cluster["cluster_name"] not in _service_clusters(plan)
    )
    yield from _fargate("Tasks", resource, use.task_hours, spot=spot, fixed=False)


def cluster(resource: Resource, _: Plan, __: Use) -> Iterator[Need]:
    """The metrics of Container Insights, where they are on."""
    settings = {setting["name"]: setting["value"] for setting in resource["setting"] or ()}
    if settings.get("containerInsights", "disabled") != "disabled":
        yield Need("Logs and metrics", "metric", INSIGHTS_METRICS, fixed=False, note="Container Insights")


def function(_: Resource, __: Plan, use: Use) -> Iterator[Need]:
    """Requests and time of the function."""
    requests = use.requests * use.backend_share
    yield Need("Backend function", "lambda-requests", requests / 1000, fixed=False)
    seconds = requests * 1000 * use.backend_seconds * use.backend_memory_gb
    yield Need("Backend function", "lambda-gb-second", seconds, fixed=False)


def _fargate(group: str, definition: Resource, hours: float, *, spot: bool, fixed: bool) -> Iterator[Need]:
    platform = (definition["runtime_platform"] or [{}])[0]
    kind = "arm" if platform.get("cpu_architecture") == "ARM64" else "x86"
    cpu, memory = int(definition["cpu"] or 0) / 1024, int(definition["memory"] or 0) / 1024
    note = f"{cpu:g} vCPU, {memory:g} GB, {kind}{', Spot' if spot else ''}"
    suffix = "-spot" if spot else ""
    yield Need(group, f"fargate-{kind}-vcpu-hour{suffix}", hours * cpu, fixed, note)
    yield Need(group, f"fargate-{kind}-gb-hour{suffix}", hours * memory, fixed, note)
    extra = ((definition["ephemeral_storage"] or [{}])[0].get("size_in_gib") or FREE_GB) - FREE_GB
    if extra > 0:
        yield Need(group, "fargate-storage-gb-hour", hours * extra, fixed, note)


def _scaling(resource: Resource, plan: Plan) -> Resource | None:
    """Return the target that lets the number of a service's tasks follow the load."""
    for target in plan.of("aws_appautoscaling_target"):
        if str(target["resource_id"]).endswith(f"/{resource['name']}"):
            return target
    return None


def _spot(resource: Resource) -> bool:
    return any(s["capacity_provider"] == SPOT for s in resource["capacity_provider_strategy"] or ())


def _service_clusters(plan: Plan) -> set[str]:
    ids = {service["cluster"] for service in plan.of("aws_ecs_service")}
    return {c["name"] for c in plan.of("aws_ecs_cluster") if ids & {c["id"], c["arn"]}}
