"""What is wrong with a document of the user's: each fault with its place, all of them in one error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nestctl.report import NestctlError, usage_error
from nestctl.report.words import closest

REFERENCE = "docs/reference/nest-toml.md"

DOTTED = r"(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*"
HEADER = re.compile(rf"\[\[?\s*({DOTTED})\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(rf"({DOTTED})\s*=")
WORD = re.compile(r"""([A-Za-z0-9_-]+)|"([^"]*)"|'([^']*)'""")
TRIPLE = re.compile(r"""\"{3}|'{3}""")
"""How TOML writes tables, keys and texts of several lines."""


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
    counts: dict[tuple[str, ...], int] = {}
    for number, line in _bare_lines(text):
        if header := HEADER.match(line):
            table = _keys(header[1])
            if line.startswith("[["):
                if depth < len(table) and table == list(location):
                    best, depth = number, len(table)  # the list itself: where its first item stands
                counts[tuple(table)] = counts.get(tuple(table), -1) + 1
                table = [*table, str(counts[tuple(table)])]
            keys = table
        elif key := KEY.match(line):
            keys = [*table, *_keys(key[1])]
        else:
            continue
        if keys == list(location[: len(keys)]) and len(keys) > depth:
            best, depth = number, len(keys)
    return best


def _keys(dotted: str) -> list[str]:
    return ["".join(found) for found in WORD.findall(dotted)]


def _bare_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a document with their numbers, those within a text of several lines left out."""
    within = ""
    for number, raw in enumerate(text.splitlines(), 1):
        if not within:
            yield number, raw.strip()
        for mark in TRIPLE.findall(raw):
            within = "" if mark == within else within or mark
