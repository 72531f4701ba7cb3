"""ECS: tasks and services run; the emulator keeps the records."""

from __future__ import annotations

import json
from typing import Any

from nestctl.localcloud.compute import ecs_state, engine
from nestctl.localcloud.compute.ecs_state import Place, Record
from nestctl.localcloud.control import replies
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

OK = 300
MAX_TASKS = 10
"""Tasks that one RunTask starts at most."""
REDEPLOYS = ("networkConfiguration", "capacityProviderStrategy", "loadBalancers", "platformVersion")
"""Changes of a service that start a new deployment, beside its task definition."""


def _place(call: Call, cloud: Cloud) -> Place:
    return Place(cloud.account_id, call.region)


def _refuse(call: Call, message: str, code: str = "InvalidParameterException") -> Reply:
    return replies.error(call, code, message, 400)


def _problem(call: Call, place: Place) -> Reply | None:
    """What ECS refuses in a RunTask that the emulator takes."""
    params = call.params
    definition = ecs_state.definition(place, str(params.get("taskDefinition", "")))
    if definition is None:
        return None  # the emulator says it
    if definition.get("status") != "ACTIVE":
        return _refuse(call, "TaskDefinition is inactive", "ClientException")
    if int(params.get("count") or 1) > MAX_TASKS:
        return _refuse(call, f"count should be within the range of [1,{MAX_TASKS}]")
    network = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if definition.get("networkMode") == "awsvpc" and not network:
        message = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        return _refuse(call, message)
    names = {entry["name"] for entry in definition["containerDefinitions"]}
    for entry in (params.get("overrides") or {}).get("containerOverrides") or []:
        if entry.get("name") not in names:
            message = (
                f"Override for container named {entry.get('name')} is not a container in the TaskDefinition."
            )
            return _refuse(call, message)
    return None


@corrects("ecs", "RunTask", until="the emulator runs tasks without Docker")
async def run_task(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Start the tasks as processes."""
    place = _place(call, cloud)
    if ecs_state.definition(place, str(call.params.get("taskDefinition", ""))) is None:
        return await proceed(call)
    problem = _problem(call, place)
    if problem is not None:
        return problem
    status, answer = engine.current().ecs.run_tasks(place, call.params)
    return replies.json_reply(answer, status)


@corrects("ecs", "StopTask", until="the emulator runs tasks without Docker")
async def stop_task(call: Call, _proceed: Proceed, cloud: Cloud) -> Reply:
    """Ask the task's processes to end."""
    cluster, reference = str(call.params.get("cluster", "")), str(call.params.get("task", ""))
    task = ecs_state.find_task(_place(call, cloud), cluster, reference) if reference else None
    if task is None:
        return _refuse(call, "The referenced task was not found.")
    reason = str(call.params.get("reason") or "Task stopped by user")
    engine.current().ecs.stop_task(task, reason, "UserInitiated")
    return replies.json_reply({"task": ecs_state.wire(task)})


def _answer(reply: Reply, service: Record) -> Reply:
    data: dict[str, Any] = {**json.loads(reply.body), "service": ecs_state.wire(service)}
    return Reply(reply.status, reply.headers, json.dumps(data).encode())


def _rebalancing(call: Call, service: Record, default: str) -> None:
    wanted = call.params.get("availabilityZoneRebalancing")
    if wanted or "availabilityZoneRebalancing" not in service:
        service["availabilityZoneRebalancing"] = wanted or default


@corrects("ecs", "CreateService", until="the emulator runs services without Docker")
async def create_service(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Make the service; its first deployment is in progress until its tasks serve."""
    named = str(call.params.get("cluster", "")), str(call.params.get("serviceName", ""))
    old = ecs_state.find_service(_place(call, cloud), *named)
    if old is not None and old["status"] == "DRAINING":
        return _refuse(call, "Unable to Start a service that is still Draining.")
    reply = await proceed(call)
    if reply.status >= OK:
        return reply
    created = json.loads(reply.body)["service"]
    service = ecs_state.find_service(_place(call, cloud), created["clusterArn"], created["serviceName"])
    if service is None:
        return reply
    for deployment in service["deployments"]:
        ecs_state.begin(service, deployment)
    _rebalancing(call, service, "DISABLED")
    engine.current().ecs.wake()
    return _answer(reply, service)


@corrects("ecs", "UpdateService", until="the emulator runs services without Docker")
async def update_service(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Change the service; what its tasks are made of starts a new deployment."""
    place = _place(call, cloud)
    service = ecs_state.find_service(
        place, str(call.params.get("cluster", "")), str(call.params.get("service", ""))
    )
    if service is not None and service["status"] != "ACTIVE":
        return _refuse(call, "Service was not ACTIVE.", "ServiceNotActiveException")
    before = {key: service.get(key) for key in REDEPLOYS} if service else {}
    events = list(service.get("events", [])) if service else []
    deployments = {entry["id"] for entry in service["deployments"]} if service else set()
    reply = await proceed(call)
    if reply.status >= OK or service is None:
        return reply
    service["events"] = events  # the emulator tells of draining that does not take place
    made = [entry for entry in service["deployments"] if entry["id"] not in deployments]
    if not made and any(service.get(key) != before[key] for key in REDEPLOYS if key in call.params):
        ecs_state.make_deployment(service, service["taskDefinition"])
    for deployment in made:
        ecs_state.begin(service, deployment)
    for key in ("propagateTags", "enableECSManagedTags", "serviceRegistries", "serviceConnectConfiguration"):
        if key in call.params:
            service[key] = call.params[key]
    _rebalancing(call, service, "DISABLED")
    engine.current().ecs.wake()
    return _answer(reply, service)


@corrects("ecs", "DeleteCluster", until="a cluster that has services or tasks is kept")
async def delete_cluster(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Refuse while services or tasks are in it."""
    place, name = _place(call, cloud), ecs_state.cluster_name(str(call.params.get("cluster", "")))
    services = [one for where, one in ecs_state.services() if where == place and one["status"] != "INACTIVE"]
    tasks = [one for where, one in ecs_state.tasks() if where == place and one["lastStatus"] != "STOPPED"]
    for kind, found in (("Services", services), ("Tasks", tasks)):
        if any(ecs_state.cluster_name(one["clusterArn"]) == name for one in found):
            message = f"The Cluster cannot be deleted while {kind} are active."
            return _refuse(call, message, f"ClusterContains{kind}Exception")
    return await proceed(call)


@corrects("ecs", "DescribeServices", until="the emulator knows availabilityZoneRebalancing")
async def describe_services(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Complete services that were made before this correction."""
    for _, service in ecs_state.services():
        service.setdefault("availabilityZoneRebalancing", "DISABLED")
    del cloud
    return await proceed(call)


@corrects("ecs", "DeleteService", until="the emulator runs services without Docker")
async def delete_service(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Drain the service: it is INACTIVE when its last task has stopped."""
    place = _place(call, cloud)
    service = ecs_state.find_service(
        place, str(call.params.get("cluster", "")), str(call.params.get("service", ""))
    )
    reply = await proceed(call)
    if reply.status >= OK or service is None:
        return reply
    service["status"] = "DRAINING"
    engine.current().ecs.wake()
    return _answer(reply, service)
