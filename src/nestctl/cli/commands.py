"""What ``nestctl`` can do, in words, without the libraries that doing it takes.

``nestctl --help`` is answered from here alone: Typer, and what the commands import, cost ten times what
starting Python does.
"""

from __future__ import annotations

import os
import sys

SUMMARY = "Rehearses on a laptop how a Django and Next.js site goes to AWS, and proves its Terraform first."
EPILOG = "Exit status: 0 done or nothing to do, 1 failed, 2 wrong usage, 3 waiting, 130 interrupted."

OPTIONS = {
    "--version": "Show the version.",
    "--install-completion": "Install completion for the current shell.",
    "--show-completion": "Show completion for the current shell.",
    "-h, --help": "Show this message and exit.",
}
"""The options of ``nestctl`` itself, each with what it does."""

COMMANDS = {
    "up": ("nestctl.cli.up:up", "Bring the whole site up, or go on where an earlier run stopped."),
    "status": ("nestctl.cli.status:status", "Show every step and whether it is done; change nothing."),
    "doctor": (
        "nestctl.cli.doctor:doctor",
        "Look at machine, application and settings; starts the local cloud to ask it who calls.",
    ),
    "plan": ("nestctl.cli.roots:plan", "Plan one root and show what an apply would change."),
    "apply": ("nestctl.cli.roots:apply", "Plan one root, show the plan, and apply exactly that plan."),
    "state": ("nestctl.cli.state:app", "The versions of a Terraform state, and the way back to one."),
    "prove": (
        "nestctl.cli.prove:prove",
        "Prove the infrastructure from its plan: no account, no network, nothing is made.",
    ),
    "destroy": (
        "nestctl.cli.destroy:destroy",
        "Empty an environment, and destroy it with Terraform; state and role stay without --all.",
    ),
    "local": ("nestctl.cli.local:app", "The AWS on this machine: start, stop, look, forget."),
    "aws": ("nestctl.cli.aws:aws", "Run the AWS CLI against the local cloud; get it where there is none."),
}
"""The commands in the order in which help lists them: where each is defined, and the first line of its help.

What is named is a function, or a Typer application for a noun with verbs of its own.
"""

SETTINGS: dict[str, dict[str, object]] = {
    "aws": {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": ["-h"]},
}
"""Settings of single commands: what stands behind ``nestctl aws`` is the AWS CLI's, ``--help`` included."""

WIDEST = 80
NARROWEST = 40
"""Columns that help is set in, whatever the terminal has."""


def columns() -> int:
    """Return the columns of the terminal, within what text can be read in."""
    try:
        wanted = int(os.environ.get("COLUMNS", "")) or os.get_terminal_size(sys.stdout.fileno()).columns
    except (ValueError, OSError):
        wanted = WIDEST
    return max(NARROWEST, min(wanted, WIDEST))


def first_page(width: int) -> str:
    """Return what ``nestctl --help`` says, in lines of at most ``width`` columns where words allow it."""
    commands = {name: summary for name, (_, summary) in COMMANDS.items()}
    parts = [
        "Usage: nestctl [OPTIONS] COMMAND [ARGS]...",
        _wrapped(SUMMARY, "  ", "  ", width),
        "Options:\n" + _table(OPTIONS, width),
        "Commands:\n" + _table(commands, width),
        _wrapped(EPILOG, "  ", "  ", width),
    ]
    return "\n\n".join(parts) + "\n"


def _table(rows: dict[str, str], width: int) -> str:
    first = max(map(len, rows)) + 4
    return "\n".join(
        _wrapped(text, f"  {name}".ljust(first), " " * first, width) for name, text in rows.items()
    )


def _wrapped(text: str, first: str, rest: str, width: int) -> str:
    # textwrap would do it, and cost as much as all the rest.
    lines, line = [], first
    empty = True
    for word in text.split():
        if not empty and len(line) + 1 + len(word) > width:
            lines.append(line)
            line, empty = rest, True
        line += word if empty else f" {word}"
        empty = False
    return "\n".join([*lines, line])
