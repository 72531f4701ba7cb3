"""What the peer's staging costs a month with the manual's sizes: the layout that this project replaces.

The parts are those of OWASP Nest's own Terraform when the manual was written: one NAT gateway, a load
balancer over three zones, Redis, Fargate on x86, two KMS keys and a secret of Secrets Manager. Sizes are the
manual's ``terraform.tfvars`` (db.t3.medium with 100 GB, cache.t3.medium, 512 CPU units with 1,024 MiB), for
two frontend tasks.
"""

from __future__ import annotations

from nestctl.prove.cost.part import HOURS, Estimate, Need, Part
from nestctl.prove.cost.prices import Table
from nestctl.prove.report import Finding

TASKS = 2
VCPU = 0.5
GB = 1

NEEDS = (
    Need("NAT", "nat-hour", HOURS),
    Need("Public addresses", "public-ipv4-hour", HOURS, note="of the NAT gateway"),
    Need("Load balancer", "alb-hour", HOURS),
    Need("Public addresses", "public-ipv4-hour", HOURS * 3, note="of the load balancer, in three zones"),
    Need("Database", "rds-db.t3.medium-hour", HOURS),
    Need("Database", "rds-gp3-gb", 100, note="100 GB"),
    Need("Cache", "cache-redis-cache.t3.medium-hour", HOURS, note="1 node of redis"),
    Need("Frontend", "fargate-x86-vcpu-hour", TASKS * VCPU * HOURS, note=f"{TASKS} tasks"),
    Need("Frontend", "fargate-x86-gb-hour", TASKS * GB * HOURS, note=f"{TASKS} tasks"),
    Need("Keys and secrets", "kms-key", 2),
    Need("Keys and secrets", "secret", 1),
)


def estimate(table: Table) -> Estimate:
    """Return what the old layout costs at the prices of a table: $216 fixed in us-east-1."""
    parts, findings = [], []
    for need in NEEDS:
        price = table.get(need.price)
        if price is None:
            what = f"There is no price {need.price!r} in {table.region}: nothing to compare with."
            findings.append(Finding(what, "nestctl prove cost --refresh"))
        else:
            parts.append(Part("the old layout", need, price.usd, price.unit))
    return Estimate(tuple(parts), tuple(findings))
