"""Runs one ECS task: its containers as processes, through the states that ECS reports."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nestctl.localcloud import archives
from nestctl.localcloud.compute import confine, containers, ecs_state, images, interpreters
from nestctl.localcloud.compute.ecs_state import Place, Record
from nestctl.localcloud.compute.images import Image
from nestctl.localcloud.compute.logs import LogWriter
from nestctl.localcloud.control.authorization import acting
from nestctl.localcloud.control.types import Child, Cloud
from nestctl.policies.evaluate import Request

log = logging.getLogger(__name__)

DEFAULT_STOP_TIMEOUT = 30.0
"""Seconds between SIGTERM and SIGKILL on Fargate when the container says nothing."""
HURRIED_STOP_TIMEOUT = 3.0
FIRST_HEALTH_INTERVAL = 1.0
"""Seconds between health checks until one passes; only failures at the configured interval count."""
SIGNALLED = 128
"""A process that a signal ended reports 128 plus the signal's number, as containers do."""


class StartError(Exception):
    """The task cannot start; the message is its stoppedReason."""


@dataclass
class _Container:
    """One container of the task while it runs."""

    definition: Mapping[str, Any]
    record: Record
    image: Image
    child: Child | None = None
    env: Mapping[str, str] | None = None

    @property
    def name(self) -> str:
        return str(self.definition["name"])

    @property
    def essential(self) -> bool:
        return bool(self.definition.get("essential", True))


