"""A small HTTP/1.1 server on asyncio and h11, shared by every listener of the local cloud."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import h11

from nestctl.localcloud.edge.tunnel import Tunnel

log = logging.getLogger(__name__)

READ_SIZE = 256 * 1024
MAX_HEAD = 256 * 1024
"""Bytes of a head that are read at all; what a listener takes of it is its handler's to say."""
MAX_UNREAD = 64 * 1024
"""Bytes of a body that nobody asked for, up to which it is read so that the connection can stay."""
SWITCHING = 101
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"},
)
"""Header fields that concern one connection only (RFC 9110, 7.6.1)."""

Headers = list[tuple[str, str]]


class BodyTooLargeError(Exception):
    """The request's body is longer than its reader allows."""


@dataclass
class Request:
    """One request, its head parsed and its body not yet read.

    Attributes:
        method: Upper-case method.
        target: Request target as sent: path, and query after ``?``.
        headers: Fields as sent, in order.
        client: Address of the peer.
        scheme: ``http`` or ``https``.
    """

    method: str
    target: str
    headers: Headers
    client: tuple[str, int]
    scheme: str
    _chunks: AsyncIterator[bytes] = field(repr=False)

    @property
    def path(self) -> str:
        """Target without the query, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """Raw query string, empty when there is none."""
        return self.target.partition("?")[2]

    def header(self, name: str, default: str = "") -> str:
        """Last value of a field, whatever its case."""
        wanted = name.lower()
        for key, value in reversed(self.headers):
            if key.lower() == wanted:
                return value
        return default

    async def read(self, limit: int | None = None) -> bytes:
        """Return the whole body.

        Raises:
            BodyTooLargeError: It has more than ``limit`` bytes.
        """
        parts: list[bytes] = []
        size = 0
        async for chunk in self._chunks:
            size += len(chunk)
            if limit is not None and size > limit:
                raise BodyTooLargeError
            parts.append(chunk)
        return b"".join(parts)


@dataclass
class Response:
    """What a handler answers; ``body`` is streamed when it is an iterator.

    With status 101, ``tunnel`` takes the connection over.
    """

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes | AsyncIterator[bytes] = b""
    tunnel: Tunnel | None = None


Handler = Callable[[Request], Awaitable[Response]]
Refusal = Callable[[int, str], Response]
"""Makes the answer to a request that is not HTTP, of a status and what is wrong."""


def plain(status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> Response:
    """Make a short textual response."""
    return Response(status, [("Content-Type", content_type)], text.encode())


def plain_refusal(status: int, reason: str) -> Response:
    """Answer what is not HTTP in one line of text."""
    return plain(status, f"{reason}\n")


def reason_of(status: int) -> str:
    """Name a status code as its reason phrase; empty for codes that have none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


class Server:
    """Listens on one loopback port and answers with one handler."""

    def __init__(
        self,
        handler: Handler,
        *,
        name: str,
        tls: ssl.SSLContext | None = None,
        idle_seconds: Callable[[], float] = lambda: 60.0,
        refusal: Refusal = plain_refusal,
    ) -> None:
        self.name = name
        self.port = 0
        self._handler = handler
        self._tls = tls
        self._idle = idle_seconds
        self._refusal = refusal
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> int:
        """Bind 127.0.0.1 and return the port.

        Raises:
            OSError: The port is taken.
        """
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", port, ssl=self._tls, limit=READ_SIZE, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        connections = list(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a stream callback always runs in a task
        self._connections.add(task)
        try:
            await _Connection(
                reader, writer, self._handler, self._idle, self._refusal, tls=self._tls is not None
            ).run()
        except (ConnectionError, TimeoutError, ssl.SSLError, asyncio.CancelledError):
            pass
        except Exception:
            log.exception("%s: connection failed", self.name)
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await writer.wait_closed()


