"""The types of all Python here hold; it takes longest of all checks, so other tests run beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nestctl.settings.paths import CHECKOUT

MYPY = Path(sys.executable).with_name("mypy")


def test_the_types_hold() -> None:
    done = subprocess.run([str(MYPY)], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_type_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text('number: int = "a word"\n', encoding="utf-8")
    argv = [str(MYPY), f"--config-file={CHECKOUT / 'pyproject.toml'}", f"--cache-dir={tmp_path}", str(wrong)]
    done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert "Incompatible types in assignment" in done.stdout
