"""The life of the local cloud's one process."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import os
import pkgutil
import resource
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

from filelock import FileLock, Timeout

from nestctl.localcloud import pace
from nestctl.localcloud.environment import write_aws_files
from nestctl.localcloud.errors import LOOK, LocalCloudError
from nestctl.localcloud.layout import ACCOUNT_ID, REGION, Layout, read_json, write_json
from nestctl.localcloud.supervise.ledger import clean_up, created_at, living
from nestctl.localcloud.supervise.ports import LOOPBACK, Ports

log = logging.getLogger(__name__)

API_PORT = 4566  # what AWS emulators have made customary
ENGINES = (
    "nestctl.localcloud.data",
    "nestctl.localcloud.compute",
    "nestctl.localcloud.edge",
    "nestctl.localcloud.dns",
)
STOP_SECONDS = 20.0
BACKLOG = 512

Say = Callable[[str], None]


class Announcer:
    """Tells the process that started this one how the start goes, a JSON object a line.

    Args:
        descriptor: Write end of its pipe; ``None`` when nobody waits.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def say(self, text: str) -> None:
        """Progress for the user."""
        log.info("%s", text)
        self._write({"progress": text})

    def ready(self) -> None:
        """The start is done."""
        self._write({"ready": True})
        self._close()

    def failed(self, reason: str, next_: str = "") -> None:
        """The start failed."""
        self._write({"error": reason, "next": next_})
        self._close()

    def _write(self, message: dict[str, Any]) -> None:
        if self._descriptor is not None:
            # Whoever started us may have been interrupted; the cloud goes on.
            with contextlib.suppress(OSError):
                os.write(self._descriptor, json.dumps(message).encode() + b"\n")

    def _close(self) -> None:
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None


def run(layout: Layout, port: int | None, announcer: Announcer, *, delay: float | None = None) -> int:
    """Be the local cloud until SIGTERM or SIGINT.

    Args:
        layout: The cloud's files.
        port: Port of the API; ``None`` for the last one, 4566 or a free one.
        announcer: Told how the start goes.
        delay: Seconds that a change takes which takes time on AWS; ``None`` for the last one.

    Returns:
        Exit status.
    """
    layout.prepare()
    lock = FileLock(layout.life_lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        announcer.failed("This local cloud runs already.", LOOK)
        return 1
    try:
        _set_pace(layout, delay)
        asyncio.run(_live(layout, port, announcer))
    except LocalCloudError as problem:
        log.error("%s", problem)  # noqa: TRY400 - the message is for the user, a traceback would hide it
        announcer.failed(problem.what, problem.next)
        return 1
    except Exception as problem:
        log.exception("The local cloud failed.")
        announcer.failed(f"The local cloud failed: {problem}. Its log: {layout.log}")
        return 1
    finally:
        lock.release()
    return 0


def _set_pace(layout: Layout, delay: float | None) -> None:
    """Set how long changes take, and keep it for later starts."""
    memory = read_json(layout.memory)
    pace.set_seconds(memory.get(pace.KEY, pace.DEFAULT_SECONDS) if delay is None else delay)
    write_json(layout.memory, {**memory, pace.KEY: pace.seconds()})


async def _live(layout: Layout, port: int | None, announcer: Announcer) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _raise_file_limit()
    # A crash may have left processes that hold our ports.
    clean_up(layout.children, announcer.say)
    async with contextlib.AsyncExitStack() as stack:
        await _start(layout, port, announcer, stack)
        announcer.ready()
        await stop.wait()
        log.info("Stopping.")
    layout.running.unlink(missing_ok=True)
    log.info("Stopped.")


async def _start(
    layout: Layout, port: int | None, announcer: Announcer, stack: contextlib.AsyncExitStack
) -> None:
    from nestctl.localcloud.control import emulator, identify, registry

    started = time.time()
    ports = Ports(layout.memory, announcer.say)
    port = ports.claim("api", port or API_PORT, required=port is not None)
    endpoint = f"http://{LOOPBACK}:{port}"
    listener = _listen(port)
    write_aws_files(layout, endpoint)
    emulator.configure(layout, port)

    from nestctl.localcloud import dns
    from nestctl.localcloud.control.corrections.scheduler import deliver_to_ecs
    from nestctl.localcloud.control.gateway import Gateway
    from nestctl.localcloud.control.server import ApiServer
    from nestctl.localcloud.supervise.runtime import Runtime

    load_corrections()
    engine = emulator.Emulator()
    await engine.start()
    for settle in registry.AT_START:
        settle()
    stack.push_async_callback(engine.stop)
    runtime = Runtime(layout, endpoint, ports)
    stack.push_async_callback(runtime.stop)
    deliver_to_ecs(runtime)
    runtime.publish(f"https://{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com", endpoint)
    facts: dict[str, Callable[[], Any]] = {
        "health": lambda: {
            "status": "ok",
            "uptime": round(time.time() - started, 1),
            "warnings": runtime.warnings,
        },
        "addresses": lambda: dict(runtime.addresses),
        "processes": lambda: [{"pid": pid, "role": role} for pid, role in living(layout.children).items()],
        "delay": pace.seconds,
        "dns": dns.describe,
    }
    settings: dict[str, Callable[[Any], None]] = {
        "delay": lambda wanted: _set_pace(layout, wanted),
        "dns": lambda asked: dns.zone().change(asked),
    }
    server = ApiServer(Gateway(engine.app, runtime, engine.changed, facts, settings))
    await server.start(listener)
    stack.push_async_callback(server.stop)
    runtime.background("saving of the API's state", engine.keep_saved())
    runtime.background("reading of the API's routes", asyncio.to_thread(identify.prepare))
    announcer.say(f"The API answers at {endpoint}.")
    write_json(
        layout.running,
        {
            "pid": os.getpid(),
            "created": created_at(os.getpid()),
            "endpoint_url": endpoint,
            "account_id": ACCOUNT_ID,
            "region": REGION,
        },
    )
    for name in ENGINES:
        module = importlib.import_module(name)
        begin: Callable[[Runtime], Awaitable[None]] = module.start
        await begin(runtime)
        stack.push_async_callback(module.stop)


def load_corrections() -> None:
    """Import every correction file, so that each registers itself."""
    package = importlib.import_module("nestctl.localcloud.control.corrections")
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{found.name}")


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _raise_file_limit() -> None:
    # macOS starts programs with 256 open files; connections to functions, tasks and databases need more.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
