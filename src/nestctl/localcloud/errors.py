"""What the local cloud raises for the user."""

from __future__ import annotations

LOOK = "nestctl local status"
"""What to do where nothing better is known: it shows what runs, and where its log lies."""


class LocalCloudError(Exception):
    """The local cloud cannot do what was asked.

    Args:
        what: What happened and why, in sentences.
        next_: The command or edit that goes on from here.
    """

    def __init__(self, what: str, next_: str = LOOK) -> None:
        super().__init__(what)
        self.what = what
        self.next = next_

    def __str__(self) -> str:
        return f"{self.what} Next: {self.next}"
