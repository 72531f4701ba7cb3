import socket
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from catalog.fixture import dump
from catalog.fixture.load import load


@pytest.fixture(scope="session")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "nest.dump"
    dump.build(path)
    return path


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object, data_file: Path) -> None:
    """The facts, loaded once by the loader itself; each test's changes are rolled back."""
    del django_db_setup
    with django_db_blocker.unblock(), dump.opened(data_file) as reader:
        load(reader, lambda _line: None)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def client() -> Client:
    """A client that Django checks as it checks everybody."""
    return Client(enforce_csrf_checks=True, headers={"host": "nest.test"})


@pytest.fixture
def ask(client: Client):
    """Ask GraphQL as the frontend's server does: the token first, then the query."""

    def asked(query: str, **variables: object) -> dict:
        token = client.get("/csrf/").json()["csrftoken"]
        answer = client.post(
            "/graphql/",
            {"query": query, "variables": variables},
            content_type="application/json",
            headers={"x-csrftoken": token},
        )
        assert answer.status_code == 200, answer.content
        return answer.json()

    return asked


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
