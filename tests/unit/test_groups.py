"""Tests that share a site or a cloud stay on one worker: two sites at once would cost more than they save."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from nestctl.settings.paths import CHECKOUT


def test_workers_keep_groups_together() -> None:
    files = ["tests/unit/test_report.py", "tests/unit/test_manifest.py"]
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *files]
    command += ["--numprocesses", "2", "--dist", "loadgroup"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)
    workers = re.findall(r"\[(gw\d)\] \[ *\d+%\] PASSED tests/\S+@unit", done.stdout)
    assert len(workers) > 10, done.stdout
    assert len(set(workers)) == 1
