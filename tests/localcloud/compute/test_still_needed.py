"""Corrections for functions, containers and the edge: right with them, wrong without, or they can go."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import patient
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from people import soon, working_role

from nestctl.localcloud import pace
from nestctl.localcloud.control.registry import CORRECTIONS

Client = Callable[[str], Any]
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
FILES = {"lambda_", "ecs", "elbv2", "elbv2_states", "cloudfront"}
FOLLOWED = {
    ("elasticloadbalancing", action)
    for action in (
        "CreateListener",
        "ModifyListener",
        "DeleteListener",
        "ModifyRule",
        "DeleteRule",
        "SetRulePriorities",
        "ModifyLoadBalancerAttributes",
    )
} | {("cloudfront", action) for action in ("CopyDistribution", "CreateDistributionWithTags")}
"""They only tell the edge to look again at once: the tests of the edge show that it does."""


def name(prefix: str = "x") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def make_function(
    aws: Client, *, wait: bool = True, source: str = "def handler(e, c):\n    return 1\n"
) -> str:
    made = name("fn")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    role = working_role(aws, "needed")
    soon(
        lambda: aws("lambda").create_function(
            FunctionName=made,
            Role=role,
            Handler="app.handler",
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Code={"ZipFile": buffer.getvalue()},
            Publish=True,
        )
    )
    if wait:
        waiter = aws("lambda").get_waiter("function_active_v2")
        waiter.wait(FunctionName=made, WaiterConfig={"Delay": 1})
    return made


def refused(call: Callable[..., Any], code: str, **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == code)
    return False


def an_invocation_has_lambdas_limits(aws: Client) -> bool:
    made = make_function(aws)
    return refused(
        aws("lambda").invoke,
        "RequestTooLargeException",
        FunctionName=made,
        Payload=b'"%s"' % (b"x" * 6 * 1024 * 1024),
    )


def a_first_version_has_its_own_arn(aws: Client) -> bool:
    made = make_function(aws)
    found = aws("lambda").get_function_configuration(FunctionName=made, Qualifier="1")
    return bool(found["FunctionArn"].endswith(f":{made}:1"))


def a_change_during_creation_is_refused(aws: Client, action: str, **arguments: Any) -> bool:
    before = pace.seconds()
    pace.set_seconds(0.5)
    try:
        made = make_function(aws, wait=False)
        return refused(
            getattr(aws("lambda"), action), "ResourceConflictException", FunctionName=made, **arguments
        )
    finally:
        pace.set_seconds(before)


def a_function_url(aws: Client) -> tuple[Any, str]:
    made = make_function(aws)
    return aws("lambda").create_function_url_config(FunctionName=made, AuthType="NONE"), made


def a_function_url_answers(aws: Client, action: str) -> bool:
    made, function = a_function_url(aws)
    if action == "list_function_url_configs":
        made = aws("lambda").list_function_url_configs(FunctionName=function)["FunctionUrlConfigs"][0]
    elif action != "create_function_url_config":
        made = getattr(aws("lambda"), action)(FunctionName=function)
    try:
        return patient.get(made["FunctionUrl"]).status_code == 403
    except httpx.TransportError:
        return False


def a_deleted_function_url_answers_no_more(aws: Client) -> bool:
    made, function = a_function_url(aws)
    try:
        before = patient.get(made["FunctionUrl"]).status_code
        aws("lambda").delete_function_url_config(FunctionName=function)
        patient.get(made["FunctionUrl"])
    except httpx.ConnectError:
        return "before" in locals() and before == 403
    return False


def a_group(aws: Client, **options: Any) -> str:
    made = aws("elbv2").create_target_group(
        Name=name("tg"), TargetType="ip", Protocol="HTTP", Port=80, VpcId="vpc-1", **options
    )
    arn: str = made["TargetGroups"][0]["TargetGroupArn"]
    return arn


def targets_of(aws: Client, group: str) -> list[Any]:
    return list(aws("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"])


def one_address_has_two_ports(aws: Client, *, remove: bool = False) -> bool:
    group = a_group(aws)
    two = [{"Id": "127.0.0.1", "Port": 1}, {"Id": "127.0.0.1", "Port": 2}]
    aws("elbv2").register_targets(TargetGroupArn=group, Targets=two)
    if remove:
        aws("elbv2").deregister_targets(TargetGroupArn=group, Targets=two[:1])
    return [entry["Target"]["Port"] for entry in targets_of(aws, group)] == ([2] if remove else [1, 2])


def health_is_not_made_up(aws: Client) -> bool:
    group = a_group(aws)
    aws("elbv2").register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": 1}])
    return bool(targets_of(aws, group)[0]["TargetHealth"]["State"] != "healthy")


def a_listener(aws: Client) -> str:
    balancer = aws("elbv2").create_load_balancer(Name=name("lb"), Subnets=["subnet-1", "subnet-2"])
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "x"}}
    made = aws("elbv2").create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Port=80,
        Protocol="HTTP",
        DefaultActions=[fixed],
    )
    arn: str = made["Listeners"][0]["ListenerArn"]
    return arn


def a_rule_keeps_weights_and_queries(aws: Client) -> bool:
    weights = [{"TargetGroupArn": a_group(aws), "Weight": 1}, {"TargetGroupArn": a_group(aws), "Weight": 9}]
    values = {"Values": [{"Key": "a", "Value": "<b>"}]}
    made = aws("elbv2").create_rule(
        ListenerArn=a_listener(aws),
        Priority=1,
        Conditions=[{"Field": "query-string", "QueryStringConfig": values}],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
    )["Rules"][0]
    forward = made["Actions"][0].get("ForwardConfig", {})
    return bool(forward.get("TargetGroups") == weights) and bool(
        made["Conditions"][0].get("QueryStringConfig") == values
    )


def a_header_attribute_may_hold_anything(aws: Client) -> bool:
    key = "routing.http.response.content_security_policy.header_value"
    value = "default-src 'self' https://a.example/?b=1&c=<d>"
    try:
        found = aws("elbv2").modify_listener_attributes(
            ListenerArn=a_listener(aws), Attributes=[{"Key": key, "Value": value}]
        )["Attributes"]
    except Exception:  # noqa: BLE001 - the answer is not XML
        return False
    return {"Key": key, "Value": value} in found


def a_distribution(aws: Client) -> Any:
    origin = {"Id": "o", "DomainName": "a.example", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    config = {
        "CallerReference": name(),
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all"},
    }
    return aws("cloudfront").create_distribution(DistributionConfig=config)


def a_distribution_answers(aws: Client, *, updated: bool = False, deleted: bool = False) -> bool:
    made = a_distribution(aws)
    distribution, etag = made["Distribution"], made["ETag"]
    if updated or deleted:
        config = {**distribution["DistributionConfig"], "Enabled": False}
        answer = aws("cloudfront").update_distribution(
            Id=distribution["Id"], IfMatch=etag, DistributionConfig=config
        )
        distribution, etag = answer["Distribution"], answer["ETag"]
    where = f"http://{distribution['DomainName']}/"
    try:
        status = patient.get(where).status_code
        if deleted:
            aws("cloudfront").delete_distribution(Id=distribution["Id"], IfMatch=etag)
            with contextlib.suppress(httpx.ConnectError):
                patient.get(where)
                return False
    except httpx.TransportError:
        return False
    return status in (403, 502)


def a_definition(aws: Client) -> str:
    with contextlib.suppress(ClientError):
        aws("ecs").create_cluster(clusterName="needed")
    image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/none:none"
    made = aws("ecs").register_task_definition(
        family=name("td"),
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "main", "image": image}],
    )
    arn: str = made["taskDefinition"]["taskDefinitionArn"]
    return arn


def a_task_without_image_stops(aws: Client) -> bool:
    started = aws("ecs").run_task(
        cluster="needed", taskDefinition=a_definition(aws), launchType="FARGATE", networkConfiguration=NETWORK
    )
    found = when_stopped(aws, started["tasks"][0]["taskArn"])
    return str(found.get("stoppedReason", "")).startswith("CannotPullContainerError")


def when_stopped(aws: Client, task: str) -> dict[str, Any]:
    """Return a task once it has stopped; one that runs instead, as the emulator's own do, as it is then."""
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, Any] = aws("ecs").describe_tasks(cluster="needed", tasks=[task])["tasks"][0]
        if found["lastStatus"] in ("STOPPED", "RUNNING") or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def stopping_an_unknown_task_is_refused_and_a_stopped_one_keeps_its_reason(aws: Client) -> bool:
    started = aws("ecs").run_task(
        cluster="needed", taskDefinition=a_definition(aws), launchType="FARGATE", networkConfiguration=NETWORK
    )["tasks"][0]["taskArn"]
    when_stopped(aws, started)
    aws("ecs").stop_task(cluster="needed", task=started, reason="mine")
    found = aws("ecs").describe_tasks(cluster="needed", tasks=[started])["tasks"][0]
    return bool(found["stopCode"] == "TaskFailedToStart")


