"""EC2: a security group's rule to a prefix list keeps and answers the list and its description."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import Any

from ministack.services import ec2

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

Record = dict[str, Any]
GOOD = 200
UNTIL = "a rule to a prefix list keeps and answers prefixListId and its description"
PREFIX_LIST = re.compile(r"(.+\.PrefixListIds\.\d+)\.PrefixListId")
DIRECTIONS = {False: "IpPermissions", True: "IpPermissionsEgress"}


@corrects("ec2", "DescribeSecurityGroupRules", until=UNTIL)
async def describe_security_group_rules(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Answer the prefix lists."""
    return _with_lists(await proceed(call))


@corrects("ec2", "AuthorizeSecurityGroupEgress", until=UNTIL)
async def authorize_security_group_egress(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep the prefix list of a new rule."""
    return _kept(call, await proceed(call), egress=True)


@corrects("ec2", "AuthorizeSecurityGroupIngress", until=UNTIL)
async def authorize_security_group_ingress(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep the prefix list of a new rule."""
    return _kept(call, await proceed(call), egress=False)


def _kept(call: Call, reply: Reply, *, egress: bool) -> Reply:
    lists = [
        {"PrefixListId": value, "Description": call.params.get(f"{place[1]}.Description", "")}
        for name, value in call.params.items()
        if (place := PREFIX_LIST.fullmatch(name))
    ]
    made = re.search(r"<securityGroupRuleId>(sgr-\w+)<", reply.body.decode())
    if reply.status != GOOD or not lists or made is None:
        return reply
    group: str = call.params.get("GroupId", "")
    for rule in _rules(group, egress):
        if ec2._sg_rule_id(group, egress, rule) == made[1]:  # noqa: SLF001
            # The emulator makes the id of what a rule holds; it must not change with the lists.
            rule |= {"SecurityGroupRuleId": made[1], "PrefixListIds": lists}
    described = escape(lists[0]["Description"])
    text = f"</groupId><description>{described}</description>" if described else "</groupId>"
    return _with_lists(replace(reply, body=reply.body.replace(b"</groupId>", text.encode())))


def _with_lists(reply: Reply) -> Reply:
    def complete(match: re.Match[str]) -> str:
        lists = _prefix_lists(match[2], match[1])
        return match[0] + "".join(f"<prefixListId>{name}</prefixListId>" for name in lists)

    pattern = r"<securityGroupRuleId>(sgr-\w+)</securityGroupRuleId><groupId>(sg-\w+)</groupId>"
    return replace(reply, body=re.sub(pattern, complete, reply.body.decode()).encode())


def _prefix_lists(group: str, rule_id: str) -> list[str]:
    for egress in DIRECTIONS:
        for rule in _rules(group, egress):
            if rule.get("SecurityGroupRuleId") == rule_id:
                return [str(entry["PrefixListId"]) for entry in rule.get("PrefixListIds", [])]
    return []


def _rules(group: str, egress: bool) -> list[Record]:
    found: Record = ec2._security_groups.get(group) or {}  # noqa: SLF001
    rules: list[Record] = found.get(DIRECTIONS[egress], [])
    return rules
