"""Parts of the network's proof: sets of ports, pieces of ranges, ACLs, endpoint policies, the template."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from nestctl.prove.network import addresses, endpoint_policy, ports, protocols
from nestctl.prove.network.acls import by_subnet
from nestctl.prove.network.function import Placement, placement
from nestctl.prove.network.groups import rules
from nestctl.prove.network.needs import uses_secrets_manager
from nestctl.prove.network.routing import by_subnet as tables
from nestctl.prove.network.routing import main
from nestctl.prove.plan import Plan, Resource


def plan(*resources: tuple[str, str, dict[str, Any]]) -> Plan:
    """Return a plan of these resources: type, name, attributes."""
    made = [Resource(f"{t}.{name}", "managed", t, name, None, values) for t, name, values in resources]
    return Plan("staging", {}, tuple(made))


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (ports.one(443), "443"),
        (ports.one(0) | ports.span(2, 5) | ports.one(65535), "0, 2-5, 65535"),
        (ports.ALL, "all ports"),
        (0, "no port"),
    ],
    ids=["one", "ranges", "all", "none"],
)
def test_sets_of_ports_are_shown(found: int, shown: str) -> None:
    """Neighbours are joined."""
    assert ports.shown(found) == shown


def test_pieces_are_told_apart_by_the_cuts_alone() -> None:
    """One piece for each way in which the cuts answer; what is left out does not count."""
    whole = ip_network("10.0.0.0/8")
    cuts = frozenset({ip_network("10.1.0.0/16"), ip_network("10.1.2.0/24"), ip_network("0.0.0.0/0")})
    assert len(addresses.pieces(whole, cuts)) == 3
    assert len(addresses.pieces(whole, cuts, [ip_network("10.1.0.0/16")])) == 1
    assert addresses.pieces(whole, frozenset()) == (whole,)
    assert not addresses.within(ip_network("::/0"), ip_network("0.0.0.0/0"))
    assert addresses.parse("made-up") is None


def test_protocols_have_one_name() -> None:
    """Numbers and names are the same; a rule for every protocol matches each."""
    assert protocols.parse(6) == protocols.parse("TCP") == "tcp"
    assert protocols.parse("all") == protocols.ANY
    assert protocols.matches(protocols.ANY, "icmp")
    assert not protocols.matches("tcp", "udp")


def test_the_first_entry_that_matches_decides() -> None:
    """By number, not by place; inline entries and rules apart are one list."""
    acl = {"rule_no": 200, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0"}
    apart = {"rule_number": 100, "rule_action": "deny", "protocol": "6", "cidr_block": "10.0.0.0/8"}
    found = by_subnet(
        plan(
            (
                "aws_network_acl",
                "a",
                {"id": "acl-1", "subnet_ids": [], "ingress": [{**acl, "from_port": 0, "to_port": 65535}]},
            ),
            (
                "aws_network_acl_rule",
                "r",
                {**apart, "network_acl_id": "acl-1", "egress": False, "from_port": 22, "to_port": 22},
            ),
            ("aws_network_acl_association", "l", {"network_acl_id": "acl-1", "subnet_id": "subnet-1"}),
        )
    )["subnet-1"]
    inside, outside = ip_network("10.1.0.0/16"), ip_network("192.0.2.0/24")
    assert found.allowed(False, "tcp", inside) == ports.ALL & ~ports.one(22)
    assert found.allowed(False, "tcp", outside) == ports.ALL
    assert found.allowed(True, "tcp", outside) == 0
    assert found.allowed(False, "udp", outside) == 0
    assert found.deciding(False, "tcp", inside, ports.one(80)) == "200"
    assert found.deciding(False, "tcp", inside, ports.one(22)) == ""


def test_routes_stand_in_a_table_or_apart() -> None:
    """The narrowest one wins; a subnet without association uses the main table."""
    found = plan(
        (
            "aws_route_table",
            "t",
            {"id": "rtb-1", "route": [{"cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1"}]},
        ),
        (
            "aws_route",
            "r",
            {
                "route_table_id": "rtb-1",
                "destination_cidr_block": "192.0.2.0/24",
                "transit_gateway_id": "tgw-1",
            },
        ),
        ("aws_route_table_association", "a", {"route_table_id": "rtb-1", "subnet_id": "subnet-1"}),
        ("aws_main_route_table_association", "m", {"route_table_id": "rtb-1"}),
    )
    table = tables(found)["subnet-1"]
    narrow, wide = table.to(ip_network("192.0.2.0/25")), table.to(ip_network("198.51.100.0/24"))
    assert narrow is not None
    assert wide is not None
    assert (narrow.target, wide.target) == ("tgw-1", "nat-1")
    assert narrow.leads_to == "a transit gateway"
    assert main(found) == table
    assert main(plan()).resource is None


def test_a_rule_without_peer_is_kept() -> None:
    """It is judged as one that nobody needs, not passed over."""
    values = {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 1, "to_port": 2}
    (rule,) = rules(plan(("aws_vpc_security_group_ingress_rule", "r", values)))
    assert rule.peer is None
    assert rule.direction == "ingress"
    assert "aws_vpc_security_group_ingress_rule.r" in repr(rule)


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([{"Effect": "Allow", "Action": "*", "Resource": "*"}], True),
        ({"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["arn:aws:s3:::prod-eu-west-1-*"]}, True),
        ([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::other/*"}], False),
        ([{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}], False),
        (
            [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"x": "true"}}},
            ],
            True,
        ),
        ([], False),
    ],
)
def test_endpoint_policies(statements: object, allowed: bool) -> None:
    """The call that ECR's layers need decides for S3."""
    assert endpoint_policy.allows(json.dumps({"Statement": statements}), "s3", "eu-west-1") is allowed


def test_no_endpoint_policy_lets_everything_through() -> None:
    """A value that AWS will fill in is the policy that allows all."""
    assert endpoint_policy.allows("k2j3h4", "ssm", "us-east-1")
    assert endpoint_policy.allows(None, "unknown", "us-east-1")


def test_the_template_says_where_the_function_stands(tmp_path: Path) -> None:
    """Stages inherit; without vpc_config the function stands in no VPC."""
    settings = {
        "staging": {"vpc_config": {"SubnetIds": "${subnets}", "SecurityGroupIds": ["${one}", "${two}"]}},
        "production": {"extends": "staging"},
        "outside": {"extends": "staging", "vpc_config": {}},
    }
    (tmp_path / "zappa_settings.template.json").write_text(json.dumps(settings), encoding="utf-8")
    assert placement(tmp_path, "production") == Placement(("subnets",), ("one", "two"))
    assert placement(tmp_path, "outside") is None
    assert placement(tmp_path, "unknown") is None


def test_a_secret_of_the_proxy_needs_no_way_from_the_vpc() -> None:
    """RDS reads it by itself; any other one has to be reached."""
    secret = ("aws_secretsmanager_secret", "proxy", {"arn": "arn:1"})
    proxy = ("aws_db_proxy", "this", {"auth": [{"secret_arn": "arn:1"}]})
    task = ("aws_ecs_task_definition", "t", {"container_definitions": '"arn:aws:secretsmanager:x"'})
    assert not uses_secrets_manager(plan(secret, proxy))
    assert uses_secrets_manager(plan(secret))
    assert uses_secrets_manager(plan(task))