def a_service(aws: Client, **options: Any) -> tuple[Any, str]:
    service = name("svc")
    definition = a_definition(aws)
    made = aws("ecs").create_service(
        cluster="needed",
        serviceName=service,
        taskDefinition=definition,
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=NETWORK,
        **options,
    )
    return made["service"], service


def a_new_service_is_in_progress(aws: Client) -> bool:
    made, service = a_service(aws)
    aws("ecs").delete_service(cluster="needed", service=service, force=True)
    return bool(made["deployments"][0]["rolloutState"] == "IN_PROGRESS")


def a_service_answers_its_rebalancing(aws: Client) -> bool:
    _, service = a_service(aws, availabilityZoneRebalancing="ENABLED")
    found = aws("ecs").describe_services(cluster="needed", services=[service])["services"][0]
    aws("ecs").delete_service(cluster="needed", service=service, force=True)
    return bool(found.get("availabilityZoneRebalancing") == "ENABLED")


def another_network_is_another_deployment(aws: Client) -> bool:
    made, service = a_service(aws)
    other = {"awsvpcConfiguration": {"subnets": ["subnet-2"]}}
    changed = aws("ecs").update_service(cluster="needed", service=service, networkConfiguration=other)[
        "service"
    ]
    aws("ecs").delete_service(cluster="needed", service=service, force=True)
    return bool(changed["deployments"][0]["id"] != made["deployments"][0]["id"])


