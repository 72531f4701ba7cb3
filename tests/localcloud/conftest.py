"""A local cloud of the tests' own, run as users run it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import hostile
import pytest
from botocore.config import Config

from nestctl.localcloud import LocalCloud

CHECKOUT = Path(__file__).parents[2]
Client = Callable[[str], Any]


def client_of(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="TESTTESTTESTTESTTEST",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=60),
    )


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
    clients: dict[str, Any] = {}
    return lambda service: clients.setdefault(service, client_of(endpoint, service))
