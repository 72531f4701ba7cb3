"""Visitors who ask a site again and again while something changes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

import httpx
import patient
from cryptography import x509

PAUSE_SECONDS = 1.0
"""Shorter gaps than this are not looked for: each answer takes the processor from the run that is watched."""
TIMEOUT_SECONDS = 60
ALL_IS_WELL = "200"


class Visitors:
    """Ask in turn until the end of a ``with``.

    Args:
        asks: Each asks once, and returns :data:`ALL_IS_WELL` or what was not.
    """

    def __init__(self, *asks: Callable[[], str]) -> None:
        self.seen: list[str] = []
        self._asks = asks
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while self._asks and not self._over.wait(PAUSE_SECONDS):
            self.seen += [ask() for ask in self._asks]

    def __enter__(self) -> Self:
        """Begin to ask."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the last answer."""
        self._over.set()
        self._thread.join()


def page(address: str, host: str = "") -> str:
    """Ask for a page, by the name of a host where one is given."""
    try:
        answer = patient.get(address, timeout=TIMEOUT_SECONDS, headers={"Host": host} if host else None)
    except httpx.HTTPError as error:
        return f"{address} {host}: {error!r}"
    return ALL_IS_WELL if answer.is_success else f"{answer.status_code} {address} {host}: {answer.text[:200]}"


def page_of_the_certificate(address: str, port: int, known: set[str]) -> str:
    """Ask by the name that the load balancer's certificate is for: whoever has that name comes here.

    Args:
        address: What is asked for, at the plain front door.
        port: The HTTPS listener's port of this machine.
        known: Gets the name.
    """
    before = certified(port)
    said = page(address, before)
    known.add(before)
    # Between the two looks the listener may have changed: then nothing can be said.
    return said if certified(port) == before else ALL_IS_WELL


ANY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ANY.check_hostname, ANY.verify_mode = False, ssl.CERT_NONE


def certified(port: int) -> str:
    """Return the public name that a listener's certificate is for."""
    with socket.create_connection(("127.0.0.1", port), 5) as plain, ANY.wrap_socket(plain) as secure:
        certificate = x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    public = [
        name
        for name in names.get_values_for_type(x509.DNSName)
        if "." in name and not name.endswith(".amazonaws.com")
    ]
    assert len(public) == 1, public
    return public[0]
