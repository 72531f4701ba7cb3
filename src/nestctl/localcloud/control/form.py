"""Changing the fields of a Query-protocol call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from nestctl.localcloud.control.types import Call

MOST = 100  # members of a list in one call; AWS allows fewer


def changed(call: Call, fields: Mapping[str, str] | None = None, *, without: Iterable[str] = ()) -> Call:
    """The call with other fields.

    Args:
        call: A call whose ``params`` are a form.
        fields: Fields to set.
        without: Prefixes of names to drop first.
    """
    gone = tuple(without)
    params = {name: value for name, value in call.params.items() if not (gone and name.startswith(gone))}
    params |= fields or {}
    return replace(call, params=params, body=urlencode(params).encode())


def members(params: Mapping[str, str], name: str, infix: str = "member") -> list[str]:
    """The values of a list field.

    Its members may be called ``name.member.N``, ``name.<infix>.N`` or ``name.N``.
    """
    found: list[str] = []
    for prefix in (f"{name}.member.", f"{name}.{infix}.", f"{name}."):
        for number in range(1, MOST):
            if (value := params.get(f"{prefix}{number}")) is None:
                break
            if value not in found:
                found.append(value)
    return found


def filters(params: Mapping[str, str], prefix: str = "Filter") -> dict[str, list[str]]:
    """EC2's filters: ``Filter.N.Name`` and ``Filter.N.Value.M``."""
    found: dict[str, list[str]] = {}
    for number in range(1, MOST):
        name = params.get(f"{prefix}.{number}.Name")
        if name is None:
            break
        found[name] = members(params, f"{prefix}.{number}.Value")
    return found


def is_true(value: str | None) -> bool | None:
    """A boolean field; ``None`` when the call does not have it."""
    return None if value is None else value.lower() == "true"
