"""One bash in which the commands of a page are typed, block after block, as a person would."""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from by_hand_page import Block, meets

from nestctl import process_session

BLOCK_SECONDS = 1500
"""Terraform's own delays for a whole environment, on a slow machine."""

TYPED = "typed"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")

PRELUDE = """
set -E -e -u -o pipefail
trap 'echo "failed with status $?: $BASH_COMMAND" >&2' ERR
"""
"""Ends the shell at the first command that fails, and names it as it is written: no value is expanded."""


class TypingError(AssertionError):
    """A block did not do what the page says; the message holds place, commands and output."""


class Shell:
    """A shell that lives as long as the page.

    Args:
        folder: Where it starts.
        env: Its environment.
        scripts: Folder for the commands and what they print.
    """

    def __init__(self, folder: Path, env: Mapping[str, str], scripts: Path) -> None:
        scripts.mkdir(parents=True, exist_ok=True)
        self._scripts = scripts
        self._count = 0
        self.printed = ""
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=process_session.keep_niceness,  # noqa: PLW1509 - only system calls
        )
        self._send(PRELUDE)

    def type(self, block: Block, seconds: float = BLOCK_SECONDS) -> str:
        """Type the commands and return what they print.

        Raises:
            TypingError: A command failed, took too long, or printed something else than the page says.
        """
        self._count += 1
        script = self._scripts / f"{self._count:02}.sh"
        output = script.with_suffix(".txt")
        script.write_text(block.commands + "\n", encoding="utf-8")
        words = shlex.join([str(script)]), shlex.join([str(output)])
        self._send(f". {words[0]} > {words[1]} 2>&1 < /dev/null\necho {TYPED}\n")
        answer = self._answer(seconds)
        printed = COLOURS.sub("", output.read_text(encoding="utf-8")) if output.is_file() else answer
        self.printed += printed
        if answer != TYPED:
            reason = "the commands failed" if answer != "timeout" else f"no end after {seconds:.0f} s"
            raise TypingError(f"{block.where}: {reason}\n{_quoted(block.commands)}\n{printed[-6000:]}")
        if block.expected is not None and not meets(printed, block.expected):
            raise TypingError(
                f"{block.where}: it printed something else\n{_quoted(block.commands)}\n"
                f"expected:\n{_quoted(block.expected)}\nprinted:\n{printed[-6000:]}"
            )
        return printed

    def close(self) -> None:
        """End the shell and what it left running."""
        with suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.wait()
        for stream in (self._bash.stdin, self._bash.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    def _send(self, text: str) -> None:
        assert self._bash.stdin is not None
        with suppress(BrokenPipeError):
            self._bash.stdin.write(text)
            self._bash.stdin.flush()

    def _answer(self, seconds: float) -> str:
        assert self._bash.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._bash.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                self.close()
                return "timeout"
        return self._bash.stdout.readline().strip()


def _quoted(text: str) -> str:
    return "\n".join(f"  | {line}" for line in text.splitlines())
