"""ECS tasks and services run as processes, out of images that were pushed to the registry."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import patient
import pytest
from botocore.exceptions import ClientError
from people import working_role

from nestctl.localcloud import pace

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
SERVER = """
import http.server, os, sys, time
print("starting", os.environ.get("RELEASE"), flush=True)
if os.environ.get("BROKEN"):
    time.sleep(0.2)
    sys.exit(9)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sick = os.environ.get("SICK") and self.path == "/health"
        body = os.environ.get("RELEASE", "none").encode()
        self.send_response(500 if sick else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer((os.environ["HOSTNAME"], int(os.environ["PORT"])), Handler).serve_forever()
"""
JOB = """
import json, os, signal, sys, time
import helper
print(helper.WORD, json.dumps(sys.argv[1:]), os.getcwd(), flush=True)
for name in sys.argv[2:]:
    print(name, "=", os.environ.get(name), flush=True)
print("to stderr", file=sys.stderr, flush=True)
if sys.argv[1] == "sleep":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))
    print("asleep", flush=True)
    time.sleep(60)
sys.exit(int(sys.argv[1]))
"""


def push(cloud: Any, repository: str, tag: str, *, label: bool = True, user: str = "") -> str:
    """Make a process image with two programs, and push it by the registry's own API."""
    ecr = cloud.client("ecr")
    try:
        uri = ecr.create_repository(repositoryName=repository)["repository"]["repositoryUri"]
    except ClientError:
        uri = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]["repositoryUri"]
    raw = io.BytesIO()
    files = {
        "srv/app/server.py": SERVER,
        "srv/app/job.py": JOB,
        "opt/packages/helper.py": "WORD = 'helped'\n",
    }
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    layer = gzip.compress(raw.getvalue(), mtime=0)
    labels = {"dev.nestctl.python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    if label:
        labels["dev.nestctl.process-image"] = "1"
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []},
        "config": {"Env": ["PYTHONPATH=${IMAGE_ROOT}/opt/packages", "FROM_IMAGE=yes"],
                   "WorkingDir": "/srv/app", "User": user,
                   "Entrypoint": ["python"], "Cmd": ["server.py"], "Labels": labels},
    }).encode()  # fmt: skip
    base = f"{cloud.endpoint_url}/v2/{repository}"
    described = []
    for blob in (config, layer):
        digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
        where = patient.post(f"{base}/blobs/uploads/").headers["location"]
        where = where if where.startswith("http") else cloud.endpoint_url + where
        joined = "&" if "?" in where else "?"
        patient.put(f"{where}{joined}digest={digest}", content=blob).raise_for_status()
        described.append({"digest": digest, "size": len(blob)})
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **described[0]},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **described[1]}],
    }
    patient.put(
        f"{base}/manifests/{tag}",
        content=json.dumps(manifest),
        headers={"Content-Type": str(manifest["mediaType"])},
    ).raise_for_status()
    return f"{uri}:{tag}"


EXECUTION_ROLE = "arn:aws:iam::000000000000:role/run"


@pytest.fixture(scope="module")
def image(cloud: Any) -> str:
    return push(cloud, "processes", "one")


@pytest.fixture(scope="module")
def ecs(cloud: Any, role: str) -> Any:
    assert role == EXECUTION_ROLE
    client = cloud.client("ecs")
    client.create_cluster(clusterName="tests")
    cloud.client("logs").create_log_group(logGroupName="/ecs/tests")
    return client


def define(
    ecs: Any, family: str, image: str, *, role: str = EXECUTION_ROLE, cpu: str = "X86_64", **container: Any
) -> str:
    options = {"awslogs-group": "/ecs/tests", "awslogs-region": "us-east-1", "awslogs-stream-prefix": family}
    definition = {"name": "main", "image": image, "essential": True,
                  "logConfiguration": {"logDriver": "awslogs", "options": options}, **container}  # fmt: skip
    made = ecs.register_task_definition(
        family=family, executionRoleArn=role,
        requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        containerDefinitions=[definition],
        runtimePlatform={"operatingSystemFamily": "LINUX", "cpuArchitecture": cpu},
    )  # fmt: skip
    arn: str = made["taskDefinition"]["taskDefinitionArn"]
    return arn


