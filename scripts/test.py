#!/usr/bin/env python3
"""Runs everything that tells whether this checkout is sound: style, then every test, types among them.

Called by ``make test`` and ``make test-fast`` with the checkout's own Python. What comes after ``--`` goes to
pytest: ``scripts/test.py -- -k parameters``. The last line is pytest's summary; the exit status is 0 only
when every check passed and at least one test ran.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import aws_cli
import browser

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
FAILED_CHECKS = "NESTCTL_FAILED_CHECKS"
"""Tells tests/conftest.py what to repeat above pytest's last line."""

WORKERS = 6
"""More than two cores: half of what they do is waiting for delays that Terraform's provider has built in.
Four have a site each from the beginning; the others take the rest, with what computing is left."""

CHECK_SECONDS = 300
SHOWN_LINES = 40
SLOWEST = 15


def main(argv: list[str]) -> int:
    """Run the checks and the tests and return the exit status."""
    parser = argparse.ArgumentParser(description="Run the checks and the tests.")
    parser.add_argument("--fast", action="store_true", help="only what takes seconds")
    parser.add_argument("--nightly", action="store_true", help="also what takes a quarter of an hour")
    parser.add_argument("--no-checks", action="store_true", help="go to the tests at once")
    parser.add_argument("pytest", nargs="*", help="after --: arguments for pytest")
    options = parser.parse_args(argv)
    from nestctl.terraform import garbage

    env = {**garbage.settings(os.environ), **os.environ}
    if not options.fast:
        try:
            env[browser.VARIABLE] = browser.ensure(say)
            env["PATH"] = f"{env['PATH']}{os.pathsep}{aws_cli.ensure(say)}"
        except (browser.BrowserError, aws_cli.AwsCliError) as error:
            say(str(error))
            return 1
        say(f"browser: {env[browser.VARIABLE]}")
    wanted = [] if options.no_checks else checks()
    failed = [name for name, command in wanted if not passes(name, command)]
    env[FAILED_CHECKS] = "\n".join(failed)
    command = [sys.executable, "-m", "pytest", f"--durations={SLOWEST}", "--durations-min=1"]
    command += ["-m", "not slow and not nightly"] if options.fast else []
    command += ["-m", "nightly or not nightly"] if options.nightly else []
    command += ["--numprocesses", str(WORKERS), "--dist", "loadgroup", "--no-loadscope-reorder"]
    status = subprocess.run([*command, *options.pytest], cwd=ROOT, env=env, check=False).returncode
    return status or int(bool(failed))


def checks() -> list[tuple[str, list[str]]]:
    """Return the checks that come before the tests: name and argv."""
    from nestctl.terraform.binary import find_terraform

    terraform = str(find_terraform().path)
    return [
        ("ruff check", [str(BIN / "ruff"), "check", "--quiet", "."]),
        ("ruff format --check", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
        ("terraform_docs.py --check", [sys.executable, "scripts/terraform_docs.py", "--check"]),
        ("terraform fmt -check", [terraform, "fmt", "-check", "-recursive", "infrastructure"]),
    ]


def passes(name: str, argv: list[str]) -> bool:
    """Run a check, show its end when it fails, and tell whether it passed."""
    began = time.monotonic()
    env = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    try:
        done = subprocess.run(
            argv,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=CHECK_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"{name}: FAILED\n  {error}")
        return False
    said = done.stdout.strip().splitlines()
    if done.returncode:
        left = [f"  ... {len(said) - SHOWN_LINES} lines more"] if len(said) > SHOWN_LINES else []
        say("\n".join([f"{name}: FAILED", *(f"  {line}" for line in said[:SHOWN_LINES]), *left]))
        return False
    say(f"{name}: ok ({time.monotonic() - began:.1f} s)")
    return True


def say(text: str) -> None:
    """Write to stderr, where it cannot come after pytest's last line."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
