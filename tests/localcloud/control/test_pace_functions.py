"""Functions are pending and in progress for a while; clusters, secrets and buckets in use are kept."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from people import soon, unique, working_role
from watching import refused, states_until

from nestctl.aws import functions as product

Client = Callable[[str], Any]
pytestmark = pytest.mark.pace(0.7)
BUSY = "ResourceConflictException"
NOT_NOW = "The operation cannot be performed at this time. "
PENDING = NOT_NOW + "The function is currently in the following state: Pending"


@pytest.fixture(scope="module")
def role(aws: Client) -> str:
    return working_role(aws, "paced")


def code(text: str = "1") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", f"def handler(event, context):\n    return {text}\n")
    return buffer.getvalue()


def make(aws: Client, role: str, **options: Any) -> dict[str, Any]:
    arguments = {
        "FunctionName": unique("paced"),
        "Role": role,
        "Handler": "app.handler",
        "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Code": {"ZipFile": code()},
        **options,
    }
    made: dict[str, Any] = soon(lambda: aws("lambda").create_function(**arguments))
    return made


def test_a_function_is_pending_then_active_and_its_updates_are_in_progress(aws: Client, role: str) -> None:
    lambdas, made = aws("lambda"), make(aws, role)
    name, arn = made["FunctionName"], made["FunctionArn"]

    def state(key: str, qualifier: str = "$LATEST") -> str:
        """As the list of all versions has it."""
        listed = lambdas.list_versions_by_function(FunctionName=name)["Versions"]
        return next(str(one.get(key)) for one in listed if one["Version"] == qualifier)

    def changes() -> set[tuple[str, str]]:
        return {
            refused(lambdas.update_function_configuration, FunctionName=name, Timeout=9),
            refused(lambdas.update_function_code, FunctionName=name, ZipFile=code("2")),
            refused(lambdas.publish_version, FunctionName=name),
        }

    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert refused(lambdas.invoke, FunctionName=name) == (BUSY, PENDING)
    assert changes() == {(BUSY, PENDING)}
    (listed,) = (one for one in lambdas.list_functions()["Functions"] if one["FunctionName"] == name)
    assert listed["FunctionArn"] == arn
    assert states_until("Active", lambda: state("State")) == ["Pending", "Active"]
    assert lambdas.invoke(FunctionName=name)["Payload"].read() == b"1"

    changed = lambdas.update_function_code(FunctionName=name, ZipFile=code("2"))
    assert (changed["State"], changed["LastUpdateStatus"]) == ("Active", "InProgress")
    assert changes() == {(BUSY, f"{NOT_NOW}An update is in progress for resource: {arn}")}
    assert refused(lambdas.invoke, FunctionName=name) == ("", "")
    assert states_until("Successful", lambda: state("LastUpdateStatus")) == ["InProgress", "Successful"]
    lambdas.update_function_configuration(FunctionName=name, Timeout=9)
    assert state("LastUpdateStatus") == "InProgress"
    assert states_until("Successful", lambda: state("LastUpdateStatus")) == ["InProgress", "Successful"]

    version = lambdas.publish_version(FunctionName=name)
    assert (version["Version"], version["State"]) == ("1", "Pending")
    assert refused(lambdas.invoke, FunctionName=name, Qualifier="1") == (BUSY, PENDING)
    assert refused(lambdas.invoke, FunctionName=name) == ("", "")
    assert states_until("Active", lambda: state("State", "1")) == ["Pending", "Active"]
    assert lambdas.publish_version(FunctionName=name)["State"] == "Active", "nothing has changed"

    provision = {"FunctionName": name, "ProvisionedConcurrentExecutions": 1}
    assert refused(lambdas.put_provisioned_concurrency_config, **provision, Qualifier="$LATEST")[0] == (
        "InvalidParameterValueException"
    )
    begun = lambdas.put_provisioned_concurrency_config(**provision, Qualifier="1")
    assert (begun["Status"], begun["AvailableProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 0)

    def provisioned() -> str:
        found = lambdas.get_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
        return f"{found['Status']} {found['AllocatedProvisionedConcurrentExecutions']}"

    assert states_until("READY 1", provisioned) == ["IN_PROGRESS 0", "READY 1"]


def test_a_release_waits_for_what_an_interrupted_run_has_begun(aws: Client, role: str) -> None:
    """A run may end right after CreateFunction, an update or PublishVersion; the next one goes on."""
    lambdas, made = aws("lambda"), make(aws, role, Description="begun")
    name, ours = made["FunctionName"], SimpleNamespace(client=aws)
    bucket = unique("paced")
    aws("s3").create_bucket(Bucket=bucket)
    aws("s3").put_object(Bucket=bucket, Key="a.zip", Body=code("3"))
    wanted = product.Configuration(
        name, role, made["Runtime"], "app.handler", 128, 5, {"STAGE": "1"}, [], [], ""
    )
    product.put_code(ours, wanted, bucket, "a.zip", {})  # type: ignore[arg-type]
    assert product.differences(lambdas.get_function_configuration(FunctionName=name), wanted) == []
    version = product.publish(ours, name, "release")  # type: ignore[arg-type]
    assert refused(lambdas.invoke, FunctionName=name, Qualifier=version)[0] == BUSY
    assert product.find_version(ours, name, "release") == version  # type: ignore[arg-type]
    product.wait_for_version(ours, name, version)  # type: ignore[arg-type]
    assert lambdas.invoke(FunctionName=name, Qualifier=version)["Payload"].read() == b"3"


def test_a_cluster_with_services_and_a_service_that_drains_are_kept(aws: Client) -> None:
    ecs, name = aws("ecs"), unique("paced")
    ecs.create_cluster(clusterName=name)
    ecs.register_task_definition(
        family=name,
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "a", "image": "absent"}],
    )
    service = {
        "cluster": name,
        "serviceName": name,
        "taskDefinition": name,
        "desiredCount": 1,
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
    }
    made = ecs.create_service(**service)["service"]
    assert made["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    code_, words = refused(ecs.delete_cluster, cluster=name)
    assert (code_, words) == (
        "ClusterContainsServicesException",
        "The Cluster cannot be deleted while Services are active.",
    )
    assert refused(ecs.delete_service, cluster=name, service=name)[0] == "InvalidParameterException"
    ecs.update_service(cluster=name, service=name, desiredCount=0)
    gone = ecs.delete_service(cluster=name, service=name)["service"]
    assert gone["status"] == "DRAINING"

    def state() -> str:
        return str(ecs.describe_services(cluster=name, services=[name])["services"][0]["status"])

    if state() == "DRAINING":
        assert refused(ecs.update_service, cluster=name, service=name, desiredCount=1)[0] == (
            "ServiceNotActiveException"
        )
    states_until("INACTIVE", state)
    assert refused(ecs.update_service, cluster=name, service=name, desiredCount=1)[0] == (
        "ServiceNotActiveException"
    )
    assert refused(ecs.delete_cluster, cluster=name) == ("", "")


def test_a_secret_in_its_recovery_window_and_a_bucket_with_objects_are_kept(aws: Client) -> None:
    secrets, s3, name = aws("secretsmanager"), aws("s3"), unique("paced")
    secrets.create_secret(Name=name, SecretString="a")
    assert refused(secrets.create_secret, Name=name, SecretString="b")[0] == "ResourceExistsException"
    secrets.delete_secret(SecretId=name)
    assert refused(secrets.create_secret, Name=name, SecretString="b") == (
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
    assert refused(secrets.get_secret_value, SecretId=name)[0] == "InvalidRequestException"
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert refused(secrets.create_secret, Name=name, SecretString="b") == ("", "")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a", Body=b"a")
    assert refused(s3.delete_bucket, Bucket=name)[0] == "BucketNotEmpty"
    s3.delete_object(Bucket=name, Key="a")
    assert refused(s3.delete_bucket, Bucket=name) == ("", "")
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    aws("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert refused(aws("kms").encrypt, KeyId=key, Plaintext=b"a")[0] == "KMSInvalidStateException"
