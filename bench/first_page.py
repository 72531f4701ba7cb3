"""``nestctl --help`` against starting Python at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.support.bench import Bench
from bench.support.figures import Figure, alternate, ratio, seconds

LIMIT = 3.0
REPEATS = 25


def measure(bench: Bench) -> list[Figure]:
    """Start both in turn, with the same interpreter, until they have ended."""
    bench.tell("nestctl --help and python -c pass in turn")
    nestctl = [str(Path(sys.executable).with_name("nestctl")), "--help"]
    nothing = [sys.executable, "-c", "pass"]

    def start(argv: list[str]) -> None:
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    start(nestctl)
    start(nothing)
    ours, other = alternate(
        lambda: seconds(lambda: start(nestctl)), lambda: seconds(lambda: start(nothing)), bench.times(REPEATS)
    )
    return [ratio("help", "nestctl --help : python -c pass", ours, other, LIMIT)]