def start(ecs: Any, definition: str, **options: Any) -> str:
    made = ecs.run_task(cluster="tests", taskDefinition=definition, launchType="FARGATE",
                        networkConfiguration=NETWORK, **options)  # fmt: skip
    assert made["tasks"][0]["lastStatus"] == "PROVISIONING"
    arn: str = made["tasks"][0]["taskArn"]
    return arn


def describe(ecs: Any, arn: str) -> Any:
    return ecs.describe_tasks(cluster="tests", tasks=[arn])["tasks"][0]


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)
    return found


def finish(ecs: Any, arn: str) -> Any:
    return until(lambda: (task := describe(ecs, arn))["lastStatus"] == "STOPPED" and task)


def written(cloud: Any, family: str, arn: str) -> list[str]:
    """Return what has come of a task's words; those of one that has ended are all there."""
    stream = f"{family}/main/{arn.rsplit('/', 1)[-1]}"
    try:
        found = cloud.client("logs").get_log_events(logGroupName="/ecs/tests", logStreamName=stream)
    except ClientError:
        return []
    return [event["message"] for event in found["events"]]


def test_task_runs_its_command_with_environment_secrets_and_logs_to_its_exit_code(
    cloud: Any, ecs: Any, image: str
) -> None:
    cloud.client("ssm").put_parameter(Name="/tests/word", Value="from ssm", Type="SecureString")
    secret = cloud.client("secretsmanager").create_secret(
        Name="tests", SecretString='{"key": "from manager"}'
    )["ARN"]
    definition = define(
        ecs, "job", image,
        command=["job.py", "3", "PLAIN", "WORD", "KEY", "OVER", "FROM_IMAGE", "AWS_ENDPOINT_URL"],
        environment=[{"name": "PLAIN", "value": "plain"}, {"name": "OVER", "value": "as defined"}],
        secrets=[{"name": "WORD", "valueFrom": "arn:aws:ssm:us-east-1:000000000000:parameter/tests/word"},
                 {"name": "KEY", "valueFrom": f"{secret}:key::"}],
    )  # fmt: skip
    overrides = {
        "containerOverrides": [{"name": "main", "environment": [{"name": "OVER", "value": "overridden"}]}]
    }
    arn = start(ecs, definition, overrides=overrides)
    task = finish(ecs, arn)
    assert task["containers"][0]["exitCode"] == 3
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["containers"][0]["imageDigest"].startswith("sha256:")
    lines = written(cloud, "job", arn)
    assert lines[0].startswith("helped [")
    assert lines[0].endswith("/srv/app")
    assert "PLAIN = plain" in lines
    assert "WORD = from ssm" in lines
    assert "KEY = from manager" in lines
    assert "OVER = overridden" in lines
    assert "FROM_IMAGE = yes" in lines
    assert f"AWS_ENDPOINT_URL = {cloud.endpoint_url}" in lines
    assert "to stderr" in lines
    ecs.get_waiter("tasks_stopped").wait(cluster="tests", tasks=[arn])


def test_stop_task_ends_the_process(cloud: Any, ecs: Any, image: str) -> None:
    arn = start(ecs, define(ecs, "sleeper", image, command=["job.py", "sleep"]))
    running = until(lambda: (task := describe(ecs, arn))["lastStatus"] == "RUNNING" and task)
    assert running["containers"][0]["lastStatus"] == "RUNNING"
    assert running["attachments"][0]["status"] == "ATTACHED"
    until(lambda: "asleep" in written(cloud, "sleeper", arn))
    assert ecs.stop_task(cluster="tests", task=arn, reason="enough")["task"]["desiredStatus"] == "STOPPED"
    task = finish(ecs, arn)
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert task["containers"][0]["exitCode"] == 42


