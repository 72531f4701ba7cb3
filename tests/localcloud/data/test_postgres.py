from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from people import quicker
from watching import states_until

from nestctl.aws import master_password
from nestctl.aws.session import Aws
from nestctl.localcloud import LocalCloud
from nestctl.localcloud.data.scram import verifier

pytestmark = pytest.mark.slow
Client = Callable[[str], Any]
PASSWORD = "first-password-of-a-test"
OTHER = "second-password-of-a-test"
EXTENSIONS = (
    "vector",
    "pg_trgm",
    "unaccent",
    "citext",
    "btree_gin",
    "pg_stat_statements",
    "hstore",
    "pgcrypto",
)


def create(aws: Client, name: str, **more: Any) -> Any:
    aws("rds").create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        EngineVersion="16.4",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="nest",
        MasterUserPassword=PASSWORD,
        **more,
    )
    return available(aws, name)


@pytest.fixture(autouse=True)
def _quickly(endpoint: str) -> Iterator[None]:
    """What runs behind the API is looked at here; that the API takes its time is looked at elsewhere."""
    with quicker(endpoint, 0.2):
        yield


def available(aws: Client, name: str) -> Any:
    waiter = aws("rds").get_waiter("db_instance_available")
    waiter.wait(DBInstanceIdentifier=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return aws("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def connect(
    cloud: LocalCloud, instance: Any, password: str = PASSWORD, **more: Any
) -> psycopg.Connection[Any]:
    options = {"sslmode": "verify-full", "sslrootcert": str(cloud.state_dir / "ca" / "bundle.pem"), **more}
    return psycopg.connect(
        host=instance["Endpoint"]["Address"],
        port=instance["Endpoint"]["Port"],
        user="nest",
        password=password,
        dbname=instance.get("DBName", "postgres"),
        autocommit=True,
        connect_timeout=10,
        **options,
    )


@pytest.fixture(scope="module")
def instance(aws: Client) -> Any:
    return create(aws, "postgres-tests", DBName="nest")


def test_it_is_postgresql_16_and_the_master_user_owns_the_database_but_is_no_superuser(
    running: LocalCloud, instance: Any
) -> None:
    assert instance["Endpoint"]["Address"] == "127.0.0.1"
    with connect(running, instance) as connection:
        version = connection.execute("SHOW server_version").fetchone()
        rights = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, pg_has_role('rds_superuser', 'MEMBER') "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        used = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
    assert version is not None
    assert version[0].startswith("16.")
    assert rights == (False, True, True, True)
    assert owner == ("nest",)
    assert used == (True,)


def test_the_master_user_may_create_what_rds_allows(running: LocalCloud, instance: Any) -> None:
    with connect(running, instance) as connection:
        for extension in EXTENSIONS:
            connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{extension}"')
        connection.execute("CREATE TABLE things (name text, place vector(3))")
        connection.execute("INSERT INTO things VALUES ('Élan', '[1,2,3]'), ('other', '[9,9,9]')")
        nearest = connection.execute(
            "SELECT unaccent(lower(name)) FROM things ORDER BY place <-> '[1,2,2]' LIMIT 1"
        ).fetchone()
        counted = connection.execute("SELECT count(*) FROM pg_stat_statements").fetchone()
    assert nearest == ("elan",)
    assert counted is not None
    assert counted[0] > 0


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE ROLE boss SUPERUSER",
        "COPY (SELECT 1) TO '/tmp/never-written'",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "CREATE EXTENSION adminpack",
        "ALTER ROLE rdsadmin PASSWORD 'taken'",
    ],
)
def test_the_master_user_may_not_do_what_rds_forbids(
    running: LocalCloud, instance: Any, statement: str
) -> None:
    with connect(running, instance) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_a_connection_without_tls_is_refused(running: LocalCloud, instance: Any) -> None:
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        connect(running, instance, sslmode="disable")


