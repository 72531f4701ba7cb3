"""Environments of function and containers: names that are free, and no more than Lambda takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from nestctl.settings.faults import Fault
from nestctl.settings.rules.parts import Parts

LAMBDA_NAME = re.compile(r"[a-zA-Z]([a-zA-Z0-9_])+")
"""Names of a function's variables (AWS Lambda, ``EnvironmentVariableName``)."""

CONTAINER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Names of a program's variables (POSIX, "Environment Variables")."""

LARGEST = 4096
"""Bytes of a function's environment, written as JSON (AWS Lambda quotas, "Environment variables")."""

RESERVED = {
    *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
    *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
}
"""Variables that Lambda keeps, beside all that begin with ``AWS_LAMBDA_`` (AWS Lambda Developer Guide,
"Defined runtime environment variables")."""

LONGEST_STRING = 128 * 1024
"""Bytes of a program's argument, or of a variable as ``NAME=value``, with the null at its end (Linux,
``MAX_ARG_STRLEN``)."""

STEERING = (
    (r"PYTHONHOME", "Python would look for its own library elsewhere"),
    (r"AWS_ENDPOINT_URL(_\w+)?", "calls of AWS would go elsewhere"),
)
"""Variables that turn the backend's programs from what a deployment gives them (Python, "Environment
variables"; AWS SDKs Reference Guide, "Service-specific endpoints")."""

OURS = {"NEST_PARAMETERS_PATH", "NEST_PARAMETERS", "NEST_RELEASE"}
"""Variables that a deployment sets itself."""

SET_BY_NESTCTL = {
    "NEST_PARAMETERS_PATH": f"/{'x' * 16}/",
    "NEST_PARAMETERS": "x" * 12,
    "NEST_RELEASE": "x" * 12,
}
"""What they take at most."""

FRONTEND_OURS = {"PORT": "`port`", "HOSTNAME": "the container", "NEST_RELEASE": "a deployment"}
"""Variables of the frontend's container, and what says their value."""


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with environments."""
    if parts.backend:
        where = ("backend", "environment")
        given = parts.backend.environment
        yield from _names(where, given, LAMBDA_NAME)
        yield from _reserved(where, given)
        yield from _doubled(where, given, parts)
        size = measured({**given, **SET_BY_NESTCTL})
        if size > LARGEST:
            yield Fault(
                where,
                f"the function's environment has {size:,} bytes as JSON; Lambda takes {LARGEST:,}. "
                "Larger values belong into parameters",
            )
    for task, declared in parts.tasks.items():
        place = ("tasks", task, "environment")
        yield from _names(place, declared.environment, CONTAINER_NAME)
        yield from _reserved(place, declared.environment)
        yield from _doubled(place, declared.environment, parts)
    if parts.frontend:
        yield from _frontend(parts, parts.frontend.environment)
        yield from _build(parts.frontend.build_environment)


def measured(environment: Mapping[str, str]) -> int:
    """Return the bytes of a function's environment as Lambda counts them."""
    return len(json.dumps(dict(environment), separators=(",", ":"), ensure_ascii=False).encode())


def _frontend(parts: Parts, given: Mapping[str, str]) -> Iterator[Fault]:
    where = ("frontend", "environment")
    yield from _names(where, given, CONTAINER_NAME)
    for name, owner in FRONTEND_OURS.items():
        if name in given and not (name == "PORT" and given[name] == str(_port(parts))):
            yield Fault((*where, name), f"{name} is set by {owner}: leave it out")
    for name, parameter in parts.parameters.items():
        if name in FRONTEND_OURS and "frontend" in parameter.services:
            yield Fault(
                ("parameters", name),
                f"the frontend's {name} is set by {FRONTEND_OURS[name]}: choose another name",
            )
        if name in given and "frontend" in parameter.services:
            yield Fault(
                (*where, name),
                f"the parameter {name} gives it to the frontend already; ECS takes one of them",
            )


def _build(given: Mapping[str, str]) -> Iterator[Fault]:
    where = ("frontend", "build_environment")
    for name, value in given.items():
        if "\0" in value:
            yield Fault((*where, name), "its value holds a null character, which no program can be given")
        if len(f"{name}={value}".encode()) >= LONGEST_STRING:
            yield Fault(
                (*where, name),
                f"with its name it has more than the {LONGEST_STRING - 1:,} bytes that Linux takes: "
                "let the build read a file of the application instead",
            )


def _port(parts: Parts) -> int:
    return parts.frontend.port if parts.frontend else 0


def _names(where: tuple[str, ...], given: Mapping[str, str], form: re.Pattern[str]) -> Iterator[Fault]:
    for name, value in given.items():
        if not form.fullmatch(name):
            least = " and two characters at least" if form is LAMBDA_NAME else ""
            yield Fault(
                (*where, name), f"{name!r} is no variable's name: letters, digits and underscores{least}"
            )
        if "\0" in value:
            yield Fault((*where, name), "its value holds a null character")


def _doubled(where: tuple[str, ...], given: Mapping[str, str], parts: Parts) -> Iterator[Fault]:
    for name in given:
        if name in parts.parameters:
            yield Fault(
                (*where, name),
                f"{name} is a parameter, too, and one of the two values would be read. Leave one out",
            )


def taken(name: str) -> str | None:
    """Return who has a variable of the backend for itself, ``None`` when it is free."""
    if name in RESERVED or name.startswith("AWS_LAMBDA_"):
        return f"Lambda keeps {name} for itself"
    if what := steering(name):
        return what
    return f"{name} is set by a deployment: leave it out" if name in OURS else None


def steering(name: str) -> str | None:
    """Return where a variable would lead the backend's programs, ``None`` when it leads them nowhere."""
    for form, reason in STEERING:
        if re.fullmatch(form, name):
            return f"with {name} {reason}: leave it out"
    return None


def _reserved(where: tuple[str, ...], given: Mapping[str, str]) -> Iterator[Fault]:
    for name in given:
        if what := taken(name):
            yield Fault((*where, name), what)
