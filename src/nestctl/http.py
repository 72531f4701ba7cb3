"""HTTP clients of nestctl: what answers on this machine is asked directly, whatever proxies there are."""

from __future__ import annotations

import ipaddress
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx


def is_here(address: str) -> bool:
    """Tell whether an address is one of this machine."""
    host = (urlsplit(address).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def client(address: str, **options: Any) -> httpx.Client:
    """Return a client for what answers at ``address`` and below it.

    httpx makes the transports of all proxies of the environment when a client is made, so that one that it
    cannot speak to would be in the way of addresses that need none.

    Args:
        address: Where the requests go.
        options: What ``httpx.Client`` takes.
    """
    import httpx

    if is_here(address):
        # Without the environment, the certificates that it names have to be handed on.
        named = os.environ.get("SSL_CERT_FILE")
        return httpx.Client(trust_env=False, verify=_context(named) if named else True, **options)
    return httpx.Client(**options)


def _context(file: str) -> Any:
    import ssl

    return ssl.create_default_context(cafile=file)
