"""What is run: commands and sizes of tasks, the WSGI application, dependency groups, the port."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nestctl.settings.fargate import size_fault
from nestctl.settings.faults import Fault
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
        size = len(json.dumps([task.command, {**shared, **task.environment}])) + OURS
        if size > LARGEST_DEFINITION:
            yield Fault(("tasks", name), f"its definition has some {size:,} bytes; ECS takes 65,536")
    if parts.backend:
        yield from _backend(parts.backend)
    if parts.frontend:
        if owner := TAKEN.get(parts.frontend.port):
            yield Fault(("frontend", "port"), f"{owner} listens on {parts.frontend.port}: choose another")
        yield from _command(("frontend", "command"), parts.frontend.command)
        size = len(json.dumps([parts.frontend.command, parts.frontend.environment])) + OURS
        if size > LARGEST_DEFINITION:
            yield Fault(("frontend",), f"its definition has some {size:,} bytes; ECS takes 65,536")


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
