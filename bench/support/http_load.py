"""An HTTP/1.1 client that costs next to nothing: on two cores a slow one would be what is measured."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PATIENCE = 60.0
"""Seconds after which an answer counts as missing; a load balancer's own idle time-out."""


@dataclass
class Found:
    """What many requests came to."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Client:
    """One connection that stays open; a request that finds it closed is a failure."""

    def __init__(self, url: str, expect: bytes) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
        self._expect = expect
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, found: Found) -> None:
        """Ask once and note how long it took, or why it failed."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                failure = await self._ask()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            failure = f"{type(error).__name__}: {error}"
        if failure:
            found.failures.append(failure)
            await self.close()
        else:
            found.seconds.append(time.perf_counter() - began)

    async def _ask(self) -> str:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(self._request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            line.partition(b":")[2] for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"
        )
        body = await reader.readexactly(int(length))
        if not head.startswith(b"HTTP/1.1 200 ") or self._expect not in body:
            return (head.partition(b"\r\n")[0] + b": " + body[:200]).decode(errors="replace")
        return ""

    async def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def one_after_the_other(url: str, expect: bytes, count: int) -> Found:
    """Ask ``count`` times on one connection."""
    found = Found()
    client = Client(url, expect)
    for _ in range(count):
        await client.get(found)
    await client.close()
    return found


async def side_by_side(url: str, expect: bytes, clients: int, seconds: float) -> Found:
    """Let many clients ask again and again, each on a connection of its own, for some time."""
    found = Found()
    until = time.perf_counter() + seconds

    async def keep_asking() -> None:
        client = Client(url, expect)
        while time.perf_counter() < until:
            await client.get(found)
        await client.close()

    await asyncio.gather(*(keep_asking() for _ in range(clients)))
    return found
