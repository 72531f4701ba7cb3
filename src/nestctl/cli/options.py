"""The options that commands share, declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from nestctl import targets
from nestctl.settings.paths import CHECKOUT

STEP_NAMES = (
    *(
        "doctor",
        "state",
        "bootstrap",
        "certificate",
        "images",
        "validation",
        "platform",
        "secrets",
        "migrate",
        "load",
    ),
    *("backend", "routes", "index", "frontend", "domain", "smoke"),
)
"""The runbook's steps: known here so that help and completion need not import them. A test compares."""

PROOF_NAMES = ("network", "iam", "secrets", "manual", "policy", "cost", "apply-time")
"""Likewise the proofs."""


def environment_names() -> list[str]:
    """Return the environments of the manifest in the checkout; none when it cannot be read."""
    import tomllib

    try:
        found = tomllib.loads((CHECKOUT / "nest.toml").read_text(encoding="utf-8"))["environments"]
        return [str(name) for name in found]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def root_names() -> list[str]:
    """Return the Terraform roots that a command line may name."""
    return ["state", "bootstrap", *environment_names()]


def completes(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return what completes a word from names."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


EnvOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--env",
        "-e",
        help=f"Environment of nest.toml: {', '.join(environment_names()) or 'one that it names'}.",
        envvar="NESTCTL_ENV",
        autocompletion=completes(environment_names),
    ),
]
TargetOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--target",
        "-t",
        help=f"Where AWS is: {', '.join(targets.NAMES)}.",
        envvar="NESTCTL_TARGET",
        autocompletion=completes(lambda: targets.NAMES),
    ),
]
UntilOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--until",
        help=f"Last step to carry out: {', '.join(STEP_NAMES)}.",
        autocompletion=completes(lambda: STEP_NAMES),
    ),
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
WaitOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--wait",
        min=0,
        help="Seconds to wait for DNS records.",
        show_default="3600 on a terminal, else 120",
    ),
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


HELP = {"help_option_names": ["-h", "--help"]}
"""Settings that every command and noun takes."""


def help_of(command: Callable[..., Any]) -> str:
    """Return a command's docstring with its examples kept as lines (click's mark for that is a backspace)."""
    return (inspect.getdoc(command) or "").replace("Examples:\n", "\b\nExamples:\n")
