"""Looks for values in whatever form they may rest somewhere: raw, encoded, escaped, packed.

The proof searches plans with it, the tests search what a real apply leaves behind.
"""

from __future__ import annotations

import base64
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from nestctl.report.forms import forms

DEEPEST = 4
"""Archives in archives that are opened."""

ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"
PACKED_TEXT = re.compile(rb"H4sI[A-Za-z0-9+/_-]{20,}={0,2}")
"""Base64 of gzip: Terraform's ``base64gzip``, cloud-init's user data."""


@dataclass(frozen=True)
class Leak:
    """A value that lies where it should not.

    Attributes:
        secret: What the value is called; the value itself is told to nobody.
        place: Where it lies.
        form: How: ``raw``, ``base64``, ``url``, ``json``.
    """

    secret: str
    place: str
    form: str

    def __str__(self) -> str:
        return f"{self.secret} ({self.form}) in {self.place}"


def opened(name: str, content: bytes, depth: int = DEEPEST) -> Iterator[tuple[str, bytes]]:
    """Yield some content and what is packed in it: saved plans and packages are archives."""
    yield name, content
    if not depth:
        return
    if content.startswith(ZIP):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from opened(f"{name}!{member}", archive.read(member), depth - 1)
    elif content.startswith(GZIP):
        yield from opened(f"{name}!", gzip.decompress(content), depth - 1)
    else:
        for packed in PACKED_TEXT.findall(content):
            plain = packed.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
            with suppress(ValueError, OSError, EOFError, zlib.error):
                unpacked = gzip.decompress(base64.b64decode(plain + b"=" * (-len(plain) % 4)))
                yield from opened(f"{name}!base64", unpacked, depth - 1)


def search(secrets: Mapping[str, str], sources: Iterable[tuple[str, bytes]]) -> list[Leak]:
    """Return every place in which one of the values lies.

    Args:
        secrets: Values by what they are called.
        sources: Contents by where they lie; archives are opened.
    """
    wanted = [(shape, how, name) for name, value in secrets.items() for shape, how in forms(value).items()]
    leaks: dict[tuple[str, str], Leak] = {}
    for source, content in sources:
        for place, inside in opened(source, content):
            for shape, how, name in wanted:
                if shape in inside:
                    leaks.setdefault((name, place), Leak(name, place, how))
    return list(leaks.values())
