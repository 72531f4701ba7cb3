"""The HTTP server of the API: hypercorn, with answers timed so that Go's HTTP client keeps its connections.

Go's client drops a connection when the head of an answer arrives before its own request writer has noticed
that the request is out; Terraform's AWS provider then silently repeats a call that already happened. No real
network is that fast. Here the head waits a moment, and leaves together with whatever body came meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData

HOLD_SECONDS = 0.003
KEEP_ALIVE_SECONDS = (
    75  # longer than the idle time-outs of the AWS SDKs' connection pools, so they close first
)
GRACE_SECONDS = 3.0

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class HeldConnection(TCPServer):
    """A connection that holds the head of each answer for :data:`HOLD_SECONDS`."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._held: list[bytes] = []
        self._release: asyncio.Task[None] | None = None

    async def protocol_send(self, event: Event) -> None:
        """Send what hypercorn's protocol wrote, the head of an answer a moment later."""
        if isinstance(event, RawData):
            if self._release is not None and not self._release.done():
                self._held.append(event.data)
                return
            if event.data.startswith(b"HTTP/1.1 ") and not event.data.startswith(b"HTTP/1.1 1"):
                self._held.append(event.data)
                self._release = asyncio.create_task(self._send_held())
                return
        elif isinstance(event, Closed) and self._release is not None:
            await self._release
        await super().protocol_send(event)

    async def _send_held(self) -> None:
        await asyncio.sleep(HOLD_SECONDS)
        data = b"".join(self._held)
        self._held.clear()
        # The connection may have gone away in the meantime.
        with contextlib.suppress(OSError, RuntimeError):
            self.writer.write(data)
            await self.writer.drain()


class ApiServer:
    """Serves one ASGI application on one loopback socket."""

    def __init__(self, app: Asgi) -> None:
        self._app = ASGIWrapper(app)
        self._config = Config()
        self._config.keep_alive_timeout = KEEP_ALIVE_SECONDS
        self._config.h11_max_incomplete_size = 1 << 20
        self._server: asyncio.Server | None = None
        self._context = WorkerContext(None)
        self._connections: set[asyncio.Task[Any]] = set()

    async def start(self, sock: socket.socket) -> None:
        """Listen on a bound socket."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)
            loop = asyncio.get_running_loop()
            await HeldConnection(self._app, loop, self._config, self._context, {}, reader, writer)

        self._server = await asyncio.start_server(serve, sock=sock, backlog=512)

    async def stop(self) -> None:
        """Stop listening, let open requests finish for :data:`GRACE_SECONDS`, close the rest."""
        if self._server is None:
            return
        self._server.close()
        await self._context.terminated.set()
        if self._connections:
            _, pending = await asyncio.wait(self._connections, timeout=GRACE_SECONDS)
            for task in pending:
                task.cancel()
