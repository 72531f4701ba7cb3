"""One execution environment: a process under awslambdaric and the Runtime API it talks to."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from nestctl.localcloud.compute import confine, interpreters
from nestctl.localcloud.compute.functions import Version
from nestctl.localcloud.compute.logs import LogWriter
from nestctl.localcloud.control.types import Child, Cloud
from nestctl.localcloud.edge.http11 import BodyTooLargeError, Request, Response, Server, plain

MAX_SYNC_PAYLOAD = 6 * 1024 * 1024
"""Bytes of a synchronous request or response (AWS Lambda quotas)."""
MAX_ASYNC_PAYLOAD = 256 * 1024
"""Bytes of an asynchronous request."""
INIT_SECONDS = 10.0
"""AWS gives the init phase 10 seconds, and what is left over runs inside the first invocation's time."""
LOG_TAIL = 4096
"""Bytes of log that LogType=Tail returns."""
DRAIN_SECONDS = 0.02
"""How long after a response the last lines of output may still be in the pipe."""
_API = "/2018-06-01/runtime"

Variables = Callable[[str, str, str], Mapping[str, str]]
"""What the local cloud gives a process, by the ARN of its role and the name of its session."""
"""Returns the variables that the local cloud gives every process."""


@dataclass
class Outcome:
    """What one invocation came to.

    Attributes:
        payload: Response of the handler, or the error as JSON.
        error: ``Unhandled`` when the function failed, else ``None``.
        number: Version that ran.
        tail: Last 4 KB of the invocation's log, filled by :meth:`Sandbox.tail`.
        timed_out: The time-out ended it.
    """

    payload: bytes
    error: str | None
    number: str
    tail: bytes = b""
    timed_out: bool = False


@dataclass
class _Invocation:
    request_id: str
    event: bytes
    headers: list[tuple[str, str]]
    done: asyncio.Future[tuple[bytes, str | None]]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=200))


class InitError(Exception):
    """The sandbox did not come up; holds the error as the function's caller sees it."""

    def __init__(self, payload: bytes, *, timed_out: bool = False) -> None:
        super().__init__(payload.decode(errors="replace"))
        self.payload = payload
        self.timed_out = timed_out


