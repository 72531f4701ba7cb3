"""What `make` installs before anything runs."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest
import scripts


@pytest.fixture
def install() -> ModuleType:
    return scripts.load("install")


def test_changed_sources_are_compiled_whatever_the_environment_says(
    install: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    source = tmp_path / "package" / "module.py"
    source.parent.mkdir()
    source.write_text("NUMBER = 1\n")
    compiled = Path(importlib.util.cache_from_source(str(source)))
    install.compile_sources(tmp_path)
    first = compiled.read_bytes()
    source.write_text("NUMBER = 1000\n")
    os.utime(source, (0, 0))
    install.compile_sources(tmp_path)
    assert compiled.read_bytes() != first


def test_a_source_that_does_not_compile_is_left_to_whoever_starts_it(
    install: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.py").write_text("def (\n")
    install.compile_sources(tmp_path)
    assert capfd.readouterr() == ("", "")