def test_missing_image_secret_log_group_and_unlabelled_image_stop_the_task_with_their_reasons(
    cloud: Any, ecs: Any, image: str
) -> None:
    missing = define(ecs, "missing", f"{image.rpartition(':')[0]}:none", command=["job.py", "0"])
    task = finish(ecs, start(ecs, missing))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError:")
    assert "processes:none: not found" in task["stoppedReason"]
    unset = define(ecs, "unset", image, secrets=[{"name": "X", "valueFrom": "/tests/none"}])
    reason = finish(ecs, start(ecs, unset))["stoppedReason"]
    assert reason.startswith("ResourceInitializationError:")
    assert "invalid ssm parameters: /tests/none" in reason
    options = {"awslogs-group": "/ecs/none", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "x"}
    silent = define(ecs, "silent", image, logConfiguration={"logDriver": "awslogs", "options": options})
    assert "failed to create Cloudwatch log stream" in finish(ecs, start(ecs, silent))["stoppedReason"]
    plain = define(ecs, "plain", push(cloud, "plain-images", "one", label=False))
    assert "not a process image" in finish(ecs, start(ecs, plain))["stoppedReason"]
    other = finish(ecs, start(ecs, define(ecs, "other", image, cpu="ARM64")))["stoppedReason"]
    assert other.startswith("CannotPullContainerError:")
    assert other.endswith("does not contain descriptor matching platform 'linux/arm64'")
    absent = define(ecs, "absent", image, entryPoint=["no-such-program"])
    assert finish(ecs, start(ecs, absent))["stoppedReason"].startswith("CannotStartContainerError")


def test_requests_that_ecs_refuses(ecs: Any, image: str) -> None:
    definition = define(ecs, "refused", image)
    with pytest.raises(ClientError, match="Network Configuration must be provided"):
        ecs.run_task(cluster="tests", taskDefinition=definition, launchType="FARGATE")
    with pytest.raises(ClientError, match="Override for container named other"):
        start(ecs, definition, overrides={"containerOverrides": [{"name": "other"}]})
    with pytest.raises(ClientError, match="Unable to find task definition"):
        start(ecs, "none:1")


def _has_health(ecs: Any, arn: str, status: str) -> bool:
    return bool(describe(ecs, arn)["healthStatus"] == status)


def test_container_health_check(ecs: Any, image: str) -> None:
    check = {
        "command": ["CMD-SHELL", "test -e healthy"],
        "interval": 1,
        "timeout": 2,
        "retries": 2,
        "startPeriod": 0,
    }
    sick = define(
        ecs, "sick", image, command=["job.py", "sleep"], healthCheck={**check, "command": ["CMD", "false"]}
    )
    well = define(
        ecs,
        "well",
        image,
        command=["job.py", "sleep"],
        healthCheck={**check, "command": ["CMD-SHELL", "test $FROM_IMAGE = yes"]},
    )
    tasks = {"UNHEALTHY": start(ecs, sick), "HEALTHY": start(ecs, well)}
    for status, arn in tasks.items():
        until(partial(_has_health, ecs, arn, status))
        assert describe(ecs, arn)["containers"][0]["healthStatus"] == status
        ecs.stop_task(cluster="tests", task=arn)