class _Connection:
    """One client connection: requests one after the other until either side closes."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        handler: Handler,
        idle: Callable[[], float],
        refusal: Refusal,
        *,
        tls: bool,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._handler = handler
        self._idle = idle
        self._refusal = refusal
        self._scheme = "https" if tls else "http"
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._client: tuple[str, int] = (writer.get_extra_info("peername") or ("127.0.0.1", 0))[:2]

    async def run(self) -> None:
        while True:
            try:
                event = await asyncio.wait_for(self._next(), self._idle())
            except h11.RemoteProtocolError as error:
                await self._refuse(error)
                return
            if not isinstance(event, h11.Request):
                return
            tunnel = await self._respond(event)
            if tunnel is not None:
                await tunnel.run(self._reader, self._writer, self._http.trailing_data[0])
                return
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _next(self) -> Any:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._http.receive_data(await self._reader.read(READ_SIZE))

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            if self._http.they_are_waiting_for_100_continue:
                self._write(h11.InformationalResponse(status_code=100, headers=[]))
            event = await self._next()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            else:
                return

    async def _respond(self, head: h11.Request) -> Tunnel | None:
        body = self._chunks()
        request = Request(
            head.method.decode("ascii"),
            head.target.decode("latin-1"),
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items()],
            self._client,
            self._scheme,
            body,
        )
        try:
            response = await self._handler(request)
        except BodyTooLargeError:
            response = plain(413, "Request body too large\n")
        except h11.RemoteProtocolError as error:
            await self._refuse(error)
            return None
        if response.tunnel is not None:
            return await self._switch(response, response.tunnel)
        try:
            await self._send(request.method, response)
        except (h11.LocalProtocolError, UnicodeEncodeError) as error:
            if self._http.our_state is not h11.SEND_RESPONSE:
                raise
            await self._send(request.method, plain(502, f"The response cannot be sent: {error}\n"))
        if self._http.their_state is h11.SEND_BODY and self._http.our_state is h11.DONE:
            # A body that nobody asked for is read here when it is short, so that the connection can stay.
            with contextlib.suppress(BodyTooLargeError, h11.RemoteProtocolError):
                await Request(request.method, "", [], self._client, self._scheme, self._chunks()).read(
                    MAX_UNREAD
                )
        return None

    async def _switch(self, response: Response, tunnel: Tunnel) -> Tunnel:
        """Tell the client that its connection is the target's now."""
        try:
            fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
            self._write(
                h11.InformationalResponse(
                    status_code=SWITCHING, reason=reason_of(SWITCHING).encode(), headers=fields
                )
            )
            await self._writer.drain()
        except BaseException:
            tunnel.close()
            raise
        return tunnel

    async def _send(self, method: str, response: Response) -> None:
        # Applications pad values with spaces, which servers strip and h11 refuses.
        headers = [
            (name, value.strip(" \t")) for name, value in response.headers if name.lower() not in HOP_BY_HOP
        ]
        body = response.body
        bodiless = method == "HEAD" or response.status in (204, 304)
        if isinstance(body, bytes) and not (method == "HEAD" and _has(headers, "content-length")):
            headers = [pair for pair in headers if pair[0].lower() != "content-length"]
            if response.status not in (204, 304):
                headers.append(("Content-Length", str(len(body))))
        head = self._http.send(
            h11.Response(
                status_code=response.status,
                reason=reason_of(response.status).encode(),
                headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            )
        )
        if isinstance(body, bytes):
            # Head and body leave in one segment: some clients drop a connection whose head comes first.
            data = b"" if bodiless or not body else self._http.send(h11.Data(data=body)) or b""
            self._writer.write((head or b"") + data + (self._http.send(h11.EndOfMessage()) or b""))
        else:
            self._writer.write(head or b"")
            async for chunk in body:
                if chunk and not bodiless:
                    self._write(h11.Data(data=chunk))
                    await self._writer.drain()
            self._write(h11.EndOfMessage())
        await self._writer.drain()

    def _write(self, event: Any) -> None:
        self._writer.write(self._http.send(event) or b"")

    async def _refuse(self, error: h11.RemoteProtocolError) -> None:
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            await self._send("GET", self._refusal(error.error_status_hint, str(error)))


def _has(headers: Headers, name: str) -> bool:
    return any(key.lower() == name for key, _ in headers)
