"""Start, stop, crash and what is left of them."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import patient
import psutil
import psycopg
import pytest
import redis
from botocore.config import Config

from nestctl.localcloud import CloudInfo, LocalCloud, LocalCloudError
from nestctl.localcloud.layout import default_state_dir
from nestctl.localcloud.supervise.ports import Ports

NewCloud = Callable[[], LocalCloud]
PASSWORD = "password-of-a-test"


def silent(_: str) -> None:
    """Progress that nobody reads."""


def client(info: CloudInfo, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=info.endpoint_url,
        region_name=info.region,
        aws_access_key_id="TESTTESTTESTTESTTEST",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def family(cloud: LocalCloud) -> list[psutil.Process]:
    """The supervisor and all that it started."""
    leader = psutil.Process(cloud.status().pid or -1)
    return [leader, *leader.children(recursive=True)]


def gone(processes: list[psutil.Process], seconds: float = 5) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


def with_data(info: CloudInfo) -> tuple[Any, Any]:
    """An API with a database, a cache, an object, a key and a parameter in it."""
    rds, cache = client(info, "rds"), client(info, "elasticache")
    rds.create_db_instance(
        DBInstanceIdentifier="life",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="nest",
        MasterUserPassword=PASSWORD,
        DBName="nest",
    )
    cache.create_replication_group(
        ReplicationGroupId="life", ReplicationGroupDescription="x", TransitEncryptionEnabled=True
    )
    return ready(info)


def ready(info: CloudInfo) -> tuple[Any, Any]:
    waiting = {"Delay": 1, "MaxAttempts": 60}
    rds, cache = client(info, "rds"), client(info, "elasticache")
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="life", WaiterConfig=waiting)
    cache.get_waiter("replication_group_available").wait(ReplicationGroupId="life", WaiterConfig=waiting)
    return (
        rds.describe_db_instances(DBInstanceIdentifier="life")["DBInstances"][0]["Endpoint"]["Port"],
        cache.describe_replication_groups()["ReplicationGroups"][0]["NodeGroups"][0]["PrimaryEndpoint"][
            "Port"
        ],
    )


def database(cloud: LocalCloud, port: int) -> psycopg.Connection[Any]:
    roots = str(cloud.state_dir / "ca" / "bundle.pem")
    return psycopg.connect(
        host="127.0.0.1",
        port=port,
        user="nest",
        password=PASSWORD,
        dbname="nest",
        sslmode="verify-full",
        sslrootcert=roots,
        autocommit=True,
    )


def store(cloud: LocalCloud, port: int) -> redis.Redis:
    return redis.Redis(port=port, ssl=True, ssl_ca_certs=str(cloud.state_dir / "ca" / "bundle.pem"))


def test_a_start_is_found_by_the_next_and_a_stop_ends_every_process(new_cloud: NewCloud) -> None:
    cloud = new_cloud()
    assert cloud.status().running is False
    info = cloud.start(silent)
    assert cloud.start(silent) == info
    processes = family(cloud)
    assert cloud.status().running is True
    assert cloud.stop(silent) is True
    assert gone(processes)
    assert cloud.stop(silent) is False
    assert cloud.status().running is False
    with pytest.raises(LocalCloudError, match="nestctl local start"):
        cloud.env()


def test_two_starts_at_once_make_one_cloud(new_cloud: NewCloud) -> None:
    cloud = new_cloud()
    found: list[CloudInfo] = []
    threads = [threading.Thread(target=lambda: found.append(cloud.start(silent))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len({info.endpoint_url for info in found}) == 1


def test_two_clouds_live_side_by_side(new_cloud: NewCloud) -> None:
    first, second = new_cloud(), new_cloud()
    one, two = first.start(silent), second.start(silent)
    assert one.endpoint_url != two.endpoint_url
    client(one, "s3").create_bucket(Bucket="only-in-the-first")
    names = [bucket["Name"] for bucket in client(two, "s3").list_buckets()["Buckets"]]
    assert names == []
    second.stop(silent)
    assert client(one, "s3").list_buckets()["Buckets"]


@pytest.mark.slow
def test_a_stop_and_a_start_keep_everything(new_cloud: NewCloud) -> None:
    cloud = new_cloud()
    info = cloud.start(silent)
    database_port, cache_port = with_data(info)
    with database(cloud, database_port) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    store(cloud, cache_port).set("kept", "yes")
    key = client(info, "kms").create_key()["KeyMetadata"]["KeyId"]
    sealed = client(info, "kms").encrypt(KeyId=key, Plaintext=b"open me")["CiphertextBlob"]
    client(info, "ssm").put_parameter(Name="/kept", Value="secret", Type="SecureString", KeyId=key)
    client(info, "s3").create_bucket(Bucket="kept")
    client(info, "s3").put_object(Bucket="kept", Key="deep/key", Body=b"body")
    changes = begin_changes(info)
    processes = family(cloud)
    cloud.stop(silent)
    assert gone(processes)
    again = cloud.start(silent, delay=0.2)
    assert again == info
    check_ended(again, changes)
    assert ready(again) == (database_port, cache_port)
    check_kept(cloud, again, database_port, cache_port, sealed)


def begin_changes(info: CloudInfo) -> dict[str, str]:
    """Begin changes that nobody lives to see the end of; returns the names of what changes."""
    patient.put(f"{info.endpoint_url}/_local/delay", json=3600).raise_for_status()
    ec2, rds, elb = client(info, "ec2"), client(info, "rds"), client(info, "elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.248.0.0/16")["Vpc"]["VpcId"]
    subnet, other = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.248.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
            "Subnet"
        ]["SubnetId"]
        for n, zone in enumerate("ab")
    )
    found = {}
    for name in ("made", "deleted"):
        found[f"{name} address"] = ec2.allocate_address(Domain="vpc")["AllocationId"]
        gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=found[f"{name} address"])
        found[f"{name} gateway"] = gateway["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=found["deleted gateway"])
    balancer = elb.create_load_balancer(Name="life", Subnets=[subnet, other], Scheme="internal")[
        "LoadBalancers"
    ][0]
    assert balancer["State"]["Code"] == "provisioning"
    rds.modify_db_instance(DBInstanceIdentifier="life", DBInstanceClass="db.t3.small", ApplyImmediately=True)
    rds.create_db_instance(
        DBInstanceIdentifier="going",
        Engine="mysql",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="nest",
        MasterUserPassword=PASSWORD,
    )
    rds.delete_db_instance(DBInstanceIdentifier="going", SkipFinalSnapshot=True)
    return found


def check_ended(info: CloudInfo, changes: dict[str, str]) -> None:
    ec2, rds, elb = client(info, "ec2"), client(info, "rds"), client(info, "elbv2")
    states = {g["NatGatewayId"]: g["State"] for g in ec2.describe_nat_gateways()["NatGateways"]}
    assert states == {changes["made gateway"]: "available", changes["deleted gateway"]: "deleted"}
    ec2.release_address(AllocationId=changes["deleted address"])
    assert elb.describe_load_balancers()["LoadBalancers"][0]["State"]["Code"] == "active"
    (instance,) = rds.describe_db_instances()["DBInstances"]
    assert (instance["DBInstanceIdentifier"], instance["DBInstanceClass"]) == ("life", "db.t3.small")
    assert instance["PendingModifiedValues"] == {}


@pytest.mark.slow
def test_a_kill_leaves_no_process_and_loses_nothing(new_cloud: NewCloud) -> None:
    cloud = new_cloud()
    info = cloud.start(silent)
    database_port, cache_port = with_data(info)
    with database(cloud, database_port) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    store(cloud, cache_port).set("kept", "yes")
    key = client(info, "kms").create_key()["KeyMetadata"]["KeyId"]
    sealed = client(info, "kms").encrypt(KeyId=key, Plaintext=b"open me")["CiphertextBlob"]
    client(info, "ssm").put_parameter(Name="/kept", Value="secret", Type="SecureString", KeyId=key)
    client(info, "s3").create_bucket(Bucket="kept")
    client(info, "s3").put_object(Bucket="kept", Key="deep/key", Body=b"body")
    time.sleep(8)  # the API's state is saved a second after a change, later on a busy machine
    processes = family(cloud)
    os.kill(cloud.status().pid or -1, signal.SIGKILL)
    assert gone(processes[:1])
    assert cloud.status().running is False
    again = cloud.start(silent)
    assert gone(processes)
    assert again == info
    assert ready(again) == (database_port, cache_port)
    check_kept(cloud, again, database_port, cache_port, sealed)


def check_kept(
    cloud: LocalCloud, info: CloudInfo, database_port: int, cache_port: int, sealed: bytes
) -> None:
    with database(cloud, database_port) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert store(cloud, cache_port).get("kept") == b"yes"
    assert client(info, "kms").decrypt(CiphertextBlob=sealed)["Plaintext"] == b"open me"
    parameter = client(info, "ssm").get_parameter(Name="/kept", WithDecryption=True)["Parameter"]
    assert parameter["Value"] == "secret"
    assert client(info, "s3").get_object(Bucket="kept", Key="deep/key")["Body"].read() == b"body"


def test_children_that_outlived_their_supervisor_are_ended(new_cloud: NewCloud) -> None:
    cloud = new_cloud()
    cloud.start(silent)
    cloud.stop(silent)
    orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    innocent = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    try:
        created = psutil.Process(orphan.pid).create_time()
        record = {
            str(orphan.pid): {"created": created, "role": "orphan"},
            # The same pid, but another process: it was reused since.
            str(innocent.pid): {"created": created - 3600, "role": "long gone"},
        }
        (cloud.state_dir / "children.json").write_text(json.dumps(record))
        said: list[str] = []
        cloud.start(said.append)
        assert gone([psutil.Process(orphan.pid)] if psutil.pid_exists(orphan.pid) else [])
        assert any("orphan" in line for line in said)
        assert innocent.poll() is None
    finally:
        for process in (orphan, innocent):
            process.kill()
            process.wait()


def test_a_taken_port_is_refused_with_its_owner_when_it_was_asked_for(new_cloud: NewCloud) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalCloudError, match=rf"Port {port} is taken by .*process {os.getpid()}"):
            new_cloud().start(silent, port=port)


def test_a_remembered_port_that_was_taken_is_replaced_and_said(new_cloud: NewCloud) -> None:
    cloud = new_cloud()
    first = cloud.start(silent)
    cloud.stop(silent)
    port = int(first.endpoint_url.rpartition(":")[2])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        said: list[str] = []
        second = cloud.start(said.append)
    assert second.endpoint_url != first.endpoint_url
    assert any(f"Port {port} is taken by" in line for line in said)


def test_a_running_cloud_does_not_move_to_another_port(new_cloud: NewCloud) -> None:
    cloud = new_cloud()
    cloud.start(silent)
    with pytest.raises(LocalCloudError, match=r"runs at .* already"):
        cloud.start(silent, port=4999)


def test_a_failed_start_says_why_and_leaves_nothing(new_cloud: NewCloud) -> None:
    cloud = new_cloud()
    cloud.start(silent)
    cloud.stop(silent)
    (cloud.state_dir / "ca" / "ca.key").write_text("no key")
    with pytest.raises(LocalCloudError, match="did not start"):
        cloud.start(silent)
    assert cloud.status().running is False
    assert cloud.status().processes == {}


def test_only_loopback_is_listened_on(running: LocalCloud) -> None:
    addresses = {
        connection.laddr[0]
        for process in family(running)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_tools_find_the_cloud_by_its_environment(running: LocalCloud) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **running.env()}
    program = (
        "import boto3; print(boto3.client('sts').get_caller_identity()['Account'], "
        "boto3.client('s3').list_buckets()['ResponseMetadata']['HTTPStatusCode'])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["000000000000", "200"]


def test_credentials_and_keys_are_for_their_owner_only(running: LocalCloud) -> None:
    private = [
        running.state_dir / "aws" / "credentials",
        running.state_dir / "aws" / "config",
        running.state_dir / "ca" / "ca.key",
        running.state_dir / "cloud.json",
        running.state_dir / "supervisor.json",
    ]
    assert [stat.S_IMODE(file.stat().st_mode) for file in private] == [0o600] * len(private)
    assert stat.S_IMODE((running.state_dir / "emulator").stat().st_mode) == 0o700


def test_reset_forgets_everything(new_cloud: NewCloud) -> None:
    cloud = new_cloud()
    info = cloud.start(silent)
    client(info, "s3").create_bucket(Bucket="forgotten")
    cloud.reset(silent)
    assert not cloud.state_dir.exists()
    again = cloud.start(silent)
    assert client(again, "s3").list_buckets()["Buckets"] == []


def test_an_unknown_own_path_is_refused(running: LocalCloud) -> None:
    endpoint = running.env()["AWS_ENDPOINT_URL"]
    assert patient.get(f"{endpoint}/_local/nothing").status_code == 404
    assert patient.get(f"{endpoint}/_local/health").json()["status"] == "ok"


def test_reach_leaves_what_it_does_not_know(running: LocalCloud) -> None:
    assert running.reach("https://example.org/path?x=1") == "https://example.org/path?x=1"
    for public, local in running.addresses().items():
        assert running.reach(f"{public}/path?x=1") == f"{local}/path?x=1"


def test_the_state_folder_is_the_checkouts_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    first, second = default_state_dir(tmp_path / "one" / "nest"), default_state_dir(tmp_path / "two" / "nest")
    assert first != second
    assert first.name.startswith("nest-")
    expected = Path("/var/lib/nestctl") if os.geteuid() == 0 else tmp_path / "nestctl"
    assert first.parent == expected


def test_ports_stay_and_differ(tmp_path: Path) -> None:
    book = Ports(tmp_path / "cloud.json", silent)
    first, second = book.claim("first"), book.claim("second")
    assert book.claim("first") == first != second
    assert Ports(tmp_path / "cloud.json", silent).claim("first") == first
    book.release("first")
    assert "first" not in json.loads((tmp_path / "cloud.json").read_text())["ports"]


def test_how_long_changes_take_holds_at_once_and_is_kept(new_cloud: NewCloud) -> None:
    cloud = new_cloud()

    def delay(info: CloudInfo) -> Any:
        return patient.get(f"{info.endpoint_url}/_local/delay").json()

    info = cloud.start(silent)
    assert delay(info) == 2
    assert delay(cloud.start(silent, delay=0.25)) == 0.25
    refused = patient.put(f"{info.endpoint_url}/_local/delay", json=-1)
    assert refused.status_code == 400
    assert delay(cloud.start(silent)) == 0.25
    cloud.stop(silent)
    assert delay(cloud.start(silent)) == 0.25
    cloud.stop(silent)
    assert delay(cloud.start(silent, delay=0)) == 0
