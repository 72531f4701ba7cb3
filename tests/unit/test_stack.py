from __future__ import annotations

import re
from pathlib import Path

import pytest

from nestctl.runbook.stack import FOUNDATION
from nestctl.settings.paths import INFRASTRUCTURE


def module_folder(folder: Path, name: str) -> Path:
    """Return the folder that a module call leads to."""
    for file in sorted(folder.glob("*.tf")):
        found = re.search(rf'module "{name}" \{{.*?source\s*=\s*"([^"]+)"', file.read_text(), re.DOTALL)
        if found:
            return (folder / found[1]).resolve()
    raise AssertionError(f"{folder} calls no module {name}")


@pytest.mark.parametrize("address", FOUNDATION)
def test_every_address_of_the_small_apply_exists(address: str) -> None:
    """Terraform passes over a target that does not exist, so a renamed resource would be left out unseen."""
    folder = INFRASTRUCTURE / "staging"
    parts = address.split(".")
    while parts[0] == "module":
        folder = module_folder(folder, parts[1])
        parts = parts[2:]
    kind, name = parts
    text = "".join(file.read_text() for file in sorted(folder.glob("*.tf")))
    assert re.search(rf'^resource "{kind}" "{name}"', text, re.MULTILINE)
