"""Down leaves no process; up brings everything back."""

from __future__ import annotations

from typing import Any

import httpx
import psutil
from worlds import World

MARKER = "kept over a stop"


def living(world: World) -> list[str]:
    """Return what still runs of a world."""
    left, alive = world.processes(), []
    for process in left:
        try:
            process.wait(10)
        except psutil.TimeoutExpired:
            alive.append(f"{process.pid} {' '.join(process.cmdline())}")
    return alive


def test_down_leaves_nothing_running_and_up_brings_the_rows_back(site: Any) -> None:
    world = site.world
    with world.database(site.parameters) as connection:
        connection.execute("CREATE TABLE of_a_test (word text)")
        connection.execute("INSERT INTO of_a_test VALUES (%s)", (MARKER,))
        before = connection.execute("SELECT key, name FROM catalog_project ORDER BY key").fetchall()
    assert len(world.processes()) > 5, "the search finds what runs"

    world.nestctl("local", "stop")
    assert living(world) == []
    stopped = world.nestctl("status", "--json").data
    assert stopped == {"running": False, "steps": [], "site": None}
    assert world.processes() == [], "a look at a stopped site starts nothing"

    again = world.nestctl("up")
    assert again.stdout.splitlines()[-1] == f"Site: {site.url}"
    assert len(again.stdout.splitlines()) == 1, "stdout is data: the address, nothing else"
    with world.database(site.parameters) as connection:
        assert connection.execute("SELECT word FROM of_a_test").fetchall() == [(MARKER,)]
        assert connection.execute("SELECT key, name FROM catalog_project ORDER BY key").fetchall() == before
        connection.execute("DROP TABLE of_a_test")
    assert httpx.get(f"{site.url}projects", timeout=30).status_code == 200