class TaskRunner:
    """Takes a task from PROVISIONING to STOPPED."""

    def __init__(
        self,
        cloud: Cloud,
        place: Place,
        record: Record,
        *,
        logs: LogWriter,
        variables: Callable[[str, str, str], Mapping[str, str]],
        on_change: Callable[[], None],
        drain: Callable[[Record], Any],
    ) -> None:
        self.place = place
        self.record = record
        self._cloud = cloud
        self._logs = logs
        self._variables = variables
        self._on_change = on_change
        self._drain = drain
        self._stop = asyncio.Event()
        self._stop_reason = ("", "")
        self._hurry = False
        self._containers: list[_Container] = []
        self._role = ""
        self._helpers: set[asyncio.Task[None]] = set()

    @property
    def task_id(self) -> str:
        """Last part of the task's ARN."""
        return str(self.record["taskArn"]).rsplit("/", 1)[-1]

    def digests(self) -> set[str]:
        """Hex digests of the images that the task runs."""
        return {entry.image.digest.removeprefix("sha256:") for entry in self._containers}

    def port_of(self, container: str) -> int:
        """Port of this machine on which a container was told to listen; 0 when it has none."""
        found = next((entry for entry in self._containers if entry.name == container), None)
        return int((found.env or {}).get("PORT", 0)) if found else 0

    def request_stop(self, reason: str, code: str) -> None:
        """Ask the task to stop; the first reason stays."""
        if self.record["desiredStatus"] == "STOPPED":
            return
        self.record.update(
            desiredStatus="STOPPED", stoppingAt=ecs_state.now(), stoppedReason=reason, stopCode=code
        )
        self._stop_reason = (reason, code)
        self._stop.set()
        self._on_change()

    def hurry(self) -> None:
        """Stop because the local cloud stops: without draining, and with 3 seconds to end."""
        self._hurry = True
        self.request_stop("The local cloud was stopped", "TerminationNotice")

    async def run(self) -> None:
        """Run the task to its end; never raises but when cancelled."""
        reason, code = "", ""
        try:
            await self._prepare()
            if not self._stop.is_set():
                reason, code = await self._live()
        except StartError as error:
            reason, code = str(error), "TaskFailedToStart"
        except asyncio.CancelledError:
            reason, code = "The local cloud was stopped", "TerminationNotice"
            raise
        except Exception as error:
            log.exception("task %s", self.task_id)
            reason, code = f"InternalError: {error}", "TaskFailedToStart"
        finally:
            stop_reason, stop_code = self._stop_reason
            await self._finish(stop_reason or reason, stop_code or code)

    async def _prepare(self) -> None:
        self._state("PENDING")
        self._attach()
        definition = ecs_state.definition(self.place, self.record["taskDefinitionArn"])
        if definition is None:
            raise StartError("ResourceInitializationError: the task definition is gone")
        self._role = str(definition.get("taskRoleArn") or "")
        self._execution_role = str(definition.get("executionRoleArn") or "")
        platform = definition.get("runtimePlatform") or {}
        architecture = str(platform.get("cpuArchitecture") or "X86_64")
        self.record["pullStartedAt"] = ecs_state.now()
        for entry in definition["containerDefinitions"]:
            record = next(item for item in self.record["containers"] if item["name"] == entry["name"])
            self._refuse_pull(entry["image"])
            try:
                image = await asyncio.to_thread(
                    images.pull, self.place, entry["image"], self._cloud.state_dir, architecture
                )
            except images.PullError as error:
                raise StartError(f"CannotPullContainerError: {error}") from error
            record["imageDigest"] = image.digest
            self._containers.append(_Container(entry, record, image))
        self.record["pullStoppedAt"] = ecs_state.now()

    def _refuse_pull(self, image: str) -> None:
        """Refuse an image that the execution role may not pull (Amazon ECR: the actions of a pull).

        Raises:
            StartError: With ECS's words.
        """
        match = images.REPOSITORY.match(image)
        if match is None:
            return
        place = self.place
        arn = f"arn:aws:ecr:{place.region}:{place.account}:repository/{match['name']}"
        wanted = [Request("ecr:GetAuthorizationToken")]
        wanted += [Request(f"ecr:{name}", arn) for name in ("BatchGetImage", "GetDownloadUrlForLayer")]
        if refused := acting.refusal(self._cloud, self._execution_role, self.task_id, wanted):
            raise StartError(
                f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {refused}"
            )

    async def _live(self) -> tuple[str, str]:
        """Start the containers and wait for the task's end: reason and code of its stop."""
        overrides = {
            entry.get("name"): entry
            for entry in (self.record.get("overrides") or {}).get("containerOverrides") or []
        }
        secret_values = {}
        for entry in self._containers:
            try:
                secret_values[entry.name] = await containers.secrets(
                    self._cloud, entry.definition, self.place.region, self._execution_role
                )
            except containers.SecretError as error:
                raise StartError(f"ResourceInitializationError: {error}") from error
        exits: dict[asyncio.Task[int], _Container] = {}
        stopping = asyncio.create_task(self._stop.wait())
        try:
            for entry in self._ordered():
                await self._await_dependencies(entry)
                if self._stop.is_set():
                    break
                await self._start(entry, overrides.get(entry.name) or {}, secret_values[entry.name])
                assert entry.child is not None  # noqa: S101 - just started
                exits[asyncio.create_task(entry.child.wait())] = entry
            self.record["startedAt"] = ecs_state.now()
            self._state("RUNNING")
            while exits and not self._stop.is_set():
                done, _ = await asyncio.wait({stopping, *exits}, return_when=asyncio.FIRST_COMPLETED)
                for finished in done & exits.keys():
                    entry = exits.pop(finished)
                    self._ended(entry)
                    if entry.essential:
                        return "Essential container in task exited", "EssentialContainerExited"
            return (
                ("", "")
                if self._stop.is_set()
                else ("Task stopped: every container exited", "EssentialContainerExited")
            )
        finally:
            stopping.cancel()
            for waiting in exits:
                waiting.cancel()

    def _ordered(self) -> list[_Container]:
        """Containers so that each comes after those it depends on."""
        ordered: list[_Container] = []
        waiting = list(self._containers)
        while waiting:
            names = {entry.name for entry in ordered}
            ready = [
                entry
                for entry in waiting
                if all(item["containerName"] in names for item in entry.definition.get("dependsOn") or [])
            ]
            if not ready:
                raise StartError(
                    "ResourceInitializationError: the containers depend on each other in a circle"
                )
            ordered += ready
            waiting = [entry for entry in waiting if entry not in ready]
        return ordered

    async def _await_dependencies(self, entry: _Container) -> None:
        for item in entry.definition.get("dependsOn") or []:
            other = next(one for one in self._containers if one.name == item["containerName"])
            limit = float(other.definition.get("startTimeout") or 120)
            started = time.monotonic()
            while not _meets(other, item["condition"]):
                if time.monotonic() - started > limit or (
                    other.child and other.child.returncode not in (None, 0)
                ):
                    raise StartError(
                        f"ContainerDependencyError: {entry.name} waits for {other.name}: {item['condition']}"
                    )
                if self._stop.is_set():
                    return
                await asyncio.sleep(0.1)

    async def _start(
        self, entry: _Container, override: Mapping[str, Any], secret_values: Mapping[str, str]
    ) -> None:
        on_line = await self._log_sink(entry)
        try:
            launch = await asyncio.to_thread(
                containers.launch,
                self._cloud.state_dir,
                entry.image,
                entry.definition,
                override,
                self._variables(self._role, self.task_id, self.place.region),
                secret_values,
            )
        except interpreters.NoInterpreterError as error:
            raise StartError(f"CannotStartContainerError: {error}") from error
        if not launch.argv:
            raise StartError(f"CannotStartContainerError: container {entry.name} has no command")
        entry.env = launch.env
        confined = await asyncio.to_thread(self._confined, entry, launch)
        try:
            containers.must_exist(launch)
            entry.child = await self._cloud.spawn(
                f"ecs:{self.record.get('group') or 'task'}:{self.task_id[:8]}:{entry.name}",
                confined,
                env=launch.env,
                cwd=launch.cwd,
                on_line=on_line,
            )
        except OSError as error:
            entry.record.update(
                lastStatus="STOPPED", exitCode=127, reason=f"CannotStartContainerError: {error}"
            )
            raise StartError(f"CannotStartContainerError: {launch.argv[0]}: {error.strerror}") from error
        entry.record.update(lastStatus="RUNNING", runtimeId=f"{self.task_id}-{entry.child.pid}")
        if entry.definition.get("healthCheck"):
            helper = asyncio.create_task(self._watch_health(entry, launch))
            self._helpers.add(helper)
            helper.add_done_callback(self._helpers.discard)

    def _confined(
        self, entry: _Container, launch: containers.Launch, command: Sequence[str] = ()
    ) -> list[str]:
        """The command line with which a container writes only where it may: a health check, nowhere but /tmp.

        Who is not root cannot write to the files of his image; root has a copy of the image for each task.
        """
        state_dir = self._cloud.state_dir
        if not confine.is_possible(state_dir):
            return list(command or launch.argv)
        folder = state_dir / "sandboxes" / f"{self.task_id}-{entry.name}"
        tmp = folder / ("health" if command else "tmp")
        tmp.mkdir(parents=True, exist_ok=True)
        tmp.chmod(0o1777)
        sealed = bool(entry.definition.get("readonlyRootFilesystem"))
        shares = sealed or command or entry.image.user
        place = confine.Confinement(
            tmp,
            None,
            [state_dir, *confine.programs()],
            own=None if shares else (entry.image.root, folder),
            sealed=sealed,
        )
        return place.argv(command or launch.argv, launch.cwd)

    async def _log_sink(self, entry: _Container) -> Callable[[str], None]:
        config = entry.definition.get("logConfiguration") or {}
        if config.get("logDriver") != "awslogs":
            return lambda _line: None
        options = config.get("options") or {}
        group = options.get("awslogs-group", "")
        prefix = options.get("awslogs-stream-prefix", "")
        stream = f"{prefix}/{entry.name}/{self.task_id}" if prefix else self.task_id
        create = options.get("awslogs-create-group") == "true"
        try:
            await self._logs.make(
                self.place.region, group, stream, create_group=create, role=self._execution_role
            )
        except Exception as error:
            raise StartError(
                "ResourceInitializationError: failed to validate logger args: "
                f"create stream has been retried 1 times: failed to create Cloudwatch log stream: {error}"
            ) from error
        role = self._execution_role
        return lambda line: self._logs.write(self.place.region, group, stream, line, role=role)

    async def _watch_health(self, entry: _Container, launch: containers.Launch) -> None:
        check = entry.definition["healthCheck"]
        interval, timeout = float(check.get("interval") or 30), float(check.get("timeout") or 5)
        retries, grace = int(check.get("retries") or 3), float(check.get("startPeriod") or 0)
        started = counted = time.monotonic()
        failures = 0
        while entry.child is not None and entry.child.returncode is None:
            pending = entry.record.get("healthStatus") != "HEALTHY"
            await asyncio.sleep(min(interval, FIRST_HEALTH_INTERVAL) if pending else interval)
            if entry.child.returncode is not None:
                return
            if await self._check(entry, launch, timeout):
                failures = 0
                self._health(entry, "HEALTHY")
                continue
            now = time.monotonic()
            if now - started < grace or now - counted < interval * 0.9:
                continue
            counted = now
            failures += 1
            if failures >= retries:
                self._health(entry, "UNHEALTHY")

    async def _check(self, entry: _Container, launch: containers.Launch, timeout: float) -> bool:  # noqa: ASYNC109
        check = containers.health_argv(entry.definition["healthCheck"], entry.image)
        argv = await asyncio.to_thread(self._confined, entry, launch, check)
        try:
            probe = await self._cloud.spawn(
                f"ecs-health:{self.task_id[:8]}:{entry.name}", argv, env=launch.env, cwd=launch.cwd
            )
        except OSError:
            return False
        try:
            return await asyncio.wait_for(probe.wait(), timeout) == 0
        except TimeoutError:
            await probe.stop(grace=0.2)
            return False
        except asyncio.CancelledError:
            await probe.stop(grace=0.2)
            raise

    def _health(self, entry: _Container, status: str) -> None:
        if entry.record.get("healthStatus") == status:
            return
        entry.record["healthStatus"] = status
        checked = [
            one.record.get("healthStatus") for one in self._containers if one.definition.get("healthCheck")
        ]
        overall = (
            "UNHEALTHY" if "UNHEALTHY" in checked else "HEALTHY" if set(checked) == {"HEALTHY"} else "UNKNOWN"
        )
        self.record["healthStatus"] = overall
        self._on_change()

    def _ended(self, entry: _Container) -> None:
        status = entry.child.returncode if entry.child else None
        if status is not None and entry.record.get("exitCode") is None:
            entry.record["exitCode"] = status if status >= 0 else SIGNALLED - status
        entry.record["lastStatus"] = "STOPPED"

    async def _finish(self, reason: str, code: str) -> None:
        record = self.record
        record["desiredStatus"] = "STOPPED"
        record["stoppingAt"] = record.get("stoppingAt") or ecs_state.now()
        if record["lastStatus"] == "RUNNING":
            self._state("DEACTIVATING")
        if not self._hurry:
            with contextlib.suppress(Exception):
                await self._drain(record)
        self._state("STOPPING")
        await asyncio.gather(*(self._end(entry) for entry in self._containers))
        for entry in self._containers:
            folder = self._cloud.state_dir / "sandboxes" / f"{self.task_id}-{entry.name}"
            await asyncio.to_thread(archives.remove, folder)
        for helper in list(self._helpers):
            helper.cancel()
        record["executionStoppedAt"] = ecs_state.now()
        self._state("DEPROVISIONING")
        # Who waits for the end reads the log next.
        with contextlib.suppress(Exception):
            await self._logs.flush()
        for attachment in record.get("attachments") or []:
            attachment["status"] = "DELETED"
        for container in record["containers"]:
            container["lastStatus"] = "STOPPED"
        record.update(
            stoppedAt=ecs_state.now(), stoppedReason=reason, stopCode=code, connectivity="DISCONNECTED"
        )
        self._state("STOPPED")

    async def _end(self, entry: _Container) -> None:
        if entry.child is not None:
            if entry.child.returncode is None:
                grace = float(entry.definition.get("stopTimeout") or DEFAULT_STOP_TIMEOUT)
                await entry.child.stop(grace=min(grace, HURRIED_STOP_TIMEOUT) if self._hurry else grace)
            self._ended(entry)

    def _state(self, status: str) -> None:
        self.record["lastStatus"] = status
        self.record["version"] = int(self.record.get("version") or 1) + 1
        ecs_state.recount(self.place)
        self._on_change()

    def _attach(self) -> None:
        if self.record.get("_network_mode") != "awsvpc":
            return
        attachment = str(uuid.uuid4())
        details = [
            {"name": "subnetId", "value": self.record.get("_subnet") or ""},
            {"name": "networkInterfaceId", "value": f"eni-{uuid.uuid4().hex[:17]}"},
            {"name": "privateIPv4Address", "value": "127.0.0.1"},
        ]
        self.record["attachments"] = [
            {"id": attachment, "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": details}
        ]
        for container in self.record["containers"]:
            container["networkInterfaces"] = [{"attachmentId": attachment, "privateIpv4Address": "127.0.0.1"}]


def _meets(entry: _Container, condition: str) -> bool:
    if entry.child is None:
        return False
    status = entry.child.returncode
    if condition == "HEALTHY":
        return entry.record.get("healthStatus") == "HEALTHY"
    if condition == "COMPLETE":
        return status is not None
    if condition == "SUCCESS":
        return status == 0
    return True
