"""Elastic Load Balancing: listeners that AWS refuses.

Sources: API reference, CreateListener and ModifyListener; user guide, "Security policies"; words as AWS is
known to answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ministack.services import alb

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

ELB = "elasticloadbalancing"
INVALID = "ValidationError"
SECURE = ("HTTPS", "TLS")
CERTIFICATE = "Certificates.member.1.CertificateArn"
POLICIES = re.compile(
    r"ELBSecurityPolicy-(?:2015-05|2016-08|TLS-1-0-2015-04|TLS-1-1-2017-01|TLS-1-2-2017-01"
    r"|TLS-1-2-Ext-2018-06|FS-2018-06|FS-1-1-2019-08|FS-1-2-2019-08|FS-1-2-Res-20(?:19-08|20-10)"
    r"|TLS13-1-[0-3]-2021-06|TLS13-1-2-(?:Res|Ext[12])-2021-06"
    r"|TLS13-1-[0-3](?:-Res|-Ext[0-2])?(?:-FIPS-2023-04|(?:-FIPS)?-PQ-2025-09))"
)


@limits(ELB, "CreateListener")
def listener_port(call: Call) -> Refused | None:
    """Refuse a port that has a listener with other settings."""
    found = at_port(call.params)
    if found is None or same(found, call.params):
        return None
    return Refused("DuplicateListener", "A listener already exists on this port for this load balancer")


@limits(ELB, "ModifyListener")
def moved_port(call: Call) -> Refused | None:
    """Refuse to move a listener to the port of another."""
    arn = str(call.params.get("ListenerArn", ""))
    known = alb._listeners.get(arn) or {}  # noqa: SLF001 - the emulator's own
    found = at_port({**call.params, "LoadBalancerArn": known.get("LoadBalancerArn", "")})
    if found is None or found["ListenerArn"] == arn:
        return None
    return Refused("DuplicateListener", "A listener already exists on this port for this load balancer")


@limits(ELB, "CreateListener", "ModifyListener")
def listener_tls(call: Call) -> Refused | None:
    """Refuse HTTPS without a certificate, and policies that AWS has not."""
    known = alb._listeners.get(str(call.params.get("ListenerArn", ""))) or {}  # noqa: SLF001
    protocol = str(call.params.get("Protocol") or known.get("Protocol", ""))
    if protocol in SECURE and not (call.params.get(CERTIFICATE) or known.get("Certificates")):
        return Refused(INVALID, f"A certificate must be specified for {protocol} listeners")
    policy = str(call.params.get("SslPolicy", ""))
    if policy and not POLICIES.fullmatch(policy):
        return Refused("SSLPolicyNotFound", f"SSL policy '{policy}' not found")
    return None


@limits(ELB, "CreateListener", "ModifyListener", "CreateRule", "ModifyRule")
def forwarded(call: Call) -> Refused | None:
    """Refuse to forward to a target group that is not there."""
    for field, value in call.params.items():
        if field.endswith(".TargetGroupArn") and str(value) not in alb._tgs:  # noqa: SLF001
            return Refused("TargetGroupNotFound", f"Target groups '{value}' not found")
    return None


def at_port(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Find the load balancer's listener at the port that a call wants."""
    balancer, port = str(params.get("LoadBalancerArn", "")), str(params.get("Port", ""))
    for listener in alb._listeners.values():  # noqa: SLF001
        if listener["LoadBalancerArn"] == balancer and str(listener["Port"]) == port:
            found: Mapping[str, Any] = listener
            return found
    return None


def same(listener: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Whether a call asks for the listener as it is: AWS then answers with that one."""
    wanted = str(params.get("SslPolicy") or listener.get("SslPolicy") or "")
    certificate = (listener.get("Certificates") or [""])[0]
    return bool(
        listener["Protocol"] == params.get("Protocol")
        and listener["DefaultActions"] == alb._parse_actions(params, "DefaultActions")  # noqa: SLF001
        and wanted == (listener.get("SslPolicy") or "")
        and certificate == params.get(CERTIFICATE, "")
    )
