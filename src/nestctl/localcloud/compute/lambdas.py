"""Invokes functions: finds a free sandbox or starts one, within the concurrency that is allowed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from nestctl.localcloud.compute import functions, packages
from nestctl.localcloud.compute.functions import Version
from nestctl.localcloud.compute.logs import LogWriter
from nestctl.localcloud.compute.sandbox import InitError, Outcome, Sandbox, Variables
from nestctl.localcloud.control.authorization import acting
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Cloud

log = logging.getLogger(__name__)

LOCAL_CONCURRENCY = 10
"""Sandboxes of one function without reserved concurrency. AWS starts accounts at 1,000; a laptop cannot."""
IDLE_SECONDS = 300.0
"""AWS keeps a warm environment for minutes, and does not say how many."""
SWEEP_SECONDS = 15.0


class KeyDeniedError(Exception):
    """Lambda cannot use the key of the function's environment.

    Attributes:
        refused: Lambda's answer.
    """

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


class ThrottledError(Exception):
    """Every sandbox that the function may have is busy."""


@dataclass
class _Gate:
    """Counts the requests that run for one function, over all its versions."""

    active: int = 0
    queue: deque[asyncio.Future[None]] = field(default_factory=deque)

    @contextlib.asynccontextmanager
    async def enter(self, limit: int, patience: float) -> AsyncIterator[None]:
        if self.active >= limit or self.queue:
            if patience <= 0 or limit <= 0:
                raise ThrottledError
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.queue.append(turn)
            try:
                await asyncio.wait_for(turn, patience)
            except TimeoutError as error:
                raise ThrottledError from error
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._pass_on()
                raise
            finally:
                with contextlib.suppress(ValueError):
                    self.queue.remove(turn)
        else:
            self.active += 1
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self.queue:
            turn = self.queue.popleft()
            if not turn.done():
                turn.set_result(None)  # the place changes hands: the count stays
                return
        self.active -= 1


class _Pool:
    """The sandboxes of one version."""

    def __init__(self, engine: Lambdas, version: Version) -> None:
        self.version = version
        self.idle: list[Sandbox] = []
        self.busy: set[Sandbox] = set()
        self.retired = False
        self._engine = engine
        self._waiting: deque[asyncio.Future[Sandbox]] = deque()
        self._starting: set[asyncio.Task[None]] = set()

    async def take(self) -> Sandbox:
        """Return a sandbox for one request: a warm one, or the first that gets free or ready."""
        while self.idle:
            sandbox = self.idle.pop()
            if not sandbox.dead:
                self.busy.add(sandbox)
                return sandbox
            self._engine.discard(sandbox)
        place: asyncio.Future[Sandbox] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._grow()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and not place.exception():
                self.give_back(place.result())
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(place)

    def give_back(self, sandbox: Sandbox) -> None:
        """Take a sandbox back after its request."""
        self.busy.discard(sandbox)
        if sandbox.dead or (self.retired and not self._waiting):
            self._engine.discard(sandbox)
            self._grow()
            return
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                self.busy.add(sandbox)
                place.set_result(sandbox)
                return
        self.idle.append(sandbox)

    def _grow(self) -> None:
        wanted = min(len(self._waiting), self._engine.max_starting)
        while len(self._starting) < wanted:
            task = asyncio.create_task(self._start_one())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)
            task.add_done_callback(lambda _: self._grow())

    async def _start_one(self) -> None:
        try:
            sandbox = await self._engine.start_sandbox(self.version)
        except Exception as error:  # noqa: BLE001 - whatever it is, the request that waits must hear of it
            while self._waiting:
                place = self._waiting.popleft()
                if not place.done():
                    place.set_exception(error)
                    return
            return
        self.give_back(sandbox)

    def retire(self) -> None:
        """Stop what is idle; what is busy stops when its request ends."""
        self.retired = True
        for sandbox in self.idle:
            self._engine.discard(sandbox)
        self.idle.clear()

    @property
    def empty(self) -> bool:
        """Nothing runs, waits or starts here."""
        return not (self.idle or self.busy or self._waiting or self._starting)


class Lambdas:
    """Every function of the local cloud."""

    def __init__(self, cloud: Cloud, logs: LogWriter, variables: Variables) -> None:
        self.max_starting = max(2, os.cpu_count() or 2)
        self._cloud = cloud
        self._logs = logs
        self._variables = variables
        self._gates: dict[str, _Gate] = {}
        self._pools: dict[tuple[str, str, str], _Pool] = {}
        self._current: dict[tuple[str, str], tuple[str, str, str]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def invoke(
        self,
        name: str,
        qualifier: str | None,
        event: bytes,
        *,
        region: str,
        account: str | None = None,
        patience: float = 0.0,
        client_context: str = "",
        tail: bool = False,
    ) -> Outcome:
        """Run a function on one event.

        Args:
            name: Function name.
            qualifier: Version, alias or ``None``.
            event: JSON.
            region: Region of the function.
            account: Account of the function; the cloud's own by default.
            patience: Seconds to wait for a free sandbox before it counts as throttled. AWS does not wait.
            client_context: Base64 of the mobile SDK's context.
            tail: Collect the last 4 KB of the log.

        Raises:
            FunctionMissingError: No such function or qualifier.
            NotReadyError: It is still being created.
            ThrottledError: The concurrency limit is reached.
        """
        version = functions.find(name, qualifier, account=account or self._cloud.account_id, region=region)
        if version.state == functions.PENDING:
            raise functions.NotReadyError(functions.NOT_YET)
        limit = LOCAL_CONCURRENCY if version.reserved is None else version.reserved
        gate = self._gates.setdefault(version.arn, _Gate())
        async with gate.enter(limit, patience):
            pool = self._pool(version)
            try:
                sandbox = await pool.take()
            except InitError as error:
                return Outcome(error.payload, "Unhandled", version.number, timed_out=error.timed_out)
            try:
                arn = f"{version.arn}:{qualifier}" if qualifier else version.arn
                outcome = await sandbox.run(event, arn=arn, client_context=client_context)
                if tail:
                    outcome.tail = await sandbox.tail()
                return outcome
            finally:
                pool.give_back(sandbox)

    def _pool(self, version: Version) -> _Pool:
        pool = self._pools.get(version.key)
        if pool is None:
            pool = self._pools[version.key] = _Pool(self, version)
        slot = (version.arn, version.number)
        before = self._current.get(slot)
        if before != version.key:
            self._current[slot] = version.key
            if before is not None and before in self._pools:
                self._pools[before].retire()
        return pool

    async def start_sandbox(self, version: Version) -> Sandbox:
        """Unpack the version's code and start one process for it.

        Raises:
            InitError: The process did not come up.
            KeyDeniedError: Lambda cannot decrypt the function's environment.
        """
        try:
            root = await asyncio.to_thread(
                packages.unpack, version.code(), version.code_sha, self._cloud.state_dir
            )
        except (packages.BadPackageError, functions.NoCodeError) as error:
            payload = f'{{"errorType": "Runtime.InvalidZip", "errorMessage": "{error}"}}'
            raise InitError(payload.encode()) from error
        refused = acting.environment_refusal(
            self._cloud, version.arn, version.role, version.key_arn, version.region
        )
        if refused:
            raise KeyDeniedError(refused)
        sandbox = Sandbox(self._cloud, version, root, self._logs, self._variables)
        await sandbox.start()
        return sandbox

    def discard(self, sandbox: Sandbox) -> None:
        """Stop a sandbox in the background."""
        task = asyncio.create_task(sandbox.stop())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def sweep(self) -> None:
        """Stop what was idle for long, and what belongs to functions that are gone, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for key, pool in list(self._pools.items()):
                try:
                    current = functions.find(
                        pool.version.name,
                        pool.version.number,
                        account=pool.version.account,
                        region=pool.version.region,
                    )
                except functions.FunctionMissingError:
                    pool.retire()
                else:
                    if current.key != key:
                        pool.retire()
                for sandbox in list(pool.idle):
                    if sandbox.dead or time.monotonic() - sandbox.idle_since > IDLE_SECONDS:
                        pool.idle.remove(sandbox)
                        self.discard(sandbox)
                if pool.empty:
                    del self._pools[key]
            wanted = functions.code_shas() | {pool.version.code_sha for pool in self._pools.values()}
            await asyncio.to_thread(packages.prune, self._cloud.state_dir / "functions", wanted)

    def describe(self) -> list[dict[str, object]]:
        """Tell what runs: one entry for each version that has sandboxes."""
        return [
            {
                "function": pool.version.name,
                "version": pool.version.number,
                "idle": len(pool.idle),
                "busy": len(pool.busy),
            }
            for pool in self._pools.values()
        ]

    async def close(self) -> None:
        """Stop every sandbox."""
        sandboxes = [box for pool in self._pools.values() for box in (*pool.idle, *pool.busy)]
        await asyncio.gather(*(box.stop() for box in sandboxes), *self._closing, return_exceptions=True)
        self._pools.clear()
