"""A local cloud of the tests' own, run as users run it."""

from __future__ import annotations

import functools
import inspect
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import hostile
import pytest
import watching
from botocore.config import Config

from nestctl.localcloud import LocalCloud

CHECKOUT = Path(__file__).parents[2]
Client = Callable[..., Any]


def client_of(endpoint: str, service: str, region: str = "us-east-1") -> Any:
    client = boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="TESTTESTTESTTESTTEST",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=60),
    )
    return watching.note_answers(client)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object:
    """Run a test that looks at states at the pace that its module sets: ``pytest.mark.pace(seconds)``."""
    pace = pyfuncitem.get_closest_marker("pace")
    if pace is None:
        return None
    given = pyfuncitem.funcargs
    wanted = {name: given[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    watching.at_pace(given["endpoint"], pace.args[0], lambda: pyfuncitem.obj(**wanted))
    return True


@pytest.fixture(scope="session")
def new_folder() -> Iterator[Callable[[], Path]]:
    """Makes folders that PostgreSQL's user can reach when the tests run as root (pytest's own it cannot).

    Their names are as odd as names may be.
    """
    made: list[Path] = []

    def make() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="nestctl-test-"))
        folder.chmod(0o711)
        made.append(folder)
        rough = folder / hostile.FOLDER
        rough.mkdir(mode=0o711)
        return rough / "state"

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_cloud(new_folder: Callable[[], Path]) -> Iterator[Callable[[], LocalCloud]]:
    """Makes clouds that do not run yet; stops those that do in the end."""
    made: list[LocalCloud] = []

    def make() -> LocalCloud:
        made.append(LocalCloud.at(CHECKOUT, state_dir=new_folder()))
        return made[-1]

    yield make
    for cloud in made:
        cloud.stop(print)


@pytest.fixture(scope="session")
def running(new_folder: Callable[[], Path]) -> Iterator[LocalCloud]:
    """One running cloud for all tests that leave it running; each uses names of its own."""
    cloud = LocalCloud.at(CHECKOUT, state_dir=new_folder())
    cloud.start(print)
    yield cloud
    cloud.stop(print)


@pytest.fixture(scope="session")
def endpoint(running: LocalCloud) -> str:
    return running.env()["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="session")
def aws(endpoint: str) -> Client:
    """Makes clients, each once: of the usual region, or of the one that is named."""
    return functools.cache(functools.partial(client_of, endpoint))
