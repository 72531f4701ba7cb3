"""Finds the AWS CLI for the chapter by hand, and gets one where the machine has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".cache" / "tools"
PACKAGE = "awscli>=1.44,<2"
"""Version 1 is the one on PyPI; version 2 comes as an installer for the whole machine."""

INSTALL_SECONDS = 600


class AwsCliError(Exception):
    """No AWS CLI was found or could be got; the text says what, why, and the next command."""


def ensure(say: Callable[[str], None]) -> Path:
    """Return the folder of an AWS CLI: of the one on PATH, else of one in the checkout's cache.

    It has an environment of its own, since it wants older libraries than ours.

    Raises:
        AwsCliError: There is none, and none can be got.
    """
    found = shutil.which("aws")
    if found:
        return Path(found).parent
    folder = TOOLS / "bin"
    if (folder / "aws").exists():
        return folder
    say("no AWS CLI found; installing one into the checkout")
    uv = Path(sys.executable).with_name("uv")
    env = {**os.environ, "UV_TOOL_DIR": str(TOOLS), "UV_TOOL_BIN_DIR": str(folder)}
    command = [str(uv), "tool", "install", "--quiet", "--python", sys.executable, PACKAGE]
    try:
        subprocess.run(command, env=env, check=True, timeout=INSTALL_SECONDS, capture_output=True, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise AwsCliError(
            "error: there is no AWS CLI for the test of the chapter by hand.\n"
            f"why: none is on PATH, and `{' '.join(command[1:])}` failed: {said.strip()[-500:]}\n"
            "next: install it (https://aws.amazon.com/cli/), then: make test"
        ) from error
    return folder
