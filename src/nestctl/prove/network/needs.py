"""The flows that the system needs, told from what the plan makes; whatever is not among them is too much."""

from __future__ import annotations

from dataclasses import dataclass

from nestctl.prove.network.actors import Actor
from nestctl.prove.network.model import Network
from nestctl.prove.plan import Plan

INTERNET = "internet"

HTTP = 80
HTTPS = 443

FARGATE = ("ecr.api", "ecr.dkr", "logs", "s3", "ssm", "kms")
"""AWS services of a Fargate task: its image (layers come from S3), its logs, its parameters and their key
(Amazon ECS developer guide, "Fargate task networking")."""

FUNCTION = ("ssm", "kms", "s3", "logs")
"""AWS services that the function's code calls."""

SECRETS = "secretsmanager"


@dataclass(frozen=True, eq=False)
class Flow:
    """A flow that is needed.

    Attributes:
        source: The one who connects; nothing for the internet.
        target: The one who answers; an AWS service by its short name; ``internet``.
        port: TCP port.
        why: A few words.
        optional: Whether it may be missing.
    """

    source: Actor | None
    target: Actor | str
    port: int
    why: str
    optional: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """Names of both sides."""
        there = self.target if isinstance(self.target, str) else self.target.name
        return (self.source.name if self.source else INTERNET, there)


def flows(network: Network) -> list[Flow]:
    """Return every flow that the system needs."""
    return [*_visitors(network), *_data(network), *_aws(network), *_out(network)]


def without_internet(plan: Plan) -> bool:
    """Tell whether the root's variables say that the private subnets shall not reach the internet."""
    return plan.variables.get("nat_gateway_mode") == "none"


def _visitors(network: Network) -> list[Flow]:
    found = []
    for lb in network.of("load balancer"):
        issued = network.plan.variables.get("certificate_issued") is not False
        found.append(Flow(None, lb, HTTP, "redirect to HTTPS" if issued else "pages"))
        if issued or HTTPS in lb.ports:
            found.append(Flow(None, lb, HTTPS, "pages"))
        for service in network.of("service"):
            found += [Flow(lb, service, port, "pages") for port in service.ports]
    return found


def _data(network: Network) -> list[Flow]:
    found = []
    proxies = network.of("proxy")
    for user in network.of("function", "task"):
        for target in network.of("database", "proxy", "cache"):
            # With a proxy, only it has to reach the database; a task may go round it.
            optional = bool(proxies) and target.kind == "database"
            why = "cache and sessions" if target.kind == "cache" else "queries"
            found += [Flow(user, target, port, why, optional) for port in target.ports]
    for proxy in proxies:
        for database in network.of("database"):
            found += [Flow(proxy, database, port, "pooled queries") for port in database.ports]
    return found


def _aws(network: Network) -> list[Flow]:
    found = []
    secrets = uses_secrets_manager(network.plan)
    for user in network.of("service", "task", "function"):
        services = FUNCTION if user.kind == "function" else FARGATE
        found += [Flow(user, service, HTTPS, "AWS API") for service in services]
        # Where nothing keeps a secret there, it is enough that what has NAT can call it.
        if secrets or not without_internet(network.plan):
            found.append(Flow(user, SECRETS, HTTPS, "AWS API"))
    return found


def _out(network: Network) -> list[Flow]:
    optional = without_internet(network.plan)
    return [
        Flow(user, INTERNET, HTTPS, "services of others", optional)
        for user in network.of("service", "task", "function")
    ]


def uses_secrets_manager(plan: Plan) -> bool:
    """Tell whether anything but RDS Proxy, which AWS connects by itself, reads Secrets Manager."""
    of_proxies = {auth.get("secret_arn") for proxy in plan.of("aws_db_proxy") for auth in proxy["auth"] or ()}
    own = any(secret["arn"] not in of_proxies for secret in plan.of("aws_secretsmanager_secret"))
    tasks = plan.of("aws_ecs_task_definition")
    return own or any(":secretsmanager:" in str(task["container_definitions"]) for task in tasks)