def test_a_parameter_group_may_allow_connections_without_tls(running: LocalCloud, aws: Client) -> None:
    aws("rds").create_db_parameter_group(
        DBParameterGroupName="plain", DBParameterGroupFamily="postgres16", Description="of a test"
    )
    aws("rds").modify_db_parameter_group(
        DBParameterGroupName="plain",
        Parameters=[{"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}],
    )
    made = create(aws, "postgres-plain", DBParameterGroupName="plain")
    with connect(running, made, sslmode="disable") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    aws("rds").delete_db_instance(DBInstanceIdentifier="postgres-plain", SkipFinalSnapshot=True)


def test_the_master_password_changes_and_lies_nowhere(running: LocalCloud, aws: Client) -> None:
    made = create(aws, "postgres-password")
    aws("rds").modify_db_instance(
        DBInstanceIdentifier="postgres-password", MasterUserPassword=OTHER, ApplyImmediately=True
    )
    with connect(running, made, OTHER) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(running, made, PASSWORD)
    time.sleep(2.5)  # the API's state is saved a second after a change
    for file in running.state_dir.rglob("*"):
        if file.is_file() and "postgresql-16" not in str(file):
            content = file.read_bytes()
            assert PASSWORD.encode() not in content, file
            assert OTHER.encode() not in content, file
    aws("rds").delete_db_instance(DBInstanceIdentifier="postgres-password", SkipFinalSnapshot=True)


def test_a_password_that_no_longer_fits_is_noticed_and_set_anew_with_all_rows(
    running: LocalCloud, instance: Any, aws: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", running.env()["AWS_ENDPOINT_URL"])
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test" * 5)
    caller, bundle = Aws("us-east-1"), running.state_dir / "ca" / "bundle.pem"
    database = master_password.describe(caller, "postgres-tests")
    with connect(running, instance) as connection:
        connection.execute("CREATE TABLE precious AS SELECT 42 AS answer")

    def knock(password: str = PASSWORD, trusted: Path | None = bundle, **other: Any) -> str:
        return master_password.knock(replace(database, **other), password, trusted)

    assert knock() == "taken"
    assert knock(OTHER) == "refused"
    assert knock("") == "refused"
    assert knock(user="nobody") == "refused"
    assert knock(name="no_such_database") == "taken"
    assert knock(OTHER, name="no_such_database") == "refused"
    assert knock(port=9) == "unreachable"
    assert knock(trusted=None) == "unreachable"  # the system knows nothing of this authority

    aws("rds").modify_db_instance(
        DBInstanceIdentifier="postgres-tests", MasterUserPassword=OTHER, ApplyImmediately=True
    )
    available(aws, "postgres-tests")
    assert knock() == "refused"
    master_password.set_password(caller, "postgres-tests", PASSWORD, print, bundle)
    assert knock() == "taken"
    again = master_password.describe(caller, "postgres-tests")
    assert (again.id, again.made, again.port) == (database.id, database.made, database.port)
    with connect(running, instance) as connection:
        assert connection.execute("SELECT answer FROM precious").fetchone() == (42,)
        connection.execute("DROP TABLE precious")


def test_stop_start_and_reboot_keep_rows(running: LocalCloud, aws: Client) -> None:
    made = create(aws, "postgres-reboot")
    with connect(running, made) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    aws("rds").stop_db_instance(DBInstanceIdentifier="postgres-reboot")
    with pytest.raises(psycopg.OperationalError):
        connect(running, made)
    states_until(
        "stopped",
        lambda: aws("rds").describe_db_instances(DBInstanceIdentifier="postgres-reboot")["DBInstances"][0][
            "DBInstanceStatus"
        ],
    )
    aws("rds").start_db_instance(DBInstanceIdentifier="postgres-reboot")
    available(aws, "postgres-reboot")
    aws("rds").reboot_db_instance(DBInstanceIdentifier="postgres-reboot")
    again = available(aws, "postgres-reboot")
    assert again["Endpoint"] == made["Endpoint"]
    with connect(running, again) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    aws("rds").delete_db_instance(DBInstanceIdentifier="postgres-reboot", SkipFinalSnapshot=True)


def test_a_deleted_instance_leaves_nothing(running: LocalCloud, aws: Client) -> None:
    made = create(aws, "postgres-deleted")
    folder: Path = running.state_dir / "rds" / made["DbiResourceId"]
    assert folder.exists()
    aws("rds").delete_db_instance(DBInstanceIdentifier="postgres-deleted", SkipFinalSnapshot=True)
    assert not folder.exists()
    assert not any(made["DbiResourceId"] in role for role in running.status().processes.values())
    assert not any("postgres-deleted" in port for port in running.status().ports)


def test_an_instance_deleted_while_it_is_made_leaves_nothing(running: LocalCloud, aws: Client) -> None:
    made = aws("rds").create_db_instance(
        DBInstanceIdentifier="postgres-hasty",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="nest",
        MasterUserPassword=PASSWORD,
    )["DBInstance"]
    aws("rds").delete_db_instance(DBInstanceIdentifier="postgres-hasty", SkipFinalSnapshot=True)
    folder: Path = running.state_dir / "rds" / made["DbiResourceId"]
    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(3)  # longer than a database takes to make
    assert not folder.exists()
    assert not any(made["DbiResourceId"] in role for role in running.status().processes.values())


@pytest.mark.slow
def test_snapshots_hold_the_rows_of_their_moment(running: LocalCloud, aws: Client) -> None:
    rds, waiting = aws("rds"), {"Delay": 1, "MaxAttempts": 60}
    made = create(aws, "postgres-snapshot", DBName="nest")
    with connect(running, made) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS answer")
    rds.create_db_snapshot(DBInstanceIdentifier="postgres-snapshot", DBSnapshotIdentifier="first")
    rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier="first", WaiterConfig=waiting)
    with connect(running, made) as connection:
        connection.execute("UPDATE kept SET answer = 2")
    rds.delete_db_instance(DBInstanceIdentifier="postgres-snapshot", FinalDBSnapshotIdentifier="final")
    for snapshot, answer in (("first", 1), ("final", 2)):
        name = f"postgres-{snapshot}"
        rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=snapshot, WaiterConfig=waiting)
        rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=snapshot)
        restored = available(aws, name)
        assert restored["Endpoint"] != made["Endpoint"]
        with connect(running, restored) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (answer,)
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)
    assert list((running.state_dir / "rds-snapshots").iterdir()) == []


def test_a_verifier_holds_no_password_and_differs_each_time() -> None:
    first, second = verifier(PASSWORD), verifier(PASSWORD)
    assert first.startswith("SCRAM-SHA-256$4096:")
    assert first != second
    assert PASSWORD not in first


def test_the_bundle_holds_the_public_roots_and_the_local_one(running: LocalCloud) -> None:
    context = ssl.create_default_context(cafile=str(running.state_dir / "ca" / "bundle.pem"))
    names = [
        dict(item[0] for item in root["subject"]).get("commonName", "") for root in context.get_ca_certs()
    ]
    assert len(names) > 50
    assert any(name.startswith("nestctl local cloud") for name in names)
