"""What a manifest's values must be beyond their types: each rule yields every fault that it finds.

No rule looks at files of the application or asks anybody: that is the doctor's.
"""

from __future__ import annotations

from collections.abc import Iterator

from nestctl.settings.faults import Fault
from nestctl.settings.rules import (
    addresses,
    commands,
    environment,
    names,
    parameters,
    paths,
    policy,
    probes,
    schedules,
    sizes,
)
from nestctl.settings.rules.parts import Parts, Rule

__all__ = ["Parts", "judge"]

RULES: tuple[Rule, ...] = (
    names.faults,
    addresses.faults,
    sizes.faults,
    paths.faults,
    probes.faults,
    commands.faults,
    schedules.faults,
    environment.faults,
    policy.faults,
    parameters.faults,
)


def judge(parts: Parts) -> Iterator[Fault]:
    """Yield everything that is wrong."""
    for rule in RULES:
        yield from rule(parts)
