"""How long AWS takes to create and to delete each type of resource: a dated table with sources."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("times.toml")
DEFAULT = "default"


@dataclass(frozen=True)
class Time:
    """What a type of resource takes.

    Attributes:
        create: Shortest and longest creation, in seconds.
        delete: Shortest and longest deletion, in seconds.
        date: When that was seen.
        source: Where.
    """

    create: tuple[float, float]
    delete: tuple[float, float]
    date: dt.date
    source: str


@cache
def load(file: Path = FILE) -> Mapping[str, Time]:
    """Return the table, by resource type.

    Raises:
        ValueError: A row has no range of seconds.
    """
    rows = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        kind: Time(_range(row["create"]), _range(row["delete"]), row["date"], str(row["source"]))
        for kind, row in rows.items()
    }


def of(kind: str, table: Mapping[str, Time]) -> Time:
    """Return the times of a resource type."""
    return table.get(kind, table[DEFAULT])


def _range(pair: list[float]) -> tuple[float, float]:
    low, high = pair
    if not 0 <= low <= high:
        raise ValueError(f"{pair} is no range of seconds")
    return float(low), float(high)
