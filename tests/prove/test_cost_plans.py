"""What is claimed of staging and of its profiles, on the plans that Terraform makes of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nestctl.prove import cost, network
from nestctl.prove.cost import capacity, old, prices, use, whatif
from nestctl.prove.cost.estimate import estimate
from nestctl.prove.cost.prices import Table
from nestctl.prove.cost.use import Use
from nestctl.prove.network.function import Placement
from nestctl.prove.plan import Plan
from nestctl.prove.roots import Plans
from nestctl.settings.paths import CHECKOUT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def table() -> Table:
    """The package's prices."""
    return prices.load("us-east-1", own=Path("/none"))


CHANGED: dict[str, dict[str, Any]] = {
    **{name: cost.profile(name) for name in cost.PROFILES},
    "instance": {"nat_gateway_mode": "instance"},
    "endpoints": {"nat_gateway_mode": "none"},
    "smaller": {
        "cpu_architecture": "ARM64",
        "db_instance_class": "db.t4g.medium",
        "cache_node_type": "cache.t4g.medium",
        "fargate_spot_for_tasks": True,
        "fargate_spot_for_frontend": True,
        "frontend_desired_count": 1,
    },
}
"""What differs from staging."""


@pytest.fixture(scope="module")
def changed(plans: Plans) -> dict[str, Plan]:
    """Staging as each of them has it."""
    return dict(zip(CHANGED, plans.environments(*CHANGED.values()), strict=True))


@pytest.fixture(scope="module")
def economical(changed: dict[str, Plan]) -> Plan:
    """Staging as the economical profile has it."""
    return changed["economical"]


@pytest.fixture(scope="module")
def minimal(changed: dict[str, Plan]) -> Plan:
    """Staging as the minimal profile has it."""
    return changed["minimal"]


def test_every_root_is_priced(plans: Plans) -> None:
    reports = cost.prove(plans)
    *roots, total = reports
    assert [report.root for report in roots] == ["state", "bootstrap", "staging"]
    assert all(report.holds for report in reports), [r.findings for r in reports]
    text = "\n".join(roots[-1].lines)
    assert "█" in text
    assert "$216.02 fixed" in text
    assert "3 GB of logs" in text
    # Every amount has its unit, and all of them are added up.
    assert not re.findall(r"(?<![\d$.])\d+\.\d\d\b(?! s )", text), text
    assert total.facts["fixed"] == pytest.approx(sum(report.facts["fixed"] for report in roots))
    assert total.facts["use_cost"] == pytest.approx(sum(report.facts["use_cost"] for report in roots))
    both = total.facts["fixed"] + total.facts["use_cost"]
    assert total.summary.startswith(f"${both:.2f} a month in all: ")
    assert total.summary.endswith("of state, bootstrap and staging")


def test_every_assumption_is_told_with_its_unit() -> None:
    assert set(use.WORDS) == set(Use().as_dict())
    assert [line for line in Use().lines() if not re.match(r"\d[\d.,]*( ?%)? [A-Za-z]", line)] == []
    assert "40% of them answered by the function" in Use().lines()


def test_staging_carries_the_manuals_sizes_for_less_than_the_old_layout(staging: Plan, table: Table) -> None:
    found = estimate(staging, table, Use())
    size = capacity.of(staging)
    assert size == capacity.MANUAL
    assert found.fixed == pytest.approx(201.04, abs=0.01)
    assert found.fixed < old.estimate(table).fixed


def test_the_economical_profile_carries_as_much_for_a_quarter_less(economical: Plan, table: Table) -> None:
    size = capacity.of(economical)
    assert size is not None
    assert size.less_than(capacity.MANUAL) == []
    against = cost.compared(economical, estimate(economical, table, Use()), table)
    assert against["old_fixed"] == pytest.approx(216.02, abs=0.01)
    assert against["less_percent"] >= 25
    assert against["smaller_in"] == []


def test_the_economical_profile_runs_on_demand_all_the_time(economical: Plan, table: Table) -> None:
    """What is cheap because AWS may take it away, or because it is there at times only, is not as much."""
    assert not [part for part in estimate(economical, table, Use()).parts if "spot" in part.need.price]
    assert not economical.of("aws_appautoscaling_target")
    (service,) = economical.of("aws_ecs_service")
    assert service["desired_count"] == 2


def test_the_minimal_profile_stays_under_60_dollars(minimal: Plan, table: Table) -> None:
    found = estimate(minimal, table, Use())
    assert not found.findings
    assert found.fixed < 60


@pytest.mark.parametrize("name", cost.PROFILES)
def test_each_profile_is_a_site_that_works(name: str, changed: dict[str, Plan]) -> None:
    """The frontend's server calls the function by its address, which lies on the internet."""
    report = network.examine(changed[name], Placement(("private_subnet_ids",), ("lambda_security_group_id",)))
    assert report.findings == ()
    out = [flow for flow in report.facts["flows"] if flow["to"] == "internet"]
    assert {flow["from"] for flow in out if flow["passes"]} == {"frontend", "tasks", "function"}


def test_nothing_is_left_to_choose_in_the_minimal_profile(minimal: Plan, table: Table) -> None:
    assert [o.choice.name for o in whatif.outcomes(minimal, table, Use()) if o.saved > 0.005] == []


def test_a_nat_instance_costs_what_terraforms_own_would(
    changed: dict[str, Plan], staging: Plan, table: Table
) -> None:
    ours = estimate(whatif.nat_instance(staging), table, Use())
    terraforms = estimate(changed["instance"], table, Use())
    assert ours.fixed == pytest.approx(terraforms.fixed)
    assert ours.use == pytest.approx(terraforms.use)


def test_changed_plans_cost_what_terraforms_own_would(
    changed: dict[str, Plan], staging: Plan, table: Table
) -> None:
    plan = staging
    for change in (whatif.arm, whatif.graviton, whatif.spot_tasks, whatif.spot_frontend, whatif.one_frontend):
        plan = change(plan)
    ours, terraforms = (estimate(p, table, Use()) for p in (plan, changed["smaller"]))
    assert ours.fixed == pytest.approx(terraforms.fixed)
    assert ours.use == pytest.approx(terraforms.use)


def test_endpoints_instead_of_nat_cost_what_terraforms_own_would(
    changed: dict[str, Plan], staging: Plan, table: Table
) -> None:
    planned = estimate(changed["endpoints"], table, Use())
    assert estimate(whatif.endpoints(staging), table, Use()).fixed == pytest.approx(planned.fixed)


def test_the_document_and_its_picture_say_the_same(
    staging: Plan, economical: Plan, minimal: Plan, table: Table
) -> None:
    told = (CHECKOUT / "docs" / "cost.md").read_text(encoding="utf-8")
    picture = (CHECKOUT / "docs" / "images" / "cost.svg").read_text(encoding="utf-8")
    drawn = [int(usd) for usd in re.findall(r'font-weight="600">\$(\d+)<', picture)]
    fixed = [old.estimate(table).fixed]
    fixed += [estimate(plan, table, Use()).fixed for plan in (staging, economical, minimal)]
    assert drawn == [round(usd) for usd in fixed]
    for usd in fixed:
        assert f"${usd:.2f}" in told
