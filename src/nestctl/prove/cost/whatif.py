"""What one other choice would save, computed on a changed plan, and what it takes away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from nestctl.prove.cost.estimate import estimate
from nestctl.prove.cost.part import Estimate
from nestctl.prove.cost.prices import Table
from nestctl.prove.cost.use import Use
from nestctl.prove.plan import Plan, Resource

ENDPOINTS = ("ecr.api", "ecr.dkr", "kms", "logs", "ssm")
"""Services that the stack needs endpoints for without NAT (modules/platform)."""

NAT_INSTANCE = "t4g.nano"
"""The class that modules/networking takes."""


@dataclass(frozen=True)
class Choice:
    """Another way to build the environment.

    Attributes:
        name: In a few words.
        how: The variable that makes it so.
        lost: What is given up.
        change: Returns the plan as it would be; the same plan where the choice is made already.
    """

    name: str
    how: str
    lost: str
    change: Callable[[Plan], Plan]


@dataclass(frozen=True)
class Outcome:
    """A choice, and the estimate with it."""

    choice: Choice
    fixed: float
    saved: float
    estimate: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return it for the JSON envelope."""
        return {
            "name": self.choice.name,
            "how": self.choice.how,
            "lost": self.choice.lost,
            "fixed": round(self.fixed, 2),
            "saved": round(self.saved, 2),
        }


def outcomes(plan: Plan, table: Table, use: Use) -> list[Outcome]:
    """Return what each choice that is open would make of the plan, the largest saving first."""
    now = estimate(plan, table, use)
    found = []
    for choice in CHOICES:
        changed = choice.change(plan)
        if changed is plan:
            continue
        then = estimate(changed, table, use)
        if not set(then.findings) - set(now.findings):
            saved = now.fixed + now.use - then.fixed - then.use
            found.append(Outcome(choice, then.fixed, saved, then))
    return sorted(found, key=lambda outcome: -outcome.saved)


def _each(plan: Plan, types: tuple[str, ...], change: Callable[[Resource], dict[str, Any]]) -> Plan:
    """Return a plan in which resources of some types have other values; the same one if none has."""
    changed = [
        replace(r, values={**r.values, **new})
        if r.mode == "managed" and r.type in types and (new := change(r))
        else r
        for r in plan.resources
    ]
    if all(new is old for new, old in zip(changed, plan.resources, strict=True)):
        return plan
    return replace(plan, resources=tuple(changed))


def spot_frontend(plan: Plan) -> Plan:
    """Run the services on Spot."""

    def change(service: Resource) -> dict[str, Any]:
        strategy = service["capacity_provider_strategy"] or [{}]
        if strategy[0].get("capacity_provider") == "FARGATE_SPOT":
            return {}
        return {"capacity_provider_strategy": [{**strategy[0], "capacity_provider": "FARGATE_SPOT"}]}

    return _each(plan, ("aws_ecs_service",), change)


def spot_tasks(plan: Plan) -> Plan:
    """Run the one-off tasks on Spot."""

    def change(providers: Resource) -> dict[str, Any]:
        strategy = providers["default_capacity_provider_strategy"] or [{}]
        if strategy[0].get("capacity_provider") == "FARGATE_SPOT":
            return {}
        return {"default_capacity_provider_strategy": [{**strategy[0], "capacity_provider": "FARGATE_SPOT"}]}

    return _each(plan, ("aws_ecs_cluster_capacity_providers",), change)


def arm(plan: Plan) -> Plan:
    """Run tasks and frontend on ARM64."""

    def change(task: Resource) -> dict[str, Any]:
        platform = (task["runtime_platform"] or [{}])[0]
        if platform.get("cpu_architecture") == "ARM64":
            return {}
        return {"runtime_platform": [{**platform, "cpu_architecture": "ARM64"}]}

    return _each(plan, ("aws_ecs_task_definition",), change)


def graviton(plan: Plan) -> Plan:
    """Take the Graviton class of the same size for database and cache."""

    def change(store: Resource) -> dict[str, Any]:
        attribute = "instance_class" if store.type == "aws_db_instance" else "node_type"
        name = str(store[attribute])
        return {attribute: name.replace(".t3.", ".t4g.")} if ".t3." in name else {}

    return _each(plan, ("aws_db_instance", "aws_elasticache_replication_group"), change)


