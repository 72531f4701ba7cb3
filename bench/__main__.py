"""Runs the benchmarks and compares each figure with its limit.

``python -m bench`` runs all, ``python -m bench help package`` some; ``--json`` writes one document to stdout.
The exit status is 0 only when every figure was measured and is within its limit.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from bench.support.bench import Bench
from bench.support.figures import Figure

BENCHMARKS = {
    "help": ("bench.first_page", 3.0),
    "up": ("bench.up", 2.0),
    "nothing": ("bench.nothing", 1.5),
    "package": ("bench.package", 0.5),
    "balancer": ("bench.balancer", 5.0),
}
"""Where each benchmark is, in the order in which they run, and the limit of its first figure."""

Measure = Callable[[Bench], Sequence[Figure]]


def main(argv: Sequence[str]) -> int:
    """Run what was asked for and return the exit status."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure what nestctl costs.")
    names = ", ".join(BENCHMARKS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {names}; all without")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--repeats", type=int, help="repeats of each pair")
    parser.add_argument("--keep", type=Path, help="folder to work in, which stays, its clouds too")
    options = parser.parse_args(argv)
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are: {names}")
    chosen = [name for name in BENCHMARKS if name in options.names or not options.names]
    work = options.keep or Path(tempfile.mkdtemp(prefix="nestctl-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    work.chmod(0o711)
    bench = Bench(work.resolve(), _tell, options.repeats)
    figures: list[Figure] = []
    try:
        for name in chosen:
            figures += measured(name, bench)
    finally:
        if not options.keep:
            bench.close()
            shutil.rmtree(work, ignore_errors=True)
    status = verdict(figures)
    if options.json:
        document = {"version": 1, "exit_code": status, "figures": [figure.as_dict() for figure in figures]}
        print(json.dumps(document, indent=2))
    else:
        print("\n".join(figure.line() for figure in figures))
    return status


def measured(name: str, bench: Bench, measure: Measure | None = None) -> list[Figure]:
    """Return a benchmark's figures; one without a value when it came to none, whatever the reason."""
    module, limit = BENCHMARKS[name]
    began = time.monotonic()
    try:
        figures = list((measure or import_module(module).measure)(bench))
        why = "" if figures else "it returned no figure"
    except Exception as error:  # noqa: BLE001 - a benchmark that breaks is a figure that is missing
        figures, why = [], f"{type(error).__name__}: {error}"
    if why:
        figures = [Figure(name, "no measurement", None, limit, "", why=why)]
    bench.tell(f"{name} took {time.monotonic() - began:.0f} s")
    return figures


def verdict(figures: Sequence[Figure]) -> int:
    """Return the exit status: 0 only when there is something and all of it holds."""
    return 0 if figures and all(figure.holds for figure in figures) else 1


def _tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
