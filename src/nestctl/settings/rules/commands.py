"""What is run: commands and sizes of tasks, the WSGI application, dependency groups, the port."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from nestctl.report.words import counted
from nestctl.settings.fargate import size_fault
from nestctl.settings.faults import Fault
from nestctl.settings.rules.environment import LONGEST_STRING
from nestctl.settings.rules.names import LONGEST_STACK
from nestctl.settings.rules.parts import Parts
from nestctl.settings.rules.paths import length_fault

if TYPE_CHECKING:
    from nestctl.settings.manifest import Backend

LARGEST_DEFINITION = 64 * 1024
"""Bytes of a task definition (Amazon ECS service quotas)."""

OURS = 4096
"""Bytes of a task definition that are not the manifest's: names, image, logs."""


WSGI = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
GROUP = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
"""Names of dependency groups (the packaging specification "Dependency Groups")."""

TAKEN = {5432: "the database", 6379: "the cache"}
"""Ports that have rules of their own in security groups and network ACLs."""


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with commands and tasks."""
    if parts.tasks and "migrate" not in parts.tasks:
        yield Fault(("tasks",), "there must be a task named migrate")
    shared = parts.backend.environment if parts.backend else {}
    for name, task in parts.tasks.items():
        yield from _command(("tasks", name, "command"), task.command)
        if what := size_fault(task.cpu, task.memory):
            yield Fault(("tasks", name, "memory" if task.memory != "1024" else "cpu"), what)
        if what := _definition(task.command, {**shared, **task.environment}, {}):
            yield Fault(("tasks", name), what)
    if parts.backend:
        yield from _backend(parts.backend)
    if parts.frontend:
        if owner := TAKEN.get(parts.frontend.port):
            yield Fault(("frontend", "port"), f"{owner} listens on {parts.frontend.port}: choose another")
        yield from _command(("frontend", "command"), parts.frontend.command)
        if what := _definition(parts.frontend.command, parts.frontend.environment, _secrets(parts)):
            yield Fault(("frontend",), what)


def _definition(command: Sequence[str], plain: Mapping[str, str], secrets: Mapping[str, str]) -> str | None:
    """Return why a task definition is too large, ``None`` when it is not."""
    container = {
        "command": list(command),
        "environment": [{"name": name, "value": value} for name, value in plain.items()],
        "secrets": [{"name": name, "valueFrom": arn} for name, arn in secrets.items()],
    }
    size = len(json.dumps(container, separators=(",", ":"), ensure_ascii=False).encode()) + OURS
    if size <= LARGEST_DEFINITION:
        return None
    given = f", {counted(len(secrets), 'parameter')} among them" if secrets else ""
    return (
        f"its definition has some {size:,} bytes{given}; ECS takes {LARGEST_DEFINITION:,}. "
        "Shorten the command or the values, or take names out"
    )


def _secrets(parts: Parts) -> dict[str, str]:
    """Return the parameters that the frontend's container gets, with ARNs as long as the longest of them."""
    region = max((where.region for where in parts.environments.values()), key=len, default="us-east-1")
    arn = f"arn:aws:ssm:{region}:{'0' * 12}:parameter/{'x' * LONGEST_STACK}/"
    return {
        name: arn + name for name, parameter in parts.parameters.items() if "frontend" in parameter.services
    }


def _backend(backend: Backend) -> Iterator[Fault]:
    if not WSGI.fullmatch(backend.wsgi):
        yield Fault(
            ("backend", "wsgi"),
            f"{backend.wsgi!r} is no WSGI application: modules and its name, divided by dots, "
            "like config.wsgi.application",
        )
    # Its modules are files below `root`.
    elif what := length_fault(f"{backend.wsgi.replace('.', '/')}.py"):
        yield Fault(("backend", "wsgi"), what)
    for index, group in enumerate(backend.image.groups):
        if not GROUP.fullmatch(group):
            yield Fault(
                ("backend", "image", "groups", str(index)), f"{group!r} is no name of a dependency group"
            )
    if backend.fixture_command:
        yield from _command(("backend", "fixture_command"), backend.fixture_command)
        if backend.fixture is None:
            yield Fault(("backend", "fixture_command"), "it makes the fixture: `fixture` must name it")


def _command(where: tuple[str, ...], command: Sequence[str]) -> Iterator[Fault]:
    if not command[0].strip():
        yield Fault(where, "its first word, the program, is empty")
    if any("\0" in word for word in command):
        yield Fault(where, "a word of it holds a null character")
    if any(len(word.encode()) >= LONGEST_STRING for word in command):
        yield Fault(where, f"a word of it has more than the {LONGEST_STRING - 1:,} bytes that Linux takes")
