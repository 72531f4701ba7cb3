"""The running edge: opens and closes listeners as the API's state changes."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable

from nestctl.localcloud.compute import functions
from nestctl.localcloud.control.types import Cloud
from nestctl.localcloud.edge import cdn, state
from nestctl.localcloud.edge.algolia import Algolia
from nestctl.localcloud.edge.balancer import Door, Traffic, groups_of
from nestctl.localcloud.edge.cdn import CdnDoor
from nestctl.localcloud.edge.function_url import UrlDoor
from nestctl.localcloud.edge.health import HealthChecker
from nestctl.localcloud.edge.http11 import Handler, Refusal, Server, plain_refusal
from nestctl.localcloud.edge.state import Balancer, Listener
from nestctl.localcloud.edge.upstream import Upstream

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
SITE_PORT = 8080
CDN_PORT = 8081
GLOBAL_REGION = "us-east-1"
"""Region in which CloudFront's resources live."""


class Edge:
    """Every listener of the local cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.upstream = Upstream()
        self.health = HealthChecker(self.upstream)
        self.traffic = Traffic(self.upstream, self.health)
        self._cloud = cloud
        self._servers: dict[str, Server] = {}
        self._urls: dict[str, UrlDoor] = {}
        self._cdns: dict[str, CdnDoor] = {}
        self._secured: dict[str, tuple[ssl.SSLContext, list[str]]] = {}
        self._syncing = asyncio.Lock()

    async def start(self) -> None:
        """Open what the state asks for, and keep following it."""
        await self._open("algolia", Algolia(self._cloud.state_dir / "algolia").handle, preferred=0)
        await self.sync()
        self._cloud.background("edge follows the API", self._follow())
        self._cloud.background("target health checks", self.health.run())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.sync()
            except Exception:
                log.exception("the edge could not follow the API's state")

    async def sync(self) -> None:
        """Make the listeners what the API's state says now."""
        async with self._syncing:
            wanted = {"algolia"}
            used: set[str] = set()
            balancers = state.balancers()
            for balancer in balancers:
                for listener in balancer.listeners:
                    used |= groups_of(listener)
                wanted |= await self._sync_balancer(balancer, first=balancer is balancers[0])
            self.health.follow(state.target_groups(), used)
            wanted |= await self._sync_urls()
            wanted |= await self._sync_distributions()
            for name in set(self._servers) - wanted:
                await self._close(name)

    async def _sync_balancer(self, balancer: Balancer, *, first: bool) -> set[str]:
        wanted = set()
        secure = next((entry for entry in balancer.listeners if entry.protocol == "HTTPS"), None)
        front = secure or next((entry for entry in balancer.listeners if entry.protocol == "HTTP"), None)
        for listener in balancer.listeners:
            if listener.protocol not in ("HTTP", "HTTPS"):
                continue
            name = f"load-balancer/{balancer.label}/{listener.port}/{listener.protocol.lower()}"
            wanted.add(name)
            await self._open_door(name, balancer, listener, tls=listener.protocol == "HTTPS")
            scheme = listener.protocol.lower()
            default = {"http": 80, "https": 443}[scheme]
            if name in self._servers and listener is not front:
                host = balancer.dns_name + ("" if listener.port == default else f":{listener.port}")
                self._cloud.publish(f"{scheme}://{host}", f"{scheme}://127.0.0.1:{self._servers[name].port}")
        if front is not None:
            name = "site" if first else f"site/{balancer.label}"
            wanted.add(name)
            await self._open_door(name, balancer, front, tls=False, preferred=SITE_PORT)
            local = f"http://127.0.0.1:{self._servers[name].port}"
            default = {"HTTP": 80, "HTTPS": 443}[front.protocol]
            suffix = "" if front.port == default else f":{front.port}"
            for host in (balancer.dns_name, *state.certificate_names(front.certificates)):
                if "*" not in host:
                    self._cloud.publish(f"{front.protocol.lower()}://{host}{suffix}", local)
        return wanted

    async def _open_door(
        self, name: str, balancer: Balancer, listener: Listener, *, tls: bool, preferred: int = 0
    ) -> None:
        door = self.traffic.doors.get(name)
        if door is None:
            door = self.traffic.doors[name] = Door(
                self.traffic, balancer, listener, front=name.startswith("site")
            )
        door.balancer, door.listener = balancer, listener
        context = self._tls(name, balancer, listener) if tls else None
        await self._open(
            name,
            door.handle,
            preferred=preferred,
            tls=context,
            idle=door.idle_seconds,
            refusal=door.refusal,
        )
        if name in self._servers:
            door.port = self._servers[name].port

    def _tls(self, name: str, balancer: Balancer, listener: Listener) -> ssl.SSLContext:
        """Return a listener's context; another certificate serves new connections, and those open stay."""
        names = [balancer.dns_name, "localhost", "127.0.0.1", *state.certificate_names(listener.certificates)]
        names = list(dict.fromkeys(names))
        held = self._secured.get(name) if name in self._servers else None
        if held is not None and held[1] == names:
            return held[0]
        context = held[0] if held else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        label = balancer.label.replace("/", "-")
        pair = self._cloud.certificate(f"load-balancer-{label}", names)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(pair.certificate, pair.key)
        context.set_alpn_protocols(["http/1.1"])
        self._secured[name] = (context, names)
        return context

    async def _sync_urls(self) -> set[str]:
        wanted = set()
        for url in functions.function_urls():
            wanted.add(url.key)
            door = self._urls.setdefault(url.key, UrlDoor(url))
            door.url = url
            await self._open(url.key, door.handle, preferred=0)
            port = self._servers[url.key].port
            qualified = f"arn:aws:lambda:{url.region}:{url.account}:function:{url.name}"
            url.config["FunctionArn"] = f"{qualified}:{url.qualifier}" if url.qualifier else qualified
            url.config["FunctionUrl"] = f"http://127.0.0.1:{port}/"
        return wanted

    async def _sync_distributions(self) -> set[str]:
        wanted = set()
        for record in cdn.distributions():
            name = f"cdn/{record['Id']}"
            wanted.add(name)
            door = self._cdns.setdefault(name, CdnDoor(record, GLOBAL_REGION))
            door.record = record
            await self._open(name, door.handle, preferred=CDN_PORT)
            address = f"127.0.0.1:{self._servers[name].port}"
            record["DomainName"] = address
            self._cloud.publish(f"https://{address}", f"http://{address}")
        return wanted

    async def _open(
        self,
        name: str,
        handler: Handler,
        *,
        preferred: int,
        tls: ssl.SSLContext | None = None,
        idle: Callable[[], float] = lambda: 60.0,
        refusal: Refusal = plain_refusal,
    ) -> None:
        if name in self._servers:
            return
        server = Server(handler, name=name, tls=tls, idle_seconds=idle, refusal=refusal)
        try:
            await server.start(self._cloud.port(name, preferred))
        except OSError:  # taken between the look and the bind
            self._cloud.release_port(name)
            await server.start(self._cloud.port(name))
        self._servers[name] = server
        log.info("%s listens on 127.0.0.1:%d", name, server.port)

    async def _close(self, name: str) -> None:
        server = self._servers.pop(name)
        self.traffic.doors.pop(name, None)
        self._urls.pop(name, None)
        self._cdns.pop(name, None)
        await server.stop()
        self._cloud.release_port(name)
        log.info("%s is closed", name)

    def ports(self) -> dict[str, int]:
        """Port of every open listener by its name."""
        return {name: server.port for name, server in self._servers.items()}

    async def stop(self) -> None:
        """Close every listener."""
        self.health.close()
        await asyncio.gather(*(server.stop() for server in self._servers.values()))
        self._servers.clear()
        await self.upstream.close()


_edge: Edge | None = None


def current() -> Edge | None:
    """Return the running edge, ``None`` before it starts."""
    return _edge


async def start(cloud: Cloud) -> None:
    """Start the edge of this process."""
    global _edge  # noqa: PLW0603 - one local cloud in a process
    edge = Edge(cloud)
    await edge.start()
    _edge = edge


async def stop() -> None:
    """Stop it."""
    global _edge
    if _edge is not None:
        edge, _edge = _edge, None
        await edge.stop()


async def sync() -> None:
    """Bring the listeners up to date at once; nothing before the edge has started."""
    if _edge is not None:
        await _edge.sync()
