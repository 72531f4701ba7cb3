import time

import pytest
from django.contrib.sessions.backends.cache import SessionStore
from django.core.cache import caches
from django.db import connection, connections
from django.test import Client

from catalog import queries

pytestmark = pytest.mark.django_db


def test_well(client: Client) -> None:
    answer = client.get("/status/")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "cache": "ok", "release": "test-release"}
    assert "no-store" in answer["cache-control"]


@pytest.fixture
def no_cache(settings, closed_port: int):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{closed_port}/0"}}
    caches.close_all()
    yield
    del caches["default"]


def test_a_cache_that_is_down_is_named(client: Client, no_cache: None) -> None:
    answer = client.get("/status/")
    assert answer.status_code == 503
    assert answer.json() | {"release": ""} == {
        "status": "unavailable",
        "database": "ok",
        "cache": "unreachable",
        "release": "",
    }


def test_the_site_counts_without_a_cache(no_cache: None) -> None:
    assert queries.stats().projects >= 100
    assert queries.forget_stats() is False


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_down_is_named_soon(client: Client, closed_port: int) -> None:
    port = connection.settings_dict["PORT"]
    connections.close_all()
    connection.settings_dict["PORT"] = closed_port
    try:
        start = time.monotonic()
        answer = client.get("/status/")
    finally:
        connection.settings_dict["PORT"] = port
        connections.close_all()
    assert time.monotonic() - start < 5
    assert answer.status_code == 503
    assert (answer.json()["database"], answer.json()["cache"]) == ("unreachable", "ok")


def test_a_database_without_tables_is_not_well(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_project RENAME TO elsewhere")
    answer = client.get("/status/")
    assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")


def test_sessions_live_in_the_cache() -> None:
    session = SessionStore()
    session["seen"] = 1
    session.save()
    assert SessionStore(session.session_key)["seen"] == 1
    assert any(session.session_key in str(key) for key in caches["default"]._cache.get_client().keys("*"))


def test_an_unknown_address(client: Client) -> None:
    answer = client.get("/nothing/")
    assert (answer.status_code, answer.json()["error"]) == (404, "There is nothing at /nothing/.")
