"""Terraform on a copy of infrastructure/: nothing is written into the checkout, nothing reaches AWS."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import reattached

from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform.binary import find_terraform
from nestctl.terraform.mirror import cli_config, find_mirror

Terraform = Callable[..., str]
LOCK = ".terraform.lock.hcl"
SECONDS = 600


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of infrastructure/. Modules have no lock file of their own: they are tested with the roots'."""
    copy = tmp_path_factory.mktemp("terraform") / "infrastructure"
    shutil.copytree(
        INFRASTRUCTURE, copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "terraform.tfvars")
    )
    for file in copy.rglob("versions.tf"):
        if not (file.parent / LOCK).exists():
            shutil.copy(copy / "staging" / LOCK, file.parent / LOCK)
    return copy


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What Terraform runs with: nothing of the user's AWS, and one provider for all folders."""
    own = tmp_path_factory.mktemp("terraform-own")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_VAR_"))}
    env.update(TF_IN_AUTOMATION="1", TF_INPUT="0", CHECKPOINT_DISABLE="1", NO_COLOR="1")
    if config := cli_config(own):
        env["TF_CLI_CONFIG_FILE"] = str(config)
    if find_mirror() is None and "TF_PLUGIN_CACHE_DIR" not in env:
        cache = own / "plugins"
        cache.mkdir()
        env["TF_PLUGIN_CACHE_DIR"] = str(cache)
    return env


@pytest.fixture(scope="session")
def terraform(environment: dict[str, str]) -> Terraform:
    """Runs Terraform in a folder and returns what it said."""

    def run(folder: Path, *arguments: str, **more: str) -> str:
        done = subprocess.run(
            [str(find_terraform().path), arguments[0], "-no-color", *arguments[1:]],
            cwd=folder,
            env={**environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"terraform {' '.join(arguments)} in {folder}:\n{done.stdout[-6000:]}"
        return done.stdout

    return run


@pytest.fixture(scope="session")
def provider(tree: Path, environment: dict[str, str], terraform: Terraform) -> Iterator[dict[str, str]]:
    """What lets Terraform use a provider that runs already: the one that the roots' lock file names."""
    root = tree / "staging"
    terraform(root, "init", "-backend=false", "-lockfile=readonly")
    with reattached.provider(root / ".terraform", environment) as found:
        yield found
