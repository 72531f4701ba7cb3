"""Visitors who ask a site again and again while something changes."""

from __future__ import annotations

import threading
from typing import Self

import httpx

PAUSE_SECONDS = 0.3
TIMEOUT_SECONDS = 60


class Visitors:
    """Ask some addresses in turn until the end of a ``with``.

    Args:
        addresses: What they ask for; nothing is asked where there is no address yet.
    """

    def __init__(self, *addresses: str | None) -> None:
        self.seen: list[str] = []
        self._addresses = [address for address in addresses if address]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
            while self._addresses and not self._over.wait(PAUSE_SECONDS):
                self.seen += [_answer(client, address) for address in self._addresses]

    def __enter__(self) -> Self:
        """Begin to ask."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the last answer."""
        self._over.set()
        self._thread.join()


def _answer(client: httpx.Client, address: str) -> str:
    """Return the status, with the address and what was said where it is not 200."""
    try:
        answer = client.get(address)
    except httpx.HTTPError as error:
        return f"{address}: {error!r}"
    return "200" if answer.is_success else f"{answer.status_code} {address}: {answer.text[:200]}"
