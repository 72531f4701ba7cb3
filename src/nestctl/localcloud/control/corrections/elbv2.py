"""Elastic Load Balancing: targets with ports, true health, weighted forwards and query-string conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb

from nestctl.localcloud.compute import functions
from nestctl.localcloud.control import replies
from nestctl.localcloud.control.authorization.invocations import service_may_invoke
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.edge import running, state

SERVICE = "elasticloadbalancing"
OK = 300


def _targets(params: Mapping[str, Any]) -> list[tuple[str, int]]:
    found = []
    number = 1
    while target := params.get(f"Targets.member.{number}.Id"):
        port = str(params.get(f"Targets.member.{number}.Port", ""))
        found.append((str(target), int(port) if port.isdigit() else 0))
        number += 1
    return found


def _group(call: Call) -> state.TargetGroup | Reply:
    arn = str(call.params.get("TargetGroupArn", ""))
    group = state.target_group(arn) if arn.count(":") >= 5 else None  # noqa: PLR2004 - fields of an ARN
    return group or replies.error(call, "TargetGroupNotFound", f"Target group '{arn}' not found.")


@corrects(
    SERVICE, "RegisterTargets", until="one id may be registered with several ports; functions need permission"
)
async def register_targets(call: Call, _proceed: Proceed, _cloud: Cloud) -> Reply:
    """Register targets by id and port; a function only when its policy lets the load balancer call it."""
    group = _group(call)
    if isinstance(group, Reply):
        return group
    targets = _targets(call.params)
    if group.kind == "lambda":
        for arn, _ in targets:
            account, region, name, qualifier = functions.split_arn(
                arn, account=group.account, region=group.region
            )
            principal = "elasticloadbalancing.amazonaws.com"
            whole = functions.arn_of(name, qualifier, account=account, region=region)
            if not service_may_invoke(whole, service=principal, source=group.arn, account=group.account):
                message = (
                    f"{principal} does not have permission to invoke {arn} from target group {group.arn}"
                )
                return replies.error(call, "AccessDenied", message, 403)
        targets = [(arn, 0) for arn, _ in targets]
    else:
        port = int(group.record.get("Port") or 80)
        targets = [(target, given or port) for target, given in targets]
    state.register(group.arn, targets)
    await running.sync()
    return replies.query_reply(call)


@corrects(SERVICE, "DeregisterTargets", until="one id may be registered with several ports")
async def deregister_targets(call: Call, _proceed: Proceed, _cloud: Cloud) -> Reply:
    """Deregister targets by id and port."""
    group = _group(call)
    if isinstance(group, Reply):
        return group
    state.deregister(group.arn, _targets(call.params))
    await running.sync()
    return replies.query_reply(call)


@corrects(SERVICE, "DescribeTargetHealth", until="health is checked")
async def describe_target_health(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Report what the health checks of the edge found."""
    group = _group(call)
    edge = running.current()
    if isinstance(group, Reply):
        return group
    if edge is None:
        return await proceed(call)
    asked = _targets(call.params)
    rows = []
    for target, port in group.targets:
        if asked and not any(target == wanted and number in (0, port) for wanted, number in asked):
            continue
        health = edge.health.of(group.arn, target, port)
        detail = f"<State>{health.state}</State>"
        if health.reason:
            detail += (
                f"<Reason>{health.reason}</Reason><Description>{escape(health.description)}</Description>"
            )
        number = "" if group.kind == "lambda" else f"<Port>{port}</Port>"
        check = "" if group.kind == "lambda" else f"<HealthCheckPort>{port}</HealthCheckPort>"
        rows.append(
            f"<member><Target><Id>{escape(target)}</Id>{number}</Target>{check}"
            f"<TargetHealth>{detail}</TargetHealth></member>"
        )
    content = "".join(rows)
    return replies.query_reply(call, f"<TargetHealthDescriptions>{content}</TargetHealthDescriptions>")


