"""What the local cloud raises for the user."""

from __future__ import annotations


class LocalCloudError(Exception):
    """The local cloud cannot do what was asked; the message says what, why and the next command."""
