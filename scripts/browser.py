"""Finds a Chromium for the tests of the page, and gets one where the machine has none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

VARIABLE = "NESTCTL_BROWSER"
"""Names the browser to use, and tells the tests which one was found."""

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 30
DOWNLOAD_SECONDS = 600

Say = Callable[[str], None]


class BrowserError(Exception):
    """No browser was found or could be got; the text says what, why, and the next command."""


def ensure(say: Say) -> str:
    """Return the path of a Chromium that starts, installing one where there is none.

    Raises:
        BrowserError: There is none, and none can be got.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if starts(named):
            return named
        raise BrowserError(
            f"error: {named} does not start as a browser.\n"
            f"why: {VARIABLE} names it, and `{named} --version` fails.\n"
            f"next: unset {VARIABLE}, or let it name a Chromium"
        )
    if found := find():
        return found
    reasons = []
    for title, argv in ways_to_get_one():
        say(f"no browser found; {title}")
        if reason := attempt(argv):
            reasons.append(f"`{' '.join(argv)}`: {reason}")
        if found := find():
            return found
    raise BrowserError(
        "error: there is no Chromium for the tests of the page.\n"
        "why: none is on PATH, and none could be installed:\n"
        + "".join(f"  {reason}\n" for reason in reasons)
        + f"next: install Chromium, or name one with {VARIABLE}=/path/to/chromium, then: make test"
    )


def find() -> str | None:
    """Return the first Chromium that starts: on PATH, then among Playwright's own."""
    candidates = [shutil.which(name) for name in PROGRAMS]
    return next((path for path in [*candidates, playwrights_own()] if path and starts(path)), None)


def playwrights_own() -> str:
    """Return where Playwright keeps its Chromium, be it there or not."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def starts(path: str) -> bool:
    """Tell whether a browser starts: some are only a note that it could be installed, some lack a library."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, check=False, timeout=START_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def ways_to_get_one() -> Iterator[tuple[str, list[str]]]:
    """Yield the commands that may bring a browser, in words and as argv."""
    yield "downloading Playwright's", [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        yield "reading the list of packages", ["apt-get", "-qq", "update"]
        yield (
            "installing the system's package",
            ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", "chromium"],
        )


def attempt(argv: list[str]) -> str:
    """Run a command and return why it failed; empty when it did not."""
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            timeout=DOWNLOAD_SECONDS,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    telling = [line for line in said if re.match(r"E:|.*\b(error|failed)\b", line, re.IGNORECASE)]
    reason = next(iter(telling or said[-1:]), "it said nothing")
    return f"status {done.returncode}: {reason[:300]}"
