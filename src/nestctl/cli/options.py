"""The options that commands share, declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

EnvOption: TypeAlias = Annotated[
    str, typer.Option("--env", "-e", help="Environment of nest.toml.", envvar="NESTCTL_ENV")
]
TargetOption: TypeAlias = Annotated[
    str, typer.Option("--target", "-t", help="Where AWS is: local.", envvar="NESTCTL_TARGET")
]
AppOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--app", help="Folder of another application with its own nest.toml.", show_default=False),
]
RegionOption: TypeAlias = Annotated[
    str | None, typer.Option("--region", help="AWS region.", show_default="from nest.toml")
]
DomainOption: TypeAlias = Annotated[
    str | None, typer.Option("--domain", help="Domain name of the site.", show_default="from nest.toml")
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
QuietOption: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Warnings and failures only.")]
VerboseOption: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", help="Every line of progress, no animation.")
]
YesOption: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRunOption: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")
]


def help_of(command: Callable[..., Any]) -> str:
    """Return a command's docstring with its examples kept as lines (click's mark for that is a backspace)."""
    return (inspect.getdoc(command) or "").replace("Examples:\n", "\b\nExamples:\n")
