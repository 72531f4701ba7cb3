"""Another application, by its own nest.toml: nothing but its folders and its name tells it apart."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from neighbours import Neighbour, names, renamed
from worlds import World, builds_of, steps_of

from nestctl.runbook.steps import STEPS

STEPS_TO_THE_CERTIFICATE = ["local cloud", "doctor", "state", "bootstrap", "certificate"]


def test_a_dry_run_starts_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, renamed(tmp_path / "acme", "acme"))
    found = world.nestctl("up", "--dry-run", "--json").data
    assert steps_of(found) == dict.fromkeys((step.name for step in STEPS), "needed")
    assert world.processes() == []
    assert not world.state.exists()


def test_its_names_carry_its_project(neighbour: Neighbour) -> None:
    """It was under way while the first one got a release."""
    assert list(steps_of(neighbour.run.data)) == STEPS_TO_THE_CERTIFICATE
    new = names(neighbour.world) - neighbour.before
    assert {name.split()[0] for name in new} == {"bucket", "role", "user", "repository", "key"}
    assert [name for name in new if "acme-" not in name or "nest-" in name] == []
    assert "repository acme-staging-backend" in new


def test_a_project_whose_name_begins_like_the_first_ones_is_refused(survivor: Any, tmp_path: Path) -> None:
    """`nest` reaches what is named `nest-...`; nothing of it is made, and the first stays as it is."""
    folder = renamed(tmp_path / "alike", "nest-x")
    manifest = folder / "nest.toml"
    text = manifest.read_text(encoding="utf-8")
    # With production's, the names would be too long.
    text = re.sub(r"^\[environments\.production[^#]*", "", text, flags=re.MULTILINE)
    manifest.write_text(text, encoding="utf-8")
    world = World(survivor.world.folder, folder)
    before = names(world)
    try:
        (error,) = world.nestctl("up", "--until", "bootstrap", "--json", status=2).envelope["errors"]
    finally:
        shutil.rmtree(builds_of(folder), ignore_errors=True)
    assert error["code"] == "project-alike"
    assert names(world) == before


def test_the_first_application_is_as_it_was(neighbour: Neighbour, survivor: Any) -> None:
    assert neighbour.run.status == 0
    assert survivor.world.nestctl("plan", "state", "--json").data["summary"] == "no changes"
