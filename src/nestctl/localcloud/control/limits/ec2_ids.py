"""EC2: ids of what a call names."""

from __future__ import annotations

import re
from collections.abc import Container

ID = re.compile(r"[a-z]+-(?:[0-9a-f]{8}|[0-9a-f]{17})")
"""Ids as EC2 makes them."""


def missing(name: str, store: Container[str]) -> bool:
    """Whether an id names nothing.

    Others than EC2's own stand for something elsewhere: a load balancer for tests needs no network.
    """
    return bool(ID.fullmatch(name)) and name not in store
