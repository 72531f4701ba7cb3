"""Ports that stay the same across restarts."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from pathlib import Path

import psutil

from nestctl.localcloud.errors import LocalCloudError
from nestctl.localcloud.layout import read_json, write_json

LOOPBACK = "127.0.0.1"
# Below the kernel's usual range for outgoing connections (32768 and up), so that a stopped cloud's ports
# are not taken by somebody's connection in the meantime.
FIRST, LAST = 20000, 31999
TRIES = 200


class Ports:
    """The port book of one cloud.

    Args:
        path: JSON file that remembers the ports.
        say: Told when a remembered port was taken by somebody else.
    """

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._path = path
        self._say = say
        self._claimed: dict[str, int] = {}

    def claim(self, name: str, preferred: int = 0, *, required: bool = False) -> int:
        """The port of ``name``: the one of the last start, else ``preferred``, else a free one.

        Args:
            name: Whose port it is.
            preferred: Port to try first when none is remembered; 0 for none.
            required: Refuse any other than ``preferred``.

        Raises:
            LocalCloudError: ``preferred`` is required and taken, or no port is free.
        """
        if name in self._claimed:
            return self._claimed[name]
        memory = read_json(self._path)
        known: dict[str, int] = memory.setdefault("ports", {})
        remembered = known.get(name, 0)
        first = preferred if required and preferred else remembered or preferred
        taken = set(self._claimed.values()) | {port for other, port in known.items() if other != name}
        if first and (first == remembered or first not in taken) and is_free(first):
            port = first
        elif required and preferred:
            raise LocalCloudError(
                f"Port {preferred} is taken by {owner(preferred)}.",
                "Stop it, or let another be taken: nestctl local start",
            )
        else:
            port = _free_port(taken)
            if first:
                self._say(f"Port {first} is taken by {owner(first)}; {name} uses {port}.")
        self._claimed[name] = known[name] = port
        write_json(self._path, memory)
        return port

    def release(self, name: str) -> None:
        """Forget the port of something that is gone."""
        self._claimed.pop(name, None)
        memory = read_json(self._path)
        if memory.get("ports", {}).pop(name, None) is not None:
            write_json(self._path, memory)


def is_free(port: int) -> bool:
    """Whether a server could listen on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            # Two sockets may be bound to one port until one of them listens.
            probe.listen(1)
        except OSError:
            return False
    return True


def _free_port(taken: set[int]) -> int:
    for _ in range(TRIES):
        port = FIRST + secrets.randbelow(LAST - FIRST)
        if port not in taken and is_free(port):
            return port
    raise LocalCloudError(
        f"No free port between {FIRST} and {LAST} was found.",
        "End what listens there, then run the same command again.",
    )


def owner(port: int) -> str:
    """Who listens on a port, as far as this user may know."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another user's process"
