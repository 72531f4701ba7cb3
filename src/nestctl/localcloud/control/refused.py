"""How AWS refuses a request: said by limits, and by services that check something themselves."""

from __future__ import annotations

from typing import NamedTuple


class Refused(NamedTuple):
    """How AWS refuses a request.

    Attributes:
        code: AWS's error code.
        message: AWS's words.
        status: HTTP status.
    """

    code: str
    message: str
    status: int = 400
