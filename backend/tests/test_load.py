"""Loading, into databases of its own: empty, migrated, filled, busy."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.fixture import load as loading
from catalog.models import Chapter, Project
from tests.servers import serving

ROOT = Path(__file__).parents[1]


def address() -> dict[str, object]:
    given = connection.settings_dict
    return {"host": given["HOST"], "port": given["PORT"], "user": given["USER"], "password": given["PASSWORD"]}


@pytest.fixture
def empty_database(settings) -> Iterator[str]:
    """A new database without so much as an extension, owned by the test's own user."""
    name = f"nest_load_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(**address(), dbname=os.environ["DJANGO_DB_NAME"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield name
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(database: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DJANGO_DB_NAME": database, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def rows(database: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(**address(), dbname=database) as server:
        return server.execute(query).fetchall()


def test_the_user_is_not_a_superuser() -> None:
    # Otherwise the tests below would prove nothing about the rights that loading needs.
    with psycopg.connect(**address(), dbname=os.environ["DJANGO_DB_NAME"]) as server:
        assert server.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)


def test_an_empty_database_is_migrated_and_a_second_run_changes_nothing(empty_database: str, data_file: Path) -> None:
    first = manage(empty_database, "load_data", "--file", str(data_file))
    assert first.returncode == 0, first.stderr
    assert "migrating first" in first.stdout
    assert "Loaded: " in first.stdout
    before = rows(empty_database, "SELECT key, xmin::text FROM catalog_project ORDER BY key")
    second = manage(empty_database, "load_data", "--file", str(data_file))
    assert second.returncode == 0, second.stderr
    assert second.stdout.splitlines()[-1] == "Nothing changed."
    # Not even rewritten with the same values.
    assert rows(empty_database, "SELECT key, xmin::text FROM catalog_project ORDER BY key") == before


def test_a_migrated_database_is_filled_from_the_bucket(empty_database: str, data_file: Path) -> None:
    assert manage(empty_database, "migrate").returncode == 0
    with serving() as s3:
        s3.objects["/fixtures/nest.dump"] = data_file.read_bytes()
        environment = {
            "AWS_ENDPOINT_URL": s3.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        done = manage(empty_database, "load_data", DJANGO_FIXTURES_BUCKET="fixtures", **environment)
        assert done.returncode == 0, done.stderr
        assert "s3://fixtures/" in done.stdout
        absent = manage(empty_database, "load_data", DJANGO_FIXTURES_BUCKET="elsewhere", **environment)
    assert absent.returncode == 1
    assert "s3://elsewhere/nest.dump cannot be read" in absent.stderr
    assert "aws s3 cp" in absent.stderr
    assert "Traceback" not in absent.stderr
    assert rows(empty_database, "SELECT count(*) >= 100 FROM catalog_chapter") == [(True,)]


def test_migrations_and_models_agree(empty_database: str) -> None:
    assert manage(empty_database, "migrate").returncode == 0
    again = manage(empty_database, "migrate")
    assert "No migrations to apply" in again.stdout
    check = manage(empty_database, "makemigrations", "--check", "--dry-run")
    assert check.returncode == 0, check.stdout + check.stderr
    names = {row[0] for row in rows(empty_database, "SELECT extname FROM pg_extension")}
    assert {"vector", "pg_trgm", "unaccent"} <= names


def test_migrations_can_be_undone(empty_database: str) -> None:
    assert manage(empty_database, "migrate").returncode == 0
    back = manage(empty_database, "migrate", "catalog", "zero")
    assert back.returncode == 0, back.stderr
    assert manage(empty_database, "migrate").returncode == 0


@pytest.mark.django_db
def test_what_differs_is_put_right_and_the_rest_is_left_alone(data_file: Path, capsys) -> None:
    Project.objects.filter(key="juice-shop").update(name="Something else")
    Project.objects.filter(key="amass").delete()
    own = Chapter.objects.get(key="london")
    own.pk, own.key, own.name = None, "our-own", "Our own"
    own.save()
    call_command("load_data", file=data_file)
    told = capsys.readouterr().out
    assert f"catalog_project: 1 added, 1 changed, {Project.objects.count() - 2} already" in told
    assert "Loaded: 2 rows changed." in told
    assert Project.objects.get(key="juice-shop").name == "Juice Shop"
    assert Chapter.objects.filter(key="our-own").exists()


@pytest.mark.django_db(transaction=False)
def test_a_damaged_file_changes_nothing(data_file: Path, tmp_path: Path) -> None:
    Project.objects.filter(key="juice-shop").update(name="Something else")
    path = tmp_path / "half.dump"
    path.write_bytes(data_file.read_bytes()[:-2000])
    with pytest.raises(CommandError, match="damaged"):
        call_command("load_data", file=path)
    assert Project.objects.get(key="juice-shop").name == "Something else"


@pytest.mark.django_db
def test_two_runs_do_not_meet(data_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LOCK_SECONDS", 1)
    with psycopg.connect(**address(), dbname=connection.settings_dict["NAME"]) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [loading.LOCK])
        with pytest.raises(CommandError, match="Another load"):
            call_command("load_data", file=data_file)


@pytest.mark.django_db
def test_without_a_bucket_it_says_what_to_set() -> None:
    with pytest.raises(CommandError, match="DJANGO_FIXTURES_BUCKET is not set"):
        call_command("load_data")


@pytest.mark.django_db
def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.dump cannot be read.*dump_data"):
        call_command("load_data", file=tmp_path / "none.dump")


def test_a_setting_that_is_missing_is_named() -> None:
    done = manage("any", "check", DJANGO_SECRET_KEY="to-be-set-in-aws-console")
    assert done.returncode == 1
    assert "DJANGO_SECRET_KEY is needed, but it still holds" in done.stderr
    assert "Traceback" not in done.stderr