def a_deleted_service_drains(aws: Client) -> bool:
    _, service = a_service(aws)
    gone = aws("ecs").delete_service(cluster="needed", service=service, force=True)["service"]
    return bool(gone["status"] == "DRAINING")


def a_group_of_functions_has_no_port(aws: Client, *, described: bool = False) -> bool:
    made = aws("elbv2").create_target_group(Name=name("tg"), TargetType="lambda")["TargetGroups"][0]
    if described:
        arns = [made["TargetGroupArn"]]
        made = aws("elbv2").describe_target_groups(TargetGroupArns=arns)["TargetGroups"][0]
    return made["TargetType"] == "lambda" and not {"Port", "Protocol", "VpcId"} & set(made)


def a_modified_group_of_functions_has_no_port(aws: Client) -> bool:
    made = aws("elbv2").create_target_group(Name=name("tg"), TargetType="lambda")["TargetGroups"][0]
    arn = made["TargetGroupArn"]
    found = aws("elbv2").modify_target_group(TargetGroupArn=arn, HealthCheckPath="/x")["TargetGroups"][0]
    return not {"Port", "Protocol", "VpcId"} & set(found)


def latest_has_no_provisioned_concurrency(aws: Client) -> bool:
    return refused(
        aws("lambda").put_provisioned_concurrency_config,
        "InvalidParameterValueException",
        FunctionName=make_function(aws),
        Qualifier="$LATEST",
        ProvisionedConcurrentExecutions=1,
    )


def a_balancer(aws: Client) -> Any:
    return aws("elbv2").create_load_balancer(Name=name("lb"), Subnets=["subnet-1", "subnet-2"])[
        "LoadBalancers"
    ][0]


def a_balancer_is_provisioned_for_a_while(aws: Client) -> bool:
    # Where nothing takes time, nothing is provisioned; what is shown is that the correction asks how long.
    before = pace.seconds()
    pace.set_seconds(0.1)
    try:
        return bool(a_balancer(aws)["State"]["Code"] == "provisioning")
    finally:
        pace.set_seconds(before)


