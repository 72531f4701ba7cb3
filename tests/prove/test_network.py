"""The proof of the network: one thing broken at a time, each is found; nothing broken, nothing is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from nestctl.prove import network
from nestctl.prove.network.function import Placement
from nestctl.prove.plan import Plan
from nestctl.prove.report import Report
from nestctl.settings.paths import CHECKOUT

FUNCTION = Placement(("private_subnet_ids",), ("lambda_security_group_id",))

IN = "module.security.aws_vpc_security_group_ingress_rule.connection"
OUT = "module.security.aws_vpc_security_group_egress_rule.connection"
HTTPS = "module.security.aws_vpc_security_group_egress_rule.https"
VISITORS = "module.security.aws_vpc_security_group_ingress_rule.alb"
PRIVATE_ACL = "module.private_nacl.aws_network_acl.this"
PUBLIC_ACL = "module.public_nacl.aws_network_acl.this"
NET = "module.networking."
DB = "module.database.aws_db_instance.this"
SERVICE = "aws_ecs_service.frontend"


@dataclass(frozen=True)
class Broken:
    """A mutation of the plan.

    Attributes:
        id: Name of the test.
        change: Breaks one thing.
        resource: End of the address that a finding must name; empty where any will do.
        says: Text that the same finding must have.
    """

    id: str
    change: Callable[[Plan], Plan]
    resource: str = ""
    says: str = ""


def without(address: str) -> Callable[[Plan], Plan]:
    """Return a mutation that removes a resource."""
    return lambda plan: plan.without(address)


def changed(address: str, **values: Any) -> Callable[[Plan], Plan]:
    """Return a mutation that sets attributes."""
    return lambda plan: plan.changed(address, **values)


def acl(address: str, direction: str, number: int, **values: Any) -> Callable[[Plan], Plan]:
    """Return a mutation that changes an entry of a network ACL, or removes it where no value is given."""

    def change(plan: Plan) -> Plan:
        old = plan[address][direction]
        assert number in {entry["rule_no"] for entry in old}
        new = [{**entry, **values} if entry["rule_no"] == number else entry for entry in old]
        if not values:
            new = [entry for entry in old if entry["rule_no"] != number]
        return plan.changed(address, **{direction: new})

    return change


def entry(
    address: str, direction: str, number: int, action: str, first: int, last: int, **values: Any
) -> Any:
    """Return a mutation that adds an entry to a network ACL."""

    def change(plan: Plan) -> Plan:
        new = {"rule_no": number, "action": action, "protocol": "tcp", "cidr_block": "0.0.0.0/0"}
        new |= {"from_port": first, "to_port": last, **values}
        return plan.changed(address, **{direction: [*plan[address][direction], new]})

    return change


def rule(direction: str, group: str, port: int | None, **values: Any) -> Callable[[Plan], Plan]:
    """Return a mutation that adds a rule to a security group; a peer may be named by its key."""

    def change(plan: Plan) -> Plan:
        peer = values.pop("peer", None) if "peer" in values else None
        given = {
            "security_group_id": sg(plan, group),
            "from_port": port,
            "to_port": port,
            "ip_protocol": "tcp",
        }
        given |= values | ({"referenced_security_group_id": sg(plan, peer)} if peer else {})
        type_ = f"aws_vpc_security_group_{direction}_rule"
        return plan.with_resource(f"module.added.{type_}.added", type_, **given)

    return change


def sg(plan: Plan, key: str) -> str:
    """Return the id of a security group."""
    return str(plan[f'module.security.aws_security_group.this["{key}"]']["id"])


def inline(direction: str, group: str, **values: Any) -> Callable[[Plan], Plan]:
    """Return a mutation that adds a rule inside the group's own resource."""
    address = f'module.security.aws_security_group.this["{group}"]'
    return lambda plan: plan.changed(address, **{direction: [values]})


def subnet(plan: Plan, name: str) -> str:
    """Return the id of a subnet: ``private`` or ``public`` of the first zone."""
    return str(plan[f'{NET}aws_subnet.{name}["zone-1"]']["id"])


def in_public(address: str, attribute: str) -> Callable[[Plan], Plan]:
    """Return a mutation that moves something into a public subnet."""
    return lambda plan: plan.changed(
        address, **{attribute: [*plan[address][attribute][1:], subnet(plan, "public")]}
    )