class Site:
    """A service behind a load balancer."""

    def __init__(self, cloud: Any, ecs: Any, name: str) -> None:
        self.cloud, self.ecs, self.name = cloud, ecs, name
        elb = cloud.client("elbv2")
        balancer = elb.create_load_balancer(Name=name, Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
        self.group = elb.create_target_group(
            Name=name, TargetType="ip", Protocol="HTTP", Port=3000, VpcId="vpc-1", HealthCheckPath="/health",
            HealthCheckIntervalSeconds=5, HealthyThresholdCount=2, UnhealthyThresholdCount=2,
        )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
        elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Port=80, Protocol="HTTP",
                            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.group}])  # fmt: skip
        self.url = cloud.published[f"http://{balancer['DNSName']}"]

    def define(self, image: str, **environment: str) -> str:
        pairs = [{"name": key, "value": value} for key, value in environment.items()]
        return define(self.ecs, self.name, image, portMappings=[{"containerPort": 3000}], environment=pairs)

    def create(self, definition: str, count: int = 2, **configuration: Any) -> None:
        self.ecs.create_service(
            cluster="tests", serviceName=self.name, taskDefinition=definition, desiredCount=count,
            launchType="FARGATE", networkConfiguration=NETWORK, deploymentConfiguration=configuration or {},
            loadBalancers=[{"targetGroupArn": self.group, "containerName": "main", "containerPort": 3000}],
        )  # fmt: skip

    def wait_stable(self) -> None:
        self.ecs.get_waiter("services_stable").wait(
            cluster="tests", services=[self.name], WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )

    def service(self) -> Any:
        return self.ecs.describe_services(cluster="tests", services=[self.name])["services"][0]

    def remove(self) -> None:
        self.ecs.delete_service(cluster="tests", service=self.name, force=True)
        until(lambda: self.service()["status"] == "INACTIVE")


def test_service_rolls_without_a_failed_request_and_comes_back_after_a_restart(
    cloud: Any, ecs: Any, image: str
) -> None:
    site = Site(cloud, ecs, "rolling")
    site.create(site.define(image, RELEASE="one"))
    assert site.service()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    site.wait_stable()
    service = until(
        lambda: (found := site.service())["deployments"][0]["rolloutState"] == "COMPLETED" and found
    )
    assert (service["runningCount"], service["pendingCount"], len(service["deployments"])) == (2, 0, 1)
    assert "has reached a steady state" in service["events"][0]["message"]
    health = cloud.client("elbv2").describe_target_health(TargetGroupArn=site.group)[
        "TargetHealthDescriptions"
    ]
    assert [entry["TargetHealth"]["State"] for entry in health] == ["healthy", "healthy"]
    assert patient.get(site.url).text == "one"

    updated = ecs.update_service(
        cluster="tests", service=site.name, taskDefinition=site.define(image, RELEASE="two")
    )
    assert [entry["status"] for entry in updated["service"]["deployments"]] == ["PRIMARY", "ACTIVE"]
    seen = set()
    while any(entry["status"] == "ACTIVE" for entry in site.service()["deployments"]):
        answer = patient.get(site.url)
        assert answer.status_code == 200
        seen.add(answer.text)
    site.wait_stable()
    assert {patient.get(site.url).text for _ in range(6)} == {"two"}
    assert "one" in seen

    first = set(ecs.list_tasks(cluster="tests", serviceName=site.name)["taskArns"])
    ecs.update_service(cluster="tests", service=site.name, forceNewDeployment=True)
    site.wait_stable()
    second = set(ecs.list_tasks(cluster="tests", serviceName=site.name)["taskArns"])
    assert len(second) == 2
    assert not first & second

    cloud.run(cloud.restart_engines())
    site.wait_stable()
    third = set(ecs.list_tasks(cluster="tests", serviceName=site.name)["taskArns"])
    assert not second & third
    # The load balancer lets a request wait five seconds for a target that is still starting.
    until(lambda: patient.get(site.url).status_code == 200)
    assert patient.get(site.url).text == "two"

    ecs.update_service(cluster="tests", service=site.name, desiredCount=1)
    site.wait_stable()
    assert len(ecs.list_tasks(cluster="tests", serviceName=site.name)["taskArns"]) == 1
    site.remove()
    assert (
        cloud.client("elbv2").describe_target_health(TargetGroupArn=site.group)["TargetHealthDescriptions"]
        == []
    )


