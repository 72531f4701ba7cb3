"""Terraform's own checks and tests, a test here for each folder that has some."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

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
def test_root_is_valid(root: str, tree: Path, terraform: Terraform) -> None:
    terraform(tree / root, "init", "-backend=false", "-lockfile=readonly")
    assert "Success!" in terraform(tree / root, "validate")


@pytest.mark.parametrize("folder", folders("tests/*.tftest.hcl", 2))
def test_folders_own_tests_pass(folder: str, tree: Path, terraform: Terraform) -> None:
    terraform(tree / folder, "init", "-backend=false")
    said = terraform(tree / folder, "test")
    counts = re.search(r"Success! (\d+) passed, 0 failed", said)
    assert counts, said[-4000:]
    written = sum(
        len(re.findall(r'^run "', file.read_text(encoding="utf-8"), re.MULTILINE))
        for file in (tree / folder / "tests").glob("*.tftest.hcl")
    )
    assert int(counts[1]) == written > 0, "every run block ran"
