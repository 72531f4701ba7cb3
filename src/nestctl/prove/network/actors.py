"""Who takes part in the traffic: everything with an address in the VPC, its subnets, its groups, its port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nestctl.prove.network.function import TASKS, Placement
from nestctl.prove.plan import Plan, Resource

DATABASE_PORTS = {"postgres": 5432, "aurora-postgresql": 5432, "mysql": 3306, "mariadb": 3306}
"""Ports at which RDS serves an engine unless told otherwise (RDS API, CreateDBInstance, Port)."""

PROXY_PORTS = {"POSTGRESQL": 5432, "MYSQL": 3306, "SQLSERVER": 1433}
"""Ports of RDS Proxy by engine family; they cannot be chosen."""

CACHE_PORTS = {"memcached": 11211}
CACHE_PORT = 6379
"""Port at which ElastiCache serves Redis and Valkey unless told otherwise."""


@dataclass(frozen=True, eq=False)
class Actor:
    """Something with addresses in the VPC.

    Attributes:
        name: For people.
        kind: ``load balancer``, ``service``, ``task``, ``function``, ``database``, ``proxy``, ``cache``,
            ``endpoint``, ``nat`` (an instance that does NAT) or ``other``.
        resource: Where it is written; nothing for what is started outside Terraform.
        subnets: Ids of its subnets.
        groups: Ids of its security groups.
        ports: Ports at which it serves.
        public: Whether it has an address on the internet.
        serves: AWS service that an endpoint stands for: ``ecr.api``.
    """

    name: str
    kind: str
    resource: Resource | None
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    ports: tuple[int, ...] = ()
    public: bool = False
    serves: str = ""

    @property
    def tier(self) -> str:
        """Actors of one tier may share a group: a database and its proxy."""
        return "database" if self.kind == "proxy" else self.name


def actors(plan: Plan, function: Placement | None) -> tuple[Actor, ...]:
    """Return everything that has addresses in the VPC.

    Args:
        plan: Plan of the environment's root.
        function: Where the function stands; nothing when it stands outside of every VPC.
    """
    found = [*_load_balancers(plan), *_services(plan), *_schedules(plan)]
    services = {service["task_definition"] for service in plan.of("aws_ecs_service")}
    if any(task["arn"] is None or task["arn"] not in services for task in plan.of("aws_ecs_task_definition")):
        found.append(_outside("tasks", "task", plan, TASKS))
    if function is not None:
        found.append(_outside("function", "function", plan, function))
    return (*found, *_data(plan), *_endpoints(plan), *_others(plan))


def _load_balancers(plan: Plan) -> Iterator[Actor]:
    for lb in plan.of("aws_lb", "aws_alb"):
        listeners = plan.of("aws_lb_listener", "aws_alb_listener")
        ports = sorted(int(one["port"]) for one in listeners if one["load_balancer_arn"] == lb["arn"])
        yield Actor(
            "load balancer",
            "load balancer",
            lb,
            _ids(lb["subnets"]),
            _ids(lb["security_groups"]),
            tuple(ports),
            public=not lb["internal"],
        )


def _services(plan: Plan) -> Iterator[Actor]:
    for service in plan.of("aws_ecs_service"):
        ports = {int(one["container_port"]) for one in service["load_balancer"] or ()}
        yield _fargate(service.name, "service", service, service["network_configuration"], sorted(ports))


def _schedules(plan: Plan) -> Iterator[Actor]:
    for schedule in plan.of("aws_scheduler_schedule"):
        for target in schedule["target"] or ():
            for ecs in target.get("ecs_parameters") or ():
                name = f"scheduled {schedule['name']}"
                yield _fargate(name, "task", schedule, ecs.get("network_configuration"), ())


def _fargate(
    name: str,
    kind: str,
    resource: Resource,
    blocks: Iterable[Mapping[str, Any]] | None,
    ports: Iterable[int],
) -> Actor:
    network: Mapping[str, Any] = next(iter(blocks or ()), {})
    subnets, groups = _ids(network.get("subnets")), _ids(network.get("security_groups"))
    return Actor(name, kind, resource, subnets, groups, tuple(ports), bool(network.get("assign_public_ip")))


def _outside(name: str, kind: str, plan: Plan, placement: Placement) -> Actor:
    subnets, groups = (
        [plan.outputs.get(o) for o in names] for names in (placement.subnets, placement.groups)
    )
    return Actor(name, kind, None, _flat(subnets), _flat(groups))


def _data(plan: Plan) -> Iterator[Actor]:
    for db in plan.of("aws_db_instance"):
        group = plan.by("name", db["db_subnet_group_name"], "aws_db_subnet_group")
        port = int(db["port"] or 0) or DATABASE_PORTS.get(str(db["engine"]), 0)
        yield Actor(
            "database",
            "database",
            db,
            _ids(group["subnet_ids"] if group else ()),
            _ids(db["vpc_security_group_ids"]),
            (port,),
            bool(db["publicly_accessible"]),
        )
    for proxy in plan.of("aws_db_proxy"):
        subnets, groups = _ids(proxy["vpc_subnet_ids"]), _ids(proxy["vpc_security_group_ids"])
        port = PROXY_PORTS.get(str(proxy["engine_family"]), 0)
        yield Actor("database proxy", "proxy", proxy, subnets, groups, (port,))
    for cache in plan.of("aws_elasticache_replication_group", "aws_elasticache_cluster"):
        if cache["replication_group_id"] and cache.type == "aws_elasticache_cluster":
            continue
        group = plan.by("name", cache["subnet_group_name"], "aws_elasticache_subnet_group")
        port = int(cache["port"] or 0) or CACHE_PORTS.get(str(cache["engine"]), CACHE_PORT)
        subnets = _ids(group["subnet_ids"] if group else ())
        yield Actor("cache", "cache", cache, subnets, _ids(cache["security_group_ids"]), (port,))


def _endpoints(plan: Plan) -> Iterator[Actor]:
    for endpoint in plan.of("aws_vpc_endpoint"):
        if endpoint["vpc_endpoint_type"] == "Interface":
            service = service_of(endpoint)
            subnets, groups = _ids(endpoint["subnet_ids"]), _ids(endpoint["security_group_ids"])
            name = f"endpoint {service}"
            yield Actor(name, "endpoint", endpoint, subnets, groups, (443,), serves=service)


def _others(plan: Plan) -> Iterator[Actor]:
    """Yield machines and interfaces that no part of the system needs; they are judged all the same."""
    elastic = {address["instance"] for address in plan.of("aws_eip")}
    elastic |= {link["instance_id"] for link in plan.of("aws_eip_association")}
    exits = {route["network_interface_id"] for route in plan.of("aws_route")} - {None}
    for machine in plan.of("aws_instance"):
        groups = _ids(machine["vpc_security_group_ids"])
        public = bool(machine["associate_public_ip_address"]) or machine["id"] in elastic - {None}
        # What makes it one is that routes lead to it; whether it can do that work is judged on the way.
        nat = machine["primary_network_interface_id"] in exits
        name, kind = ("NAT instance", "nat") if nat else (machine.address, "other")
        yield Actor(name, kind, machine, _ids([machine["subnet_id"]]), groups, public=public)
    for interface in plan.of("aws_network_interface"):
        subnets, groups = _ids([interface["subnet_id"]]), _ids(interface["security_groups"])
        yield Actor(interface.address, "other", interface, subnets, groups)
    for function in plan.of("aws_lambda_function"):
        config: Mapping[str, Any] = next(iter(function["vpc_config"] or ()), {})
        if config.get("subnet_ids"):
            subnets, groups = _ids(config["subnet_ids"]), _ids(config.get("security_group_ids"))
            yield Actor(function.address, "function", function, subnets, groups)


def service_of(endpoint: Resource) -> str:
    """Return the short name of an endpoint's service: ``ecr.api`` for ``com.amazonaws.us-east-1.ecr.api``."""
    return ".".join(str(endpoint["service_name"]).split(".")[3:])


def _ids(values: object) -> tuple[str, ...]:
    return (
        tuple(sorted(str(value) for value in values if value))
        if isinstance(values, (list, tuple, set))
        else ()
    )


def _flat(values: Iterable[object]) -> tuple[str, ...]:
    return _ids([one for value in values for one in (value if isinstance(value, list) else [value])])
