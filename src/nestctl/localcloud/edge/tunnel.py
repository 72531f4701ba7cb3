"""Passes bytes both ways once a connection has left HTTP, as a WebSocket does."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

SIZE = 64 * 1024
"""Bytes that are passed on at a time."""


class Tunnel:
    """One end of a switched connection, waiting for the other.

    Args:
        reader: What the target sends.
        writer: To the target.
        early: What the target sent right behind its head.
        idle_seconds: How long neither side may say anything.

    Attributes:
        done: Called once when the tunnel ends.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        early: bytes,
        *,
        idle_seconds: float,
    ) -> None:
        self.done: Callable[[], None] = _nothing
        self._reader = reader
        self._writer = writer
        self._early = early
        self._idle = idle_seconds
        self._last = time.monotonic()

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, early: bytes) -> None:
        """Pass bytes until a side closes, or both are silent for too long."""
        try:
            self._last = time.monotonic()
            writer.write(self._early)
            self._writer.write(early)
            pumps = {
                asyncio.create_task(self._pump(reader, self._writer)),
                asyncio.create_task(self._pump(self._reader, writer)),
            }
            try:
                while (left := self._last + self._idle - time.monotonic()) > 0:
                    done, _ = await asyncio.wait(pumps, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                    if done:
                        break
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            self.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(SIZE):
                self._last = time.monotonic()
                writer.write(data)
                await writer.drain()

    def close(self) -> None:
        """Close the target's side; run by :meth:`run`, and by who cannot run it."""
        self._writer.close()
        done, self.done = self.done, _nothing
        done()


def _nothing() -> None:
    pass
