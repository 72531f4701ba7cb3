"""The variables that a Terraform root declares, and whether a value has a variable's type.

The files are formatted (``terraform fmt`` is part of the tests), so a block ends with the next line that is
``}``. What a value must be beyond its type is for Terraform to say: it runs the validations itself.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

Type: TypeAlias = tuple[str, Any]
"""A type's name, and what is within it: the type of the items, or of each attribute with whether it may be
left out."""

BLOCK = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.DOTALL | re.MULTILINE)
TOKEN = re.compile(r'[A-Za-z_]\w*|[(){}=,]|"[^"]*"|[^\s(){}=,]+')


@dataclass(frozen=True)
class Variable:
    """A variable of a root.

    Attributes:
        name: Its name.
        type: Its type.
        default: Its default where that is text, a number or a truth value; else ``None``.
    """

    name: str
    type: Type
    default: Any


def declared(root: Path) -> Mapping[str, Variable]:
    """Return the variables of a root by name; none when there is no such root."""
    file = root / "variables.tf"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError):  # ValueError: a name with a null byte
        return {}
    return _read(text)


def type_fault(value: Any, wanted: Type) -> str | None:
    """Return why a value has not the type, ``None`` when Terraform could convert it."""
    kind, inner = wanted
    match kind:
        case "string":
            fits = isinstance(value, str | bool) or _is_number(value)
        case "number":
            fits = _is_number(value) or (isinstance(value, str) and _spells_number(value))
        case "bool":
            fits = isinstance(value, bool) or value in ("true", "false")
        case "list" | "set":
            return _items(value, inner) if isinstance(value, list) else f"it must be {said(wanted)}"
        case "map":
            return _items(value.values(), inner) if isinstance(value, dict) else f"it must be {said(wanted)}"
        case "object":
            return _attributes(value, inner) if isinstance(value, dict) else f"it must be {said(wanted)}"
        case _:
            fits = True
    return None if fits else f"it must be {said(wanted)}"


def plain_fault(value: Any) -> str | None:
    """Return why a value of TOML is none of Terraform's, ``None`` when it is one."""
    if isinstance(value, dict):
        return next((what for item in value.values() if (what := plain_fault(item))), None)
    if isinstance(value, list):
        return next((what for item in value if (what := plain_fault(item))), None)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is no number that Terraform has"
    if isinstance(value, str | bool) or _is_number(value):
        return None
    return "Terraform has no dates and times: write it as text"


def said(wanted: Type) -> str:
    """Return a type in words."""
    kind, inner = wanted
    if kind in ("list", "set", "map"):
        return f"a {'table, each value' if kind == 'map' else 'list, each item'} {said(inner)}"
    if kind == "object":
        return "a table with " + ", ".join(inner)
    return {"string": "text", "number": "a number", "bool": "true or false"}.get(kind, "a value")


# ---------------------------------------------------------------------- inside


def _items(values: Any, inner: Type) -> str | None:
    return next((f"of its items, {what}" for item in values if (what := type_fault(item, inner))), None)


def _attributes(value: Mapping[str, Any], inner: Mapping[str, tuple[Type, bool]]) -> str | None:
    if strange := set(value) - set(inner):
        return f"it has no {', '.join(sorted(strange))}: it is {said(('object', inner))}"
    if absent := [name for name, (_, optional) in inner.items() if not optional and name not in value]:
        return f"it lacks {', '.join(absent)}"
    for name, item in value.items():
        if what := type_fault(item, inner[name][0]):
            return f"{name}: {what}"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _spells_number(value: str) -> bool:
    return re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", value) is not None


@cache
def _read(text: str) -> Mapping[str, Variable]:
    found = {}
    for name, body in BLOCK.findall(text):
        typed = re.search(r"^  type\s*=\s*(.*?)(?=^  \w|\Z)", body, re.DOTALL | re.MULTILINE)
        default = re.search(r"^  default\s*=\s*(.+)$", body, re.MULTILINE)
        kind = _parse(TOKEN.findall(typed[1])) if typed else ("any", None)
        found[name] = Variable(name, kind, _literal(default[1]) if default else None)
    return found


def _literal(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str | int | float | bool) else None


def _parse(tokens: list[str]) -> Type:
    """Read a type expression; the tokens that belong to it are taken away."""
    kind = tokens.pop(0)
    if kind in ("list", "set", "map"):
        tokens.pop(0)
        inner = _parse(tokens)
        tokens.pop(0)
        return kind, inner
    if kind != "object":
        return kind, None
    del tokens[:2]
    attributes: dict[str, tuple[Type, bool]] = {}
    while tokens[0] != "}":
        name = tokens.pop(0)
        tokens.pop(0)
        optional = tokens[0] == "optional"
        if optional:
            del tokens[:2]
        inner = _parse(tokens)
        if optional:
            _skip_default(tokens)
        attributes[name] = (inner, optional)
        if tokens[0] == ",":
            tokens.pop(0)
    del tokens[:2]
    return kind, attributes


def _skip_default(tokens: list[str]) -> None:
    """Take away what is left of ``optional(type, default)``."""
    depth = 1
    while depth:
        token = tokens.pop(0)
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(token, 0)
