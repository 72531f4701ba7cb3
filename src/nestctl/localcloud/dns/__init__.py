"""DNS of the local cloud: a server on 127.0.0.1 for what stacks want in it, and what people set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nestctl.localcloud.dns.server import Server
from nestctl.localcloud.dns.zone import Zone

if TYPE_CHECKING:
    from typing import Any

    from nestctl.localcloud.control.types import Cloud


class _Running:
    zone: Zone | None = None
    server: Server | None = None


def zone() -> Zone:
    """Return the zone of this process's cloud.

    Raises:
        RuntimeError: It has not begun.
    """
    if _Running.zone is None:
        raise RuntimeError("The local DNS has not started.")
    return _Running.zone


async def start(cloud: Cloud) -> None:
    """Begin to answer, and to follow what stacks want in DNS."""
    _Running.zone = Zone(cloud.state_dir)
    _Running.server = Server(_Running.zone)
    try:
        await _Running.server.start(cloud.port("dns"))
    except OSError:  # ports are looked at for TCP
        cloud.release_port("dns")
        await _Running.server.start(cloud.port("dns"))
    cloud.background("DNS follows the API", _Running.zone.follow())


async def stop() -> None:
    """End the server."""
    if _Running.server is not None:
        _Running.server.stop()
    _Running.server = _Running.zone = None


def describe() -> dict[str, Any]:
    """Return what is in DNS, what is wanted in it, and where it answers."""
    server = _Running.server
    return {"server": server.address if server else None, **zone().describe()}