def test_a_task_that_dies_is_replaced(cloud: Any, ecs: Any, image: str) -> None:
    site = Site(cloud, ecs, "replacing")
    site.create(site.define(image, RELEASE="one"), 1)
    site.wait_stable()
    before = ecs.list_tasks(cluster="tests", serviceName=site.name)["taskArns"][0]
    ecs.stop_task(cluster="tests", task=before)
    finish(ecs, before)
    site.wait_stable()
    assert ecs.list_tasks(cluster="tests", serviceName=site.name)["taskArns"] != [before]
    site.remove()


@pytest.mark.parametrize("fault", ["BROKEN", "image"])
def test_circuit_breaker_rolls_back(cloud: Any, ecs: Any, image: str, fault: str) -> None:
    site = Site(cloud, ecs, f"breaking-{fault.lower()}")
    good = site.define(image, RELEASE="good")
    breaker = {"enable": True, "rollback": True}
    site.create(good, 1, deploymentCircuitBreaker=breaker, maximumPercent=200, minimumHealthyPercent=100)
    site.wait_stable()
    until(lambda: site.service()["deployments"][0]["rolloutState"] == "COMPLETED")
    bad = site.define(f"{image}-none", RELEASE="bad") if fault == "image" else site.define(image, BROKEN="1")
    ecs.update_service(cluster="tests", service=site.name, taskDefinition=bad)
    until(lambda: site.service()["taskDefinition"] == good)
    site.wait_stable()
    service = site.service()
    assert any("rolling back" in event["message"] for event in service["events"])
    assert "rolling back" in service["deployments"][0]["rolloutStateReason"] or (
        service["deployments"][0]["rolloutState"] == "COMPLETED"
    )
    assert patient.get(site.url).text == "good"
    site.remove()


def test_circuit_breaker_without_roll_back_stops_trying(cloud: Any, ecs: Any, image: str) -> None:
    site = Site(cloud, ecs, "failing")
    site.create(
        site.define(image, BROKEN="1"), 1, deploymentCircuitBreaker={"enable": True, "rollback": False}
    )
    service = until(lambda: (found := site.service())["deployments"][0]["rolloutState"] == "FAILED" and found)
    assert "circuit breaker" in service["deployments"][0]["rolloutStateReason"]
    assert service["deployments"][0]["failedTasks"] == 3
    time.sleep(2)
    assert site.service()["runningCount"] + site.service()["pendingCount"] == 0
    site.remove()


def test_a_service_replaces_a_task_that_fails_its_health_check(cloud: Any, ecs: Any, image: str) -> None:
    site = Site(cloud, ecs, "ailing")
    check = {"command": ["CMD-SHELL", "test ! -e $HOME/ill"], "interval": 1, "timeout": 2, "retries": 1}
    home = cloud.state_dir / "ailing"
    home.mkdir()
    definition = define(
        ecs, "ailing", image, portMappings=[{"containerPort": 3000}], healthCheck=check,
        environment=[{"name": "HOME", "value": str(home)}],
    )  # fmt: skip
    site.create(definition, 1)
    site.wait_stable()
    before = ecs.list_tasks(cluster="tests", serviceName=site.name)["taskArns"][0]
    until(partial(_has_health, ecs, before, "HEALTHY"))
    (home / "ill").touch()
    stopped = finish(ecs, before)
    (home / "ill").unlink()
    assert stopped["stoppedReason"] == "Task failed container health checks"
    site.wait_stable()
    assert ecs.list_tasks(cluster="tests", serviceName=site.name)["taskArns"] != [before]
    assert any("failed container health checks" in event["message"] for event in site.service()["events"])
    site.remove()


