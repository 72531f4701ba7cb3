"""`make clean` and `make forget` work without an environment, and forget nothing unasked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nestctl.settings.paths import CHECKOUT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "a checkout"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(CHECKOUT / "scripts" / "clean.py", folder / "scripts")
    for name in ("__init__.py", "settings/__init__.py", "settings/paths.py", "localcloud/layout.py"):
        place = folder / "src/nestctl" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / "src/nestctl" / name, place)
    for name in (".venv", ".cache", ".nest"):
        (folder / name).mkdir()
    state = tmp_path / "state"
    (state / "rds").mkdir(parents=True)
    (state / "rds" / "rows").write_text("a row", encoding="utf-8")
    return folder


def clean(checkout: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", "-E", str(checkout / "scripts" / "clean.py"), *words],
        env={"PATH": "/usr/bin:/bin", "NESTCTL_STATE_DIR": str(checkout.parent / "state"), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_clean_removes_what_was_made_and_says_what_stays(checkout: Path) -> None:
    done = clean(checkout)
    assert done.returncode == 0
    assert sorted(path.name for path in checkout.iterdir()) == ["scripts", "src"]
    assert (checkout.parent / "state" / "rds" / "rows").read_text(encoding="utf-8") == "a row"
    assert str(checkout.parent / "state") in done.stderr
    assert "make forget" in done.stderr
    assert "~/.cache" in done.stderr


def test_forget_asks_and_then_removes_though_nestctl_is_gone(checkout: Path) -> None:
    clean(checkout)
    refused = clean(checkout, "--forget")
    assert refused.returncode == 1
    assert "make forget YES=1" in refused.stderr
    assert (checkout.parent / "state" / "rds" / "rows").exists()
    assert clean(checkout, "--forget", "--yes").returncode == 0
    assert not (checkout.parent / "state").exists()
    assert "Nothing to forget" in clean(checkout, "--forget", "--yes").stderr


def test_nothing_is_removed_while_the_cloud_runs_and_nestctl_is_gone(checkout: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running:
        (checkout.parent / "state" / "supervisor.json").write_text(
            f'{{"pid": {running.pid}}}', encoding="utf-8"
        )
        for words in ((), ("--forget", "--yes")):
            done = clean(checkout, *words)
            assert done.returncode == 1
            assert f"process {running.pid}" in done.stderr
        running.communicate(b"")
    assert (checkout.parent / "state" / "rds" / "rows").exists()
    assert (checkout / ".cache").exists()
