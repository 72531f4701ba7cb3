"""The backend's own suite, on a PostgreSQL and a Valkey as its functions and tasks get them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from nestctl.build.toolchain import base_environment, make_environment
from nestctl.localcloud import LocalCloud
from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CACHE, CHECKOUT

pytestmark = pytest.mark.slow

BACKEND = CHECKOUT / load_manifest(CHECKOUT).backend.root
PASSWORD = "password-of-a-test"
TOKEN = "token-of-a-test-of-the-site"
WAIT = {"Delay": 1, "MaxAttempts": 90}
SECONDS = 600
FEWEST = 40
"""So many tests there are at least; fewer means that a part was not collected."""


@dataclass(frozen=True)
class Servers:
    database_url: str
    redis_url: str
    authorities: Path


@pytest.fixture(scope="module")
def servers(open_folder: Callable[[str], Path]) -> Iterator[Servers]:
    """Both servers, made through the API as Terraform makes them."""
    cloud = LocalCloud.at(CHECKOUT, state_dir=open_folder("site") / "state")
    info = cloud.start(print)
    try:

        def client(service: str) -> Any:
            make: Any = boto3.Session().client
            return make(
                service,
                endpoint_url=info.endpoint_url,
                region_name=info.region,
                aws_access_key_id="TESTTESTTESTTESTTEST",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}),
            )

        rds, cache = client("rds"), client("elasticache")
        rds.create_db_instance(
            DBInstanceIdentifier="site",
            Engine="postgres",
            DBInstanceClass="db.t3.micro",
            AllocatedStorage=20,
            MasterUsername="nest",
            MasterUserPassword=PASSWORD,
        )
        cache.create_replication_group(
            ReplicationGroupId="site",
            ReplicationGroupDescription="of the tests",
            Engine="redis",
            NumCacheClusters=1,
            TransitEncryptionEnabled=True,
            AuthToken=TOKEN,
        )
        rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="site", WaiterConfig=WAIT)
        cache.get_waiter("replication_group_available").wait(ReplicationGroupId="site", WaiterConfig=WAIT)
        place = rds.describe_db_instances(DBInstanceIdentifier="site")["DBInstances"][0]["Endpoint"]
        group = cache.describe_replication_groups(ReplicationGroupId="site")["ReplicationGroups"][0]
        primary = group["NodeGroups"][0]["PrimaryEndpoint"]
        yield Servers(
            f"postgresql://nest:{PASSWORD}@{place['Address']}:{place['Port']}/postgres",
            f"rediss://:{TOKEN}@{primary['Address']}:{primary['Port']}",
            cloud.state_dir / "ca" / "bundle.pem",
        )
    finally:
        cloud.stop(print)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of the backend's own environment, from its lock file."""
    log = tmp_path_factory.mktemp("backend") / "build.log"
    return make_environment(BACKEND, CACHE / "tests" / "backend", ["dev"], log)


def run(argv: list[str], **more: str) -> str:
    env = {**base_environment(), "NO_COLOR": "1", **more}
    done = subprocess.run(
        argv,
        cwd=BACKEND,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(argv)}:\n{done.stdout[-8000:]}"
    return done.stdout


@pytest.mark.timeout(SECONDS + 300)
def test_its_own_tests_pass(servers: Servers, python: Path) -> None:
    said = run(
        [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        TEST_DATABASE_URL=servers.database_url,
        TEST_REDIS_URL=servers.redis_url,
        SSL_CERT_FILE=str(servers.authorities),
    )
    passed = re.search(r"(\d+) passed", said)
    assert passed, said[-2000:]
    assert int(passed[1]) >= FEWEST
    assert "skipped" not in said


def test_its_style_holds(python: Path) -> None:
    ruff = str(python.with_name("ruff"))
    run([ruff, "check", "--no-cache", "."])
    run([ruff, "format", "--check", "--no-cache", "."])


def test_its_types_hold(python: Path, tmp_path: Path) -> None:
    said = run([str(python), "-m", "mypy", f"--cache-dir={tmp_path}", "."])
    assert "Success" in said
