"""The estimate on small plans made by hand: every sum is worked out here."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from nestctl.prove.cost import capacity, chart, needs, old, prices, whatif
from nestctl.prove.cost.estimate import estimate
from nestctl.prove.cost.free import FREE
from nestctl.prove.cost.part import Estimate
from nestctl.prove.cost.prices import Price, Table
from nestctl.prove.cost.use import Use
from nestctl.prove.plan import Plan
from nestctl.report import NestctlError
from nestctl.settings.paths import INFRASTRUCTURE

HOURS = 730
NOTHING = Use(**dict.fromkeys(Use().as_dict(), 0.0))


def table(**usd: float) -> Table:
    """A table with prices by name; underscores stand for hyphens."""
    day = dt.date(2026, 1, 1)
    keys = {key.replace("_", "-"): value for key, value in usd.items()}
    return Table(
        "us-east-1",
        {k: Price(k, v, "unit", day, "https://example.org", True) for k, v in keys.items()},
        "here",
    )


def plan(*resources: tuple[str, dict[str, Any]]) -> Plan:
    """A plan of resources given by type and attributes."""
    made = Plan("staging", {}, ())
    for number, (kind, values) in enumerate(resources):
        made = made.with_resource(f"module.a.{kind}.r{number}", kind, **values)
    return made


def cost(made: Plan, prices_: Table | None = None, use: Use = NOTHING) -> Estimate:
    """The estimate of a plan."""
    return estimate(made, prices_ or prices.load("us-east-1", own=Path("/none")), use)


TASK = {
    "arn": "task",
    "cpu": "512",
    "memory": "1024",
    "runtime_platform": [{"cpu_architecture": "X86_64"}],
}
SERVICE = {
    "name": "web",
    "task_definition": "task",
    "desired_count": 2,
    "capacity_provider_strategy": [{"capacity_provider": "FARGATE"}],
}


@pytest.mark.parametrize(
    ("kind", "values", "fixed"),
    [
        ("aws_nat_gateway", {}, 0.045 * HOURS),
        ("aws_eip", {}, 0.005 * HOURS),
        ("aws_lb", {"subnets": ["a", "b", "c"], "internal": False}, (0.0225 + 3 * 0.005) * HOURS),
        ("aws_lb", {"subnets": ["a", "b"], "internal": True}, 0.0225 * HOURS),
        (
            "aws_db_instance",
            {"instance_class": "db.t3.medium", "allocated_storage": 100, "storage_type": "gp3"},
            0.072 * HOURS + 11.5,
        ),
        (
            "aws_db_instance",
            {
                "instance_class": "db.t4g.micro",
                "allocated_storage": 20,
                "storage_type": "gp3",
                "multi_az": True,
            },
            2 * (0.016 * HOURS + 2.3),
        ),
        ("aws_db_proxy", {}, 2 * 0.015 * HOURS),
        (
            "aws_elasticache_replication_group",
            {"node_type": "cache.t3.medium", "engine": "redis", "num_cache_clusters": 2},
            2 * 0.068 * HOURS,
        ),
        (
            "aws_elasticache_replication_group",
            {
                "node_type": "cache.t4g.micro",
                "engine": "valkey",
                "num_node_groups": 2,
                "replicas_per_node_group": 1,
            },
            4 * 0.0128 * HOURS,
        ),
        ("aws_kms_key", {}, 1),
        ("aws_secretsmanager_secret", {}, 0.4),
        ("aws_ssm_parameter", {"tier": "Advanced"}, 0.05),
        ("aws_ssm_parameter", {"tier": "Standard"}, 0),
        ("aws_vpc_endpoint", {"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b"]}, 2 * 0.01 * HOURS),
        ("aws_vpc_endpoint", {"vpc_endpoint_type": "Gateway"}, 0),
        ("aws_wafv2_web_acl", {"rule": [{}, {}, {}]}, 5 + 3),
        ("aws_cloudwatch_metric_alarm", {}, 0.1),
        (
            "aws_instance",
            {"instance_type": "t4g.nano", "associate_public_ip_address": True},
            (0.0042 + 0.005) * HOURS + 8 * 0.08,
        ),
    ],
)
def test_fixed_costs_of_each_type(kind: str, values: dict[str, Any], fixed: float) -> None:
    found = cost(plan((kind, values)))
    assert not found.findings
    assert found.fixed == pytest.approx(fixed)
    assert found.use == 0


@pytest.mark.parametrize(
    ("kind", "values", "use", "usd"),
    [
        ("aws_nat_gateway", {}, {"nat_gb": 100}, 4.5),
        ("aws_kms_key", {}, {"kms_requests": 10}, 0.3),
        (
            "aws_cloudwatch_log_group",
            {"name": "/a", "retention_in_days": 60},
            {"log_gb": 10},
            5 + 2 * 10 * 0.03,
        ),
        ("aws_s3_bucket", {}, {"stored_gb": 100, "object_requests": 10}, 2.3 + 0.05),
        ("aws_cloudfront_distribution", {}, {"static_gb": 100}, 8.5),
        ("aws_ecr_repository", {}, {"image_gb": 5}, 0.5),
        ("aws_wafv2_web_acl", {"rule": []}, {"waf_requests": 2}, 1.2),
        ("aws_backup_vault", {}, {"stored_gb": 10}, 0.95),
        ("aws_sns_topic", {}, {"alarm_mails": 1000}, 0.02),
        (
            "aws_lambda_function_url",
            {},
            {"requests": 1000, "backend_share": 1, "backend_seconds": 0.1, "backend_memory_gb": 2},
            0.2 + 200_000 * 0.0000166667,
        ),
        ("aws_ecs_task_definition", TASK, {"task_hours": 10}, 10 * (0.5 * 0.04048 + 0.004445)),
        ("aws_ecs_cluster", {"setting": [{"name": "containerInsights", "value": "enabled"}]}, {}, 24 * 0.3),
        ("aws_ecs_cluster", {"setting": [{"name": "containerInsights", "value": "disabled"}]}, {}, 0),
    ],
)
def test_costs_of_use_are_apart(kind: str, values: dict[str, Any], use: dict[str, float], usd: float) -> None:
    assumed = Use(**{**NOTHING.as_dict(), **use})
    found = cost(plan((kind, values)), use=assumed)
    assert not found.findings
    assert found.use == pytest.approx(usd)


def test_capacity_units_follow_the_bytes_of_tasks_and_function() -> None:
    use = Use(**{**NOTHING.as_dict(), "requests": 1024, "response_kb": 1024, "backend_share": 0.5})
    found = cost(plan(("aws_lb", {"subnets": [], "internal": True})), use=use)
    gb = 1000
    units = gb * (0.5 / 0.4 + 0.5 / 1.0)
    assert found.use == pytest.approx(units * 0.008 + gb * 0.09)


@pytest.mark.parametrize(
    ("architecture", "provider", "vcpu", "gb"),
    [
        ("X86_64", "FARGATE", 0.04048, 0.004445),
        ("ARM64", "FARGATE", 0.03238, 0.00356),
        ("X86_64", "FARGATE_SPOT", 0.04048 / 2, 0.004445 / 2),
        ("ARM64", "FARGATE_SPOT", 0.03238 / 2, 0.00356 / 2),
    ],
)
def test_a_service_is_its_tasks_at_their_price(
    architecture: str, provider: str, vcpu: float, gb: float
) -> None:
    task = {**TASK, "runtime_platform": [{"cpu_architecture": architecture}]}
    service = {**SERVICE, "capacity_provider_strategy": [{"capacity_provider": provider}]}
    found = cost(plan(("aws_ecs_task_definition", task), ("aws_ecs_service", service)))
    assert found.fixed == pytest.approx(2 * HOURS * (0.5 * vcpu + gb))


def test_of_a_scaled_service_only_the_least_is_fixed() -> None:
    target = {"resource_id": "service/c/web", "min_capacity": 1, "max_capacity": 3}
    made = plan(
        ("aws_ecs_task_definition", TASK), ("aws_ecs_service", SERVICE), ("aws_appautoscaling_target", target)
    )
    hour = 0.5 * 0.04048 + 0.004445
    assert cost(made).fixed == pytest.approx(HOURS * hour)
    assert cost(made).use == pytest.approx(HOURS * hour)


def test_one_off_tasks_are_on_spot_when_their_cluster_is() -> None:
    providers = {
        "cluster_name": "tasks",
        "capacity_providers": ["FARGATE", "FARGATE_SPOT"],
        "default_capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT"}],
    }
    use = Use(**{**NOTHING.as_dict(), "task_hours": 1})
    made = plan(("aws_ecs_task_definition", TASK), ("aws_ecs_cluster_capacity_providers", providers))
    assert cost(made, use=use).use == pytest.approx((0.5 * 0.04048 + 0.004445) / 2)


# ---------------------------------------------------------------- nothing is zero in silence


def test_a_type_that_nobody_knows_is_a_finding() -> None:
    found = cost(plan(("aws_redshift_cluster", {})))
    assert [f.resource for f in found.findings] == ["module.a.aws_redshift_cluster.r0"]
    assert "aws_redshift_cluster" in found.findings[0].what


@pytest.mark.parametrize(
    ("kind", "values", "price"),
    [
        ("aws_db_instance", {"instance_class": "db.x9.huge", "storage_type": "gp3"}, "rds-db.x9.huge-hour"),
        ("aws_db_instance", {"instance_class": "db.t3.micro", "storage_type": "io2"}, "rds-io2-gb"),
        (
            "aws_elasticache_replication_group",
            {"node_type": "cache.x9.huge", "engine": "valkey"},
            "cache-valkey-cache.x9.huge-hour",
        ),
        ("aws_instance", {"instance_type": "x9.huge"}, "ec2-x9.huge-hour"),
        ("aws_ecs_service", SERVICE, "task-definition-unknown"),
    ],
)
def test_a_class_without_a_price_is_a_finding(kind: str, values: dict[str, Any], price: str) -> None:
    found = cost(plan((kind, values)))
    assert any(price in finding.what for finding in found.findings)
    assert all("--refresh" in finding.fix for finding in found.findings)


def test_performance_insights_beyond_the_free_days_have_no_price_and_say_so() -> None:
    values = {
        "instance_class": "db.t3.medium",
        "storage_type": "gp3",
        "performance_insights_retention_period": 31,
    }
    assert cost(plan(("aws_db_instance", values))).findings
    values["performance_insights_retention_period"] = 7
    assert not cost(plan(("aws_db_instance", values))).findings


def test_every_type_of_the_modules_is_billed_or_free_and_never_both() -> None:
    import re

    kinds = {
        kind
        for file in INFRASTRUCTURE.rglob("*.tf")
        if ".terraform" not in file.parts
        for kind in re.findall(r'^resource "(\w+)"', file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(kinds) > 60
    assert not kinds - FREE - set(needs.BILLED)
    assert not FREE & set(needs.BILLED)


# ---------------------------------------------------------------- prices


def test_a_region_without_prices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NestctlError) as raised:
        prices.load("eu-north-1", own=tmp_path / "none.toml")
    assert raised.value.code == "price-region"
    assert "--refresh" in raised.value.next


@pytest.mark.parametrize(
    "text",
    [
        "not toml",
        '[us-east-1.a]\nusd = -1\nunit = "hour"\ndate = 2026-01-01\nsource = "s"\nconfirmed = true\n',
        '[us-east-1.a]\nusd = 1\nunit = "hour"\ndate = "today"\nsource = "s"\nconfirmed = true\n',
        '[us-east-1.a]\nusd = 1\nunit = "hour"\ndate = 2026-01-01\nconfirmed = true\n',
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(NestctlError) as raised:
        prices.load("us-east-1", own=file)
    assert raised.value.code == "price-table"


def test_the_users_prices_go_before_the_packages(tmp_path: Path) -> None:
    file = tmp_path / "us-east-1.toml"
    mine = Price("nat-hour", 0.5, "hour", dt.date(2026, 10, 1), "https://example.org", confirmed=True)
    file.write_text(prices.text("us-east-1", {"nat-hour": mine}), encoding="utf-8")
    loaded = prices.load("us-east-1", own=file)
    assert loaded.get("nat-hour") == mine
    price = loaded.get("alb-hour")
    assert price is not None
    assert price.usd == 0.0225


def test_every_price_has_unit_date_and_source() -> None:
    for region, rows in prices.read(prices.SHIPPED).items():
        for price in rows.values():
            assert price.unit, (region, price.key)
            assert price.source.startswith("https://"), (region, price.key)
            assert dt.date(2025, 1, 1) < price.date < dt.date(2027, 1, 1), (region, price.key)


def test_spot_needs_both_its_prices() -> None:
    assert table(fargate_arm_gb_hour=1).get("fargate-arm-gb-hour-spot") is None
    both = table(fargate_arm_gb_hour=1, fargate_spot_share=0.4).get("fargate-arm-gb-hour-spot")
    assert both is not None
    assert both.usd == pytest.approx(0.4)


# ---------------------------------------------------------------- the old layout, capacity, chart


def test_the_old_layout_costs_216_dollars() -> None:
    found = old.estimate(prices.load("us-east-1", own=Path("/none")))
    assert not found.findings
    assert found.fixed == pytest.approx(216.02, abs=0.01)
    assert found.groups(fixed=True)["Database"] == pytest.approx(64.06)
    assert old.estimate(table(nat_hour=1)).findings


def test_less_capacity_is_named() -> None:
    small = capacity.Capacity((2, 1), 100, (2, 3.09), 1, (1.0, 1.0))
    assert small.less_than(capacity.MANUAL) == ["database", "frontend"]
    assert capacity.MANUAL.less_than(capacity.MANUAL) == []


def test_bars_are_as_long_as_their_share() -> None:
    dear, cheap, nothing = chart.text({"dear": 40.0, "cheap": 10.0, "nothing": 0.0}, width=20)
    assert dear.count("█") == 20
    assert cheap.count("█") == 5
    assert nothing.endswith("0.00")
    assert chart.text({}) == []


def test_the_picture_names_every_part_and_total() -> None:
    import xml.etree.ElementTree as ET

    text = chart.svg({"old & new": {"NAT": 30.0, "Cache": 12.5}, "less": {"NAT": 10.0}}, "title")
    root = ET.fromstring(text)  # noqa: S314 - it is our own
    words = [element.text for element in root.iter() if element.text]
    assert {"old & new", "$42", "$10", "NAT", "Cache", "title"} <= set(words)


# ---------------------------------------------------------------- what if


def test_a_choice_that_is_made_already_is_not_offered() -> None:
    task = {**TASK, "runtime_platform": [{"cpu_architecture": "ARM64"}]}
    service = {
        **SERVICE,
        "desired_count": 1,
        "capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT"}],
    }
    made = plan(("aws_ecs_task_definition", task), ("aws_ecs_service", service))
    assert all(choice.change(made) is made for choice in whatif.CHOICES)


def test_what_cannot_be_priced_is_no_saving() -> None:
    values = {"instance_class": "db.t3.2xlarge", "allocated_storage": 20, "storage_type": "gp3"}
    priced = table(**{"rds_db.t3.2xlarge_hour": 0.6, "rds_gp3_gb": 0.115, "rds_backup_gb": 0.095})
    made = plan(("aws_db_instance", values))
    assert not cost(made, priced).findings
    assert whatif.outcomes(made, priced, NOTHING) == []
