"""What holds for every test: an orderly end, and folders that the database's own user can reach."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from groups import arrange, yield_to_longer


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Put the tests into the order in which workers take them, before xdist reads their groups."""
    arrange(items)
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave the processor to the tests that the whole run waits for."""
    yield_to_longer(item)


def pytest_configure() -> None:
    """Let a polite kill end the run as Ctrl-C does, so that what fixtures started is stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat the checks that failed before the tests: their words are far above by now."""
    failed = os.environ.get("NESTCTL_FAILED_CHECKS", "").splitlines()
    if failed:
        terminalreporter.section("checks that failed before the tests", red=True)
        for name in failed:
            terminalreporter.line(name)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Callable[[str], Path]]:
    """Makes folders directly below the system's temporary one, passable by others.

    As root, PostgreSQL runs as another user, who cannot pass through pytest's own folders.
    """
    made: list[Path] = []

    def make(name: str) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=f"nestctl-{name}-")).resolve()
        folder.chmod(0o711)
        made.append(folder)
        return folder

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
