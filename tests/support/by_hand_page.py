"""Reads docs/by-hand.md: its chapters, the commands in them, and what these are said to print.

The convention is written at the top of the page itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

PLACES = ("aws", "local", "aws-cli-1", "aws-cli-2")
"""Where a block can be limited to."""

ALLOWED = ("start", "stop", "env")
"""What the page may use of ``nestctl local``; it may use nothing else of nestctl."""

FENCE = re.compile(r"^```(\w*)\s*$")
HEADING = re.compile(r"^(#{2,3}) (.+)$")
MARKER = re.compile(r"^<!--\s*only:\s*(.*?)\s*-->$")
NESTCTL = re.compile(r"(?:^|[\s;&|(])(?:\S*/)?nestctl\b(?![.\w/-])[ \t]*([^\n;&|)\"`]*)", re.MULTILINE)


class PageError(Exception):
    """The page breaks its own convention; the message names the line."""


@dataclass(frozen=True)
class Block:
    """Commands of the page.

    Attributes:
        chapter: Heading of the chapter.
        section: Heading of the section, or empty.
        line: Line of the page on which the commands begin.
        commands: What is typed.
        only: Where it is typed; empty for everywhere.
        expected: What it prints, with ``...`` for anything; ``None`` when the page does not say.
    """

    chapter: str
    section: str
    line: int
    commands: str
    only: str = ""
    expected: str | None = None

    @property
    def where(self) -> str:
        """Chapter, section and line, for people."""
        place = f"{self.chapter} / {self.section}" if self.section else self.chapter
        return f"{place} (docs/by-hand.md, line {self.line})"

    def runs_in(self, places: Sequence[str]) -> bool:
        """Tell whether it is typed where all of ``places`` hold."""
        return not self.only or self.only in places


@dataclass(frozen=True)
class Page:
    """The page, parsed."""

    chapters: tuple[str, ...]
    blocks: tuple[Block, ...]

    def commands(self, places: Sequence[str]) -> str:
        """Return everything that is typed where ``places`` hold."""
        return "\n".join(block.commands for block in self.blocks if block.runs_in(places))


def parse(text: str) -> Page:
    """Return the page.

    Raises:
        PageError: A fence or comment stays open, a marker is unknown or precedes no block, an expectation
            follows no commands, or ``...`` alone stands for everything.
    """
    reader = _Reader()
    for line, kind, content in _parts(text):
        reader.take(line, kind, content)
    reader.end()
    return Page(tuple(reader.chapters), tuple(reader.blocks))


def meets(printed: str, expected: str) -> bool:
    """Tell whether an output is the expected one; ``...`` in it stands for anything, line breaks included.

    Blank lines, spaces at the ends of lines and runs of spaces do not count.
    """
    wanted = ".*".join(re.escape(_plain(part)) for part in re.split(r"\s*\.\.\.\s*", f" {expected} "))
    return re.fullmatch(wanted.replace(r"\ ", r"\s*"), _plain(printed), re.DOTALL) is not None


def foreign_commands(commands: str) -> list[str]:
    """Return the uses of nestctl that the page may not make."""
    found = [words.group(1).split() for words in NESTCTL.finditer(commands)]
    return [
        " ".join(["nestctl", *words])
        for words in found
        if words[:1] != ["local"] or len(words) < 2 or words[1] not in ALLOWED
    ]


class _Reader:
    """What was read so far."""

    def __init__(self) -> None:
        self.chapters: list[str] = []
        self.blocks: list[Block] = []
        self._chapter, self._section = "Overview", ""
        self._only, self._marked = "", 0
        self._directly_after = False

    def take(self, line: int, kind: str, content: str) -> None:
        """Take the next part of the page."""
        if kind == "blank":
            return
        if kind != "sh":
            self.end()
        match kind:
            case "##":
                self._chapter, self._section = content, ""
                self.chapters.append(content)
            case "###":
                self._section = content
            case "marker":
                if content not in PLACES:
                    raise PageError(f"line {line}: 'only: {content}' is none of {', '.join(PLACES)}")
                self._only, self._marked = content, line
            case "sh":
                self.blocks.append(Block(self._chapter, self._section, line, content, self._only))
                self._only = ""
            case "text":
                self._expect(line, content)
        self._directly_after = kind == "sh"

    def end(self) -> None:
        """Refuse a marker that stands before no block."""
        if self._only:
            raise PageError(f"line {self._marked}: a marker that no sh block follows")

    def _expect(self, line: int, content: str) -> None:
        if not self._directly_after:
            raise PageError(f"line {line}: a text block that follows no commands")
        if not content.replace("...", "").strip():
            raise PageError(f"line {line}: an expectation that everything meets")
        self.blocks[-1] = replace(self.blocks[-1], expected=content)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _parts(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, kind and content of the page's parts."""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if fence := FENCE.match(line):
            yield number + 1, fence[1] or "plain", _until(lines, "```", number)
        elif marker := MARKER.match(line):
            yield number, "marker", marker[1]
        elif line.startswith("<!--"):
            if "-->" not in line:
                _until(lines, "-->", number)
            yield number, "comment", ""
        elif heading := HEADING.match(line):
            yield number, heading[1], heading[2]
        else:
            yield number, "prose" if line.strip() else "blank", line


def _until(lines: Iterator[tuple[int, str]], last: str, began: int) -> str:
    content = []
    for _, line in lines:
        if line == last:
            return "\n".join(content)
        content.append(line)
    raise PageError(f"line {began}: no line {last!r} ends what begins here")
