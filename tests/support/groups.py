"""Which tests share a worker: those that share a site, a cloud or a plan.

Workers take the groups in this order, the longest first, so that what waits for Terraform's own delays runs
beside what works. A test of no group goes wherever a worker is free.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

KILLED, PRODUCTION, SITE, BY_HAND = "killed", "production", "site", "by-hand"
NICENESS = {KILLED: 0, PRODUCTION: 2, SITE: 3, BY_HAND: 3}
"""Of what the whole run waits for: three less make it twice as much of a shared core.
What they start in a session of its own is as nice: see nestctl.process_session."""

YIELDING = 5
"""Niceness of all else."""

QUICK = (
    "by_hand/test_reading.py",
    "by_hand/test_tools.py",
    "prove",
    "terraform/test_files.py",
    "unit",
)
"""What `make test-fast` runs, but for tests marked slow there: all else starts clouds or programs."""

PLACES = (
    ("e2e/test_killed_runs.py", KILLED),
    ("e2e/test_production.py", PRODUCTION),
    ("e2e", SITE),
    ("by_hand/test_by_hand.py", BY_HAND),
    ("terraform/test_modules.py", ""),
    ("localcloud/compute", "compute"),
    ("localcloud/control", "control"),
    ("localcloud/data", "data"),
    ("localcloud/supervisor", "supervisor"),
    ("site/test_packing.py", "packing"),
    ("site/test_requests.py", "packing"),
    ("site/test_backend.py", "backend"),
    ("site/test_frontend.py", "frontend"),
    ("prove", "prove"),
    ("docs", "docs"),
    ("unit", "unit"),
)
"""Folders and files below tests/, the first that fits counts, each with the name of its group."""


def place_of(item: pytest.Item) -> tuple[int, str]:
    """Return the place of a test in the order, and its group; an empty group is none."""
    path = item.path.relative_to(TESTS).as_posix()
    if path.startswith("e2e/") and needs_killed_runs(item):
        path = "e2e/test_killed_runs.py"
    for place, (prefix, group) in enumerate(PLACES):
        if path == prefix or path.startswith(prefix + "/"):
            return place, group
    return len(PLACES), ""


def needs_killed_runs(item: pytest.Item) -> bool:
    """Whether a test looks at the site whose runs were interrupted."""
    call = getattr(item, "callspec", None)
    return "survivor" in getattr(item, "fixturenames", ()) or (
        call is not None and "interrupted" in call.params.values()
    )


def arrange(items: list[pytest.Item]) -> None:
    """Sort tests by their places, and mark their groups and what is slow; the order within a group stays."""
    for item in items:
        _, group = place_of(item)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))
        path = item.path.relative_to(TESTS).as_posix()
        if not any(path == place or path.startswith(place + "/") for place in QUICK):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: place_of(item)[0])


def yield_to_longer(item: pytest.Item) -> None:
    """Lower the priority of this worker, and of all that it starts from now on, to that of a test's group.

    Workers take the longest groups first, so that no worker has to get its priority back.
    """
    _, group = place_of(item)
    missing = NICENESS.get(group, YIELDING) - os.nice(0)
    if "PYTEST_XDIST_WORKER" in os.environ and missing > 0:
        os.nice(missing)
