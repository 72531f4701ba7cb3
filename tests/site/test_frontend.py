"""The frontend's own checks and tests, with the Node that builds it."""

from __future__ import annotations

import re
import subprocess

import pytest

from nestctl.build import frontend as build
from nestctl.build.toolchain import node, npm
from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CACHE, CHECKOUT

pytestmark = pytest.mark.slow

SECONDS = 300


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> build.FrontendBuild:
    """A copy of the sources with the packages of its lock file; the copy is kept, so that npm is quick."""
    log = tmp_path_factory.mktemp("frontend") / "build.log"
    wanted = build.describe(CHECKOUT, load_manifest(CHECKOUT).frontend, "", CACHE / "tests")
    build._install(wanted, log, lambda _: None)
    return wanted


def run(sources: build.FrontendBuild, *arguments: str) -> str:
    done = subprocess.run(
        [str(node()), str(npm()), *arguments],
        cwd=sources.work,
        env={**build._environment(sources), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"npm {' '.join(arguments)}:\n{done.stdout[-8000:]}"
    return done.stdout


@pytest.mark.timeout(SECONDS * 3)
def test_its_types_hold(sources: build.FrontendBuild) -> None:
    run(sources, "run", "lint")


def test_its_own_tests_pass(sources: build.FrontendBuild) -> None:
    said = run(sources, "test")
    counts = {
        name: int(number)
        for name, number in re.findall(r"^\S+ (tests|pass|fail|skipped) (\d+)$", said, re.MULTILINE)
    }
    assert counts["pass"] == counts["tests"] > 0
    assert counts["fail"] == counts["skipped"] == 0
