"""Sizes: variables of the environment's Terraform root, by their names and types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nestctl.settings.fargate import size_fault
from nestctl.settings.faults import Fault, nearest
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.settings.rules.endpoints import endpoint_faults
from nestctl.settings.rules.parts import Parts
from nestctl.settings.rules.tags import tag_faults
from nestctl.settings.variables import Variable, declared, plain_fault, type_fault

SET_BY_A_RUN = {
    "project_name": "project.name",
    "environment": "the name of the environment's table",
    "aws_region": "`region`",
    "domain_name": "`domain`",
    "next_domain_name": "a run, from `domain`",
    "certificate_issued": "a run",
    "db_proxy_kept": "a run, from `db_proxy_enabled`",
    "application": "the rest of nest.toml",
    "lambda_function_name": "a run",
    "backend_image_tag": "a run",
    "frontend_image_tag": "a run",
    "frontend_cpu_architecture": "a run, from `cpu_architecture`",
}
"""Variables that are no sizes, and where their values come from."""

BEYOND: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "interface_endpoints": endpoint_faults,
    "tags": tag_faults,
}
"""What values must be beyond their types where Terraform does not say it: they are dictionaries and lists."""


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with sizes."""
    for name, environment in parts.environments.items():
        where = ("environments", name, "sizes")
        # Any environment may be written down before its root is there; one that is deployed must have it.
        variables = declared(INFRASTRUCTURE / name)
        for key, value in environment.sizes.items():
            if what := _size(key, value, variables):
                yield Fault((*where, key), what)
            elif key in BEYOND and isinstance(value, dict | list):
                yield from (Fault((*where, key), what) for what in BEYOND[key](value))
        if what := _task(environment.sizes, variables):
            yield Fault((*where, "frontend_task_memory"), what)


def _size(key: str, value: Any, variables: Mapping[str, Variable]) -> str | None:
    if key in SET_BY_A_RUN:
        return f"it is no size: it comes from {SET_BY_A_RUN[key]}"
    if what := plain_fault(value):
        return what
    if not variables:
        return None
    if key not in variables:
        known = set(variables) - set(SET_BY_A_RUN)
        return f"there is no such variable in the environment's variables.tf{nearest(key, sorted(known))}"
    return type_fault(value, variables[key].type)


def _task(sizes: Mapping[str, Any], variables: Mapping[str, Variable]) -> str | None:
    """Return why Fargate has no such frontend task, the root's own defaults taken where none is given."""
    names = ("frontend_task_cpu", "frontend_task_memory")
    given = [name for name in names if name in sizes]
    if not given or any(isinstance(sizes[name], list | dict | float | bool) for name in given):
        return None
    defaults = [variables[name].default if name in variables else None for name in names]
    cpu, memory = (sizes.get(name, default) for name, default in zip(names, defaults, strict=True))
    return None if cpu is None or memory is None else size_fault(cpu, memory)