def micro(plan: Plan) -> Plan:
    """Take the smallest classes of database and cache."""

    def change(store: Resource) -> dict[str, Any]:
        if store.type == "aws_db_instance":
            least = {"instance_class": "db.t4g.micro", "allocated_storage": 20}
        else:
            least = {"node_type": "cache.t4g.micro"}
        return least if any(store[key] != value for key, value in least.items()) else {}

    return _each(plan, ("aws_db_instance", "aws_elasticache_replication_group"), change)


def one_frontend(plan: Plan) -> Plan:
    """Keep one frontend task."""
    if plan.of("aws_appautoscaling_target"):
        return plan
    return _each(
        plan, ("aws_ecs_service",), lambda s: {"desired_count": 1} if (s["desired_count"] or 0) > 1 else {}
    )


def _without_nat(plan: Plan) -> Plan:
    gone = [r.address for r in plan.of("aws_nat_gateway")]
    ids = {r["allocation_id"] for r in plan.of("aws_nat_gateway")}
    return plan.without(*gone, *(r.address for r in plan.of("aws_eip") if r["id"] in ids)) if gone else plan


def endpoints(plan: Plan) -> Plan:
    """Reach AWS by interface endpoints, and nothing else."""
    changed = _without_nat(plan)
    if changed is plan:
        return plan
    subnets = [r["id"] for r in plan.of("aws_subnet") if r.name == "private"]
    has = {str(e["service_name"]).split(".", 3)[-1] for e in plan.of("aws_vpc_endpoint")}
    for service in ENDPOINTS:
        if service not in has:
            address = f'module.what_if.aws_vpc_endpoint.interface["{service}"]'
            changed = changed.with_resource(
                address, "aws_vpc_endpoint", vpc_endpoint_type="Interface", subnet_ids=subnets
            )
    return changed


def nat_instance(plan: Plan) -> Plan:
    """Let one small instance do NAT."""
    changed = _without_nat(plan)
    if changed is plan:
        return plan
    disk = [{"volume_type": "gp3", "volume_size": 8}]
    values = {"instance_type": NAT_INSTANCE, "root_block_device": disk, "associate_public_ip_address": True}
    return changed.with_resource("module.what_if.aws_instance.nat", "aws_instance", **values)


CHOICES = (
    Choice(
        "a NAT instance instead of the NAT gateway",
        'nat_gateway_mode = "instance"',
        "failover, and more than 32 Mbit/s for long; the instance has to be patched",
        nat_instance,
    ),
    Choice(
        "interface endpoints instead of NAT",
        'nat_gateway_mode = "none"',
        "the internet: Algolia, Sentry, GitHub sign-in, Slack, and the function's own address",
        endpoints,
    ),
    Choice(
        "the smallest database and cache",
        'db_instance_class = "db.t4g.micro", db_allocated_storage = 20, cache_node_type = "cache.t4g.micro"',
        "capacity: 1 GiB and 0.5 GiB of memory, 20 GB of storage",
        micro,
    ),
    Choice(
        "Graviton classes of the same size",
        'db_instance_class = "db.t4g...", cache_node_type = "cache.t4g..."',
        "nothing: as many vCPUs and as much memory",
        graviton,
    ),
    Choice(
        "Fargate Spot for the frontend",
        "fargate_spot_for_frontend = true",
        "certainty: AWS may take a task away with two minutes' notice",
        spot_frontend,
    ),
    Choice(
        "Fargate Spot for the tasks",
        "fargate_spot_for_tasks = true",
        "certainty: a task may be stopped, and has to be run again",
        spot_tasks,
    ),
    Choice(
        "ARM64 for tasks and frontend",
        'cpu_architecture = "ARM64"',
        "nothing, once both images are built for ARM64",
        arm,
    ),
    Choice(
        "one frontend task",
        "frontend_desired_count = 1",
        "the site while that task is replaced after a failure",
        one_frontend,
    ),
)
