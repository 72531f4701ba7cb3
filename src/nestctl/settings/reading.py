"""Reads a TOML file of the user's: whatever it is instead of one is told, and never a fault of nestctl's."""

from __future__ import annotations

import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGEST = 1024 * 1024
"""Bytes of a manifest: the one of this repository has 7,000."""

DEEPEST = 32
"""Tables and lists in each other: a manifest needs 4, and Python's reader of TOML ends at some 300."""


@dataclass(frozen=True)
class Document:
    """A TOML file that was read: its text, and its values."""

    text: str
    values: dict[str, Any]


class UnreadableError(ValueError):
    """The file is no text that can be read; the message says why."""


class TomlSyntaxError(ValueError):
    """The text is no TOML.

    Attributes:
        line: Where, from 1; ``None`` when it is not known.
    """

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


def read_toml(path: Path, *, largest: int = LARGEST) -> Document:
    """Read a file of at most ``largest`` bytes.

    Raises:
        FileNotFoundError: There is none.
        UnreadableError: It is no file, too large, not ours to read, or no text in UTF-8.
        TomlSyntaxError: It is no TOML, or nested too deeply.
    """
    text = _text(path, largest)
    if (depth := _depth(text)) > DEEPEST:
        raise TomlSyntaxError(f"it is nested {depth} levels deep; {DEEPEST} are enough for everything", None)
    try:
        return Document(text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        # At the end of the document no line is named: it is the last one.
        line = int(found[1]) if found else max(1, len(text.splitlines()))
        raise TomlSyntaxError(str(error), line) from error
    except (RecursionError, ValueError) as error:
        # A number of thousands of digits, or brackets within a key.
        raise TomlSyntaxError(str(error) or "it is nested too deeply", None) from error


def _text(path: Path, largest: int) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
            raise UnreadableError(f"It is {kind}.")
        if found.st_size > largest:
            raise UnreadableError(f"It has {found.st_size:,} bytes; at most {largest:,} are read.")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from error
    try:
        # Editors on Windows put a byte order mark before the text.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UnreadableError(
            f"It is not UTF-8: byte 0x{raw[error.start]:02x} in line {line}. Save it as UTF-8."
        ) from error


def _depth(text: str) -> int:
    """Return how deep brackets and dotted keys are nested, strings and comments left out."""
    bare = re.sub(
        r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*',
        "_",
        text,
        flags=re.DOTALL,
    )
    deepest = level = 0
    for sign in re.findall(r"[\[{\]}]", bare):
        level = level + 1 if sign in "[{" else max(0, level - 1)
        deepest = max(deepest, level)
    dotted = max((word.count(".") + 1 for word in re.findall(r"[\w.-]+", bare)), default=0)
    return max(deepest, dotted)