async def _then_sync(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    reply = await proceed(call)
    if reply.status < OK:
        await running.sync()
    return reply


for _action in (
    "DeleteListener",
    "CreateRule",
    "ModifyRule",
    "DeleteRule",
    "SetRulePriorities",
    "ModifyListenerAttributes",
    "ModifyLoadBalancerAttributes",
):
    corrects(SERVICE, _action, until="the emulator opens the listeners' ports itself")(_then_sync)


# Below, what the emulator leaves out of its own answers; its actions look these functions up by name.

_parse_actions = alb._parse_actions  # noqa: SLF001
_parse_conditions = alb._parse_conditions  # noqa: SLF001
_action_xml = alb._action_xml  # noqa: SLF001


OF_ADDRESSES_ONLY = re.compile(
    rb"<(Protocol|Port|HealthCheckProtocol|HealthCheckPort|VpcId)>[^<]*</\1>|<VpcId\s*/>"
)
"""What a target group of functions does not have."""


async def _without_ports(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    reply = await proceed(call)
    parts = re.split(rb"(?=<member><TargetGroupArn>)", reply.body)
    parts = [
        OF_ADDRESSES_ONLY.sub(b"", part) if b"<TargetType>lambda</TargetType>" in part else part
        for part in parts
    ]
    return Reply(reply.status, reply.headers, b"".join(parts))


for _action in ("CreateTargetGroup", "DescribeTargetGroups", "ModifyTargetGroup"):
    corrects(SERVICE, _action, until="a target group of functions answers no port and no protocol")(
        _without_ports
    )


def _first(params: Mapping[str, Any], key: str) -> str:
    value = params.get(key, "")
    return str(value[0] if value else "") if isinstance(value, list) else str(value)


def _element(name: str, value: Any) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"


def attributes_xml(attributes: list[Mapping[str, str]]) -> str:
    """Report attributes of a listener, target group or load balancer, with what XML escapes in a policy."""
    return "".join(
        f"<member>{_element('Key', entry['Key'])}{_element('Value', entry['Value'])}</member>"
        for entry in attributes
    )


def parse_actions(params: Mapping[str, Any], prefix: str = "DefaultActions") -> list[dict[str, Any]]:
    """Keep the weights of a forward action, which the emulator drops (CreateRule, CreateListener…)."""
    actions: list[dict[str, Any]] = _parse_actions(params, prefix)
    for number, action in enumerate(actions, 1):
        base = f"{prefix}.member.{number}.ForwardConfig"
        groups = []
        place = 1
        while arn := _first(params, f"{base}.TargetGroups.member.{place}.TargetGroupArn"):
            weight = _first(params, f"{base}.TargetGroups.member.{place}.Weight") or "1"
            groups.append({"TargetGroupArn": arn, "Weight": int(weight)})
            place += 1
        if groups:
            sticky = f"{base}.TargetGroupStickinessConfig"
            action["ForwardConfig"] = {
                "TargetGroups": groups,
                "Sticky": _first(params, f"{sticky}.Enabled") == "true",
                "Seconds": _first(params, f"{sticky}.DurationSeconds"),
            }
            if len(groups) == 1:
                action.setdefault("TargetGroupArn", groups[0]["TargetGroupArn"])
    return actions


def _forward_xml(action: Mapping[str, Any]) -> str:
    config = action.get("ForwardConfig")
    if config is None and action.get("TargetGroupArn"):
        config = {"TargetGroups": [{"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}]}
    if not config:
        return ""
    groups = "".join(
        f"<member>{_element('TargetGroupArn', entry['TargetGroupArn'])}"
        f"{_element('Weight', entry['Weight'])}</member>"
        for entry in config["TargetGroups"]
    )
    sticky = _element("Enabled", str(bool(config.get("Sticky"))).lower())
    if config.get("Seconds"):
        sticky += _element("DurationSeconds", config["Seconds"])
    return (
        f"<ForwardConfig><TargetGroups>{groups}</TargetGroups>"
        f"<TargetGroupStickinessConfig>{sticky}</TargetGroupStickinessConfig></ForwardConfig>"
    )


def action_xml(action: Mapping[str, Any]) -> str:
    """Report an action: weights of a forward even for a single group, as AWS does; texts escaped."""
    if action.get("Type") not in ("forward", "redirect", "fixed-response"):
        return str(_action_xml(action))
    text = _element("Type", action["Type"]) + _element("Order", action.get("Order", 1))
    if action.get("TargetGroupArn"):
        text += _element("TargetGroupArn", action["TargetGroupArn"])
    for name in ("RedirectConfig", "FixedResponseConfig"):
        if action.get(name):
            inner = "".join(_element(key, value) for key, value in action[name].items())
            text += f"<{name}>{inner}</{name}>"
    return f"<member>{text}{_forward_xml(action) if action['Type'] == 'forward' else ''}</member>"


def parse_conditions(params: Mapping[str, Any], prefix: str = "Conditions") -> list[dict[str, Any]]:
    """Keep the keys and values of a query-string condition (CreateRule, ModifyRule)."""
    conditions: list[dict[str, Any]] = _parse_conditions(params, prefix)
    for number, condition in enumerate(conditions, 1):
        base = f"{prefix}.member.{number}.QueryStringConfig.Values.member"
        pairs = []
        place = 1
        while value := _first(params, f"{base}.{place}.Value"):
            pairs.append({"Key": _first(params, f"{base}.{place}.Key"), "Value": value})
            place += 1
        if pairs:
            condition["QueryStringConfig"] = {"Values": pairs}
    return conditions


TYPED = {
    "path-pattern": "PathPatternConfig",
    "host-header": "HostHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}
"""Kinds of conditions that are reported with a typed list beside the plain one."""


def condition_xml(condition: Mapping[str, Any]) -> str:
    """Report a condition with its typed values, escaped."""
    field = condition["Field"]
    values = "".join(_element("member", value) for value in condition.get("Values") or [])
    text = f"{_element('Field', field)}<Values>{values}</Values>"
    if field in TYPED:
        text += f"<{TYPED[field]}><Values>{values}</Values></{TYPED[field]}>"
    header = condition.get("HttpHeaderConfig")
    if header:
        listed = "".join(_element("member", value) for value in header.get("Values") or [])
        name = _element("HttpHeaderName", header.get("HttpHeaderName", ""))
        text += f"<HttpHeaderConfig>{name}<Values>{listed}</Values></HttpHeaderConfig>"
    query = condition.get("QueryStringConfig")
    if query:
        pairs = "".join(
            f"<member>{_element('Key', entry['Key']) if entry['Key'] else ''}"
            f"{_element('Value', entry['Value'])}</member>"
            for entry in query["Values"]
        )
        text += f"<QueryStringConfig><Values>{pairs}</Values></QueryStringConfig>"
    return f"<member>{text}</member>"


alb._attrs_xml = attributes_xml  # noqa: SLF001
alb._parse_actions, alb._action_xml = parse_actions, action_xml  # noqa: SLF001
alb._parse_conditions, alb._condition_xml = parse_conditions, condition_xml  # noqa: SLF001
