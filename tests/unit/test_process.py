from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from nestctl import process
from nestctl.report import NestctlError
from nestctl.terraform import locks

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")

SAVES_ITS_STATE = """
import signal, sys, time
stop = []
signal.signal(signal.SIGINT, lambda *_: stop.append(1))
print("begun", flush=True)
while not stop:
    time.sleep(0.02)
for number in range(100):
    print("stopping", number, flush=True)
    print("stopping", number, file=sys.stderr, flush=True)
open(sys.argv[1], "w").write("saved")
"""

RUNS_IT = """
import os, sys
from pathlib import Path
from nestctl import process
folder = Path(sys.argv[1])
argv = [sys.executable, str(folder / "child.py"), str(folder / "saved")]
with process.program(argv, cwd=folder, env=os.environ, log=folder / "log") as running:
    for line in running.lines():
        print(line, end="", flush=True)
"""


def wait_for(path: Path) -> bool:
    deadline = time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return path.exists()


def run(folder: Path, program: str) -> str:
    return process.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=os.environ,
        log=folder / "log",
        code="x",
        what="It failed.",
        next_="again",
    )


@LINUX
def test_a_program_outlives_a_killed_run_until_it_has_saved_its_state(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(SAVES_ITS_STATE)
    (tmp_path / "parent.py").write_text(RUNS_IT)
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "parent.py"), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "begun\n"
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert wait_for(tmp_path / "saved")


def test_stdout_comes_back_and_both_streams_are_logged(tmp_path: Path) -> None:
    said = run(
        tmp_path, "import sys; print('ä' * 70000); print('aside', file=sys.stderr); print('end', end='')"
    )
    assert said == "ä" * 70000 + "\nend"
    assert "aside" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_failure_carries_what_the_program_said_last(tmp_path: Path) -> None:
    with pytest.raises(NestctlError) as caught:
        run(tmp_path, "import sys; print('the reason', file=sys.stderr); sys.exit(3)")
    assert "status 3" in caught.value.why
    assert "the reason" in caught.value.why


def test_a_program_that_talks_much_while_it_stops_is_not_waited_for_in_vain(tmp_path: Path) -> None:
    talk = (
        "import signal, sys, time\n"
        "def stop(*_):\n"
        "    print('x' * 1_000_000)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "print('begun', flush=True)\n"
        "for _ in range(1200):\n"
        "    time.sleep(0.05)\n"  # a signal right before one long sleep would be heard after it
    )
    argv = [sys.executable, "-c", talk]
    began = time.monotonic()
    with process.program(argv, cwd=tmp_path, env=os.environ, log=tmp_path / "log") as running:
        assert next(running.lines()) == "begun\n"
        running.interrupt()
    assert running.process.returncode == 0
    assert time.monotonic() - began < 10


@LINUX
def test_a_providers_orphan_is_no_writer_and_is_ended(tmp_path: Path) -> None:
    data = tmp_path / "data"
    provider = tmp_path / "terraform-provider-aws_v1"
    provider.symlink_to("/bin/sleep")
    orphan = subprocess.Popen([str(provider), "60"], env={**os.environ, "TF_DATA_DIR": str(data)})
    try:
        while not psutil.Process(orphan.pid).cmdline():
            time.sleep(0.01)
        assert locks.writers(data) == []
        locks.wait_for_writers(data, print, timeout=1)
        assert orphan.wait(5) == -signal.SIGKILL
    finally:
        orphan.kill()
        orphan.wait()


TELLS_ITS_NICENESS = """
import os
from pathlib import Path
group = Path("/proc/self/autogroup")
told = group.read_text().split()[-1] if group.exists() else os.nice(0)
print(os.nice(0), told)
"""

RUNS_NICELY = """
import os, sys
from pathlib import Path
from nestctl import process
os.nice(3)
folder = Path(sys.argv[1])
argv = [sys.executable, "-c", sys.argv[2]]
said = process.run(argv, cwd=folder, env=os.environ, log=folder / "log", code="c", what="w", next_="n")
print(os.nice(0), said)
"""


def test_the_session_of_a_program_is_as_nice_as_who_starts_it(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", RUNS_NICELY, str(tmp_path), TELLS_ITS_NICENESS]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    assert len(said) == 3
    assert set(said) == {said[0]}
    assert int(said[0]) >= 3
