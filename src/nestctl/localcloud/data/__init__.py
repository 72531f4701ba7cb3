"""The data stores behind RDS and ElastiCache: real PostgreSQL and Valkey servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nestctl.localcloud.data.servers import DataEngine
    from nestctl.localcloud.supervise.runtime import Runtime

_engine: DataEngine | None = None


async def start(cloud: Runtime) -> None:
    """Run every database and cache that the API knows."""
    global _engine  # noqa: PLW0603 - one cloud lives in a process
    from nestctl.localcloud.control.corrections import elasticache, rds
    from nestctl.localcloud.data.servers import DataEngine

    _engine = DataEngine(cloud)
    rds.resume(cloud)
    elasticache.resume(cloud)


async def stop() -> None:
    """Shut them down; their data stays."""
    global _engine  # noqa: PLW0603
    if _engine is not None:
        await _engine.stop()
        _engine = None


def engine() -> DataEngine:
    """The running engine.

    Raises:
        RuntimeError: The cloud has not started it.
    """
    if _engine is None:
        raise RuntimeError("The data engine has not started.")
    return _engine
