"""Terraform's machine-readable output (``-json``), typed. Source: "Machine-Readable UI", terraform.io."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Diagnostic:
    """An error or warning."""

    severity: str
    summary: str
    detail: str
    address: str
    place: str

    def __str__(self) -> str:
        head = f"{self.summary}" + (f" ({self.address})" if self.address else "")
        lines = [head, *(f"  {line}" for line in self.detail.strip().splitlines())]
        return "\n".join([*lines, f"  at {self.place}"] if self.place else lines)


@dataclass(frozen=True)
class Planned:
    """A change that the plan holds: ``create``, ``update``, ``replace``, ``delete``."""

    address: str
    action: str


@dataclass(frozen=True)
class Applying:
    """A resource whose apply began, goes on or ended: ``start``, ``progress``, ``complete``, ``errored``."""

    phase: str
    address: str
    action: str
    seconds: float


@dataclass(frozen=True)
class Refreshing:
    """A resource that is being read."""

    address: str


@dataclass(frozen=True)
class Summary:
    """Counts of a plan or an apply."""

    operation: str
    add: int
    change: int
    remove: int

    @property
    def total(self) -> int:
        """Number of changes."""
        return self.add + self.change + self.remove


Message = Diagnostic | Planned | Applying | Refreshing | Summary


def parse(lines: Iterable[str]) -> Iterator[Message]:
    """Yield the messages of a ``-json`` stream; lines that are not JSON are passed over (plugin chatter)."""
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        message = _message(record) if isinstance(record, dict) else None
        if message is not None:
            yield message


def _message(record: dict[str, Any]) -> Message | None:
    kind = str(record.get("type", ""))
    match kind:
        case "diagnostic":
            return diagnostic(record["diagnostic"])
        case "planned_change":
            change = record["change"]
            return Planned(change["resource"]["addr"], change["action"])
        case "apply_start" | "apply_progress" | "apply_complete" | "apply_errored":
            hook = record["hook"]
            return Applying(
                kind.removeprefix("apply_"),
                hook["resource"]["addr"],
                hook["action"],
                float(hook.get("elapsed_seconds", 0)),
            )
        case "refresh_start":
            return Refreshing(record["hook"]["resource"]["addr"])
        case "change_summary":
            counts = record["changes"]
            return Summary(counts["operation"], counts["add"], counts["change"], counts["remove"])
        case _:
            return None


def diagnostic(fields: dict[str, Any]) -> Diagnostic:
    """Return the typed form of a diagnostic object."""
    place = fields.get("range") or {}
    start = (place.get("start") or {}).get("line")
    return Diagnostic(
        severity=fields["severity"],
        summary=fields["summary"],
        detail=fields.get("detail", ""),
        address=fields.get("address", ""),
        place=f"{place['filename']}:{start}" if place and start else "",
    )
