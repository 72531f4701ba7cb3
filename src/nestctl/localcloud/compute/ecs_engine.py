"""Runs tasks and keeps services at what they want: the scheduler that ECS is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nestctl.localcloud.compute import ecs_state, images, packages
from nestctl.localcloud.compute.ecs_state import Place, Record
from nestctl.localcloud.compute.logs import LogWriter
from nestctl.localcloud.compute.task_runner import TaskRunner
from nestctl.localcloud.control.types import Cloud

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
SWEEP_SECONDS = 60.0
MAX_BACK_OFF = 30.0
"""Seconds between two starts of a service whose tasks keep failing; ECS waits up to 15 minutes."""
MAX_DRAIN = 10.0
"""Seconds a target's last requests get at most; AWS waits for the whole deregistration delay."""
MIN_THRESHOLD, MAX_THRESHOLD = 3, 200
"""Bounds of the circuit breaker's failure threshold, which is half the desired count."""


@dataclass
class _Failures:
    """Consecutive failures of a deployment's tasks."""

    count: int = 0
    not_before: float = 0.0


class EcsEngine:
    """Every task and service of the local cloud."""

    def __init__(
        self, cloud: Cloud, logs: LogWriter, variables: Callable[[str, str, str], Mapping[str, str]]
    ) -> None:
        self._cloud = cloud
        self._logs = logs
        self._variables = variables
        self._runners: dict[str, tuple[TaskRunner, asyncio.Task[None]]] = {}
        self._failures: dict[str, _Failures] = {}
        self._wake = asyncio.Event()
        self._closing = False

    def start(self) -> None:
        """Clear away what the last run left, and start to reconcile."""
        ecs_state.end_what_a_stop_left("The local cloud was stopped")
        for _, service in ecs_state.services():
            for target in service.pop("_registered", []):
                _deregister(*target)
        self._cloud.background("ECS scheduler", self._run())
        self._cloud.background("image sweeper", self._sweep())

    def wake(self) -> None:
        """Look at the services soon."""
        self._wake.set()

    async def _sweep(self) -> None:
        """Forget stopped tasks, and images that no repository has and no task runs, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            ecs_state.forget_old_tasks()
            wanted = images.digests()
            for runner, _ in self._runners.values():
                wanted |= runner.digests()
            await asyncio.to_thread(packages.prune, self._cloud.state_dir / "images", wanted)

    async def _run(self) -> None:
        while True:
            try:
                self.reconcile()
            except Exception:
                log.exception("the ECS scheduler could not do its round")
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK_SECONDS)
            await asyncio.sleep(0.02)

    def run_tasks(self, place: Place, request: Mapping[str, Any]) -> tuple[int, Record]:
        """Make and start tasks; returns status and body of RunTask's answer."""
        status, answer, records = ecs_state.make_tasks(place, request)
        for record in records:
            self._begin(place, record)
        return status, answer

    def _begin(self, place: Place, record: Record) -> None:
        runner = TaskRunner(
            self._cloud,
            place,
            record,
            logs=self._logs,
            variables=self._variables,
            on_change=self.wake,
            drain=self._drain,
        )
        task = asyncio.create_task(runner.run(), name=f"ecs task {runner.task_id}")
        arn = str(record["taskArn"])
        self._runners[arn] = (runner, task)

        def ended(_: asyncio.Task[None]) -> None:
            self._runners.pop(arn, None)
            self._count_failure(place, record)
            self.wake()

        task.add_done_callback(ended)

    def stop_task(self, record: Record, reason: str, code: str) -> None:
        """Ask a task to stop."""
        found = self._runners.get(str(record["taskArn"]))
        if found is not None:
            found[0].request_stop(reason, code)

    # Services

    def reconcile(self) -> None:
        """Bring every service one step nearer to what it wants."""
        if self._closing:
            return
        for place, service in list(ecs_state.services()):
            if service.get("status") == "INACTIVE":
                continue
            tasks = ecs_state.tasks_of(place, service)
            if service["status"] == "DRAINING":
                self._drain_service(service, tasks)
            elif (service.get("deploymentController") or {}).get("type", "ECS") == "ECS":
                self._step(place, service, tasks)
            self._count(service, tasks)

    def _drain_service(self, service: Record, tasks: list[Record]) -> None:
        for task in tasks:
            self.stop_task(task, "Service deleted", "ServiceSchedulerInitiated")
        if not tasks:
            service.update(status="INACTIVE", deployments=[], runningCount=0, pendingCount=0)

    def _step(self, place: Place, service: Record, tasks: list[Record]) -> None:
        primary = next((entry for entry in service["deployments"] if entry["status"] == "PRIMARY"), None)
        if primary is None:
            return
        self._register_running(service, tasks)
        tasks = self._replace_unhealthy(service, tasks)
        wanted = int(service["desiredCount"])
        alive = [task for task in tasks if task["desiredStatus"] == "RUNNING"]
        current = [task for task in alive if task.get("_deployment_id") == primary["id"]]
        old = [task for task in alive if task.get("_deployment_id") != primary["id"]]
        config = service.get("deploymentConfiguration") or {}
        most = math.floor(wanted * int(config.get("maximumPercent") or 200) / 100)
        least = math.ceil(wanted * int(_given(config.get("minimumHealthyPercent"), 100)) / 100)
        ready = [task for task in current if self._is_ready(service, task)]
        old_ready = [task for task in old if self._is_ready(service, task)]
        idle = [task for task in old if task not in old_ready]
        # Old tasks that do not serve go at once; those that do only when enough others serve, and when they
        # are too many or stand in the way of new ones.
        in_the_way = max(0, wanted - len(current) - (most - len(current) - len(old)) - len(idle))
        too_many = max(0, len(ready) + len(old_ready) - wanted)
        allowed = max(0, len(ready) + len(old_ready) - least)
        scaling = f"Scaling activity initiated by (deployment {primary['id']})"
        for task in [*idle, *old_ready[: min(allowed, max(in_the_way, too_many))]]:
            self._stop_of_service(service, task, scaling)
            old.remove(task)
        for task in sorted(current, key=lambda entry: (entry not in ready, entry["createdAt"]))[wanted:]:
            self._stop_of_service(service, task, scaling)
            current.remove(task)
        missing = min(wanted - len(current), most - len(current) - len(old))
        if missing > 0 and primary["rolloutState"] != "FAILED":
            self._start_of_service(place, service, primary, missing)
        self._settle(service, primary, len(current), len(ready), wanted, tasks)

    def _start_of_service(self, place: Place, service: Record, deployment: Record, count: int) -> None:
        failures = self._failures.get(deployment["id"])
        if failures is not None and time.monotonic() < failures.not_before:
            return
        request = {
            "cluster": service["clusterArn"].rsplit("/", 1)[-1],
            "taskDefinition": deployment["taskDefinition"],
            "count": count,
            "group": f"service:{service['serviceName']}",
            "startedBy": deployment["id"],
            "launchType": service.get("launchType"),
            "capacityProviderStrategy": service.get("capacityProviderStrategy"),
            "platformVersion": service.get("platformVersion", ""),
            "networkConfiguration": service.get("networkConfiguration") or {},
            "enableExecuteCommand": service.get("enableExecuteCommand", False),
            "tags": service.get("tags", []) if service.get("propagateTags") == "SERVICE" else [],
            "_deploymentId": deployment["id"],
        }
        status, answer = self.run_tasks(place, request)
        started = [entry["taskArn"].rsplit("/", 1)[-1] for entry in answer.get("tasks", [])]
        if started:
            names = " ".join(f"(task {name})" for name in started)
            ecs_state.event(service, f"has started {len(started)} tasks: {names}.")
        else:
            log.warning("service %s: RunTask answered %d %s", service["serviceName"], status, answer)
            self._fail(deployment)

    def _stop_of_service(self, service: Record, task: Record, reason: str) -> None:
        if task["desiredStatus"] == "RUNNING":
            name = str(task["taskArn"]).rsplit("/", 1)[-1]
            ecs_state.event(service, f"has stopped 1 running tasks: (task {name}).")
        self.stop_task(task, reason, "ServiceSchedulerInitiated")

    def _is_ready(self, service: Record, task: Record) -> bool:
        """Whether a task serves: running, and healthy for its own check and for the load balancer's."""
        if task["lastStatus"] != "RUNNING" or task["desiredStatus"] != "RUNNING":
            return False
        definition = self._has_health_check(task)
        if definition and task.get("healthStatus") != "HEALTHY":
            return False
        states = [state for _, state, _ in self._target_states(service, task)]
        return len(states) == len(service.get("loadBalancers") or []) and all(
            state in ("healthy", "unused", "unavailable") for state in states
        )

    def _has_health_check(self, task: Record) -> bool:
        found = task.get("_has_health_check")
        if found is None:
            runner = self._runners.get(str(task["taskArn"]))
            definition = runner and ecs_state.definition(runner[0].place, task["taskDefinitionArn"])
            checks = [
                entry.get("healthCheck") for entry in (definition or {}).get("containerDefinitions", [])
            ]
            found = task["_has_health_check"] = any(checks)
        return bool(found)

    def _target_states(self, service: Record, task: Record) -> list[tuple[str, str, str]]:
        """Target group, state and description of each registration of a task."""
        from nestctl.localcloud.edge import running

        edge = running.current()
        found = []
        for group, _, port, arn in _registrations(service):
            if arn == task["taskArn"]:
                if edge is None:
                    found.append((group, "initial", ""))
                    continue
                health = edge.health.of(group, "127.0.0.1", port)
                found.append((group, health.state, health.description))
        return found

    def _register_running(self, service: Record, tasks: list[Record]) -> None:
        """Register tasks that run in the service's target groups."""
        from nestctl.localcloud.edge import state

        known = {(entry[0], entry[3]) for entry in _registrations(service)}
        for task in tasks:
            if task["lastStatus"] != "RUNNING" or task["desiredStatus"] != "RUNNING":
                continue
            runner = self._runners.get(str(task["taskArn"]))
            for balancer in service.get("loadBalancers") or []:
                group = balancer.get("targetGroupArn")
                if not group or runner is None or (group, task["taskArn"]) in known:
                    continue
                port = runner[0].port_of(str(balancer.get("containerName")))
                if not port or state.target_group(group) is None:
                    continue
                state.register(group, [("127.0.0.1", port)])
                service.setdefault("_registered", []).append([group, "127.0.0.1", port, task["taskArn"]])
                ecs_state.event(service, f"registered 1 targets in (target-group {group})")

    async def _drain(self, task: Record) -> None:
        """Take a task out of its target groups and wait for its last requests."""
        from nestctl.localcloud.edge import running, state

        edge = running.current()
        for _, service in ecs_state.services():
            held = [entry for entry in _registrations(service) if entry[3] == task["taskArn"]]
            for entry in held:
                service["_registered"].remove(list(entry))
                _deregister(*entry)
                ecs_state.event(service, f"deregistered 1 targets in (target-group {entry[0]})")
                group = state.target_group(entry[0])
                delay = float(
                    (group.attributes if group else {}).get("deregistration_delay.timeout_seconds") or 300
                )
                if edge is not None:
                    await edge.traffic.drained(entry[1], entry[2], min(delay, MAX_DRAIN))

    def _replace_unhealthy(self, service: Record, tasks: list[Record]) -> list[Record]:
        """Stop tasks that fail their health checks; return the rest."""
        grace = float(service.get("healthCheckGracePeriodSeconds") or 0)
        kept = []
        for task in tasks:
            name = str(task["taskArn"]).rsplit("/", 1)[-1]
            if task["desiredStatus"] != "RUNNING" or task["lastStatus"] != "RUNNING":
                kept.append(task)
                continue
            if task.get("healthStatus") == "UNHEALTHY":
                ecs_state.event(service, f"(task {name}) failed container health checks.")
                self.stop_task(task, "Task failed container health checks", "ServiceSchedulerInitiated")
                continue
            bad = [entry for entry in self._target_states(service, task) if entry[1] == "unhealthy"]
            if bad and ecs_state.age(task.get("startedAt")) >= grace:
                group, _, why = bad[0]
                ecs_state.event(
                    service, f"(task {name}) is unhealthy in (target-group {group}) due to (reason {why})"
                )
                self.stop_task(
                    task,
                    f"Task failed ELB health checks in (target-group {group})",
                    "ServiceSchedulerInitiated",
                )
                continue
            kept.append(task)
        return kept

    # Deployments

    def _settle(
        self, service: Record, primary: Record, current: int, ready: int, wanted: int, tasks: list[Record]
    ) -> None:
        """Complete a deployment whose tasks all serve; forget the others once their tasks are gone."""
        others = [task for task in tasks if task.get("_deployment_id") != primary["id"]]
        steady = ready == wanted == current and not [
            task for task in others if task["desiredStatus"] == "RUNNING"
        ]
        if steady and primary["rolloutState"] == "IN_PROGRESS":
            primary.update(
                rolloutState="COMPLETED",
                rolloutStateReason=f"ECS deployment {primary['id']} completed.",
                updatedAt=ecs_state.now(),
                failedTasks=0,
            )
            service["_last_completed"] = primary["taskDefinition"]
            ecs_state.event(service, f"(deployment {primary['id']}) deployment completed.")
        if steady:
            self._failures.pop(primary["id"], None)
        if steady and not service.get("_steady") and not others:
            ecs_state.event(service, "has reached a steady state.")
        service["_steady"] = steady and not others
        used = {task.get("_deployment_id") for task in tasks}
        service["deployments"] = [
            entry
            for entry in service["deployments"]
            if entry["status"] == "PRIMARY"
            or entry["id"] in used
            or (not steady and entry["rolloutState"] == "COMPLETED")
        ]

    def _count(self, service: Record, tasks: list[Record]) -> None:
        """Bring the counts up to date; a task counts as pending until it runs."""
        for deployment in service.get("deployments", []):
            own = [task for task in tasks if task.get("_deployment_id") == deployment["id"]]
            deployment["runningCount"] = sum(task["lastStatus"] == "RUNNING" for task in own)
            deployment["pendingCount"] = sum(
                task["lastStatus"] in ("PROVISIONING", "PENDING") for task in own
            )
            if deployment["status"] == "PRIMARY":
                deployment["desiredCount"] = service["desiredCount"]
        service["runningCount"] = sum(task["lastStatus"] == "RUNNING" for task in tasks)
        service["pendingCount"] = sum(task["lastStatus"] in ("PROVISIONING", "PENDING") for task in tasks)

    def _count_failure(self, place: Place, task: Record) -> None:
        """Note that a service's task ended by itself or for its health, and trip the circuit breaker."""
        group = str(task.get("group") or "")
        if not group.startswith("service:") or self._closing:
            return
        failed = task.get("stopCode") in ("EssentialContainerExited", "TaskFailedToStart")
        failed = failed or "failed" in str(task.get("stoppedReason"))
        service = ecs_state.find_service(place, str(task["clusterArn"]), group.removeprefix("service:"))
        if not failed or service is None:
            return
        deployment = next(
            (one for one in service["deployments"] if one["id"] == task.get("_deployment_id")), None
        )
        if deployment is None or deployment["status"] != "PRIMARY":
            return
        name = str(task["taskArn"]).rsplit("/", 1)[-1]
        ecs_state.event(service, f"(task {name}) stopped: {task.get('stoppedReason')}")
        failures = self._fail(deployment)
        if deployment["rolloutState"] != "IN_PROGRESS":
            return
        deployment["failedTasks"] = failures
        breaker = (service.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
        threshold = min(MAX_THRESHOLD, max(MIN_THRESHOLD, math.ceil(int(service["desiredCount"]) / 2)))
        if breaker.get("enable") and failures >= threshold:
            self._trip(service, deployment, roll_back=bool(breaker.get("rollback")))

    def _fail(self, deployment: Record) -> int:
        failures = self._failures.setdefault(deployment["id"], _Failures())
        failures.count += 1
        wait = 0.0 if failures.count == 1 else min(MAX_BACK_OFF, 0.5 * 2 ** (failures.count - 2))
        failures.not_before = time.monotonic() + wait
        return failures.count

    def _trip(self, service: Record, deployment: Record, *, roll_back: bool) -> None:
        deployment.update(
            rolloutState="FAILED",
            rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
            updatedAt=ecs_state.now(),
        )
        ecs_state.event(service, f"(deployment {deployment['id']}) deployment failed: tasks failed to start.")
        before = service.get("_last_completed")
        if not roll_back or before is None:
            return
        previous = next(
            (
                entry
                for entry in service["deployments"]
                if entry is not deployment
                and entry["rolloutState"] == "COMPLETED"
                and entry["taskDefinition"] == before
            ),
            None,
        )
        if previous is None:
            previous = ecs_state.make_deployment(service, before)
        else:
            deployment["status"], previous["status"] = "ACTIVE", "PRIMARY"
            service["deployments"].sort(key=lambda entry: entry is not previous)
            service["taskDefinition"] = before
            ecs_state.begin(service, previous)
        previous["rolloutStateReason"] = (
            f"ECS deployment circuit breaker: rolling back to deploymentId {previous['id']}."
        )
        ecs_state.event(service, f"rolling back to (deployment {previous['id']}).")

    async def close(self) -> None:
        """Stop every task."""
        self._closing = True
        runners = list(self._runners.values())
        for runner, _ in runners:
            runner.hurry()
        if runners:
            await asyncio.wait([task for _, task in runners], timeout=10)
        for _, task in runners:
            task.cancel()
        await asyncio.gather(*(task for _, task in runners), return_exceptions=True)


def _given(value: Any, default: int) -> int:
    return default if value is None else int(value)


def _registrations(service: Record) -> list[tuple[str, str, int, str]]:
    """Targets a service registered: group, host, port and task."""
    return [(entry[0], entry[1], entry[2], entry[3]) for entry in service.get("_registered", [])]


def _deregister(group: str, host: str, port: int, _task: str = "") -> None:
    from nestctl.localcloud.edge import state

    if state.target_group(group) is not None:
        state.deregister(group, [(host, port)])
