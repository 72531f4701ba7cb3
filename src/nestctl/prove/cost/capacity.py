"""What a plan can carry, so that a cheaper one is compared only with its equals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nestctl.prove.plan import Plan

CLASSES: Mapping[str, tuple[float, float]] = {
    "db.t3.micro": (2, 1),
    "db.t3.small": (2, 2),
    "db.t3.medium": (2, 4),
    "db.t4g.micro": (2, 1),
    "db.t4g.small": (2, 2),
    "db.t4g.medium": (2, 4),
    "cache.t3.micro": (2, 0.5),
    "cache.t3.small": (2, 1.37),
    "cache.t3.medium": (2, 3.09),
    "cache.t4g.micro": (2, 0.5),
    "cache.t4g.small": (2, 1.37),
    "cache.t4g.medium": (2, 3.09),
}
"""vCPUs and GiB of small classes (docs.aws.amazon.com/AmazonRDS and /AmazonElastiCache, instance types)."""


@dataclass(frozen=True)
class Capacity:
    """What runs when the load is highest.

    Attributes:
        database: vCPUs and GiB of the database.
        storage: GB of the database.
        cache: vCPUs and GiB of a cache node.
        nodes: Cache nodes.
        frontend: vCPUs and GiB of all frontend tasks.
    """

    database: tuple[float, float]
    storage: float
    cache: tuple[float, float]
    nodes: int
    frontend: tuple[float, float]

    def less_than(self, other: Capacity) -> list[str]:
        """Return in what it is smaller than another, in words; nothing when it carries as much."""
        pairs = {
            "database": (self.database, other.database),
            "database storage": ((self.storage,), (other.storage,)),
            "cache": (self.cache, other.cache),
            "cache nodes": ((self.nodes,), (other.nodes,)),
            "frontend": (self.frontend, other.frontend),
        }
        return [
            name
            for name, (own, theirs) in pairs.items()
            if any(a < b for a, b in zip(own, theirs, strict=True))
        ]


MANUAL = Capacity((2, 4), 100, (2, 3.09), 1, (1.0, 2.0))
"""The manual's sizes, with two frontend tasks."""


def of(plan: Plan) -> Capacity | None:
    """Return the capacity of an environment's plan; ``None`` where a class is not in ``CLASSES``."""
    databases = plan.of("aws_db_instance")
    caches = plan.of("aws_elasticache_replication_group")
    services = plan.of("aws_ecs_service")
    if not (databases and caches and services):
        return None
    database, cache = CLASSES.get(databases[0]["instance_class"]), CLASSES.get(caches[0]["node_type"])
    task = plan.by("arn", services[0]["task_definition"], "aws_ecs_task_definition")
    if database is None or cache is None or task is None:
        return None
    targets = plan.of("aws_appautoscaling_target")
    count = targets[0]["max_capacity"] if targets else services[0]["desired_count"]
    frontend = (count * int(task["cpu"]) / 1024, count * int(task["memory"]) / 1024)
    return Capacity(
        database, databases[0]["allocated_storage"], cache, caches[0]["num_cache_clusters"] or 1, frontend
    )
