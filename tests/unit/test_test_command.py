"""The command that runs all tests, and the search for a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import scripts

from nestctl.settings.paths import CHECKOUT

SCRIPTS = CHECKOUT / "scripts"


@pytest.fixture
def browser() -> ModuleType:
    return scripts.load("browser")


def program(folder: Path, name: str, status: int = 0) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)
    return str(path)


def run_tests(*arguments: str) -> subprocess.CompletedProcess[str]:
    # One worker does as well as four for a single file.
    words = ["--fast", "--no-checks", "--", "--numprocesses=1", *arguments]
    return subprocess.run(
        [sys.executable, str(SCRIPTS / "test.py"), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTEST_ADDOPTS": "-p no:cacheprovider"},
    )


def test_a_run_that_collects_nothing_fails() -> None:
    done = run_tests("tests/unit/test_report.py", "-k", "no_test_has_this_name")
    assert done.returncode == 5, done.stderr
    assert "no tests ran" in done.stdout.splitlines()[-1]


def test_the_last_line_is_pytests_own() -> None:
    done = run_tests("tests/unit/test_report.py")
    assert " passed" in done.stdout.splitlines()[-1]


def test_the_first_browser_that_starts_is_taken(
    browser: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    program(tmp_path, "chromium", status=1)
    good = program(tmp_path, "google-chrome")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.ensure(print) == good


def test_a_named_browser_that_does_not_start_is_refused(
    browser: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(browser.VARIABLE, program(tmp_path, "broken", status=1))
    with pytest.raises(browser.BrowserError, match="next: unset"):
        browser.ensure(print)


def test_without_any_the_ways_that_failed_are_told(
    browser: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setattr(browser, "find", lambda: None)
    failing = program(tmp_path, "apt-get", status=7)
    monkeypatch.setattr(browser, "ways_to_get_one", lambda: [("trying", [failing, "install"])])
    with pytest.raises(browser.BrowserError) as caught:
        browser.ensure(print)
    assert "apt-get install`: status 7" in str(caught.value)
    assert "next: install Chromium" in str(caught.value)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Downloading\nError: getaddrinfo ENOTFOUND\n  at x\n}", "Error: getaddrinfo ENOTFOUND"),
        ("Reading\nE: Unable to locate package chromium", "E: Unable to locate package chromium"),
        ("only this", "only this"),
        ("", "it said nothing"),
    ],
)
def test_a_way_that_failed_is_told_by_its_telling_line(browser: ModuleType, said: str, reason: str) -> None:
    command = [sys.executable, "-c", f"import sys; print({said!r}); sys.exit(4)"]
    assert browser.attempt(command) == f"status 4: {reason}"


def test_a_browser_that_was_installed_is_found(
    browser: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    looks = iter([None, "/found"])
    monkeypatch.setattr(browser, "find", lambda: next(looks))
    monkeypatch.setattr(browser, "ways_to_get_one", lambda: [("trying", [program(tmp_path, "get")])])
    assert browser.ensure(print) == "/found"


@pytest.fixture
def aws_cli() -> ModuleType:
    return scripts.load("aws_cli")


def test_the_aws_cli_on_path_is_taken(
    aws_cli: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(program(tmp_path / "bin", "aws")).parent))
    assert aws_cli.ensure(pytest.fail) == tmp_path / "bin"


def test_without_an_aws_cli_the_reason_and_the_next_command_are_told(
    aws_cli: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(aws_cli, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(aws_cli, "PACKAGE", "no such package")
    said: list[str] = []
    with pytest.raises(aws_cli.AwsCliError, match="next: install it"):
        aws_cli.ensure(said.append)
    assert said == ["no AWS CLI found; installing one into the checkout"]
