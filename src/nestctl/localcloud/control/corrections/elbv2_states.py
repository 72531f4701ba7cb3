"""Elastic Load Balancing: a load balancer is provisioned for a while; what is protected or in use is kept.

Sources: API reference, LoadBalancerState, DeleteLoadBalancer and DeleteTargetGroup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ministack.services import alb

from nestctl.localcloud import pace
from nestctl.localcloud.control import replies
from nestctl.localcloud.control.registry import at_start, corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.edge import running, state

SERVICE = "elasticloadbalancing"
OK = 300
ACTIVE = "active"


@corrects(SERVICE, "CreateLoadBalancer", until="a load balancer is provisioned for a while")
async def create_load_balancer(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Be ``provisioning``, then ``active``."""
    before = set(alb._lbs.keys())  # noqa: SLF001
    reply = await proceed(call)
    for arn in set(alb._lbs.keys()) - before:  # noqa: SLF001
        balancer = alb._lbs[arn]  # noqa: SLF001
        pace.passes(balancer, "State", "provisioning", ACTIVE)
        shown = f"<State><Code>{balancer['State']}</Code></State>"
        body = reply.body.decode().replace(f"<State><Code>{ACTIVE}</Code></State>", shown)
        reply = replace(reply, body=body.encode())
    return reply


@corrects(SERVICE, "DeleteLoadBalancer", until="a load balancer that is protected is kept")
async def delete_load_balancer(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Refuse while deletion protection is on."""
    arn = str(call.params.get("LoadBalancerArn", ""))
    attributes = alb._lb_attrs.get(arn) or []  # noqa: SLF001
    if {"Key": "deletion_protection.enabled", "Value": "true"} in attributes:
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        return replies.error(call, "OperationNotPermitted", message)
    reply = await proceed(call)
    if reply.status < OK:
        await running.sync()
    return reply


@corrects(SERVICE, "DeleteTargetGroup", until="a target group that is in use is kept")
async def delete_target_group(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Refuse while a listener or a rule forwards to it."""
    arn = str(call.params.get("TargetGroupArn", ""))
    actions = (
        action
        for balancer in state.balancers()
        for listener in balancer.listeners
        for rule in listener.rules
        for action in rule.actions
    )
    if any(_forwards(action, arn) for action in actions):
        message = f"Target group '{arn}' is currently in use by a listener or a rule"
        return replies.error(call, "ResourceInUse", message)
    return await proceed(call)


def _forwards(action: Mapping[str, Any], arn: str) -> bool:
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups", [])
    return arn in (action.get("TargetGroupArn"), *(group["TargetGroupArn"] for group in groups))


@at_start
def resume() -> None:
    """End what a stop of the cloud cut short."""
    for _, balancer in alb._lbs.all_items():  # noqa: SLF001
        balancer["State"] = ACTIVE
