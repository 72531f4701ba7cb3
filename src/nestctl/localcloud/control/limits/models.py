"""The limits that AWS's own models of requests state: lengths, ranges, patterns and allowed values.

botocore brings these models, and checks of them only what is missing or too short. AWS checks the rest.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.loaders import Loader

from nestctl.localcloud.control.types import Call

Shape = Mapping[str, Any]
SERVICES = {
    "acm": ("acm", "ValidationException"),
    "application-autoscaling": ("application-autoscaling", "ValidationException"),
    "ecr": ("ecr", "InvalidParameterException"),
    "ecs": ("ecs", "InvalidParameterException"),
    "elasticloadbalancing": ("elbv2", "ValidationError"),
    "iam": ("iam", "ValidationError"),
    "kms": ("kms", "ValidationException"),
    "lambda": ("lambda", "ValidationException"),
    "logs": ("logs", "InvalidParameterException"),
    "scheduler": ("scheduler", "ValidationException"),
    "secretsmanager": ("secretsmanager", "ValidationException"),
    "ssm": ("ssm", "ValidationException"),
    "sts": ("sts", "ValidationError"),
}
"""Services whose requests are held against their models: folder of the model, and code of the refusal.

Others answer with words of their own for each field, or their models state next to nothing (EC2, RDS).
"""
KEPT = ("type", "min", "max", "pattern", "enum", "sensitive", "member", "key", "value", "members")
LONGEST_MATCHED = 4096
"""Characters up to which a value is held against a pattern, so that none takes long."""
IN_BODY = {"", "body"}


@dataclass(frozen=True)
class Violation:
    """A value that a model does not allow.

    Attributes:
        place: Path of the member, as AWS spells it: ``tags.1.member.key``.
        value: As AWS repeats it; ``None`` for values that it does not show.
        rule: What the member must satisfy.
    """

    place: str
    value: str | None
    rule: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" '{self.value}'"
        return f"Value{shown} at '{self.place}' failed to satisfy constraint: {self.rule}"


def problem(call: Call) -> tuple[str, str] | None:
    """Code and words with which AWS refuses a request by its model; ``None`` when it takes it."""
    if call.service not in SERVICES:
        return None
    name, code = SERVICES[call.service]
    shapes, inputs = _model(name)
    shape = shapes.get(inputs.get(call.action, ""))
    if shape is None:
        return None
    form = call.params.get("Action") == call.action
    found = list(_of_form(shapes, shape, call.params) if form else _of_json(shapes, shape, call.params, ""))
    if not found:
        return None
    errors = "error" if len(found) == 1 else "errors"
    return code, f"{len(found)} validation {errors} detected: {'; '.join(map(str, found))}"


@functools.cache
def _model(name: str) -> tuple[dict[str, Shape], dict[str, str]]:
    """Shapes of a service, without what is not a limit, and the input of each operation."""
    model = Loader().load_service_model(name, "service-2")
    shapes: dict[str, Any] = {
        key: {part: shape[part] for part in KEPT if part in shape} for key, shape in model["shapes"].items()
    }
    for shape in shapes.values():
        if "members" in shape:
            shape["members"] = {
                key: {"shape": member["shape"], "location": member.get("location", "")}
                for key, member in shape["members"].items()
            }
    inputs = {key: entry.get("input", {}).get("shape", "") for key, entry in model["operations"].items()}
    return shapes, inputs


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


def _of_json(shapes: Mapping[str, Shape], shape: Shape, value: Any, place: str) -> Iterator[Violation]:
    """Walk a JSON value along its shape."""
    kind = shape["type"]
    yield from _violations(shape, value, place)
    if kind == "structure" and isinstance(value, dict):
        for name, member in shape["members"].items():
            if name in value and value[name] is not None and member["location"] in IN_BODY:
                inner = f"{place}.{_lowered(name)}" if place else _lowered(name)
                yield from _of_json(shapes, shapes[member["shape"]], value[name], inner)
    elif kind == "list" and isinstance(value, list):
        for number, entry in enumerate(value, 1):
            yield from _of_json(shapes, shapes[shape["member"]["shape"]], entry, f"{place}.{number}.member")
    elif kind == "map" and isinstance(value, dict):
        keys, values = shapes[shape["key"]["shape"]], shapes[shape["value"]["shape"]]
        for key, entry in value.items():
            yield from _violations(keys, key, place)
            yield from _of_json(shapes, values, entry, f"{place}.{key}.member")


def _of_form(shapes: Mapping[str, Shape], shape: Shape, form: Mapping[str, Any]) -> Iterator[Violation]:
    """Walk the fields of a form along the shape of the request."""
    lists: dict[str, tuple[Shape, set[str]]] = {}
    for field, value in form.items():
        parts = field.split(".")
        at, place = shape, []
        while parts:
            if at["type"] == "structure" and parts[0] in at["members"]:
                place.append(_lowered(parts[0]))
                at = shapes[at["members"][parts.pop(0)]["shape"]]
            elif at["type"] == "list" and len(parts) > 1 and parts[1].isdigit():
                _, known = lists.setdefault(".".join(place), (at, set()))
                known.add(parts[1])
                place += [parts[1], "member"]
                at = shapes[at["member"]["shape"]]
                del parts[:2]
            else:
                break
        if not parts:
            yield from _violations(at, value, ".".join(place))
    for where, (at, numbers) in lists.items():
        yield from _violations(at, sorted(numbers), where)


def _violations(shape: Shape, value: Any, place: str) -> Iterator[Violation]:
    kind, shown = shape["type"], None if shape.get("sensitive") else str(value)
    if kind in ("integer", "long", "float", "double"):
        number = _number(value)
        if number is not None:
            yield from _ranged(shape, number, "value", place, shown)
    elif isinstance(value, str) and kind == "string":
        yield from _ranged(shape, len(value), "length", place, shown)
        if "enum" in shape and value not in shape["enum"]:
            allowed = ", ".join(shape["enum"])
            yield Violation(place, shown, f"Member must satisfy enum value set: [{allowed}]")
        pattern = _compiled(shape.get("pattern", ""))
        if pattern is not None and len(value) <= LONGEST_MATCHED and not pattern.fullmatch(value):
            yield Violation(
                place, shown, f"Member must satisfy regular expression pattern: {shape['pattern']}"
            )
    elif kind in ("list", "map") and isinstance(value, Sequence | Mapping) and not isinstance(value, str):
        yield from _ranged(shape, len(value), "length", place, shown)


def _ranged(shape: Shape, size: float, what: str, place: str, shown: str | None) -> Iterator[Violation]:
    if size < shape.get("min", size):
        yield Violation(
            place, shown, f"Member must have {what} greater than or equal to {_plain(shape['min'])}"
        )
    if size > shape.get("max", size):
        yield Violation(place, shown, f"Member must have {what} less than or equal to {_plain(shape['max'])}")


def _plain(number: float) -> str:
    return str(int(number) if number == int(number) else number)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


UNICODE = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": r"\s",
    r"\p{M}": "",
    r"\p{S}": r"$+<=>^`|~",
    r"\p{P}": r"!-/:-@",
}
"""Java's classes of characters, in what Python's patterns have of them: nearly the same, never less."""


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Compile a pattern of a model; ``None`` for none, and for one that Python does not read."""
    if not pattern:
        return None
    for java, python in UNICODE.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None
