"""The running engines of this process, for the corrections and the edge to find."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from nestctl.localcloud import archives
from nestctl.localcloud.compute.ecs_engine import EcsEngine
from nestctl.localcloud.compute.lambdas import Lambdas
from nestctl.localcloud.compute.logs import LogWriter
from nestctl.localcloud.control.corrections import sts
from nestctl.localcloud.control.types import Cloud


@dataclass
class Engine:
    """What runs functions and containers."""

    cloud: Cloud
    logs: LogWriter
    lambdas: Lambdas
    ecs: EcsEngine


_running: Engine | None = None


class NotRunningError(RuntimeError):
    """The compute engine has not been started."""


def current() -> Engine:
    """Return the running engine.

    Raises:
        NotRunningError: It is not started.
    """
    if _running is None:
        raise NotRunningError("the compute engine of the local cloud is not started")
    return _running


async def start(cloud: Cloud) -> None:
    """Start the engine of this process."""
    global _running  # noqa: PLW0603 - one local cloud in a process
    extra: dict[str, str] = {"DJANGO_ALGOLIA_ENDPOINT_URL": f"http://127.0.0.1:{cloud.port('algolia')}"}
    logs = LogWriter(cloud)

    def variables(role: str, session: str, region: str) -> dict[str, str]:
        return {**cloud.process_env(region), **extra, **sts.issue(cloud, role, session)}

    # What a crash left of temporary folders.
    await asyncio.to_thread(archives.remove, cloud.state_dir / "sandboxes")
    lambdas = Lambdas(cloud, logs, variables)
    ecs = EcsEngine(cloud, logs, variables)
    _running = Engine(cloud, logs, lambdas, ecs)
    cloud.background("log writer", logs.run())
    cloud.background("function sweeper", lambdas.sweep())
    ecs.start()


async def stop() -> None:
    """Stop every function and task."""
    global _running
    if _running is None:
        return
    engine, _running = _running, None
    await asyncio.gather(engine.lambdas.close(), engine.ecs.close())
    await engine.logs.flush()
