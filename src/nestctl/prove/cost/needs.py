"""What each type of resource is billed for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from nestctl.prove.cost.compute import autoscaled, cluster, function, service, task
from nestctl.prove.cost.part import HOURS, Need
from nestctl.prove.cost.use import Use
from nestctl.prove.plan import Plan, Resource

Rule = Callable[[Resource, Plan, Use], Iterator[Need]]

LAMBDA_GB_PER_LCU = 0.4
"""GB an hour to a function that one LCU covers (handbook.vantage.sh/aws/services/elb-pricing)."""

TARGET_GB_PER_LCU = 1.0
"""GB an hour to a task that one LCU covers (same source)."""

FREE_INSIGHTS_DAYS = 7
"""Days of performance insights without charge (aws.amazon.com/rds/performance-insights/pricing)."""

PROXY_LEAST_VCPU = 2
"""RDS Proxy is billed by the vCPUs of its database, and the classes priced here have two."""


def nat_gateway(_: Resource, plan: Plan, use: Use) -> Iterator[Need]:
    """Hours and gigabytes of a NAT gateway; its address is a part of its own."""
    share = len(plan.of("aws_nat_gateway"))
    yield Need("NAT", "nat-hour", HOURS)
    yield Need("NAT", "nat-gb", use.nat_gb / share, fixed=False, note=f"{use.nat_gb} GB in all")


def instance(resource: Resource, _: Plan, __: Use) -> Iterator[Need]:
    """Hours, root volume and public address of an instance; here it can only be one that does NAT."""
    yield Need("NAT", f"ec2-{resource['instance_type']}-hour", HOURS)
    volume = (resource["root_block_device"] or [{}])[0]
    kind, size = volume.get("volume_type") or "gp3", volume.get("volume_size") or 8
    yield Need("NAT", f"ebs-{kind}-gb", size, note=f"{size} GB")
    if resource["associate_public_ip_address"]:
        yield Need("Public addresses", "public-ipv4-hour", HOURS)


def address(_: Resource, __: Plan, ___: Use) -> Iterator[Need]:
    """A public IPv4 address."""
    yield Need("Public addresses", "public-ipv4-hour", HOURS)


def endpoint(resource: Resource, plan: Plan, use: Use) -> Iterator[Need]:
    """An interface endpoint in each of its subnets; gateway endpoints are free."""
    if resource["vpc_endpoint_type"] != "Interface":
        return
    subnets = len(resource["subnet_ids"] or ())
    yield Need("Endpoints", "interface-endpoint-hour", HOURS * subnets, note=f"in {subnets} zones")
    if not plan.of("aws_nat_gateway", "aws_instance"):
        interfaces = [e for e in plan.of("aws_vpc_endpoint") if e["vpc_endpoint_type"] == "Interface"]
        yield Need("Endpoints", "interface-endpoint-gb", use.nat_gb / len(interfaces), fixed=False)


def load_balancer(resource: Resource, _: Plan, use: Use) -> Iterator[Need]:
    """Hours and capacity units of a load balancer, and an address in each zone when it is public."""
    yield Need("Load balancer", "alb-hour", HOURS)
    zones = len(resource["subnets"] or ())
    if not resource["internal"]:
        yield Need("Public addresses", "public-ipv4-hour", HOURS * zones, note=f"in {zones} zones")
    gb = use.requests * 1000 * use.response_kb / 1024**2
    units = gb * (use.backend_share / LAMBDA_GB_PER_LCU + (1 - use.backend_share) / TARGET_GB_PER_LCU)
    yield Need("Load balancer", "alb-lcu-hour", units, fixed=False, note="by bytes, the largest dimension")
    yield Need("Data to the internet", "internet-gb", gb, fixed=False, note=f"{use.response_kb} KB an answer")


def database(resource: Resource, _: Plan, use: Use) -> Iterator[Need]:
    """Instance, storage and backups of a database; performance insights of seven days are free."""
    copies, note = (2, "with a standby") if resource["multi_az"] else (1, "")
    yield Need("Database", f"rds-{resource['instance_class']}-hour", HOURS * copies, note=note)
    size = resource["allocated_storage"] or 0
    kind = resource["storage_type"] or "gp2"
    yield Need("Database", f"rds-{kind}-gb", size * copies, note=f"{size} GB")
    if (resource["performance_insights_retention_period"] or 0) > FREE_INSIGHTS_DAYS:
        yield Need("Database", "rds-performance-insights-vcpu", 2, note="beyond the free days")
    if (resource["monitoring_interval"] or 0) > 0:
        yield Need("Logs and metrics", "logs-gb", 0.5, fixed=False, note="enhanced monitoring, half a GB")
    yield Need("Database", "rds-backup-gb", use.backup_gb, fixed=False, note="beyond the free allowance")


def proxy(_: Resource, __: Plan, ___: Use) -> Iterator[Need]:
    """RDS Proxy, by the vCPUs of its database."""
    yield Need("Database", "rds-proxy-vcpu-hour", HOURS * PROXY_LEAST_VCPU)


def cache(resource: Resource, _: Plan, __: Use) -> Iterator[Need]:
    """Every node of a replication group, at the price of its engine."""
    groups = resource["num_node_groups"] or 0
    sharded = groups * (1 + (resource["replicas_per_node_group"] or 0))
    nodes = resource["num_cache_clusters"] or sharded or 1
    engine = resource["engine"] or "redis"
    yield Need(
        "Cache",
        f"cache-{engine}-{resource['node_type']}-hour",
        HOURS * nodes,
        note=f"{nodes} nodes of {engine}",
    )
    days = resource["snapshot_retention_limit"] or 0
    if days > 1:
        yield Need("Cache", "cache-backup-gb", days - 1, fixed=False, note="1 GB each, the first is free")


def key(_: Resource, __: Plan, use: Use) -> Iterator[Need]:
    """A KMS key; the first two yearly rotations add a dollar each, which is not in the first month."""
    yield Need("Keys and secrets", "kms-key", 1)
    yield Need("Keys and secrets", "kms-requests", use.kms_requests, fixed=False)


def secret(_: Resource, __: Plan, ___: Use) -> Iterator[Need]:
    """A secret of Secrets Manager."""
    yield Need("Keys and secrets", "secret", 1)


def parameter(resource: Resource, _: Plan, __: Use) -> Iterator[Need]:
    """A parameter of the advanced tier; standard ones are free."""
    if resource["tier"] == "Advanced":
        yield Need("Keys and secrets", "parameter-advanced", 1)


def log_group(resource: Resource, plan: Plan, use: Use) -> Iterator[Need]:
    """Its share of the logs, taken in and kept."""
    share = use.log_gb / len(plan.of("aws_cloudwatch_log_group"))
    yield Need("Logs and metrics", "logs-gb", share, fixed=False, note=f"{use.log_gb} GB in all groups")
    months = (resource["retention_in_days"] or 365) / 30
    yield Need("Logs and metrics", "logs-stored-gb", share * months, fixed=False)


def firewall(resource: Resource, _: Plan, use: Use) -> Iterator[Need]:
    """A web ACL, its rules, and the requests it looks at."""
    yield Need("Firewall", "waf-acl", 1)
    yield Need("Firewall", "waf-rule", len(resource["rule"] or ()))
    yield Need("Firewall", "waf-requests", use.waf_requests, fixed=False)


def bucket(_: Resource, plan: Plan, use: Use) -> Iterator[Need]:
    """Its share of what is stored and asked for."""
    share = len(plan.of("aws_s3_bucket"))
    yield Need(
        "Storage", "s3-gb", use.stored_gb / share, fixed=False, note=f"{use.stored_gb} GB in all buckets"
    )
    yield Need("Storage", "s3-put", use.object_requests / share, fixed=False)


def one(group: str, price: str, *, fixed: bool = True) -> Rule:
    """Return the rule of what is billed by the piece."""

    def rule(_: Resource, __: Plan, ___: Use) -> Iterator[Need]:
        yield Need(group, price, 1, fixed=fixed)

    return rule


def used(group: str, price: str, quantity: Callable[[Use], float]) -> Rule:
    """Return the rule of what is billed by use; each resource of the type has an equal share of it."""

    def rule(resource: Resource, plan: Plan, use: Use) -> Iterator[Need]:
        yield Need(group, price, quantity(use) / len(plan.of(resource.type)), fixed=False)

    return rule


BILLED: Mapping[str, Rule] = {
    "aws_appautoscaling_target": autoscaled,
    "aws_backup_vault": used("Storage", "backup-gb", lambda use: use.stored_gb),
    "aws_budgets_budget": one("Logs and metrics", "budget"),
    "aws_cloudfront_distribution": used("Data to the internet", "cloudfront-gb", lambda use: use.static_gb),
    "aws_cloudtrail": one("Logs and metrics", "trail"),
    "aws_cloudwatch_log_group": log_group,
    "aws_cloudwatch_metric_alarm": one("Logs and metrics", "alarm"),
    "aws_db_instance": database,
    "aws_db_proxy": proxy,
    "aws_ecr_repository": used("Storage", "ecr-gb", lambda use: use.image_gb),
    "aws_ecs_cluster": cluster,
    "aws_ecs_service": service,
    "aws_ecs_task_definition": task,
    "aws_eip": address,
    "aws_elasticache_replication_group": cache,
    # Flow logs are billed as the logs they write: aws_cloudwatch_log_group.
    "aws_flow_log": lambda *_: iter(()),
    "aws_instance": instance,
    "aws_kms_key": key,
    "aws_lb": load_balancer,
    # Terraform does not make the function; its address stands for it.
    "aws_lambda_function_url": function,
    "aws_nat_gateway": nat_gateway,
    "aws_s3_bucket": bucket,
    "aws_secretsmanager_secret": secret,
    "aws_sns_topic": used("Logs and metrics", "sns-emails", lambda use: use.alarm_mails / 100_000),
    "aws_sns_topic_subscription": lambda *_: iter(()),
    "aws_ssm_parameter": parameter,
    "aws_vpc_endpoint": endpoint,
    "aws_wafv2_web_acl": firewall,
    "aws_wafv2_web_acl_logging_configuration": lambda *_: iter(()),
}
"""The rule of each type that is billed; one that yields nothing is billed through another type."""
