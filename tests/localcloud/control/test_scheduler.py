from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from people import working_role

from nestctl.localcloud.control.corrections.scheduler import run_task

PATIENCE = 3.0  # seconds
Client = Callable[[str], Any]
CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/tasks"


def test_a_target_becomes_a_run_of_the_familys_newest_definition() -> None:
    target = {
        "Arn": CLUSTER,
        "EcsParameters": {
            "TaskDefinitionArn": "arn:aws:ecs:us-east-1:000000000000:task-definition/nest-staging-sync",
            "TaskCount": 2,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "awsvpcConfiguration": {
                    "Subnets": ["subnet-1"],
                    "SecurityGroups": ["sg-1"],
                    "AssignPublicIp": "DISABLED",
                }
            },
        },
        "Input": '{"containerOverrides": []}',
    }
    assert run_task(target, "nest-staging-sync") == {
        "cluster": CLUSTER,
        "taskDefinition": "nest-staging-sync",
        "count": 2,
        "launchType": "FARGATE",
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": ["subnet-1"],
                "securityGroups": ["sg-1"],
                "assignPublicIp": "DISABLED",
            }
        },
        "overrides": {"containerOverrides": []},
        "startedBy": "nest-staging-sync",
    }


@pytest.mark.slow
def test_a_schedule_runs_its_task(aws: Client) -> None:
    ecs = aws("ecs")
    cluster = ecs.create_cluster(clusterName="scheduled")["cluster"]["clusterArn"]
    definition = ecs.register_task_definition(
        family="scheduled",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "only", "image": "no-such-repository:latest", "essential": True}],
    )["taskDefinition"]["taskDefinitionArn"]
    role = working_role(aws, "scheduler")
    time.sleep(PATIENCE)  # IAM has heard of it by then
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    aws("scheduler").create_schedule(
        Name="soon",
        ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": cluster,
            "RoleArn": role,
            "EcsParameters": {
                "TaskDefinitionArn": definition.rpartition(":")[0],
                "LaunchType": "FARGATE",
                "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["subnet-1"]}},
            },
        },
    )
    found: list[str] = []
    deadline = time.monotonic() + 60
    while not found and time.monotonic() < deadline:
        time.sleep(0.5)
        for status in ("RUNNING", "STOPPED"):
            found += ecs.list_tasks(cluster=cluster, startedBy="soon", desiredStatus=status)["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=found)["tasks"] if found else []
    assert [(task["startedBy"], task["taskDefinitionArn"]) for task in tasks] == [("soon", definition)]
