"""Targets: where AWS is for a run. This file is read by every `--help`, so it imports nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nestctl.settings.resolve import Settings
    from nestctl.targets.base import Target

NAMES = ("local",)


def check(name: str) -> None:
    """Refuse a target that nestctl does not have.

    Raises:
        NestctlError: ``unknown-target`` (exit status 2).
    """
    from nestctl.report import usage_error
    from nestctl.report.words import did_you_mean

    if name not in NAMES:
        raise usage_error(
            "unknown-target",
            f"There is no target {name!r}. {did_you_mean(name, NAMES)}".rstrip(),
            f"The targets are: {', '.join(NAMES)}.",
            "Run the same command with --target local",
        )


def looks(name: str) -> tuple[tuple[str, Callable[[Settings], str]], ...]:
    """Return what the doctor looks at for a target besides all else."""
    from nestctl.targets import local

    return local.LOOKS if name == "local" else ()


def reach(settings: Settings, progress: Callable[[str], None], *, start: bool = True) -> Target | None:
    """Return the target that a run was asked for.

    Args:
        settings: The run's settings.
        progress: Told what happens.
        start: Start what can be started; otherwise ``None`` is returned when it is stopped.

    Raises:
        NestctlError: ``local-cloud``: it does not start; ``folder-unusable``.
    """
    from nestctl.targets import local

    return local.reach(settings, progress, start=start)
