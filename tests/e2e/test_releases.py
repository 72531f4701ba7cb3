"""A new release goes live, the alias leads back to the one before, and a run brings the new one back."""

from __future__ import annotations

import time
from typing import Any

import httpx
from worlds import World, steps_of

FUNCTION = "nest-staging"
SETTLE_SECONDS = 60.0


def release_of(site: str) -> str:
    answer = httpx.get(f"{site}status/", timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["release"])


def wait_for(site: str, release: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while release_of(site) != release:
        assert time.monotonic() < deadline, f"the site still answers with {release_of(site)}, not {release}"
        time.sleep(0.2)


def versions_of(world: World, release: str) -> list[str]:
    pages = world.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=FUNCTION)
    return [
        version["Version"]
        for page in pages
        for version in page["Versions"]
        if version["Version"] != "$LATEST" and version["Environment"]["Variables"]["NEST_RELEASE"] == release
    ]


def test_the_alias_leads_back_and_forth_between_releases(survivor: Any) -> None:
    world: World = survivor.world
    site = survivor.whole.data["site"]
    first = release_of(site)
    before = world.client("lambda").get_alias(FunctionName=FUNCTION, Name="live")["FunctionVersion"]
    assert before in versions_of(world, first)

    assert world.app is not None
    urls = world.app / "backend" / "config" / "urls.py"
    urls.write_text(urls.read_text(encoding="utf-8") + "\n# A change of the sources.\n", encoding="utf-8")
    changed = steps_of(world.nestctl("up", "--json").data)
    assert {"images", "migrate", "backend"} <= {name for name, how in changed.items() if how == "changed"}
    second = release_of(site)
    assert second != first
    live = world.client("lambda").get_alias(FunctionName=FUNCTION, Name="live")["FunctionVersion"]
    assert live in versions_of(world, second)

    world.client("lambda").update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion=before)
    wait_for(site, first)
    assert httpx.get(f"{site}projects", timeout=30).status_code == 200

    repaired = steps_of(world.nestctl("up", "--json").data)
    assert repaired["backend"] == "changed"
    wait_for(site, second)