def a_protected_balancer_stays(aws: Client) -> bool:
    arn = a_balancer(aws)["LoadBalancerArn"]
    protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    aws("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protection)
    return refused(aws("elbv2").delete_load_balancer, "OperationNotPermitted", LoadBalancerArn=arn)


def a_group_in_use_stays(aws: Client) -> bool:
    group = a_group(aws)
    aws("elbv2").create_listener(
        LoadBalancerArn=a_balancer(aws)["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    return refused(aws("elbv2").delete_target_group, "ResourceInUse", TargetGroupArn=group)


def a_cluster_with_services_stays(aws: Client) -> bool:
    _, service = a_service(aws)
    kept = refused(aws("ecs").delete_cluster, "ClusterContainsServicesException", cluster="needed")
    aws("ecs").delete_service(cluster="needed", service=service, force=True)
    return kept


PROBES: dict[tuple[str, str], Callable[[Client], bool]] = {
    ("lambda", "PutProvisionedConcurrencyConfig"): latest_has_no_provisioned_concurrency,
    ("elasticloadbalancing", "CreateLoadBalancer"): a_balancer_is_provisioned_for_a_while,
    ("elasticloadbalancing", "DeleteLoadBalancer"): a_protected_balancer_stays,
    ("elasticloadbalancing", "DeleteTargetGroup"): a_group_in_use_stays,
    ("ecs", "DeleteCluster"): a_cluster_with_services_stays,
    ("lambda", "Invoke"): an_invocation_has_lambdas_limits,
    ("lambda", "CreateFunction"): a_first_version_has_its_own_arn,
    ("lambda", "UpdateFunctionCode"): lambda aws: a_change_during_creation_is_refused(
        aws, "update_function_code", ZipFile=b"x"
    ),
    ("lambda", "UpdateFunctionConfiguration"): lambda aws: a_change_during_creation_is_refused(
        aws, "update_function_configuration", Timeout=9
    ),
    ("lambda", "PublishVersion"): lambda aws: a_change_during_creation_is_refused(aws, "publish_version"),
    ("lambda", "CreateFunctionUrlConfig"): lambda aws: a_function_url_answers(
        aws, "create_function_url_config"
    ),
    ("lambda", "GetFunctionUrlConfig"): lambda aws: a_function_url_answers(aws, "get_function_url_config"),
    ("lambda", "UpdateFunctionUrlConfig"): lambda aws: a_function_url_answers(
        aws, "update_function_url_config"
    ),
    ("lambda", "ListFunctionUrlConfigs"): lambda aws: a_function_url_answers(
        aws, "list_function_url_configs"
    ),
    ("lambda", "DeleteFunctionUrlConfig"): a_deleted_function_url_answers_no_more,
    ("elasticloadbalancing", "RegisterTargets"): one_address_has_two_ports,
    ("elasticloadbalancing", "DeregisterTargets"): lambda aws: one_address_has_two_ports(aws, remove=True),
    ("elasticloadbalancing", "DescribeTargetHealth"): health_is_not_made_up,
    ("elasticloadbalancing", "CreateTargetGroup"): a_group_of_functions_has_no_port,
    ("elasticloadbalancing", "DescribeTargetGroups"): lambda aws: a_group_of_functions_has_no_port(
        aws, described=True
    ),
    ("elasticloadbalancing", "ModifyTargetGroup"): a_modified_group_of_functions_has_no_port,
    ("elasticloadbalancing", "CreateRule"): a_rule_keeps_weights_and_queries,
    ("elasticloadbalancing", "ModifyListenerAttributes"): a_header_attribute_may_hold_anything,
    ("cloudfront", "CreateDistribution"): a_distribution_answers,
    ("cloudfront", "UpdateDistribution"): lambda aws: a_distribution_answers(aws, updated=True),
    ("cloudfront", "DeleteDistribution"): lambda aws: a_distribution_answers(aws, deleted=True),
    ("ecs", "RunTask"): a_task_without_image_stops,
    ("ecs", "StopTask"): stopping_an_unknown_task_is_refused_and_a_stopped_one_keeps_its_reason,
    ("ecs", "CreateService"): a_new_service_is_in_progress,
    ("ecs", "DescribeServices"): a_service_answers_its_rebalancing,
    ("ecs", "UpdateService"): another_network_is_another_deployment,
    ("ecs", "DeleteService"): a_deleted_service_drains,
}


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Clients of the emulator as its authors start it."""
    folder: Path = tmp_path_factory.mktemp("raw")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
           "STATE_DIR": str(folder), "S3_DATA_DIR": str(folder / "s3"),
           "DOCKER_HOST": f"unix://{folder}/none.sock"}  # fmt: skip
    environment = {
        key: value for key, value in os.environ.items() if key not in ("PERSIST_STATE", "S3_PERSIST")
    }
    command = [sys.executable, "-m", "hypercorn", "ministack.app:app", "--bind", f"127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env={**environment, **own}, stdout=log, stderr=log, cwd=folder)
    session: Any = boto3.Session(
        aws_access_key_id="TEST", aws_secret_access_key="test", region_name="us-east-1"
    )
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            options = Config(retries={"total_max_attempts": 1})
            clients[service] = session.client(
                service, endpoint_url=f"http://127.0.0.1:{port}", config=options
            )
        return clients[service]

    try:
        for _ in range(100):
            with contextlib.suppress(httpx.TransportError):
                patient.get(f"http://127.0.0.1:{port}/_ministack/health", timeout=5)
                break
            time.sleep(0.1)
        yield client
    finally:
        process.terminate()
        process.wait(20)


def test_every_correction_has_a_probe(cloud: Any) -> None:
    assert cloud
    ours = {
        key for key, entry in CORRECTIONS.items() if entry.function.__module__.rpartition(".")[2] in FILES
    }
    # Those for header policies are shown with the corrections of the control plane.
    assert {key for key in ours - FOLLOWED if "HeadersPolicy" not in key[1]} == set(PROBES)


@pytest.mark.parametrize("key", PROBES, ids=":".join)
def test_right_with_the_correction(cloud: Any, key: tuple[str, str]) -> None:
    assert PROBES[key](cloud.client)


@pytest.mark.parametrize("key", PROBES, ids=":".join)
def test_wrong_without_it(raw: Client, key: tuple[str, str]) -> None:
    assert not PROBES[key](raw), f"the emulator does {':'.join(key)} by itself now: remove the correction"
