"""What a service says when it refuses a call that its caller may make."""

from __future__ import annotations

from dataclasses import dataclass

BAD_REQUEST = 400


@dataclass(frozen=True)
class Problem:
    """A refusal.

    Attributes:
        code: AWS's error code.
        message: AWS's words.
        status: HTTP status.
    """

    code: str
    message: str
    status: int = BAD_REQUEST
