"""Tasks and services that the emulator stores: the one place that knows how it stores them.

The emulator's own scheduler only writes counts and states; ours starts processes. So the emulator's is
switched off here, and its records are what both the API and our scheduler see.
"""

from __future__ import annotations

import copy
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ecs

Record = dict[str, Any]
STOPPED_KEPT_SECONDS = 3600.0
"""ECS forgets a stopped task after an hour."""


def _nothing(*_args: Any, **_options: Any) -> None:
    return


def switch_off_emulators_scheduler() -> None:
    """Keep the emulator from deciding about tasks."""
    for name in (
        "_reconcile_service_tasks",
        "_sync_service_targets",
        "_refresh_service_state",
        "_complete_service_deployment",
        "_start_restored_service_reconciler",
        "_stop_task",
        "_maybe_mark_stopped",
    ):
        if not hasattr(ecs, name):
            raise RuntimeError(
                f"the emulator's ECS has no {name} any more; its scheduler cannot be switched off"
            )
        setattr(ecs, name, _nothing)


switch_off_emulators_scheduler()


@dataclass(frozen=True)
class Place:
    """Where a record lives."""

    account: str
    region: str

    def scope(self) -> Any:
        """Context in which the emulator's stores show this account and region."""
        return request_scope(self.account, self.region)


def now() -> str:
    """Point in time as the emulator's records have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def age(stamp: str | None) -> float:
    """Seconds since a point in time of a record; 0 when there is none."""
    if not stamp:
        return 0.0
    return max(0.0, time.time() - datetime.fromisoformat(stamp).timestamp())


def wire(record: Record) -> Record:
    """Copy a record without what is not part of the API."""
    shown: Record = ecs._normalize_ecs_timestamps(ecs._sanitize(copy.deepcopy(record)))  # noqa: SLF001
    return shown


def tasks() -> Iterator[tuple[Place, Record]]:
    """Every task of every account and region."""
    for (account, region, _), record in ecs._tasks.all_items():  # noqa: SLF001
        yield Place(account, region), record


def services() -> Iterator[tuple[Place, Record]]:
    """Every service of every account and region."""
    for (account, region, _), record in ecs._services.all_items():  # noqa: SLF001
        yield Place(account, region), record


def tasks_of(place: Place, service: Record) -> list[Record]:
    """Tasks of one service that are not stopped."""
    group = f"service:{service['serviceName']}"
    return [
        task
        for (account, region, _), task in ecs._tasks.all_items()  # noqa: SLF001
        if task.get("lastStatus") != "STOPPED"  # which most are: a service that fails leaves many
        and task.get("group") == group
        and (account, region) == (place.account, place.region)
        and task.get("clusterArn") == service.get("clusterArn")
    ]


def find_task(place: Place, cluster: str, reference: str) -> Record | None:
    """Find a task by id or ARN."""
    with place.scope():
        found: Record | None = ecs._resolve_task(reference, cluster_name(cluster))  # noqa: SLF001
    return found


def find_service(place: Place, cluster: str, reference: str) -> Record | None:
    """Find a service by name or ARN."""
    with place.scope():
        name = reference.rsplit("/", 1)[-1]
        found: Record | None = ecs._services.get(f"{cluster_name(cluster)}/{name}")  # noqa: SLF001
    return found


def cluster_name(reference: str) -> str:
    """Name of a cluster given by name or ARN; the default cluster when none is given."""
    return reference.rsplit("/", 1)[-1] or "default"


def definition(place: Place, reference: str) -> Record | None:
    """Task definition by ARN, ``family`` or ``family:revision``."""
    with place.scope():
        found: Record | None = ecs._task_defs.get(ecs._resolve_td_key(reference))  # noqa: SLF001
    return found


def make_tasks(place: Place, request: Mapping[str, Any]) -> tuple[int, Record, list[Record]]:
    """Make the records of new tasks, as RunTask does, in state PROVISIONING.

    Returns:
        Status and body of the emulator's answer, and the new records.
    """
    with place.scope():
        status, _, body = ecs._run_task(dict(request))  # noqa: SLF001
        answer = json.loads(body)
        records = [ecs._tasks[entry["taskArn"]] for entry in answer.get("tasks", [])]  # noqa: SLF001
    for record in records:
        given = (record.get("overrides") or {}).get("containerOverrides") or []
        named = {entry.get("name") for entry in given}
        others = [{"name": part["name"]} for part in record["containers"] if part["name"] not in named]
        record["overrides"] = {**(record.get("overrides") or {}), "containerOverrides": [*given, *others]}
        record.update(
            lastStatus="PROVISIONING",
            startedAt=None,
            pullStartedAt=None,
            pullStoppedAt=None,
            _startup_stable=False,
        )
        for container in record["containers"]:
            container.update(lastStatus="PENDING", runtimeId=None)
            container.setdefault("networkInterfaces", [])
    recount(place)
    answer["tasks"] = [wire(record) for record in records]
    return status, answer, records


def make_deployment(service: Record, definition_arn: str) -> Record:
    """Make the service's new primary deployment; those before become ACTIVE."""
    for deployment in service["deployments"]:
        if deployment["status"] == "PRIMARY":
            deployment["status"] = "ACTIVE"
    made: Record = ecs._make_deployment(definition_arn, service["desiredCount"])  # noqa: SLF001
    made.update(
        launchType=service.get("launchType"),
        capacityProviderStrategy=service.get("capacityProviderStrategy"),
    )
    service["deployments"].insert(0, made)
    service["taskDefinition"] = definition_arn
    begin(service, made)
    return made


def begin(service: Record, deployment: Record) -> None:
    """Mark a deployment as in progress, with the settings that it takes from its service."""
    for key in ("platformVersion", "networkConfiguration"):
        deployment[key] = deployment.get(key) or service.get(key)
    deployment["rolloutState"] = "IN_PROGRESS"
    deployment["rolloutStateReason"] = f"ECS deployment {deployment['id']} in progress."
    deployment["updatedAt"] = now()


def event(service: Record, text: str) -> None:
    """Add an event to a service; ECS keeps the latest 100."""
    entry = {
        "id": str(uuid.uuid4()),
        "createdAt": now(),
        "message": f"(service {service['serviceName']}) {text}",
    }
    service["events"] = [entry, *service.get("events", [])][:100]


def recount(place: Place) -> None:
    """Bring the clusters' counts up to date."""
    with place.scope():
        for name in list(ecs._clusters):  # noqa: SLF001
            ecs._recount_cluster(name)  # noqa: SLF001


def forget_old_tasks() -> None:
    """Remove tasks that stopped an hour ago."""
    for (account, region, arn), record in ecs._tasks.all_items():  # noqa: SLF001
        if record.get("lastStatus") == "STOPPED" and age(record.get("stoppedAt")) > STOPPED_KEPT_SECONDS:
            ecs._tasks.pop_scoped(account, region, arn, None)  # noqa: SLF001


def end_what_a_stop_left(reason: str) -> None:
    """Complete the records of tasks that ended with the last run of the local cloud."""
    for _, record in tasks():
        if not record.get("stoppedAt"):
            record.update(
                lastStatus="STOPPED", desiredStatus="STOPPED", stoppedAt=now(), stoppedReason=reason,
                stopCode="TerminationNotice",
            )  # fmt: skip
            for container in record.get("containers", []):
                container["lastStatus"] = "STOPPED"