class Sandbox:
    """Runs one request at a time for one version of a function."""

    def __init__(
        self, cloud: Cloud, version: Version, root: Path, logs: LogWriter, variables: Variables
    ) -> None:
        self.version = version
        self.idle_since = time.monotonic()
        self.served = 0
        self.dead = False
        self._cloud = cloud
        self._root = root
        self._logs = logs
        self._variables = variables
        self._id = uuid.uuid4().hex
        self._stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{version.number}]{self._id}"
        self._tmp = cloud.state_dir / "sandboxes" / self._id
        self._server = Server(
            self._handle, name=f"runtime API of {version.name}", idle_seconds=lambda: 86400.0
        )
        self._confined = False
        self._child: Child | None = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._next: asyncio.Future[_Invocation] | None = None
        self._queued: _Invocation | None = None
        self._current: _Invocation | None = None
        self._early: list[str] = []
        self._watcher: asyncio.Task[None] | None = None
        self._init_ms = 0.0

    async def start(self) -> None:
        """Start the process and wait until it asks for its first event.

        Raises:
            InitError: It failed, or took longer than 10 seconds and the function's time-out.
        """
        started = time.perf_counter()
        if not self.version.runtime.startswith("python"):
            message = (
                f"runtime {self.version.runtime!r} does not run here: the local cloud runs Python functions"
            )
            raise InitError(_error("Runtime.InvalidEntrypoint", message))
        version = self.version.runtime.removeprefix("python")
        try:
            executable = await asyncio.to_thread(interpreters.python, version)
            packages = await asyncio.to_thread(interpreters.runtime_folder, self._cloud.state_dir, version)
        except interpreters.NoInterpreterError as error:
            raise InitError(_error("Runtime.InvalidEntrypoint", str(error))) from error
        port = await self._server.start()
        self._tmp.mkdir(parents=True, exist_ok=True)
        self._confined = await asyncio.to_thread(confine.is_possible, self._cloud.state_dir)
        command = [executable, "-S", "-m", "awslambdaric", self.version.handler]
        if self._confined:
            kept = [self._cloud.state_dir, self._root, *confine.programs(executable)]
            place = confine.Confinement(self._tmp, self.version.storage, kept)
            command = place.argv(command, self._root)
        self._child = await self._cloud.spawn(
            f"lambda:{self.version.name}:{self.version.number}",
            command,
            env=self._environment(port, packages),
            cwd=self._root,
            on_line=self._line,
        )
        self._watcher = asyncio.create_task(self._watch(self._child))
        limit = INIT_SECONDS + self.version.timeout
        try:
            async with asyncio.timeout(limit):
                await asyncio.shield(self._ready)
        except TimeoutError as error:
            await self.stop()
            message = f"Error: Task timed out after {limit:.2f} seconds while it was being initialised"
            raise InitError(_error("Sandbox.Timedout", message), timed_out=True) from error
        except BaseException:
            await self.stop()
            raise
        self._init_ms = (time.perf_counter() - started) * 1000

    async def run(self, event: bytes, *, arn: str, client_context: str = "") -> Outcome:
        """Hand one event to the handler and wait for its answer; a time-out kills the sandbox."""
        invocation = self._begin(event, arn, client_context)
        started = time.perf_counter()
        self._current = invocation
        if self._next is not None and not self._next.done():
            self._next.set_result(invocation)
        else:
            self._queued = invocation
        timed_out = False
        try:
            async with asyncio.timeout(self.version.timeout):
                payload, error = await asyncio.shield(invocation.done)
        except TimeoutError:
            timed_out = True
            message = f"Error: Task timed out after {self.version.timeout:.2f} seconds"
            payload = _error("Sandbox.Timedout", f"RequestId: {invocation.request_id} {message}")
            error = "Unhandled"
            self.dead = True
        except asyncio.CancelledError:
            self.dead = True  # nobody waits for the answer, so the handler's state is unknown
            raise
        finally:
            invocation.done.cancel()
        self.served += 1
        self.idle_since = time.monotonic()
        self._end(invocation, (time.perf_counter() - started) * 1000, timed_out=timed_out)
        return Outcome(payload, error, self.version.number, timed_out=timed_out)

    async def tail(self) -> bytes:
        """Last 4 KB that the latest invocation logged."""
        invocation = self._current
        await asyncio.sleep(DRAIN_SECONDS * 1.5)
        return "\n".join(invocation.lines).encode()[-LOG_TAIL:] if invocation else b""

    async def stop(self) -> None:
        """End the process; what it left in its temporary folder goes too."""
        self.dead = True
        if self._child is not None and self._child.returncode is None:
            await self._child.stop(grace=0.5)
        if self._watcher is not None:
            self._watcher.cancel()
        await self._server.stop()
        await asyncio.to_thread(shutil.rmtree, self._tmp, ignore_errors=True)

    def _begin(self, event: bytes, arn: str, client_context: str) -> _Invocation:
        request_id = str(uuid.uuid4())
        deadline = time.time_ns() // 1_000_000 + self.version.timeout * 1000
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", request_id),
            ("Lambda-Runtime-Deadline-Ms", str(deadline)),
            ("Lambda-Runtime-Invoked-Function-Arn", arn),
            ("Lambda-Runtime-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0"),
        ]
        if client_context:
            headers.append(("Lambda-Runtime-Client-Context", client_context))
        invocation = _Invocation(request_id, event, headers, asyncio.get_running_loop().create_future())
        if not self.served:
            invocation.lines.extend(self._early)
        self._log(f"START RequestId: {request_id} Version: {self.version.number}", invocation)
        return invocation

    def _end(self, invocation: _Invocation, ms: float, *, timed_out: bool) -> None:
        lines = [f"END RequestId: {invocation.request_id}"]
        at_its_end = None
        if timed_out:
            at_its_end = self._memory_mb()  # the process is about to be killed
            lines.insert(
                0, f"{_iso()} {invocation.request_id} Task timed out after {self.version.timeout:.2f} seconds"
            )
        init = f"\tInit Duration: {self._init_ms:.2f} ms" if self.served == 1 else ""

        def write() -> None:
            # Asking for the memory takes as long as all the rest, so the caller has the answer by now.
            memory = self._memory_mb() if at_its_end is None else at_its_end
            report = (
                f"REPORT RequestId: {invocation.request_id}\tDuration: {ms:.2f} ms\t"
                f"Billed Duration: {int(ms) + 1} ms\tMemory Size: {self.version.memory} MB\t"
                f"Max Memory Used: {memory} MB{init}"
            )
            for line in (*lines, report):
                self._log(line, invocation)

        asyncio.get_running_loop().call_later(DRAIN_SECONDS, write)

    def _memory_mb(self) -> int:
        try:
            used: int = psutil.Process(self._child.pid).memory_info().rss if self._child else 0
        except psutil.Error:
            used = 0
        return used // (1024 * 1024)

    def _line(self, line: str) -> None:
        text = line.rstrip("\r\n")
        if self._current is None:
            self._early.append(text)
            self._write(text)
        else:
            self._log(text, self._current)

    def _log(self, line: str, invocation: _Invocation) -> None:
        invocation.lines.append(line)
        self._write(line)

    def _write(self, line: str) -> None:
        version = self.version
        self._logs.write(version.region, version.log_group, self._stream, line, role=version.role)

    async def _handle(self, request: Request) -> Response:
        path = request.path.removeprefix(_API)
        if path == "/invocation/next":
            return await self._give_next()
        parts = path.strip("/").split("/")
        if len(parts) == 3 and parts[0] == "invocation" and parts[2] in ("response", "error"):  # noqa: PLR2004
            return await self._take_answer(request, parts[1], failed=parts[2] == "error")
        if path == "/init/error":
            body = await request.read(MAX_SYNC_PAYLOAD)
            if not self._ready.done():
                self._ready.set_exception(InitError(body))
            return _accepted()
        return plain(404, "no such call in the Runtime API\n")

    async def _give_next(self) -> Response:
        if not self._ready.done():
            self._ready.set_result(None)
        invocation, self._queued = self._queued, None
        if invocation is None:
            self._next = asyncio.get_running_loop().create_future()
            invocation = await self._next
            self._next = None
        return Response(200, list(invocation.headers), invocation.event)

    async def _take_answer(self, request: Request, request_id: str, *, failed: bool) -> Response:
        invocation = self._current
        try:
            body = await request.read(MAX_SYNC_PAYLOAD)
        except BodyTooLargeError:
            self.dead = True  # the runtime client ends its process when its answer is refused
            message = (
                f"Response payload size exceeded maximum allowed payload size ({MAX_SYNC_PAYLOAD} bytes)."
            )
            self._settle(invocation, _error("Function.ResponseSizeTooLarge", message), "Unhandled")
            return plain(413, '{"errorType":"RequestEntityTooLarge"}', "application/json")
        if invocation is None or invocation.request_id != request_id or invocation.done.done():
            return plain(400, '{"errorType":"InvalidRequestID"}', "application/json")
        self._settle(invocation, body, "Unhandled" if failed else None)
        return _accepted()

    @staticmethod
    def _settle(invocation: _Invocation | None, payload: bytes, error: str | None) -> None:
        if invocation is not None and not invocation.done.done():
            invocation.done.set_result((payload, error))

    async def _watch(self, child: Child) -> None:
        status = await child.wait()
        self.dead = True
        how = f"exit status {status}" if status >= 0 else f"signal: {-status}"
        if not self._ready.done():
            message = f"Error: Runtime exited with error: {how}\n" + "\n".join(self._early[-20:])
            self._ready.set_exception(InitError(_error("Runtime.ExitError", message)))
            self._ready.exception()  # retrieved here too, so that nobody waiting is no warning
        if self._current is not None:
            message = f"RequestId: {self._current.request_id} Error: Runtime exited with error: {how}"
            self._settle(self._current, _error("Runtime.ExitError", message), "Unhandled")

    def _environment(self, port: int, packages: Path) -> dict[str, str]:
        version = self.version
        configured = dict(version.environment)
        tmp = str(confine.TMP if self._confined else self._tmp)
        path = [str(packages), *filter(None, [configured.pop("PYTHONPATH", "")])]
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8" if sys.platform != "darwin" else "en_US.UTF-8",
            "TZ": ":UTC",
            "TMPDIR": tmp,
            "HOME": tmp,
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",  # /var/task is read-only on AWS
            **configured,
            **self._variables(version.role, version.name, version.region),
            "PYTHONPATH": ":".join(path),
            "_HANDLER": version.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.runtime}",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": version.name,
            "AWS_LAMBDA_FUNCTION_VERSION": version.number,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": version.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self._stream,
            "LAMBDA_TASK_ROOT": str(self._root),
            "LAMBDA_RUNTIME_DIR": str(packages),
        }


def _accepted() -> Response:
    return plain(202, '{"status":"OK"}', "application/json")


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _iso() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() // 1_000_000 % 1000:03d}Z"
