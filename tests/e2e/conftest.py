"""Two sites of the tests' own: one that is left in peace, and one whose every run is interrupted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hostile
import pytest
import pythons
import small_applications
from interruptions import Story
from neighbours import Neighbour, renamed
from worlds import Done, World

ORDER = (
    "test_up",
    "test_iam",
    "test_manual_names",
    "test_page",
    "test_production",
    "test_stop",
    "test_killed_runs",
    "test_yesterday",
    "test_secrets",
    "test_releases",
    "test_other_app",
    "test_destroy",
)
"""What waits for the interrupted runs comes late: they go on beside the rest. The destroy is last."""


@dataclass(frozen=True)
class Site:
    """A site that is up.

    Attributes:
        world: Where it runs.
        first: The run that brought it up.
        url: Its address, with a slash at the end.
        parameters: Path of its parameters.
    """

    world: World
    first: Done
    url: str
    parameters: str = "/nest/staging/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the tests of this folder into their order, in the places that they have among the others."""
    here = Path(__file__).parent
    places = [place for place, item in enumerate(items) if item.path.parent == here]
    mine = sorted((items[place] for place in places), key=lambda item: ORDER.index(item.path.stem))
    for place, item in zip(places, mine, strict=True):
        item.add_marker(pytest.mark.slow)
        item.add_marker(pytest.mark.timeout(3000))
        items[place] = item


@pytest.fixture(scope="session", autouse=True)
def _both_at_once(request: pytest.FixtureRequest) -> None:
    """Begin the interrupted runs before the first test, so that both sites wait for AWS at the same time.

    Workers run side by side anyhow: the one that has the tests of those runs begins them.
    """
    wanted = any("story" in getattr(item, "fixturenames", ()) for item in request.session.items)
    if wanted and "PYTEST_XDIST_WORKER" not in os.environ:
        request.getfixturevalue("story")


@pytest.fixture(scope="session")
def site(open_folder: Callable[[str], Path]) -> Iterator[Site]:
    """The checkout's own site, brought up by the plain command."""
    world = World(open_folder("site"))
    try:
        first = world.nestctl("up", "--json")
        yield Site(world, first, first.data["site"])
    finally:
        world.close()


@pytest.fixture(scope="session")
def story(open_folder: Callable[[str], Path]) -> Iterator[Story]:
    """The interrupted runs, under way, on a rough machine.

    They build a small application: what is rehearsed is AWS, nestctl and the machine.
    """
    folder = open_folder("killed") / hostile.FOLDER
    folder.mkdir(mode=0o711)
    app = small_applications.make(folder / "app", python=pythons.for_the_interrupted_site())
    world = World(folder, app, umask=hostile.UMASK)
    with hostile.proxy() as proxy:
        world.env = hostile.environment(world.env, proxy)
        story = Story(world, proxy)
        story.begin()
        try:
            yield story
        finally:
            story.abandon()
            world.close()


@pytest.fixture(scope="session")
def survivor(story: Story) -> Story:
    """The interrupted runs, over."""
    story.end()
    assert not story.failure, story.failure
    return story


@pytest.fixture(scope="session")
def neighbour(survivor: Story, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbour]:
    """Another application in the interrupted one's account, under way: their names must not meet."""
    found = Neighbour(survivor.world.folder, renamed(tmp_path_factory.mktemp("acme"), "acme"))
    try:
        yield found
    finally:
        found.close()