def service_network(**values: Any) -> Callable[[Plan], Plan]:
    """Return a mutation of the frontend's network configuration."""
    return lambda plan: plan.changed(
        SERVICE, network_configuration=[{**plan[SERVICE]["network_configuration"][0], **values}]
    )


def route_to_internet_gateway(plan: Plan) -> Plan:
    """Let a private subnet lead straight to the internet."""
    gateway = plan[f"{NET}aws_internet_gateway.this"]["id"]
    return plan.changed(f'{NET}aws_route.private_nat["zone-1"]', nat_gateway_id=None, gateway_id=gateway)


def nat_in_private(plan: Plan) -> Plan:
    """Put the NAT gateway into a private subnet."""
    return plan.changed(f'{NET}aws_nat_gateway.this["zone-1"]', subnet_id=subnet(plan, "private"))


def private_uses_public_table(plan: Plan) -> Plan:
    """Associate a private subnet with the public route table."""
    table = plan[f"{NET}aws_route_table.public"]["id"]
    return plan.changed(f'{NET}aws_route_table_association.private["zone-1"]', route_table_id=table)


def without_subnet(address: str) -> Callable[[Plan], Plan]:
    """Return a mutation that takes the first subnet out of a list of them."""
    return lambda plan: plan.changed(address, subnet_ids=plan[address]["subnet_ids"][1:])


def acl_rule(plan: Plan) -> Plan:
    """Deny answers to the private subnets by a rule that stands apart."""
    return plan.with_resource(
        "module.added.aws_network_acl_rule.added",
        "aws_network_acl_rule",
        network_acl_id=plan[PRIVATE_ACL]["id"],
        rule_number=50,
        egress=False,
        protocol="-1",
        rule_action="deny",
        cidr_block="0.0.0.0/0",
    )


def scheduled_in_public(plan: Plan) -> Plan:
    """Add a scheduled task with a public address."""
    configuration = {
        "subnets": plan.outputs["private_subnet_ids"],
        "security_groups": [plan.outputs["ecs_security_group_id"]],
        "assign_public_ip": True,
    }
    return plan.with_resource(
        "module.added.aws_scheduler_schedule.added",
        "aws_scheduler_schedule",
        name="nightly",
        target=[{"ecs_parameters": [{"network_configuration": [configuration]}]}],
    )


def old_rule(plan: Plan) -> Plan:
    """Let the internet into the database by the provider's oldest kind of rule."""
    return plan.with_resource(
        "module.added.aws_security_group_rule.added",
        "aws_security_group_rule",
        type="ingress",
        security_group_id=sg(plan, "database"),
        protocol="tcp",
        from_port=5432,
        to_port=5432,
        cidr_blocks=["0.0.0.0/0"],
    )


def listener(plan: Plan) -> Plan:
    """Let the load balancer listen at one more port."""
    return plan.with_resource(
        "module.added.aws_lb_listener.added",
        "aws_lb_listener",
        load_balancer_arn=plan["aws_lb.this"]["arn"],
        port=8080,
        protocol="HTTP",
    )


def bastion(plan: Plan) -> Plan:
    """Add a machine with a public address in a public subnet, in the tasks' group."""
    return plan.with_resource(
        "module.added.aws_instance.bastion",
        "aws_instance",
        subnet_id=subnet(plan, "public"),
        vpc_security_group_ids=[sg(plan, "ecs")],
        associate_public_ip_address=True,
    )


def peering(plan: Plan) -> Plan:
    """Lead a private subnet's table to another VPC."""
    return plan.with_resource(
        "module.added.aws_route.added",
        "aws_route",
        route_table_id=plan[f'{NET}aws_route_table.private["zone-1"]']["id"],
        destination_cidr_block="172.16.0.0/12",
        vpc_peering_connection_id="pcx-1",
    )


def without_output(name: str) -> Callable[[Plan], Plan]:
    """Return a mutation that loses an output."""
    return lambda plan: replace(plan, outputs={**plan.outputs, name: None})


def ssm_endpoint(plan: Plan, **values: Any) -> Plan:
    """Add an interface endpoint for SSM."""
    given = {
        "vpc_endpoint_type": "Interface",
        "service_name": "com.amazonaws.us-east-1.ssm",
        "vpc_id": plan[f"{NET}aws_vpc.this"]["id"],
        "subnet_ids": plan.outputs["private_subnet_ids"],
        "security_group_ids": [sg(plan, "endpoint")],
        "private_dns_enabled": True,
    }
    return plan.with_resource("module.added.aws_vpc_endpoint.ssm", "aws_vpc_endpoint", **{**given, **values})


