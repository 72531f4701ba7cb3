"""Terraform's own checks and tests, a test here for each folder that has some."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from validations import Folder

from nestctl.settings.paths import INFRASTRUCTURE

pytestmark = pytest.mark.slow

Terraform = Callable[..., str]


def folders(pattern: str, up: int) -> list[str]:
    """Return the folders below infrastructure/ that hold files of this kind."""
    found = {
        file.parents[up - 1].relative_to(INFRASTRUCTURE).as_posix()
        for file in INFRASTRUCTURE.rglob(pattern)
        if ".terraform" not in file.parts
    }
    assert found, f"no {pattern} below {INFRASTRUCTURE}"
    return sorted(found)


@pytest.mark.parametrize("root", folders("providers.tf", 1))
def test_root_is_valid(root: str, tree: Path, terraform: Terraform, provider: dict[str, str]) -> None:
    terraform(tree / root, "init", "-backend=false", "-lockfile=readonly")
    assert "Success!" in terraform(tree / root, "validate", **provider)


@pytest.mark.parametrize("folder", folders("tests/*.tftest.hcl", 2))
def test_folders_own_tests_pass(
    folder: str, tree: Path, terraform: Terraform, provider: dict[str, str], tmp_path: Path
) -> None:
    """Those that only expect variables to be refused run without resources, hence in no time."""
    source = Folder(INFRASTRUCTURE / folder)
    refusing = source.refusals(tmp_path / "variables")
    if refusing:
        assert passed(terraform(tmp_path / "variables", "test")) == refusing
    planning = source.others(tree / folder)
    if planning:
        terraform(tree / folder, "init", "-backend=false", **provider)
        assert passed(terraform(tree / folder, "test", **provider)) == planning
    assert refusing + planning == source.runs() > 0, "every run block ran"


def passed(said: str) -> int:
    """Return how many runs passed, none having failed."""
    counts = re.search(r"Success! (\d+) passed, 0 failed", said)
    assert counts, said[-4000:]
    return int(counts[1])
