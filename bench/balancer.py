"""Through the local load balancer to Lambda, against calling the handler in process; and under load."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path

from bench.support.bench import Bench
from bench.support.figures import Figure, NoMeasurementError, failures, gap
from bench.support.functions import PATH, STATUS, Functions
from bench.support.http_load import one_after_the_other, side_by_side

LIMIT_MS = 5.0
REPEATS = 10
EACH = 50
"""Requests of one turn: enough for a median, few enough that both sides see the same machine."""

CLIENTS = 200
SECONDS = 30.0
OK = b'"database": "ok"'
"""What the page says only when the database answered."""


def measure(bench: Bench) -> list[Figure]:
    """Ask for the page that reads the database, in turns through the load balancer and in process."""
    cloud = bench.site()
    functions = Functions(cloud)
    url = str(cloud.start()["site"]).rstrip("/") + PATH
    name = functions.make("nest-bench-in-process", _package(bench, functions), handler="in_process.many")
    ours: list[float] = []
    other: list[float] = []

    def through() -> list[float]:
        found = asyncio.run(one_after_the_other(url, OK, EACH))
        if found.failures:
            raise NoMeasurementError(f"{len(found.failures)} requests failed: {found.failures[0]}")
        return found.seconds

    def inside() -> list[float]:
        answer = functions.invoke(name, {"event": STATUS, "count": EACH})
        if answer["status"] != 200:  # noqa: PLR2004
            raise NoMeasurementError(f"the handler answered {answer['status']} in process")
        return list(answer["seconds"])

    try:
        bench.tell(f"{url} through the load balancer and in process, in turns")
        through()
        inside()
        for _ in range(bench.times(REPEATS)):
            ours += through()
            other += inside()
    finally:
        functions.remove(name)
    bench.tell(f"{CLIENTS} clients for {SECONDS:g} s")
    loaded = asyncio.run(side_by_side(url, OK, CLIENTS, SECONDS))
    failed, asked = len(loaded.failures), len(loaded.failures) + len(loaded.seconds)
    what = f"of {asked} requests by {CLIENTS} clients at once for {SECONDS:g} s"
    if loaded.failures:
        what += f"; the first: {loaded.failures[0]}"
    return [
        gap(
            "balancer", "through the load balancer to Lambda - the handler in process", ours, other, LIMIT_MS
        ),
        failures("load", what, failed, asked),
    ]


def _package(bench: Bench, functions: Functions) -> Path:
    """Return the live package with the module that calls its handler many times."""
    archive = bench.work / "in-process.zip"
    archive.write_bytes(functions.live_archive())
    with zipfile.ZipFile(archive, "a") as opened:
        opened.write(Path(__file__).parent / "support" / "in_process.py", "in_process.py")
    return archive