def closed_endpoint(plan: Plan) -> Plan:
    """Add an endpoint whose group lets nobody in: its name leads there all the same."""
    return ssm_endpoint(plan, security_group_ids=[sg(plan, "cache")])


S3_POLICY = json.dumps(
    {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::nest-fixtures/*"}]}
)
DENY_POLICY = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"},
        ]
    }
)

MISSING_RULES = [
    Broken(f"no {name} {way}", without(f'{address}["{name}"]'), "", f"{flow}")
    for way, address in (("ingress", IN), ("egress", OUT))
    for name, flow in (
        ("alb-to-frontend", "load balancer -> frontend 3000"),
        ("ecs-to-cache", "tasks -> cache 6379"),
        ("ecs-to-database", "tasks -> database 5432"),
        ("lambda-to-cache", "function -> cache 6379"),
        ("lambda-to-database", "function -> database 5432"),
    )
]

BROKEN = [
    *MISSING_RULES,
    # Security groups: too little.
    Broken("no https egress of tasks", without(f'{HTTPS}["ecs"]'), '"ecs"]', "tasks -> ecr.api"),
    Broken("no https egress of function", without(f'{HTTPS}["lambda"]'), '"lambda"]', "function ->"),
    Broken("no https egress of frontend", without(f'{HTTPS}["frontend"]'), '"frontend"]', "ecr.dkr, logs"),
    Broken("no 443 for visitors", without(f'{VISITORS}["443-from-0.0.0.0/0"]'), '"alb"]', "internet -> load"),
    Broken("no 80 for visitors", without(f'{VISITORS}["80-from-0.0.0.0/0"]'), '"alb"]', "load balancer 80"),
    Broken(
        "visitors of one network only",
        changed(f'{VISITORS}["443-from-0.0.0.0/0"]', cidr_ipv4="198.51.100.0/24"),
        "443-from-0.0.0.0/0",
        "internet -> load balancer 443",
    ),
    Broken(
        "database rule at a wrong port",
        changed(f'{IN}["lambda-to-database"]', from_port=5433, to_port=5433),
        'connection["lambda-to-database"]',
        "5433",
    ),
    Broken(
        "https egress by UDP",
        changed(f'{HTTPS}["lambda"]', ip_protocol="udp"),
        'https["lambda"]',
        "UDP",
    ),
    # Security groups: too much.
    Broken(
        "database open to the internet",
        rule("ingress", "database", 5432, cidr_ipv4="0.0.0.0/0"),
        "rule.added",
        "0.0.0.0/0",
    ),
    Broken("cache open to IPv6", rule("ingress", "cache", 6379, cidr_ipv6="::/0"), "rule.added", "::/0"),
    Broken("ssh to the load balancer", rule("ingress", "alb", 22, cidr_ipv4="0.0.0.0/0"), "rule.added", "22"),
    Broken(
        "load balancer to database", rule("egress", "alb", 5432, peer="database"), "rule.added", "database"
    ),
    Broken(
        "database from load balancer", rule("ingress", "database", 5432, peer="alb"), "rule.added", "load"
    ),
    Broken(
        "cache to database", rule("ingress", "database", 5432, peer="cache"), "rule.added", "from the cache"
    ),
    Broken("frontend to cache", rule("egress", "frontend", 6379, peer="cache"), "rule.added", "the cache"),
    Broken(
        "all ports from function to database",
        changed(f'{OUT}["lambda-to-database"]', from_port=0, to_port=65535),
        'egress_rule.connection["lambda-to-database"]',
        "0-5431, 5433-65535",
    ),
    Broken(
        "every protocol from tasks",
        changed(f'{HTTPS}["ecs"]', ip_protocol="-1", from_port=None, to_port=None),
        'https["ecs"]',
        "every protocol",
    ),
    Broken("database to the internet", rule("egress", "database", 443, cidr_ipv4="0.0.0.0/0"), "rule.added"),
    Broken(
        "plain HTTP egress of tasks", rule("egress", "ecs", 80, cidr_ipv4="0.0.0.0/0"), "rule.added", "80"
    ),
    Broken("egress to IPv6", rule("egress", "ecs", 443, cidr_ipv6="::/0"), "rule.added", "::/0"),
    Broken(
        "the whole VPC into the database",
        rule("ingress", "database", 5432, cidr_ipv4="10.0.0.0/16"),
        "rule.added",
        "10.0.0.0/16",
    ),
    Broken(
        "a prefix list that nobody knows",
        rule("egress", "ecs", 443, prefix_list_id="pl-1"),
        "rule.added",
        "prefix list",
    ),
    Broken("tasks among themselves", rule("ingress", "ecs", 8000, peer="ecs"), "rule.added", "8000"),
    Broken("old kind of rule", old_rule, "aws_security_group_rule.added", "0.0.0.0/0"),
    Broken(
        "inline ingress",
        inline("ingress", "database", protocol="tcp", from_port=0, to_port=65535, cidr_blocks=["0.0.0.0/0"]),
        'aws_security_group.this["database"]',
        "all ports",
    ),
    Broken(
        "inline egress to everywhere",
        inline("egress", "cache", protocol="-1", from_port=0, to_port=0, cidr_blocks=["0.0.0.0/0"]),
        'aws_security_group.this["cache"]',
        "every protocol",
    ),
    Broken(
        "a rule in the default group",
        changed(f"{NET}aws_default_security_group.this", ingress=[{"protocol": "-1", "self": True}]),
        "aws_default_security_group.this",
        "default security group",
    ),
    Broken("default group left to AWS", without(f"{NET}aws_default_security_group.this"), "aws_vpc.this"),
    # Network ACLs.
    Broken(
        "no visitors by ACL", acl(PUBLIC_ACL, "ingress", 110), PUBLIC_ACL, "internet -> load balancer 443"
    ),
    Broken("no redirect by ACL", acl(PUBLIC_ACL, "ingress", 100), PUBLIC_ACL, "internet -> load balancer 80"),
    Broken("no answers to public subnets", acl(PUBLIC_ACL, "ingress", 300), PUBLIC_ACL, "frontend 3000"),
    Broken("no answers from public subnets", acl(PUBLIC_ACL, "egress", 300), PUBLIC_ACL, "1024-"),
    Broken("no HTTPS out of public subnets", acl(PUBLIC_ACL, "egress", 110), PUBLIC_ACL, "function ->"),
    Broken("no answers to private subnets", acl(PRIVATE_ACL, "ingress", 300), PRIVATE_ACL, "1024-"),
    Broken(
        "no answers from private subnets", acl(PRIVATE_ACL, "egress", 300), PRIVATE_ACL, "load balancer ->"
    ),
    Broken(
        "no HTTPS out of private subnets",
        acl(PRIVATE_ACL, "egress", 110),
        PRIVATE_ACL,
        "tasks -> ecr.api, ecr.dkr",
    ),
    Broken(
        "answers of too few ports",
        acl(PRIVATE_ACL, "ingress", 300, from_port=32768),
        PRIVATE_ACL,
        "stop TCP 1024-2999",
    ),
    Broken(
        "denied first", entry(PRIVATE_ACL, "ingress", 90, "deny", 5432, 5432), PRIVATE_ACL, "stop TCP 5432"
    ),
    Broken("denied by a rule apart", acl_rule, PRIVATE_ACL, "stop TCP"),
    Broken(
        "denied for some addresses",
        entry(PUBLIC_ACL, "ingress", 50, "deny", 443, 443, cidr_block="203.0.113.0/24"),
        PUBLIC_ACL,
        "443",
    ),
    Broken("ssh by ACL", entry(PRIVATE_ACL, "ingress", 90, "allow", 22, 22), PRIVATE_ACL, "TCP 22"),
    Broken(
        "every protocol by ACL",
        entry(PUBLIC_ACL, "ingress", 90, "allow", 0, 0, protocol="-1"),
        PUBLIC_ACL,
        "UDP",
    ),
    Broken(
        "IPv6 by ACL",
        entry(PRIVATE_ACL, "ingress", 90, "allow", 22, 22, cidr_block=None, ipv6_cidr_block="::/0"),
        PRIVATE_ACL,
        "::/0",
    ),
    Broken("mail by ACL", entry(PRIVATE_ACL, "egress", 90, "allow", 25, 25), PRIVATE_ACL, "TCP 25"),
    Broken(
        "private subnet without ACL", without_subnet(PRIVATE_ACL), "aws_subnet.private[", "No network ACL"
    ),
    Broken("public subnets without ACL", without(PUBLIC_ACL), 'public["zone-1"]', "No network ACL"),
    # Routes.
    Broken("no route to NAT", without(f'{NET}aws_route.private_nat["zone-2"]'), 'private["zone-2"]', "NAT"),
    Broken("no NAT", without(f'{NET}aws_nat_gateway.this["zone-1"]'), "private_nat[", "function ->"),
    Broken("NAT in a private subnet", nat_in_private, "private_nat[", "function ->"),
    Broken(
        "private NAT",
        changed(f'{NET}aws_nat_gateway.this["zone-1"]', connectivity_type="private"),
        'private_nat["zone-1"]',
        "NAT gateway",
    ),
    Broken(
        "no internet route", without(f"{NET}aws_route.public_internet"), "route_table.public", "internet ->"
    ),
    Broken(
        "no internet gateway", without(f"{NET}aws_internet_gateway.this"), "public_internet", "internet ->"
    ),
    Broken(
        "public subnet without table",
        without(f'{NET}aws_route_table_association.public["zone-1"]'),
        'aws_subnet.public["zone-1"]',
        "internet -> load balancer 443",
    ),
    Broken(
        "private subnet without table",
        without(f'{NET}aws_route_table_association.private["zone-1"]'),
        'aws_subnet.private["zone-1"]',
        "tasks -> ssm",
    ),
    Broken("private route to the internet", route_to_internet_gateway, 'private_nat["zone-1"]', "database"),
    Broken(
        "private subnet with public table", private_uses_public_table, "public_internet", "function, database"
    ),
    Broken("a way to another VPC", peering, "aws_route.added", "vpc peering connection"),
    Broken(
        "a route of half the internet",
        changed(f'{NET}aws_route.private_nat["zone-1"]', destination_cidr_block="0.0.0.0/1"),
        'route_table.private["zone-1"]',
        "128.0.0.0/1",
    ),
    # Endpoints.
    Broken(
        "S3 policy without image layers",
        changed("module.s3_endpoint.aws_vpc_endpoint.this", policy=S3_POLICY),
        "s3_endpoint.aws_vpc_endpoint.this",
        "tasks -> s3",
    ),
    Broken(
        "S3 policy that denies",
        changed("module.s3_endpoint.aws_vpc_endpoint.this", policy=DENY_POLICY),
        "s3_endpoint.aws_vpc_endpoint.this",
        "s3",
    ),
    Broken("endpoint that lets nobody in", closed_endpoint, 'this["cache"]', "frontend -> ssm 443"),
    # Where things stand.
    Broken("database with a public address", changed(DB, publicly_accessible=True), DB, "public address"),
    Broken(
        "database in a public subnet",
        in_public("aws_db_subnet_group.this", "subnet_ids"),
        DB,
        "stands in",
    ),
    Broken(
        "cache in a public subnet",
        in_public("aws_elasticache_subnet_group.this", "subnet_ids"),
        "replication_group.this",
        "stands in",
    ),
    Broken("database in no subnet group", changed(DB, db_subnet_group_name="default"), DB, "in no subnet"),
    Broken("database at another port", changed(DB, port=5433), "ecs-to-database", "database 5433"),
    Broken("database without group", changed(DB, vpc_security_group_ids=[]), DB, "names no security group"),
    Broken(
        "service with a public address", service_network(assign_public_ip=True), SERVICE, "public address"
    ),
    Broken("service without group", service_network(security_groups=[]), SERVICE, "security group"),
    Broken(
        "scheduled task with a public address", scheduled_in_public, "aws_scheduler_schedule.added", "public"
    ),
    Broken("machine in a public subnet", bastion, "aws_instance.bastion", "public address"),
    Broken(
        "public addresses by themselves",
        changed(f'{NET}aws_subnet.public["zone-1"]', map_public_ip_on_launch=True),
        'public["zone-1"]',
        "public address",
    ),
    Broken(
        "a public address too many",
        lambda plan: plan.with_resource("aws_eip.added", "aws_eip", id="eip-1"),
        "aws_eip.added",
        "NAT",
    ),
    Broken("internal load balancer", changed("aws_lb.this", internal=True), "aws_lb.this", "internal"),
    Broken(
        "load balancer in one zone",
        lambda p: p.changed("aws_lb.this", subnets=[subnet(p, "public")]),
        "aws_lb.this",
    ),
    Broken(
        "no HTTPS listener", without("aws_lb_listener.https[0]"), "aws_lb.this", "no listener at port 443"
    ),
    Broken("no HTTP listener", without("aws_lb_listener.http"), "aws_lb.this", "no listener at port 80"),
    Broken("one more listener", listener, "aws_lb_listener.added", "8080"),
    Broken("no output with the function's group", without_output("lambda_security_group_id"), "", "function"),
    Broken("no output with the subnets", without_output("private_subnet_ids"), "", "stands in no subnet"),
]


def examine(plan: Plan) -> Report:
    """Return the report on a plan."""
    return network.examine(plan, FUNCTION)


def test_nothing_is_wrong_with_staging(staging: Plan) -> None:
    """The proof holds, and its facts name every part."""
    report = examine(staging)
    assert report.findings == ()
    assert report.summary.endswith("each flow passes, and nothing else does")
    assert {(f["from"], f["to"], f["port"]) for f in report.facts["flows"] if f["passes"]} >= {
        ("internet", "load balancer", 443),
        ("internet", "load balancer", 80),
        ("load balancer", "frontend", 3000),
        ("function", "database", 5432),
        ("tasks", "cache", 6379),
        ("function", "internet", 443),
    }
    assert all(flow["by"] for flow in report.facts["flows"])
    assert json.loads(json.dumps(report.as_dict()))["holds"] is True
    assert any(line.startswith("function") and "5432" in line for line in report.lines)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.id)
def test_what_is_broken_is_found(staging: Plan, broken: Broken) -> None:
    """A finding names the resource or the flow, and where to correct it."""
    plan = broken.change(staging)
    found = examine(plan).findings
    fitting = [f for f in found if f.resource.endswith(broken.resource) or broken.resource in f.resource]
    assert [f for f in fitting if broken.says in f.what], [(f.resource, f.what) for f in found]
    assert all(finding.fix for finding in found)


def test_a_finding_has_its_file_and_line(staging: Plan) -> None:
    """A deployer sees where the rule is written."""
    plan = staging.changed(f'{HTTPS}["ecs"]', to_port=65535)
    report = examine(plan)
    assert "not all is as it has to be" in report.summary
    (finding,) = report.findings
    lines = (CHECKOUT / finding.file).read_text(encoding="utf-8").splitlines()
    assert "from_port" in lines[finding.line - 1]
    assert finding.fix == "Narrow it to TCP 443."


def test_an_endpoint_that_works_is_used(staging: Plan) -> None:
    """With an interface endpoint the call stays in the VPC; without its name it goes through NAT."""
    flows = {(flow["from"], flow["to"]): flow["by"] for flow in examine(ssm_endpoint(staging)).facts["flows"]}
    assert not any("aws_route." in by for by in flows["tasks", "ssm"])
    assert any("aws_route." in by for by in flows["tasks", "kms"])
    nameless = examine(ssm_endpoint(staging, private_dns_enabled=False))
    by = next(
        flow["by"] for flow in nameless.facts["flows"] if flow["to"] == "ssm" and flow["from"] == "tasks"
    )
    assert any("aws_route." in one for one in by)


def test_a_function_outside_the_vpc_is_found(staging: Plan) -> None:
    """A packaging template without vpc_config leaves the function where no database is."""
    assert any("stands in no VPC" in f.what for f in network.examine(staging, None).findings)


def test_a_scheduled_task_is_one_of_the_users(staging: Plan) -> None:
    """It needs, and gets, what the other tasks have."""
    plan = scheduled_in_public(staging)
    schedule = plan["aws_scheduler_schedule.added"]
    ecs = json.loads(json.dumps(schedule["target"]))
    ecs[0]["ecs_parameters"][0]["network_configuration"][0]["assign_public_ip"] = False
    report = examine(plan.changed(schedule.address, target=ecs))
    assert report.findings == ()
    assert any(
        flow["from"] == "scheduled nightly" and flow["to"] == "database" for flow in report.facts["flows"]
    )


def test_a_database_that_the_internet_reaches_is_told_as_such(staging: Plan) -> None:
    """Address, subnets and rule together: the ACL cannot tell its port from one for answers."""
    plan = rule("ingress", "database", 5432, cidr_ipv4="0.0.0.0/0")(staging).changed(
        DB, publicly_accessible=True
    )
    plan = plan.changed("aws_db_subnet_group.this", subnet_ids=plan["aws_lb.this"]["subnets"])
    found = examine(plan).findings
    assert [f for f in found if "reached from the internet at TCP 5432" in f.what and f.resource.endswith(DB)]
    without_way_back = acl(PUBLIC_ACL, "egress", 300)(plan)
    assert not [f for f in examine(without_way_back).findings if "reached from the internet" in f.what]
