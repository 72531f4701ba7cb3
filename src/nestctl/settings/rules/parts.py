"""The parts of a manifest that have the right shape: all of them, unless something is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from nestctl.settings.faults import Fault

if TYPE_CHECKING:
    from nestctl.settings.manifest import (
        Backend,
        Environment,
        Frontend,
        Parameter,
        Project,
        Security,
        Site,
        Task,
    )


@dataclass(frozen=True)
class Parts:
    """What can be looked at; ``None`` or an absent key is what has no right shape."""

    project: Project | None
    environments: Mapping[str, Environment]
    backend: Backend | None
    frontend: Frontend | None
    tasks: Mapping[str, Task]
    site: Site | None
    security: Security | None
    parameters: Mapping[str, Parameter]


Rule: TypeAlias = Callable[[Parts], Iterator[Fault]]
