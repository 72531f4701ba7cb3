"""The forms in which a value may lie somewhere: raw, encoded, escaped."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Bytes of a form below which finding it says nothing: such a piece is anywhere by chance."""


def forms(value: str) -> dict[bytes, str]:
    """Return the forms in which a value may lie somewhere, each with its name."""
    found = {value.encode(): "raw"}
    for name, shape in (
        ("url", quote(value, safe="")),
        ("url", quote_plus(value, safe="")),
        ("json", _escaped(value)),
        ("json", json.dumps(value)[1:-1]),
        ("json", _escaped(_escaped(value))),
        # As Go writes JSON, and so Terraform: these three signs escaped as well.
        ("json", _go_escaped(_escaped(value))),
    ):
        found.setdefault(shape.encode(), name)
    for text in (value, _escaped(value)):
        for packed in _base64(text.encode()):
            found.setdefault(packed, "base64")
    return {shape: name for shape, name in found.items() if len(shape) >= SHORTEST}


def _base64(data: bytes) -> Iterator[bytes]:
    """Yield the base64 of some bytes at each of the three offsets, without what neighbours can change."""
    for offset in range(3):
        padded = b"\0" * offset + data
        whole = len(padded) - len(padded) % 3
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(padded[:whole])[4 if offset else 0 :]


def _escaped(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _go_escaped(text: str) -> str:
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
