"""HTTP clients of nestctl: what answers on this machine is asked directly, whatever proxies there are."""

from __future__ import annotations

import functools
import ipaddress
import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nestctl.report import NestctlError

PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
"""Variables that name the proxies of a machine."""

SPOKEN = ("http", "https", "socks5", "socks5h")
"""Schemes of proxies that httpx speaks to."""

if TYPE_CHECKING:
    import ssl

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

    Raises:
        NestctlError: ``proxy``: the way to other machines is a proxy that nobody here speaks to.
    """
    import httpx

    if is_here(address):
        # Without the environment, the certificates that it names have to be handed on.
        return httpx.Client(trust_env=False, verify=context(os.environ.get("SSL_CERT_FILE")), **options)
    if unspoken := proxies_beyond(SPOKEN):
        raise NestctlError(
            "proxy",
            f"{address} cannot be asked.",
            f"{' and '.join(unspoken)} of the environment is no address of an HTTP or SOCKS 5 proxy.",
            f"unset {' '.join(unspoken)}, or set it to one that begins with http:// or socks5://, "
            "then run the same command again",
        )
    return httpx.Client(**options)


def proxies_beyond(schemes: Collection[str]) -> list[str]:
    """Return the variables that name a proxy of another scheme; one without a scheme is an HTTP proxy."""
    return [
        name
        for name in PROXIES
        if "://" in (value := os.environ.get(name, "")) and value.partition("://")[0].lower() not in schemes
    ]


def context(file: str | None) -> ssl.SSLContext:
    """Return what trusts the authorities of a file, or httpx's own: a hundred take 30 ms to read."""
    if not file:
        return _usual_context()
    found = Path(file).stat()
    return _read_context(file, (found.st_ino, found.st_mtime_ns, found.st_size))


@functools.cache
def _usual_context() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context(trust_env=False)


@functools.lru_cache(maxsize=4)
def _read_context(file: str, version: tuple[int, int, int]) -> ssl.SSLContext:  # noqa: ARG001 - part of the key
    import ssl

    return ssl.create_default_context(cafile=file)