def test_unpacked_code_goes_when_nothing_refers_to_it(
    cloud: Any, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nestctl.localcloud.compute import functions, images, packages

    assert image
    monkeypatch.setattr(packages, "KEPT_SECONDS", -1.0)
    folder = cloud.state_dir / "images"
    kept = {entry.name for entry in folder.iterdir()}
    (folder / "gone").mkdir()
    packages.prune(folder, images.digests())
    assert {entry.name for entry in folder.iterdir()} == kept
    packages.prune(cloud.state_dir / "functions", functions.code_shas())


WRITE = """
import os, pathlib
for path in ("written", "/tmp/written", "/etc/written-by-a-task"):
    try:
        pathlib.Path(path).write_text("x")
        print(path, "is written", flush=True)
    except OSError as error:
        print(path, error.strerror, flush=True)
print(sorted(os.listdir(".")), flush=True)
"""


@pytest.mark.parametrize(
    ("user", "more", "own", "temporary"),
    [
        ("", {}, "is written", "is written"),
        ("0:0", {}, "is written", "is written"),
        ("app", {}, "Read-only file system", "is written"),
        ("10001:10001", {}, "Read-only file system", "is written"),
        ("", {"readonlyRootFilesystem": True}, "Read-only file system", "Read-only file system"),
    ],
)
def test_a_task_writes_where_its_user_may_in_a_folder_of_its_own(
    cloud: Any, ecs: Any, user: str, more: dict[str, Any], own: str, temporary: str
) -> None:
    from nestctl.localcloud.compute import confine

    if not confine.is_possible(cloud.state_dir):
        assert not (sys.platform == "linux" and os.geteuid() == 0)
        pytest.skip("this machine gives its users no mount namespaces")
    family = f"writes-{user.partition(':')[0] or 'nobody'}-{len(more)}"
    image = push(cloud, family, "one", user=user)
    definition = define(ecs, family, image, command=["-c", WRITE], **more)
    for _ in range(2):  # the second finds nothing of the first
        arn = start(ecs, definition)
        task = finish(ecs, arn)
        assert task["containers"][0]["exitCode"] == 0
        lines = written(cloud, family, arn)
        assert lines[:3] == [
            f"written {own}",
            f"{confine.TMP}/written {temporary}",
            "/etc/written-by-a-task Read-only file system",
        ]
        found = ["job.py", "server.py", *(["written"] if own == "is written" else [])]
        assert lines[3] == str(found)
    assert not list((cloud.state_dir / "images").glob("*/srv/app/written"))
    assert not list((cloud.state_dir / "sandboxes").glob(f"{arn.rsplit('/', 1)[-1]}*"))


def test_a_task_gets_only_what_its_execution_role_may_read(cloud: Any, ecs: Any, image: str) -> None:
    """Image, secrets and log stream are the execution role's to fetch, not the task's and not anyone's."""
    cloud.client("ssm").put_parameter(Name="/tests/closed", Value="shut", Type="SecureString", Overwrite=True)
    secrets = [{"name": "WORD", "valueFrom": "arn:aws:ssm:us-east-1:000000000000:parameter/tests/closed"}]
    pulls = ("ecr:*", "logs:*")
    for actions, words in (
        (pulls, "not authorized to perform: ssm:GetParameters"),
        (("ecr:GetAuthorizationToken", "logs:*"), "not authorized to perform: ecr:BatchGetImage"),
        # ECS reads by GetParameters; the right to GetParameter is another one.
        (("ecr:*", "logs:*", "ssm:GetParameter"), "not authorized to perform: ssm:GetParameters"),
        (("ecr:*", "ssm:*"), "not authorized to perform: logs:CreateLogStream"),
    ):
        narrow = working_role(
            cloud.client, f"narrow-{len(actions)}-{actions[-1][:3]}-{len(actions[0])}", *actions
        )
        time.sleep(pace.seconds() + 0.1)  # IAM has heard of it by then
        definition = define(ecs, "closed", image, role=narrow, secrets=secrets)
        stopped = finish(ecs, start(ecs, definition))
        assert words in stopped["stoppedReason"]
