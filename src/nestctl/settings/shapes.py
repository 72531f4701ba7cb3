"""The shapes of values that outer services hand out: enough to tell a value from a slip of the hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Shape:
    """What a value looks like.

    Attributes:
        words: In words, for whoever has to correct a value.
        pattern: Regular expression that the whole value matches.
        sample: A value of that shape which belongs to nobody; the package is proven with it.
    """

    words: str
    pattern: str
    sample: str

    def fits(self, value: str) -> bool:
        """Tell whether a value has this shape."""
        return re.fullmatch(self.pattern, value) is not None


Name: TypeAlias = Literal[
    "algolia-application-id",
    "algolia-key",
    "github-client-id",
    "github-client-secret",
    "github-token",
    "openai-key",
    "sentry-dsn",
    "slack-bot-token",
    "slack-signing-secret",
    "url",
]
"""What ``shape`` of a parameter may be."""

SHAPES: dict[Name, Shape] = {
    "algolia-application-id": Shape("10 capitals and digits", r"[A-Z0-9]{10}", "SAMPLE0000"),
    "algolia-key": Shape("32 hexadecimal digits", r"[0-9a-f]{32}", "0" * 32),
    "github-client-id": Shape(
        "20 letters, digits and dots, such as Ov23li...", r"[A-Za-z0-9.]{20}", "Ov23liSAMPLE00000000"
    ),
    "github-client-secret": Shape("40 hexadecimal digits", r"[0-9a-f]{40}", "0" * 40),
    "github-token": Shape(
        "ghp_..., github_pat_... or another of GitHub's prefixes",
        r"(gh[pousr]_|github_pat_)[A-Za-z0-9_.-]{20,}|[0-9a-f]{40}",
        "_".join(("ghp", "0" * 36)),
    ),
    "openai-key": Shape("sk-...", r"sk-[A-Za-z0-9_-]{20,}", "-".join(("sk", "0" * 40))),
    "sentry-dsn": Shape(
        "https://KEY@HOST/PROJECT, where the project is a number",
        r"https?://[A-Za-z0-9]+(:[A-Za-z0-9]+)?@[A-Za-z0-9.-]+(:\d+)?(/[\w.-]+)*/\d+",
        f"https://{'0' * 31}a@sentry.invalid/1",
    ),
    "slack-bot-token": Shape("xoxb-...", r"xoxb-[A-Za-z0-9-]{10,}", "-".join(("xoxb", "0" * 24))),
    "slack-signing-secret": Shape("32 hexadecimal digits", r"[0-9a-f]{32}", "0" * 32),
    "url": Shape("an address: https://HOST/...", r"https?://[^\s/@]+(/\S*)?", "https://service.invalid/"),
}
"""Shapes by name, as each service documents what it hands out. They are looser than the services, never
stricter: what is refused here cannot work."""


def fault(value: str, name: Name | None) -> str:
    """Return what is wrong with a value, in words that do not hold it; empty when nothing is seen."""
    if value != value.strip():
        return "it begins or ends with a blank or a line break"
    if any(ord(sign) < ord(" ") for sign in value) and name:
        return "it holds a line break or another control character"
    if name and not SHAPES[name].fits(value):
        return f"it does not look like {SHAPES[name].words}"
    return ""
