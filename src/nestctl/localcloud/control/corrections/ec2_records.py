"""EC2: the emulator's records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Record = dict[str, Any]


@contextmanager
def made_in(store: Any) -> Iterator[list[Record]]:
    """The records that appear in one of the emulator's stores meanwhile."""
    before = set(store.keys())
    made: list[Record] = []
    yield made
    made += [store[key] for key in store.keys() if key not in before]  # noqa: SIM118 - its own kind of mapping
