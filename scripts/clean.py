#!/usr/bin/env python3
"""Removes what was installed and built; with --forget also what the local cloud remembers.

Needs nothing but Python's standard library, so that nothing is installed in order to be removed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MADE = (".venv", ".cache", ".nest")
NESTCTL = ROOT / ".venv" / "bin" / "nestctl"


def main(argv: list[str]) -> int:
    """Clean, or with ``--forget`` forget, and return the exit status."""
    state = state_dir()
    if "--forget" in argv:
        return forget(state, yes="--yes" in argv)
    if not stopped(state):
        return 1
    gone = [name for name in MADE if (ROOT / name).exists()]
    for name in gone:
        shutil.rmtree(ROOT / name)
    say(f"Removed: {', '.join(gone)}." if gone else "Nothing to remove.")
    if state.exists():
        say(f"What the local cloud remembers stays in {state}; to forget it: make forget")
    say("Caches that uv, pip and npm share with other projects stay in ~/.cache/uv, ~/.cache/pip and ~/.npm.")
    return 0


def forget(state: Path, *, yes: bool) -> int:
    """Remove the local cloud's state folder, after a question."""
    if not state.exists():
        say(f"Nothing to forget: there is no {state}.")
        return 0
    if not yes:
        if not sys.stdin.isatty():
            return fail(
                "Nothing was removed: this asks first, and there is no terminal.", "make forget YES=1"
            )
        say(f"Forget everything in {state}? [y/N]")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            say("Nothing was removed.")
            return 1
    if not stopped(state):
        return 1
    shutil.rmtree(state)
    say(f"Removed: {state}")
    return 0


def stopped(state: Path) -> bool:
    """Stop the local cloud; say what to do where it runs and nestctl is gone."""
    if NESTCTL.exists():
        return (
            not state.exists() or subprocess.run([str(NESTCTL), "local", "stop"], check=False).returncode == 0
        )
    layout = load_layout()
    pid = layout.read_json(layout.Layout(state).running).get("pid")
    if isinstance(pid, int) and alive(pid):
        fail(f"The local cloud may still run, as process {pid}, and nestctl is not there.", "make down")
        return False
    return True


def alive(pid: int) -> bool:
    """Tell whether there is a process of this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def state_dir() -> Path:
    """Return where the local cloud of this checkout keeps its state."""
    folder: Path = load_layout().default_state_dir(ROOT)
    return folder


def load_layout() -> Any:
    """Load the one module that knows the folder; it and what it imports need the standard library only."""
    if str(ROOT / "src") not in sys.path:
        sys.path.insert(0, str(ROOT / "src"))
    spec = importlib.util.spec_from_file_location("layout", ROOT / "src/nestctl/localcloud/layout.py")
    if spec is None or spec.loader is None:
        raise ImportError("layout")
    module = importlib.util.module_from_spec(spec)
    sys.modules["layout"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def say(text: str) -> None:
    """Write to stderr."""
    print(text, file=sys.stderr, flush=True)


def fail(what: str, next_command: str) -> int:
    """Say what went wrong and what to run next, and return the exit status."""
    say(f"error: {what}  [clean]\nnext: {next_command}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
