"""HTTP/1.1 requests to targets, over connections that are kept open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import h11

from nestctl.localcloud.edge.http11 import HOP_BY_HOP, READ_SIZE, SWITCHING, Headers, Response
from nestctl.localcloud.edge.tunnel import Tunnel

CONNECT_SECONDS = 10.0
"""AWS's load balancer gives up a connection to a target after 10 seconds (504)."""
MAX_IDLE_PER_TARGET = 64


class TargetRefusedError(Exception):
    """The target closed or refused the connection, or did not speak HTTP (502)."""


class TargetTimeoutError(Exception):
    """The target did not accept or answer in time (504)."""


class _Link:
    """One open connection to a target."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.http = h11.Connection(h11.CLIENT, max_incomplete_event_size=READ_SIZE)

    async def next(self) -> Any:
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self.http.receive_data(await self.reader.read(READ_SIZE))

    def close(self) -> None:
        self.writer.close()


class Upstream:
    """A pool of connections to targets."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int], list[_Link]] = {}

    async def fetch(
        self,
        host: str,
        port: int,
        *,
        method: str,
        target: str,
        headers: Headers,
        body: bytes = b"",
        timeout: float = 60.0,  # noqa: ASYNC109 - each read has its own limit, as at a load balancer
        upgrade: str = "",
    ) -> Response:
        """Send one request; the response's body is an iterator that must be read to its end.

        Args:
            host: Address of the target.
            port: Its port.
            method: As in the request line.
            target: As in the request line.
            headers: Fields; those of one connection are left out.
            body: Whole body.
            timeout: Seconds without a byte.
            upgrade: Protocol to ask for (``websocket``); the response then may have a tunnel.

        Raises:
            TargetRefusedError: No usable answer.
            TargetTimeoutError: No connection in 10 seconds, or no bytes for ``timeout`` seconds.
        """
        key = (host, port)
        while True:
            links = None if upgrade else self._idle.get(key)
            link, reused = (links.pop(), True) if links else (await self._connect(host, port), False)
            try:
                fields = [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP]
                if upgrade:
                    fields += [("Connection", "Upgrade"), ("Upgrade", upgrade)]
                head = await self._exchange(link, method, target, fields, body, timeout)
            except TimeoutError as error:
                link.close()
                raise TargetTimeoutError(f"no answer from {host}:{port} for {timeout:g} s") from error
            except (OSError, h11.RemoteProtocolError, EOFError) as error:
                link.close()
                if reused:  # the target closed a connection that was kept open: not its answer
                    continue
                raise TargetRefusedError(f"{host}:{port} {error}") from error
            break
        if head.status_code == SWITCHING:
            fields = [
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items()
            ]
            early = link.http.trailing_data[0]
            tunnel = Tunnel(link.reader, link.writer, early, idle_seconds=timeout)
            return Response(SWITCHING, fields, tunnel=tunnel)
        fields = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in head.headers.raw_items()
            if name.lower().decode("latin-1") not in HOP_BY_HOP
        ]
        return Response(head.status_code, fields, self._body(key, link, timeout))

    async def _connect(self, host: str, port: int) -> _Link:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return _Link(*await asyncio.open_connection(host, port, limit=READ_SIZE))
        except TimeoutError as error:
            raise TargetTimeoutError(f"no connection to {host}:{port}") from error
        except OSError as error:
            raise TargetRefusedError(f"{host}:{port} {error}") from error

    async def _exchange(
        self,
        link: _Link,
        method: str,
        target: str,
        headers: Headers,
        body: bytes,
        timeout: float,  # noqa: ASYNC109
    ) -> h11.Response | h11.InformationalResponse:
        fields = [pair for pair in headers if pair[0].lower() not in ("content-length", "expect")]
        if body or method in ("POST", "PUT", "PATCH"):
            fields.append(("Content-Length", str(len(body))))
        data = link.http.send(
            h11.Request(
                method=method,
                target=target.encode("latin-1"),
                headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields],
            )
        )
        if body:
            data = (data or b"") + (link.http.send(h11.Data(data=body)) or b"")
        link.writer.write((data or b"") + (link.http.send(h11.EndOfMessage()) or b""))
        async with asyncio.timeout(timeout):
            await link.writer.drain()
            while True:
                event = await link.next()
                if isinstance(event, h11.Response):
                    return event
                if isinstance(event, h11.InformationalResponse) and event.status_code == SWITCHING:
                    return event
                if type(event) is h11.ConnectionClosed:
                    raise EOFError("closed the connection without an answer")

    async def _body(self, key: tuple[str, int], link: _Link, timeout: float) -> AsyncIterator[bytes]:  # noqa: ASYNC109
        done = False
        try:
            while True:
                async with asyncio.timeout(timeout):
                    event = await link.next()
                if isinstance(event, h11.Data):
                    yield bytes(event.data)
                    continue
                done = isinstance(event, h11.EndOfMessage)
                return
        except h11.RemoteProtocolError as error:
            raise ConnectionResetError(str(error)) from error
        finally:
            idle = self._idle.setdefault(key, [])
            if (
                done
                and link.http.our_state is link.http.their_state is h11.DONE
                and len(idle) < MAX_IDLE_PER_TARGET
            ):
                link.http.start_next_cycle()
                idle.append(link)
            else:
                link.close()

    def forget(self, host: str, port: int) -> None:
        """Close the idle connections to a target that is gone."""
        for link in self._idle.pop((host, port), []):
            link.close()

    async def close(self) -> None:
        """Close every idle connection."""
        links = [link for idle in self._idle.values() for link in idle]
        self._idle.clear()
        for link in links:
            link.close()
        for link in links:
            with contextlib.suppress(Exception):
                await link.writer.wait_closed()
