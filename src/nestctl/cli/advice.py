"""Advice as it has to be typed: an advised command works on what the failed one worked on."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from typing import Any

CARRIED = {
    "--env": "-e",
    "--target": "-t",
    "--app": "",
    "--region": "",
    "--domain": "",
    "--var-file": "",
}
"""Options that say what a command works on, with their short forms."""

WORD = r"""(?:'[^']*'|"[^"]*"|[^\s,;:()'"`]|:(?=\S))+(?<!\.)"""
COMMAND = re.compile(rf"\bnestctl((?: {WORD})+)")
"""A command within a sentence: it ends at a comma, a colon before a blank, a bracket or the full stop."""


def complete(text: str, argv: Sequence[str] | None = None) -> str:
    """Return advice whose commands have the options that were typed, as far as they take them.

    Args:
        text: The advice.
        argv: The words after ``nestctl``; those of this process when there are none. What comes from the
            environment is not added: the shell that reads the advice has it, too.
    """
    given = _given(sys.argv[1:] if argv is None else argv)
    if not given:
        return text

    def completed(found: re.Match[str]) -> str:
        try:
            words = shlex.split(found[1])
        except ValueError:  # no command: a line of a log that a reason carries
            return found[0]
        takes = {name for parameter in command_of(words)[0].params for name in parameter.opts}
        # One that begins like the word covers --env=x.
        lacking = [
            f"{name} {shlex.quote(value)}"
            for name, value in given.items()
            if name in takes and not any(re.fullmatch(rf"{name}(=.*)?", word) for word in words)
        ]
        return " ".join([found[0], *lacking])

    return COMMAND.sub(completed, text)


def command_of(words: Sequence[str]) -> tuple[Any, list[str]]:
    """Return the command that words name, and the words behind its name."""
    import typer

    from nestctl.cli.app import app

    command: Any = typer.main.get_command(app)
    rest = list(words)
    while rest and hasattr(command, "get_command") and not rest[0].startswith("-"):
        inner = command.get_command(None, rest[0])
        if inner is None:
            break
        command, rest = inner, rest[1:]
    return command, rest


def _given(argv: Sequence[str]) -> dict[str, str]:
    """Return the carried options that stand on a command line, the last of each."""
    found: dict[str, str] = {}
    for place, word in enumerate(argv):
        for name, short in CARRIED.items():
            if word in (name, short) and place + 1 < len(argv):
                found[name] = argv[place + 1]
            elif word.startswith(f"{name}="):
                found[name] = word.removeprefix(f"{name}=")
            elif short and word.startswith(short) and not word.startswith("--") and len(word) > len(short):
                found[name] = word.removeprefix(short)
    return found
