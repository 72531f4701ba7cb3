"""Starting and ending the processes of the local cloud."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from nestctl import process_session
from nestctl.localcloud.supervise.ledger import Ledger

LINE_LIMIT = 1 << 20  # bytes; a longer line of output is handed on in pieces


class Supervised:
    """A started process and the task that reads its output."""

    def __init__(
        self, process: asyncio.subprocess.Process, ledger: Ledger, reader: asyncio.Task[None] | None
    ) -> None:
        self.pid = process.pid
        self._process = process
        self._ledger = ledger
        self._reader = reader

    @property
    def returncode(self) -> int | None:
        """Exit status, ``None`` while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for the end and return the exit status."""
        status = await self._process.wait()
        if self._reader is not None:
            # A grandchild may hold the pipe open: what the process itself wrote is there at once.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._reader), 1)
        self._ledger.remove(self.pid)
        return status

    async def stop(self, grace: float = 5.0) -> int:
        """SIGTERM to its process group, SIGKILL after ``grace`` seconds; returns the exit status."""
        return await self.end(signal.SIGTERM, grace)

    async def end(self, first: signal.Signals, grace: float) -> int:
        """As :meth:`stop`, with another first signal."""
        if self._process.returncode is None:
            self._signal(first)
            try:
                await asyncio.wait_for(asyncio.shield(self._process.wait()), grace)
            except TimeoutError:
                self._signal(signal.SIGKILL)
        status = await self.wait()
        # Descendants that ignored the first signal must not outlive the leader of their group.
        self._signal(signal.SIGKILL)
        return status

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


class Processes:
    """Starts processes and ends them all."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._living: dict[int, Supervised] = {}
        self._watchers: set[asyncio.Task[None]] = set()

    async def spawn(  # noqa: PLR0913 - each is one property of a process
        self,
        role: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
        pass_fds: Sequence[int] = (),
        user: int | None = None,
        group: int | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> Supervised:
        """Start a process in its own session.

        Args:
            role: What it is, for the record and the user.
            argv: Program and arguments; never a secret.
            env: Its whole environment.
            cwd: Its working folder.
            on_line: Receives stdout and stderr by line, without the line end.
            pass_fds: File descriptors it inherits.
            user: User id to run as (only root may change it).
            group: Group id to run as.
            death_signal: What the kernel sends it when the supervisor dies (Linux).
        """
        output = asyncio.subprocess.PIPE if on_line else asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT if on_line else output,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            pass_fds=pass_fds,
            limit=LINE_LIMIT,
            preexec_fn=partial(process_session.prepare, death_signal),
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
        )
        self._ledger.add(process.pid, role)
        reader = None
        if on_line is not None and process.stdout is not None:
            reader = asyncio.create_task(_read_lines(process.stdout, on_line), name=f"output of {role}")
        child = Supervised(process, self._ledger, reader)
        self._living[child.pid] = child
        watcher = asyncio.create_task(self._watch(child), name=f"watch {role}")
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)
        return child

    async def _watch(self, child: Supervised) -> None:
        await child.wait()
        self._living.pop(child.pid, None)

    async def end_all(self, grace: float = 5.0) -> None:
        """End what still runs."""
        await asyncio.gather(*(child.stop(grace) for child in list(self._living.values())))


async def _read_lines(stream: asyncio.StreamReader, on_line: Callable[[str], None]) -> None:
    while True:
        try:
            line = await stream.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            line = end.partial
        except asyncio.LimitOverrunError as over:
            line = await stream.read(over.consumed)
        if not line:
            return
        on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
