"""The network's proof holds for every choice of NAT, endpoints, zones and proxy, and finds what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nestctl.prove import network
from nestctl.prove.network.function import Placement
from nestctl.prove.plan import Plan
from nestctl.prove.report import Report
from nestctl.prove.roots import Plans

pytestmark = pytest.mark.slow

FUNCTION = Placement(("private_subnet_ids",), ("lambda_security_group_id",))

CHOICES: dict[str, dict[str, Any]] = {
    "endpoints": {"nat_gateway_mode": "none"},
    "zones": {
        "nat_gateway_mode": "per_zone",
        "availability_zone_count": 3,
        "interface_endpoints": ["ssm", "ecr.api"],
    },
    "proxy": {"db_proxy_enabled": True},
    "instance": {"nat_gateway_mode": "instance"},
}

ENDPOINT = 'module.interface_endpoint["ssm"].aws_vpc_endpoint.this'
S3 = "module.s3_endpoint.aws_vpc_endpoint.this"
RULE = "module.security.aws_vpc_security_group"
NAT = "module.networking.aws_instance.nat[0]"
NAT_RULE = "module.networking.aws_vpc_security_group"


@pytest.fixture(scope="module")
def choices(plans: Plans) -> dict[str, Plan]:
    """Staging with each of the choices."""
    return dict(zip(CHOICES, plans.environments(*CHOICES.values()), strict=True))


@pytest.fixture(params=CHOICES)
def chosen(request: pytest.FixtureRequest, choices: dict[str, Plan]) -> Plan:
    """Staging with one of the choices after the other."""
    return choices[request.param]


def examine(plan: Plan) -> Report:
    """Return the report on a plan."""
    return network.examine(plan, FUNCTION)


def test_every_choice_holds(chosen: Plan) -> None:
    """Nothing is missing and nothing is too much."""
    report = examine(chosen)
    assert report.findings == ()
    assert len(report.facts["flows"]) > 20


def test_production_holds(production: Plans) -> None:
    """Production has three zones with a NAT each; the template says where its function stands."""
    (report,) = network.prove(production)
    assert report.root == "production"
    assert report.findings == ()


def test_without_nat_it_is_a_fact_that_the_internet_is_cut_off(choices: dict[str, Plan]) -> None:
    """The variable asked for it, so that it is told and not refused."""
    report = examine(choices["endpoints"])
    cut = [flow for flow in report.facts["flows"] if flow["to"] == "internet"]
    assert {flow["from"] for flow in cut} == {"frontend", "tasks", "function"}
    assert not any(flow["passes"] or flow["needed"] for flow in cut)
    assert any("reach nothing on the internet" in line for line in report.lines)


def test_too_few_endpoints_are_found(choices: dict[str, Plan]) -> None:
    """Without NAT, each service that the tasks call needs its endpoint."""
    services = ("ecr.api", "ecr.dkr", "logs")
    gone = [f'module.interface_endpoint["{service}"].aws_vpc_endpoint.this' for service in services]
    found = examine(choices["endpoints"].without(*gone)).findings
    assert {f.fix.split('"')[1] for f in found} == set(services)
    assert all("aws_route_table.private" in f.resource for f in found)


def _other_zone(plan: Plan) -> Plan:
    nat = plan['module.networking.aws_nat_gateway.this["zone-2"]']["id"]
    return plan.changed('module.networking.aws_route.private_nat["zone-1"]', nat_gateway_id=nat)


def _two_zones(plan: Plan) -> Plan:
    return plan.changed("aws_lb.this", subnets=plan["aws_lb.this"]["subnets"][:2])


def _secret(plan: Plan) -> Plan:
    return plan.with_resource("aws_secretsmanager_secret.added", "aws_secretsmanager_secret", arn="arn:added")


BROKEN: list[tuple[str, Callable[[Plan], Plan], str, str]] = [
    ("endpoints", lambda p: p.without(ENDPOINT), "aws_route_table.private", "ssm"),
    ("endpoints", lambda p: p.changed(ENDPOINT, private_dns_enabled=False), ENDPOINT, "private DNS"),
    ("endpoints", lambda p: p.changed("aws_vpc.this", enable_dns_hostnames=False), ENDPOINT, "private DNS"),
    ("endpoints", lambda p: p.changed(ENDPOINT, policy='{"Statement": []}'), ENDPOINT, "policy"),
    (
        "endpoints",
        lambda p: p.without(f'{RULE}_ingress_rule.connection["ecs-to-endpoint"]'),
        '"endpoint"]',
        "tasks",
    ),
    (
        "endpoints",
        lambda p: p.without(f'{RULE}_egress_rule.connection["lambda-to-endpoint"]'),
        '"lambda"]',
        "function -> ssm",
    ),
    ("endpoints", lambda p: p.without(f'{RULE}_egress_rule.s3["ecs"]'), '"ecs"]', "tasks -> s3"),
    (
        "endpoints",
        lambda p: p.changed(f'{RULE}_egress_rule.s3["ecs"]', prefix_list_id="pl-1"),
        's3["ecs"]',
        "pl-1",
    ),
    ("endpoints", lambda p: p.changed(S3, route_table_ids=[]), S3, "route table"),
    ("endpoints", lambda p: p.without(S3), "aws_route_table.private", "s3"),
    ("endpoints", _secret, "aws_route_table.private", "secretsmanager"),
    (
        "endpoints",
        lambda p: replace(p, variables={**p.variables, "nat_gateway_mode": "single"}),
        "aws_route_table.private",
        "function -> internet",
    ),
    ("zones", _other_zone, 'private_nat["zone-1"]', "falls with another zone"),
    ("zones", _two_zones, "aws_lb.this", "no subnet"),
    ("zones", lambda p: p.without('aws_nat_gateway.this["zone-3"]'), 'private_nat["zone-3"]', "nat gateway"),
    (
        "proxy",
        lambda p: p.without(f'{RULE}_ingress_rule.connection["proxy-to-database"]'),
        '"database"]',
        "database proxy -> database",
    ),
    (
        "proxy",
        lambda p: p.without(f'{RULE}_egress_rule.connection["proxy-to-database"]'),
        '"database"]',
        "database proxy -> database",
    ),
    (
        "proxy",
        lambda p: p.without(f'{RULE}_ingress_rule.connection["lambda-to-database"]'),
        '"database"]',
        "function -> database proxy",
    ),
]


def _second_nat(plan: Plan) -> Plan:
    values = {**plan[NAT].values, "id": "i-2", "primary_network_interface_id": "eni-2"}
    return plan.with_resource("module.networking.aws_instance.second", "aws_instance", **values)


def _nat_rule(direction: str, **values: Any) -> Callable[[Plan], Plan]:
    def change(plan: Plan) -> Plan:
        group = plan["aws_security_group.nat_instance[0]"]["id"]
        kind = f"aws_vpc_security_group_{direction}_rule"
        given = {"security_group_id": group, "ip_protocol": "tcp", "from_port": 443, "to_port": 443}
        return plan.with_resource(f"module.added.{kind}.added", kind, **given, **values)

    return change


def _in_private_subnet(plan: Plan) -> Plan:
    return plan.changed(NAT, subnet_id=plan['aws_subnet.private["zone-1"]']["id"])


ANYONE = {"cidr_ipv4": "0.0.0.0/0"}
IN_1, IN_2, OUT = (
    f"{NAT_RULE}_{rule}"
    for rule in (
        'ingress_rule.nat_instance["zone-1"]',
        'ingress_rule.nat_instance["zone-2"]',
        "egress_rule.nat_instance[0]",
    )
)

BROKEN += [
    ("instance", change, resource, says)
    for change, resource, says in (
        (lambda p: p.changed(NAT, source_dest_check=True), NAT, "source_dest_check"),
        (lambda p: p.without("aws_eip.nat_instance[0]"), NAT, "no address on the internet"),
        (lambda p: p.changed("aws_eip.nat_instance[0]", instance="i-2"), "aws_eip.nat", "something else"),
        (lambda p: p.changed(IN_1, **ANYONE), IN_1, "opens TCP 443 in from 0.0.0.0/0"),
        (lambda p: p.changed(IN_1, **ANYONE), NAT, "can be reached from the internet at TCP 443"),
        (_nat_rule("ingress", **ANYONE), "added", "in from 0.0.0.0/0"),
        (lambda p: p.changed(IN_2, from_port=22), IN_2, "opens TCP 22-442"),
        (lambda p: p.changed(IN_2, ip_protocol="-1", from_port=None, to_port=None), IN_2, "every protocol"),
        (lambda p: p.without(IN_2), "aws_security_group.nat_instance", "lets TCP 443 in from the function"),
        (lambda p: p.changed(OUT, to_port=444), OUT, "opens TCP 444"),
        (lambda p: p.without(OUT), "aws_security_group.nat_instance", "lets TCP 443 out to the internet"),
        (lambda p: p.changed(OUT, cidr_ipv4="198.51.100.0/24"), OUT, "lets TCP 443 out to the internet"),
        (lambda p: p.without('private_nat["zone-2"]'), 'private["zone-2"]', "nor a NAT gateway serves"),
        (
            lambda p: p.changed('private_nat["zone-1"]', network_interface_id="eni-0"),
            'private_nat["zone-1"]',
            "leads to nothing",
        ),
        (lambda p: p.without("aws_route.public_internet"), "aws_route_table.public", "frontend -> ecr.api"),
        (lambda p: p.without(NAT), "private_nat", "leads to nothing"),
        (_in_private_subnet, 'private_nat["zone-1"]', "not an internet gateway"),
        (_second_nat, "aws_instance.second", "stands in"),
    )
]


IDS = [f"{choice}: {says} at {resource}" for choice, _, resource, says in BROKEN]


@pytest.mark.parametrize(("choice", "change", "resource", "says"), BROKEN, ids=IDS)
def test_what_breaks_a_choice_is_found(
    choices: dict[str, Plan], choice: str, change: Callable[[Plan], Plan], resource: str, says: str
) -> None:
    """A finding names the resource and the flow."""
    found = examine(change(choices[choice])).findings
    assert [f for f in found if resource in f.resource and says in f.what], found


def test_the_instance_is_a_way_out_and_not_in(choices: dict[str, Plan]) -> None:
    """Nobody on the internet reaches it, and the data has no use of it."""
    report = examine(choices["instance"])
    out = [flow for flow in report.facts["flows"] if flow["to"] == "internet"]
    assert {flow["from"] for flow in out} == {"frontend", "tasks", "function"}
    for flow in out:
        assert flow["passes"]
        assert {"module.platform." + rule for rule in (IN_1, IN_2, OUT)} <= set(flow["by"])
    heads = report.lines[0]
    at = heads.index("NAT instance")
    users = {line.split("  ")[0] for line in report.lines[1:] if line[at:].startswith("443")}
    assert users == {"frontend", "tasks", "function"}
