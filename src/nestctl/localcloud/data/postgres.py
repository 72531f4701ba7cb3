"""One PostgreSQL server: what an RDS instance is here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nestctl.localcloud.data.binaries import Account, Installation, unprivileged_account
from nestctl.localcloud.data.scram import verifier
from nestctl.localcloud.errors import LocalCloudError
from nestctl.localcloud.layout import write_private

if TYPE_CHECKING:
    from nestctl.localcloud.supervise.processes import Supervised
    from nestctl.localcloud.supervise.runtime import Runtime

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
ADMINISTRATOR = "rdsadmin"  # RDS's own superuser has this name, too
START_SECONDS = 60.0
STOP_SECONDS = 20.0
PROGRAM_SECONDS = 120.0
LOG_BYTES = 5_000_000


@dataclass(frozen=True)
class Database:
    """What a server is to be.

    Attributes:
        key: Unique and stable; names its folder.
        port: Loopback port.
        master: Name of the master user.
        password_verifier: The master user's, see :func:`~nestctl.localcloud.data.scram.verifier`.
        name: The database made with the instance; empty for none.
        force_tls: Refuse connections without TLS, as parameter ``rds.force_ssl`` says.
        seed: Folder of the snapshot that it is made of; empty for a new database.
    """

    key: str
    port: int
    master: str
    password_verifier: str
    name: str
    force_tls: bool
    seed: str = ""


class PostgresServer:
    """A server's files and process.

    Args:
        runtime: The cloud it belongs to.
        installation: Its programs.
        database: What it is to be.
    """

    def __init__(self, runtime: Runtime, installation: Installation, database: Database) -> None:
        self._runtime = runtime
        self._programs = installation
        self._wanted = database
        self._folder = runtime.state_dir / "rds" / database.key
        self._data = self._folder / "data"
        self._log = runtime.layout.log.parent / f"postgres-{database.key}.log"
        self._account: Account | None = unprivileged_account()
        self.child: Supervised | None = None
        self.busy = asyncio.Lock()  # held while it is started, stopped or deleted

    async def start(self) -> None:
        """Make it where it is not made, run it, and return when it answers.

        Raises:
            LocalCloudError: It does not start.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.parent.chmod(0o711)
        self._own(self._folder)
        made = self._folder / "made"
        if not made.exists():
            # A crash may have left half a cluster.
            await asyncio.to_thread(shutil.rmtree, self._data, ignore_errors=True)
            await (self._restore(Path(self._wanted.seed)) if self._wanted.seed else self._initialise())
        self._write_access_rules()
        self._write_certificate()
        await self._launch()
        if not made.exists():
            if not self._wanted.seed:
                await self._provision()
            made.touch()

    async def stop(self) -> None:
        """Shut it down, connections included."""
        if self.child is not None:
            await self.child.end(signal.SIGINT, STOP_SECONDS)
            self.child = None

    async def snapshot(self, folder: Path) -> None:
        """Copy its data into a new folder while it runs.

        Raises:
            LocalCloudError: The copy failed.
        """
        self._prepare_snapshot(folder)
        await self._program(
            "pg_basebackup",
            f"--pgdata={folder / 'data'}",
            "--checkpoint=fast",
            "--wal-method=stream",
            f"--host={LOOPBACK}",
            f"--port={self._wanted.port}",
            f"--username={ADMINISTRATOR}",
            extra=self._credentials(),
        )

    async def become_snapshot(self, folder: Path) -> None:
        """Shut it down and leave its data in a new folder: a last snapshot."""
        await self.stop()
        self._prepare_snapshot(folder)
        self._data.rename(folder / "data")

    def _prepare_snapshot(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True)
        folder.parent.chmod(0o711)
        self._own(folder)
        write_private(folder / "password", self._password_file.read_bytes())

    async def delete(self) -> None:
        """Shut it down and remove its data."""
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        self._password_file.unlink(missing_ok=True)

    async def set_master_password(self, password_verifier: str) -> None:
        """Give the master user another password."""
        await self._sql(f"ALTER ROLE {_name(self._wanted.master)} PASSWORD '{password_verifier}';")

    @property
    def _password_file(self) -> Path:
        return self._folder.with_name(f"{self._wanted.key}.password")

    async def _initialise(self) -> None:
        password = secrets.token_urlsafe(32)
        write_private(self._password_file, password)
        handed = self._folder / "initdb-password"
        write_private(handed, password)
        self._own(handed)
        try:
            await self._program(
                "initdb",
                f"--pgdata={self._data}",
                f"--username={ADMINISTRATOR}",
                f"--pwfile={handed}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                f"--locale={'en_US.UTF-8' if sys.platform == 'darwin' else 'C.UTF-8'}",
            )
        finally:
            handed.unlink()

    async def _restore(self, seed: Path) -> None:
        write_private(self._password_file, (seed / "password").read_bytes())
        # Owners and modes are the server's: it refuses to run on data that others could read.
        copying = await asyncio.create_subprocess_exec("cp", "-Rp", str(seed / "data"), str(self._data))
        if await copying.wait():
            raise LocalCloudError(
                f"The snapshot {seed} could not be copied to {self._data}.",
                "Look whether the disk is full, then: nestctl local start",
            )

    def _write_access_rules(self) -> None:
        kind = "hostssl" if self._wanted.force_tls and self._programs.has_contrib else "host"
        rules = self._data / "pg_hba.conf"
        places = ("all all", f"replication {ADMINISTRATOR}")
        write_private(rules, "".join(f"{kind} {place} {LOOPBACK}/32 scram-sha-256\n" for place in places))
        self._own(rules)

    def _write_certificate(self) -> None:
        pair = self._runtime.certificate(f"rds-{self._wanted.key}", [LOOPBACK, "localhost"])
        for source, target in ((pair.certificate, "server.crt"), (pair.key, "server.key")):
            write_private(self._folder / target, source.read_bytes())
            self._own(self._folder / target)

    async def _launch(self) -> None:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self._wanted.port),
            # Nobody needs the socket, and its path may be too long for the system.
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "password_encryption": "scram-sha-256",
        }
        if self._programs.has_contrib:
            settings |= {
                "ssl": "on",
                "ssl_cert_file": str(self._folder / "server.crt"),
                "ssl_key_file": str(self._folder / "server.key"),
                "ssl_min_protocol_version": "TLSv1.2",
                "shared_preload_libraries": "pg_stat_statements",
            }
        arguments = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        self.child = await self._runtime.spawn(
            f"PostgreSQL {self._wanted.key}",
            [str(self._programs.bin / "postgres"), "-D", str(self._data), *arguments],
            env=_environment(),
            cwd=self._folder,
            on_line=_line_writer(self._log),
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
            # A fast shutdown; SIGKILL would leave its helpers to find out by themselves.
            death_signal=signal.SIGINT,
        )
        await self._wait_ready(self.child)

    async def _wait_ready(self, child: Supervised) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                await self._sql("SELECT 1;")
            except LocalCloudError as problem:
                if child.returncode is not None or time.monotonic() > deadline:
                    raise LocalCloudError(
                        f"PostgreSQL did not start. Its log: {self._log}\n{problem}"
                    ) from problem
                await asyncio.sleep(0.1)
            else:
                return

    async def _provision(self) -> None:
        """Make the master user with the rights that RDS gives: much, but no superuser."""
        master = _name(self._wanted.master)
        await self._sql(
            "CREATE ROLE rds_superuser NOLOGIN;"
            "GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION;"
            f"CREATE ROLE {master} LOGIN CREATEDB CREATEROLE PASSWORD '{self._wanted.password_verifier}';"
            f"GRANT rds_superuser TO {master};"
            f"ALTER DATABASE postgres OWNER TO {master};"
        )
        if self._wanted.name:
            # No transaction may hold CREATE DATABASE, so it is a call of its own; a crash before "made"
            # repeats all of it on an empty cluster.
            await self._sql(f"CREATE DATABASE {_name(self._wanted.name)} OWNER {master};")

    async def _sql(self, text: str) -> None:
        """Run statements as the administrator; they go by stdin, so no process list shows them."""
        await self._program(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            f"--host={LOOPBACK}",
            f"--port={self._wanted.port}",
            f"--username={ADMINISTRATOR}",
            "postgres",
            stdin=text,
            extra=self._credentials(),
        )

    def _credentials(self) -> dict[str, str]:
        return {
            "PGPASSWORD": self._password_file.read_text(),
            # The file holds the authority's certificate behind the server's own.
            "PGSSLMODE": "verify-full" if self._programs.has_contrib else "prefer",
            "PGSSLROOTCERT": str(self._folder / "server.crt"),
            "PGCONNECT_TIMEOUT": "5",
        }

    async def _program(
        self, name: str, *arguments: str, stdin: str = "", extra: dict[str, str] | None = None
    ) -> None:
        account = self._account
        process = await asyncio.create_subprocess_exec(
            str(self._programs.bin / name),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**_environment(), **(extra or {})},
            cwd=self._folder,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(stdin.encode()), PROGRAM_SECONDS)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise LocalCloudError(f"{name} failed: {output.decode('utf-8', 'replace').strip()[-2000:]}")

    def _own(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)


def _environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_MESSAGES": "C",
        "HOME": "/nonexistent",
        "TZ": "UTC",
    }


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _line_writer(path: Path) -> Callable[[str], None]:
    """Appends lines to a log that starts anew when it has grown too long."""

    def write(line: str) -> None:
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("a") as stream:
            stream.write(line + "\n")

    return write


def random_verifier() -> str:
    """A verifier of a password that nobody knows, for an instance whose password comes later."""
    return verifier(secrets.token_urlsafe(32))
