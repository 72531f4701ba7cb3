"""What the page leans on beside AWS's own tools: `nestctl local env`, and the script that makes images."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from nestctl.cli import local
from nestctl.settings.paths import CHECKOUT
from nestctl.terraform.mirror import PROVIDER

SCRIPT = CHECKOUT / "scripts" / "process_image.py"
IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/nest-staging-backend:1"


@dataclass(frozen=True)
class Cloud:
    """What `local env` asks of a local cloud."""

    state_dir: Path

    def env(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_PROFILE": "nest-local"}


@pytest.fixture
def printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> dict[str, str]:
    """Return what a shell has set after `eval "$(nestctl local env)"`, where a mirror holds the provider."""
    (tmp_path / "mirror" / PROVIDER).mkdir(parents=True)
    monkeypatch.setenv("NESTCTL_PROVIDER_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "absent"))
    monkeypatch.setattr(local, "_cloud", lambda: Cloud(tmp_path))
    local.env()
    words = capsys.readouterr().out
    env = {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": "real", "AWS_SECRET_ACCESS_KEY": "real"}
    ended = subprocess.run(
        ["bash", "-c", f"{words}\nenv"], env=env, capture_output=True, text=True, check=True, timeout=30
    )
    return dict(line.split("=", 1) for line in ended.stdout.splitlines())


def test_the_shell_has_the_clouds_profile_and_no_other_key(printed: dict[str, str]) -> None:
    assert printed["AWS_PROFILE"] == "nest-local"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & set(printed)


def test_terraform_finds_the_mirror_in_the_shell(printed: dict[str, str], tmp_path: Path) -> None:
    config = Path(printed["TF_CLI_CONFIG_FILE"])
    assert config.is_relative_to(tmp_path / "terraform")
    assert str(tmp_path / "mirror") in config.read_text(encoding="utf-8")


# ---------------------------------------------------------------------- images


def script(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        env={**inherited, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_makes_nothing_for_a_real_account(tmp_path: Path) -> None:
    done = script(IMAGE, "--copy", f"{tmp_path}=/app", "--", "true")
    assert done.returncode == 1
    assert "AWS_ENDPOINT_URL is not set" in done.stderr
    assert "docker buildx build --push" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["registry.example.org/name:1", "--copy", ".=/app", "--", "true"], "is not REPOSITORY_URL:TAG"),
        ([IMAGE.removesuffix(":1"), "--copy", ".=/app", "--", "true"], "is not REPOSITORY_URL:TAG"),
        ([IMAGE, "--copy", "no-such-folder=/app", "--", "true"], "there is no no-such-folder"),
        ([IMAGE, "--copy", "folder", "--", "true"], "'folder' has not the form NAME=VALUE"),
        ([IMAGE, "--copy", ".=/app"], "the following arguments are required: command"),
        ([IMAGE, "--", "true"], "the following arguments are required: --copy"),
    ],
)
def test_it_says_what_is_wrong_with_its_input(words: list[str], said: str, tmp_path: Path) -> None:
    words = [word.replace(".=", f"{tmp_path}=") if word.startswith(".=") else word for word in words]
    done = script(*words, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode
    assert said in done.stderr
