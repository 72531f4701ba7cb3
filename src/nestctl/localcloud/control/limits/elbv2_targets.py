"""Elastic Load Balancing: health checks and attributes that a target group cannot have.

Sources: API reference, CreateTargetGroup, ModifyTargetGroup, Matcher and TargetGroupAttribute.
"""

from __future__ import annotations

import re

from ministack.services import alb, ec2

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.ec2_ids import missing
from nestctl.localcloud.control.limits.elbv2_balancers import unfit_attribute
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

ELB = "elasticloadbalancing"
INVALID = "ValidationError"
PATH = 1024
MATCHER = re.compile(r"[1-5]\d\d(?:-[1-5]\d\d)?(?:,[1-5]\d\d(?:-[1-5]\d\d)?)*")
CODES = (200, 499)
"""What the health check of an application load balancer may expect (HTTP)."""
HTTP = ("HTTP", "HTTPS")

ATTRIBUTES = re.compile(
    r"deregistration_delay\.(timeout_seconds|connection_termination\.enabled)"
    r"|stickiness\.(enabled|type|app_cookie\.(cookie_name|duration_seconds)|lb_cookie\.duration_seconds)"
    r"|load_balancing\.(cross_zone\.enabled|algorithm\.(type|anomaly_mitigation))"
    r"|slow_start\.duration_seconds|lambda\.multi_value_headers\.enabled"
    r"|target_group_health\.(dns_failover|unhealthy_state_routing)\.minimum_healthy_targets\.(count|percentage)"
    r"|preserve_client_ip\.enabled|proxy_protocol_v2\.enabled"
    r"|target_health_state\.unhealthy\.(connection_termination\.enabled|draining_interval_seconds)"
    r"|target_failover\.on_(deregistration|unhealthy)"
)
SECONDS = {
    "deregistration_delay.timeout_seconds": (0, 3600),
    "stickiness.lb_cookie.duration_seconds": (1, 604800),
    "stickiness.app_cookie.duration_seconds": (1, 604800),
}


@limits(ELB, "CreateTargetGroup")
def network(call: Call) -> Refused | None:
    """Refuse a network that is not there."""
    name = str(call.params.get("VpcId", ""))
    if missing(name, ec2._vpcs):  # noqa: SLF001 - the emulator's own
        return Refused(INVALID, f"The VPC ID '{name}' is not found")
    return None


@limits(ELB, "CreateTargetGroup", "ModifyTargetGroup")
def health_check(call: Call) -> Refused | None:
    """Refuse a time-out as long as the interval, and paths or codes that are none."""
    known = alb._tgs.get(str(call.params.get("TargetGroupArn", ""))) or {}  # noqa: SLF001
    interval, timeout = (
        str(call.params.get(name) or known.get(name, ""))
        for name in ("HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds")
    )
    given = any(name in call.params for name in ("HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds"))
    if given and interval.isdecimal() and timeout.isdecimal() and int(timeout) >= int(interval):
        return Refused(INVALID, "Health check interval must be greater than the timeout.")
    path = call.params.get("HealthCheckPath")
    if path is not None and not str(path).startswith("/"):
        return Refused(INVALID, f"Health check path '{path}' must begin with a '/' character")
    if path is not None and len(str(path)) > PATH:
        return Refused(INVALID, f"Health check path cannot be longer than '{PATH}' characters")
    codes = call.params.get("Matcher.HttpCode")
    if codes is None or str(call.params.get("Protocol") or known.get("Protocol") or "HTTP") not in HTTP:
        return None
    lowest, highest = CODES
    numbers = [int(code) for code in re.findall(r"\d+", str(codes))]
    if not MATCHER.fullmatch(str(codes)) or any(not lowest <= code <= highest for code in numbers):
        words = f"Health check matcher HTTP code '{codes}' must be within '{lowest}-{highest}' inclusive"
        return Refused(INVALID, words)
    return None


@limits(ELB, "ModifyTargetGroupAttributes")
def known_attributes(call: Call) -> Refused | None:
    """Refuse attributes that a target group has not, and times it cannot wait."""
    if str(call.params.get("TargetGroupArn", "")) not in alb._tgs:  # noqa: SLF001
        return None  # refused as it is
    return unfit_attribute(call.params, "Target group", ATTRIBUTES, SECONDS)
