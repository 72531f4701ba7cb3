"""Which commit sources are of."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECONDS = 30
"""Time-out of a question to Git; in a large repository it reads every file once."""


@dataclass(frozen=True)
class Commit:
    """A commit and whether a folder differs from it; no name where the folder is in no repository."""

    name: str = ""
    dirty: bool = False


def of(folder: Path, *paths: str) -> Commit:
    """Return the commit of a folder. Without Git, or where Git refuses, there is none.

    Args:
        folder: A folder of the repository.
        paths: What of it counts, relative to it; all of it when none is given.
    """
    git = shutil.which("git")
    if git is None:
        return Commit()
    # A hook's own variables would lead Git to another repository.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
    answers = []
    for question in (["rev-parse", "--verify", "HEAD"], ["status", "--porcelain", "--", *(paths or ["."])]):
        try:
            done = subprocess.run(
                [git, "-C", str(folder), *question],
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return Commit()
        answers.append(done.stdout.strip())
    return Commit(answers[0], dirty=bool(answers[1]))
