"""Instances and proxies go through RDS's states, and refuse what RDS refuses in them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from people import unique
from watching import refused, state_or_gone, states_until

from nestctl.aws import standing

Client = Callable[..., Any]
pytestmark = pytest.mark.pace(0.7)
WRONG = "InvalidDBInstanceState"
NOT_AVAILABLE = "not currently in the available state."
BUSY = "Database instance is not in available state."


def make(rds: Any, name: str, **options: Any) -> dict[str, Any]:
    arguments = {
        "DBInstanceIdentifier": name,
        "DBInstanceClass": "db.t3.micro",
        "Engine": "mysql",  # no server is made for it, and its states are those of all
        "AllocatedStorage": 20,
        "MasterUsername": "probe",
        "MasterUserPassword": "a-password-of-the-test",
        **options,
    }
    made: dict[str, Any] = rds.create_db_instance(**arguments)["DBInstance"]
    return made


def found(rds: Any, name: str) -> dict[str, Any]:
    instance: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return instance


def status(rds: Any, name: str) -> str:
    """The state as the list of all instances has it."""
    return next(
        (
            one["DBInstanceStatus"]
            for one in rds.describe_db_instances()["DBInstances"]
            if one["DBInstanceIdentifier"] == name
        ),
        "gone",
    )


def test_an_instance_goes_through_its_states_and_refuses_changes_in_them(aws: Client) -> None:
    rds, name = aws("rds"), unique("states")
    modify = {"DBInstanceIdentifier": name, "DBInstanceClass": "db.t3.small", "ApplyImmediately": True}
    snapshot = {"DBInstanceIdentifier": name, "DBSnapshotIdentifier": unique("kept")}
    made = make(rds, name, Engine="postgres")
    ours: Any = SimpleNamespace(client=aws)
    assert made["DBInstanceStatus"] == "creating"
    assert standing.unsettled(ours, name, "absent") == {f"database {name}": "creating"}
    assert "Endpoint" not in made
    assert "Endpoint" not in found(rds, name)
    assert refused(rds.modify_db_instance, **modify) == (WRONG, BUSY)
    assert refused(rds.create_db_snapshot, **snapshot) == (
        WRONG,
        f"Cannot create a snapshot because the database instance {name} is {NOT_AVAILABLE}",
    )
    assert refused(rds.reboot_db_instance, DBInstanceIdentifier=name)[0] == WRONG
    assert refused(rds.stop_db_instance, DBInstanceIdentifier=name)[0] == WRONG
    assert refused(rds.delete_db_instance, DBInstanceIdentifier=name, FinalDBSnapshotIdentifier="final") == (
        WRONG,
        f"Instance {name} is currently creating - a final snapshot cannot be taken.",
    )
    assert states_until("available", lambda: status(rds, name)) == ["creating", "backing-up", "available"]
    assert found(rds, name)["Endpoint"]["Port"]

    changed = rds.modify_db_instance(**modify)["DBInstance"]
    assert changed["DBInstanceClass"] == "db.t3.micro"
    assert changed["PendingModifiedValues"] == {"DBInstanceClass": "db.t3.small"}
    assert states_until("modifying", lambda: status(rds, name))[-1] == "modifying"
    assert refused(rds.modify_db_instance, **modify) == (WRONG, BUSY)
    assert refused(rds.create_db_snapshot, **snapshot)[0] == WRONG
    assert states_until("available", lambda: status(rds, name)) == ["modifying", "available"]
    after = found(rds, name)
    assert (after["DBInstanceClass"], after["PendingModifiedValues"]) == ("db.t3.small", {})

    assert rds.create_db_snapshot(**snapshot)["DBSnapshot"]["Status"] == "creating"
    assert refused(rds.modify_db_instance, **modify) == (WRONG, BUSY)
    assert states_until("available", lambda: status(rds, name)) == ["backing-up", "available"]
    rds.get_waiter("db_snapshot_available").wait(
        DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"], WaiterConfig={"Delay": 1}
    )
    taken = {"DBInstanceIdentifier": name, "FinalDBSnapshotIdentifier": snapshot["DBSnapshotIdentifier"]}
    assert refused(rds.delete_db_instance, **taken)[0] == "DBSnapshotAlreadyExists"

    rds.reboot_db_instance(DBInstanceIdentifier=name)
    assert states_until("available", lambda: status(rds, name)) == ["rebooting", "available"]
    rds.stop_db_instance(DBInstanceIdentifier=name)
    assert states_until("stopped", lambda: status(rds, name)) == ["stopping", "stopped"]
    assert refused(rds.modify_db_instance, **modify) == (WRONG, BUSY)
    rds.start_db_instance(DBInstanceIdentifier=name)
    assert states_until("available", lambda: status(rds, name)) == ["starting", "available"]
    assert refused(rds.start_db_instance, DBInstanceIdentifier=name)[0] == WRONG

    final = unique("final")
    gone = rds.delete_db_instance(DBInstanceIdentifier=name, FinalDBSnapshotIdentifier=final)["DBInstance"]
    assert gone["DBInstanceStatus"] == "deleting"
    assert standing.unsettled(ours, name, "absent") == {f"database {name}": "deleting"}
    assert refused(rds.delete_db_instance, DBInstanceIdentifier=name, SkipFinalSnapshot=True) == (
        WRONG,
        f"Instance {name} is already being deleted.",
    )
    assert refused(lambda: make(rds, name))[0] == "DBInstanceAlreadyExists"
    assert refused(rds.delete_db_snapshot, DBSnapshotIdentifier=final)[0] == "InvalidDBSnapshotState"
    assert states_until(
        "gone", lambda: state_or_gone(lambda: found(rds, name)["DBInstanceStatus"], "DBInstanceNotFound")
    ) == ["deleting", "gone"]
    assert standing.unsettled(ours, name, "absent") == {}
    for kept in (final, snapshot["DBSnapshotIdentifier"]):
        assert refused(rds.delete_db_snapshot, DBSnapshotIdentifier=kept) == ("", "")


def test_changes_wait_for_the_one_that_applies_them(aws: Client) -> None:
    """In another region, where the states are the same."""
    usual, rds, name = aws("rds"), aws("rds", "eu-central-1"), unique("later")
    assert make(rds, name, BackupRetentionPeriod=0)["DBInstanceStatus"] == "creating"
    assert status(usual, name) == "gone", "it is of the other region"
    assert states_until("available", lambda: status(rds, name)) == ["creating", "available"]
    rds.modify_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.t3.small")
    later = rds.modify_db_instance(DBInstanceIdentifier=name, AllocatedStorage=40)["DBInstance"]
    assert later["PendingModifiedValues"] == {"DBInstanceClass": "db.t3.small", "AllocatedStorage": 40}
    assert later["DBInstanceStatus"] == "available"
    rds.modify_db_instance(DBInstanceIdentifier=name, MasterUserPassword="another-of-the-test")
    states = states_until("resetting-master-credentials", lambda: status(rds, name))
    assert states[-1] == "resetting-master-credentials"
    assert "MasterUserPassword" in found(rds, name)["PendingModifiedValues"]
    states_until("available", lambda: status(rds, name))
    assert found(rds, name)["DBInstanceClass"] == "db.t3.micro", "a password applies nothing else"
    rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
    rds.modify_db_instance(DBInstanceIdentifier=name, MultiAZ=True, ApplyImmediately=True)
    states_until("modifying", lambda: status(rds, name))
    states_until("available", lambda: status(rds, name).replace("storage-optimization", "available"))
    after = found(rds, name)
    assert (after["DBInstanceClass"], after["AllocatedStorage"]) == ("db.t3.small", 40)
    assert after["MultiAZ"] is True
    assert after["PendingModifiedValues"] == {}
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def test_a_proxy_and_its_target_go_through_their_states(aws: Client) -> None:
    rds, ec2, name = aws("rds"), aws("ec2"), unique("proxy")
    vpc = ec2.create_vpc(CidrBlock="10.251.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.251.{n}.0/24", AvailabilityZone=f"us-east-1{z}")
        for n, z in enumerate("ab")
    ]
    make(rds, name, BackupRetentionPeriod=0)
    made = rds.create_db_proxy(
        DBProxyName=name,
        EngineFamily="MYSQL",
        RoleArn="arn:aws:iam::000000000000:role/probe",
        Auth=[{"SecretArn": "arn:aws:secretsmanager:us-east-1:000000000000:secret:probe-abcdef"}],
        VpcSubnetIds=[subnet["Subnet"]["SubnetId"] for subnet in subnets],
    )["DBProxy"]
    fault = "InvalidDBProxyStateFault"

    def state() -> str:
        return state_or_gone(
            lambda: str(rds.describe_db_proxies(DBProxyName=name)["DBProxies"][0]["Status"]),
            "DBProxyNotFoundFault",
        )

    def health() -> str:
        (target,) = rds.describe_db_proxy_targets(DBProxyName=name)["Targets"]
        return " ".join(filter(None, map(target["TargetHealth"].get, ("State", "Reason"))))

    register = {"DBProxyName": name, "DBInstanceIdentifiers": [name]}
    assert made["Status"] == "creating"
    assert refused(rds.modify_db_proxy, DBProxyName=name, DebugLogging=True)[0] == fault
    assert refused(rds.register_db_proxy_targets, **register)[0] == fault
    assert refused(rds.delete_db_proxy, DBProxyName=name)[0] == fault
    assert states_until("available", state) == ["creating", "available"]
    if status(rds, name) == "creating":
        assert refused(rds.register_db_proxy_targets, **register)[0] == WRONG
    states_until("available", lambda: status(rds, name))
    rds.register_db_proxy_targets(**register)
    assert states_until("AVAILABLE", health) == [
        "REGISTERING",
        "UNAVAILABLE PENDING_PROXY_CAPACITY",
        "AVAILABLE",
    ]
    rds.reboot_db_instance(DBInstanceIdentifier=name)
    assert states_until("AVAILABLE", health) == ["UNAVAILABLE UNREACHABLE", "AVAILABLE"]
    assert rds.modify_db_proxy(DBProxyName=name, DebugLogging=True)["DBProxy"]["Status"] == "modifying"
    assert refused(rds.delete_db_proxy, DBProxyName=name)[0] == fault
    assert states_until("available", state) == ["modifying", "available"]
    rds.delete_db_proxy(DBProxyName=name)
    assert refused(rds.delete_db_proxy, DBProxyName=name)[0] == fault
    assert states_until("gone", state) == ["deleting", "gone"]
    left = rds.describe_db_proxy_endpoints()["DBProxyEndpoints"]
    assert [endpoint for endpoint in left if endpoint["DBProxyName"] == name] == []
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
