from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def nestctl(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nestctl.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **env},
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["up", "--domain", "http://x"], "bad-domain"),
        (["up", "--region", "nowhere"], "bad-region"),
        (["up", "--env", "absent"], "unknown-environment"),
        (["up", "--target", "moon"], "unknown-target"),
        (["up", "--until", "never"], "unknown-step"),
        (["plan", "absent"], "unknown-root"),
        (["local", "start", "--port", "99999"], "bad-port"),
        (["local", "reset"], "not-confirmed"),
        (["destroy"], "not-confirmed"),
        (["destroy", "--confirm", "nest-production"], "not-confirmed"),
    ],
)
def test_wrong_input_is_refused_with_status_2_and_the_envelope(
    words: list[str], code: str, tmp_path: Path
) -> None:
    done = nestctl(*words, "--json", XDG_STATE_HOME=str(tmp_path))
    document = json.loads(done.stdout)
    assert done.returncode == document["exit_code"] == 2
    (error,) = document["errors"]
    assert error["code"] == code
    assert error["what"]
    assert error["next"]
    assert f"[{code}]" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_manifest_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "nest.toml").write_text("schema = 1\n[[[\n")
    done = nestctl("up", "--app", str(tmp_path))
    assert done.returncode == 2
    assert f"{tmp_path / 'nest.toml'}:2" in done.stderr
    assert done.stdout == ""


def test_an_unknown_option_is_wrong_usage() -> None:
    assert nestctl("up", "--nonsense").returncode == 2


def test_help_names_the_exit_statuses() -> None:
    done = nestctl("--help")
    assert done.returncode == 0
    assert "130" in done.stdout
