"""What a rough machine gives a program: an odd folder, a narrow umask, no home, proxies."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping

FOLDER = "mit Leerzeichen & größer, 名前"
"""Blanks, a comma, an ampersand, letters beyond ASCII and beyond Latin."""

UMASK = 0o077

NOBODY = "127.0.0.1:9"
"""Nothing listens on the port of `discard`."""

GONE = ("HOME", "LC_ALL", "LC_CTYPE", "NO_PROXY", "no_proxy")
CONNECT_SECONDS = 30.0
CHUNK = 65536


class Proxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy for TLS (RFC 9110, CONNECT), as a company has one.

    Attributes:
        asked: The hosts that it was asked for.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.asked: set[str] = set()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Tunnel(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        method, place, *_ = [*self.rfile.readline().decode("latin-1").split(), "", ""]
        while self.rfile.readline().strip():
            pass
        host, _, port = place.rpartition(":")
        self.server.asked.add(host or place)
        if method != "CONNECT" or not port.isdigit():
            self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            return
        try:
            there = socket.create_connection((host, int(port)), CONNECT_SECONDS)
        except OSError:
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with there, contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pass_on(self.connection, there)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    goal = {one: other, other: one}
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(CHUNK)
            if not data:
                return
            goal[ready].sendall(data)


@contextlib.contextmanager
def proxy() -> Iterator[Proxy]:
    """Run a proxy on this machine."""
    with Proxy() as server:
        threading.Thread(target=server.serve_forever, name="proxy", daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def environment(env: Mapping[str, str], proxied: Proxy) -> dict[str, str]:
    """Return an environment as it is on such a machine: what asks a proxy for this machine does not get far.

    Args:
        env: The environment otherwise.
        proxied: The way to other machines by TLS; the other proxies are not there.
    """
    kept = {name: value for name, value in env.items() if name not in GONE}
    proxies = {
        "HTTPS_PROXY": proxied.url,
        "HTTP_PROXY": f"http://{NOBODY}",
        "ALL_PROXY": f"socks5://{NOBODY}",
    }
    both = proxies | {name.lower(): value for name, value in proxies.items()}
    return {**kept, **both, "LANG": "xx_YY.nonsense"}
