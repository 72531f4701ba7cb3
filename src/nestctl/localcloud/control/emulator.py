"""ministack in our own process: configured, started and saved by us.

It reads its configuration from the environment when it is imported, so :func:`configure` comes first.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nestctl.localcloud.layout import ACCOUNT_ID, REGION, Layout

log = logging.getLogger(__name__)

SAVE_DELAY_SECONDS = 1.0
SWEEP_SECONDS = 15.0
HEAVY_SECONDS = 0.2  # a service that takes longer than this to save is saved only when it was changed itself
REST_FACTOR = 10  # saving may take a tenth of the time at most

Scope = dict[str, Any]
Message = dict[str, Any]
DOCKER_HOST_OF_USER = "NESTCTL_DOCKER_HOST"


def configure(layout: Layout, port: int) -> None:
    """Put ministack's configuration into the environment.

    No service of it may open a port or a container of its own: databases, functions and tasks are run by the
    engines of the local cloud. It finds Docker by ``DOCKER_HOST``, which therefore names a socket that is not
    there; the user's own value stays readable as ``NESTCTL_DOCKER_HOST``.
    """
    if "DOCKER_HOST" in os.environ:
        os.environ[DOCKER_HOST_OF_USER] = os.environ["DOCKER_HOST"]
    os.environ |= {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(layout.emulator),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(layout.objects),
        "DOCKER_HOST": f"unix://{layout.root}/docker-is-not-used.sock",
        "MINISTACK_WORKER_THREADS": "16",
        "LOG_LEVEL": "WARNING",
    }
    for name in ("SERVICES", "AUTH", "USE_SSL", "LOCALSTACK_PERSISTENCE", "EDGE_PORT"):
        os.environ.pop(name, None)


class Emulator:
    """The emulator's application, its life and its memory."""

    def __init__(self) -> None:
        from nestctl.localcloud.control.corrections import ecr

        ecr.keep_layers_in(Path(os.environ["STATE_DIR"]) / "ecr-layers")
        self._module = importlib.import_module("ministack.app")
        self._persistence = importlib.import_module("ministack.core.persistence")
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._cost: dict[str, float] = {}

    @property
    def app(self) -> Callable[[Any, Any, Any], Any]:
        """The ASGI application."""
        app: Callable[[Any, Any, Any], Any] = self._module.app
        return app

    async def start(self) -> None:
        """Start it and load its saved state.

        Raises:
            RuntimeError: It did not start.
        """
        self._life = asyncio.create_task(
            self._module.app({"type": "lifespan"}, self._inbox.get, self._outbox.put), name="emulator"
        )
        await self._inbox.put({"type": "lifespan.startup"})
        answer = await self._outbox.get()
        if answer["type"] != "lifespan.startup.complete":
            raise RuntimeError(f"The API emulator did not start: {answer.get('message', answer['type'])}")

    async def stop(self) -> None:
        """Save everything and end it."""
        if self._life is None:
            return
        await self._inbox.put({"type": "lifespan.shutdown"})
        await self._life
        self._life = None

    def changed(self, service: str) -> None:
        """Note that a call may have changed a service's state."""
        self._changed.add(self._state_key(service))
        self._wake.set()

    def _state_key(self, service: str) -> str:
        entry = self._module.SERVICE_REGISTRY.get(service, {})
        return str(entry.get("state_key", entry.get("module", service)))

    async def keep_saved(self) -> None:
        """Save changed services a second after a change, and the others soon after, for ever.

        A call to one service changes others too (a Lambda function makes a log group), so a sweep saves the
        rest; those that are costly to save (images, say) only when they were called themselves.
        """
        sweep_at: float | None = None
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), sweep_at and max(0.0, sweep_at - time.monotonic()))
                await asyncio.sleep(SAVE_DELAY_SECONDS)
            except TimeoutError:
                pass
            self._wake.clear()
            changed, self._changed = self._changed, set()
            started = time.monotonic()
            for key in changed:
                await self._save(key)
            if sweep_at is not None and started >= sweep_at:
                sweep_at = None
                for key in [key for key in self._savers() if self._cost.get(key, 0) < HEAVY_SECONDS]:
                    await self._save(key)
            elif changed and sweep_at is None:
                sweep_at = started + SWEEP_SECONDS
            await asyncio.sleep(min((time.monotonic() - started) * REST_FACTOR, SWEEP_SECONDS))

    def _savers(self) -> dict[str, Callable[[], Any]]:
        savers: dict[str, Callable[[], Any]] = self._module._build_persistence_save_dict()  # noqa: SLF001 - its only list
        return savers

    async def _save(self, key: str) -> None:
        get_state = self._savers().get(key)
        if get_state is None:
            return
        started = time.monotonic()
        try:
            # In a thread, because copying a long log takes a while, and the load balancers share this loop.
            state = await asyncio.to_thread(get_state)
        except RuntimeError:
            # A handler changed a table meanwhile.
            log.info("The state of %s changed while it was copied; copying it again.", key)
            self._changed.add(key)
            self._wake.set()
            return
        if state is not None:
            await asyncio.to_thread(self._persistence.save_state, key, state)
        self._cost[key] = time.monotonic() - started
