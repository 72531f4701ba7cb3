"""TLS in front of a server that has none."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from nestctl.localcloud.authority import KeyPair

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 16


class TlsProxy:
    """Listens with TLS on one loopback port and hands the plain bytes to another.

    Args:
        port: Where to listen.
        backend: Where the plain server listens.
        pair: Certificate and key.
    """

    def __init__(self, port: int, backend: int, pair: KeyPair) -> None:
        self._port = port
        self._backend = backend
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_cert_chain(pair.certificate, pair.key)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self._port, ssl=self._context)

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, self._backend)
        except OSError:
            writer.close()
            return
        pumps = [
            asyncio.create_task(_pump(reader, inner_writer)),
            asyncio.create_task(_pump(inner_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in (writer, inner_writer):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
