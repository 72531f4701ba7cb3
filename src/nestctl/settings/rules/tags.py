"""Tags of an environment: what every service of AWS takes beside those that the roots set themselves."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from nestctl.report.words import counted

OWN = ("Project", "Environment", "ManagedBy", "Name")
"""Tags that the roots and their modules set themselves."""

MOST = 50
"""Tags of a resource (AWS General Reference, "Tag naming limits and requirements")."""

LONGEST_KEY = 128
LONGEST_VALUE = 256
"""Characters (the same page)."""

SIGNS = " _.:/=+-@"
"""What every service takes beside letters and digits (the same page)."""


def tag_faults(tags: Mapping[str, Any]) -> Iterator[str]:
    """Yield why AWS would refuse tags."""
    left = MOST - len(OWN)
    if len(tags) > left:
        yield (
            f"it has {counted(len(tags), 'tag')}; a resource has at most {MOST}, nestctl sets {len(OWN)}: "
            f"{left} are left"
        )
    own = {key.lower(): key for key in OWN}
    seen: dict[str, str] = {}
    for key, value in tags.items():
        # IAM takes no two keys that differ in capitals only.
        if same := own.get(key.lower()):
            yield f"{key!r}: the tag {same} is set by nestctl: leave it out"
        if (other := seen.setdefault(key.lower(), key)) != key:
            yield f"{key!r} and {other!r} differ in capitals only, and IAM takes them for one: leave one out"
        if key.lower().startswith("aws:"):
            yield f"{key!r}: AWS keeps what begins with aws: for itself: choose another key"
        if what := _text(key, LONGEST_KEY):
            yield f"the key {_short(key)} {what}"
        if not key:
            yield "a key is empty: give the tag a name"
        if what := _text(_written(value), LONGEST_VALUE):
            yield f"the value of {_short(key)} {what}"


def _written(value: Any) -> str:
    """Return a value as Terraform writes it; what is no text, number or truth value is told by its type."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""


def _text(text: str, longest: int) -> str | None:
    if len(text) > longest:
        return f"has {counted(len(text), 'character')}; AWS takes {longest}: shorten it"
    if wrong := sorted({sign for sign in text if not _taken(sign)}):
        return (
            f"holds {', '.join(map(repr, wrong))}; every service takes letters, digits, blanks "
            f"and {SIGNS.strip()} only"
        )
    if text != text.strip():
        return "begins or ends with a blank, which some services cut off: take it away"
    return None


def _taken(sign: str) -> bool:
    return sign in SIGNS or unicodedata.category(sign)[0] in "LN"


def _short(key: str) -> str:
    return repr(key if len(key) <= LONGEST_KEY else f"{key[:20]}...")
