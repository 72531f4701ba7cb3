from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nestctl.build import workplace

SLEEP = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def orphan(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that a dead build left running below its folder."""
    below = tmp_path / "frontend" / ".next"
    below.mkdir(parents=True)
    process = subprocess.Popen([sys.executable, "-c", SLEEP], cwd=below, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_what_a_dead_build_left_running_is_ended_before_the_next(
    tmp_path: Path, orphan: subprocess.Popen[str]
) -> None:
    said: list[str] = []
    with workplace.sole_use(tmp_path / "frontend", said.append):
        assert orphan.poll() is not None
    assert said == ["ending 1 process of a build that was killed"]


def test_processes_elsewhere_are_left_alone(tmp_path: Path, orphan: subprocess.Popen[str]) -> None:
    with workplace.sole_use(tmp_path / "front", lambda _: None):
        assert orphan.poll() is None


def test_a_process_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "GRACE_SECONDS", 0.2)
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        workplace.end([psutil.Process(process.pid)])
        assert not psutil.pid_exists(process.pid)


def test_two_builds_in_one_folder_wait_for_each_other(tmp_path: Path) -> None:
    said: list[str] = []
    order: list[str] = []

    def second() -> None:
        with workplace.sole_use(tmp_path / "frontend", said.append):
            order.append("second")

    with workplace.sole_use(tmp_path / "frontend", lambda _: None):
        other = threading.Thread(target=second)
        other.start()
        other.join(1)
        assert other.is_alive()
        order.append("first")
    other.join(10)
    assert order == ["first", "second"]
    assert said == ["waiting for another build in frontend"]
