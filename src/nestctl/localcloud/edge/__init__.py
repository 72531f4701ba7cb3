"""Listeners of the local cloud: load balancers, function URLs, CDN, search stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nestctl.localcloud.control.types import Cloud


async def start(cloud: Cloud) -> None:
    """Open every listener that the API's state asks for."""
    from nestctl.localcloud.edge import running

    await running.start(cloud)


async def stop() -> None:
    """Close every listener."""
    from nestctl.localcloud.edge import running

    await running.stop()
