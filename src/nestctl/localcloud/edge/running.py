"""The running edge."""
from __future__ import annotations


async def sync() -> None:
    """Nothing yet."""
