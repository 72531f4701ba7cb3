"""What is wrong with a document of the user's: each fault with its place, all of them in one error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nestctl.report import NestctlError, usage_error
from nestctl.report.words import closest

REFERENCE = "docs/reference/nest-toml.md"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        where: Keys from the root of the document: ``("tasks", "migrate", "command")``.
        what: What is wrong and what would be right, without a full stop.
    """

    where: tuple[str, ...]
    what: str


def invalid(path: Path, text: str, faults: Iterable[Fault]) -> NestctlError:
    """Return the error that lists faults of the manifest by line."""
    placed = sorted(
        {(line_of(text, list(fault.where)), fault) for fault in faults},
        key=lambda pair: (pair[0], pair[1].where, pair[1].what),
    )
    reasons = [
        f"{path}:{line}: {'.'.join(fault.where) or 'the manifest'}: {fault.what}" for line, fault in placed
    ]
    return usage_error(
        "manifest-invalid",
        f"{path} does not describe an application that nestctl can deploy.",
        "\n".join(reasons),
        f"Edit {path}:{placed[0][0]}; every field is explained in {REFERENCE}",
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the known word most like ``word``, nothing when none is."""
    best = closest(word, known)
    return f"; did you mean {best!r}?" if best else ""


def line_of(text: str, location: Sequence[str]) -> int:
    """Return the line (from 1) of the deepest part of ``location`` that can be found in the TOML ``text``.

    Args:
        text: The document.
        location: Keys from the root: ``["tasks", "migrate", "command"]``. Indices of arrays are digits.
    """
    best = 1
    depth = 0
    table: list[str] = []
    counts: dict[str, int] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        header = re.match(r"^\[\[?\s*([^\]]+?)\s*\]\]?", line)
        if header:
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            if line.startswith("[["):
                counts[header[1]] = counts.get(header[1], -1) + 1
                table.append(str(counts[header[1]]))
            keys = table
        else:
            key = re.match(r"^([A-Za-z0-9_.\"'-]+)\s*=", line)
            if not key:
                continue
            keys = [*table, *(part.strip("\"'") for part in key[1].split("."))]
        if keys == list(location[: len(keys)]) and len(keys) > depth:
            best, depth = number, len(keys)
    return best
