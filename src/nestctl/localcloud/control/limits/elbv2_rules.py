"""Elastic Load Balancing: rules of listeners that AWS refuses.

Sources: API reference, CreateRule and RuleCondition; user guide, "Quotas for your Application Load
Balancers".
"""

from __future__ import annotations

import re

from ministack.services import alb

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

ELB = "elasticloadbalancing"
INVALID = "ValidationError"
VALUES = 5
"""Values of all conditions of a rule."""
LENGTH = 128
"""Characters of a path or host."""
CONDITION = re.compile(r"Conditions\.member\.(\d+)\..*?Values\.member\.(\d+)(?:\.Value)?")


@limits(ELB, "CreateRule")
def priority(call: Call) -> Refused | None:
    """Refuse a priority that another rule of the listener has."""
    listener, wanted = call.params.get("ListenerArn"), str(call.params.get("Priority", ""))
    for rule in alb._rules.values():  # noqa: SLF001 - the emulator's own
        if rule["ListenerArn"] == listener and str(rule["Priority"]) == wanted:
            return Refused("PriorityInUse", f"Priority '{wanted}' is currently in use")
    return None


@limits(ELB, "CreateRule")
def no_condition(call: Call) -> Refused | None:
    """Refuse a rule for everything: that is the default one."""
    if any(CONDITION.fullmatch(field) for field in call.params):
        return None
    return Refused(INVALID, "A condition must be specified")


@limits(ELB, "CreateRule", "ModifyRule")
def conditions(call: Call) -> Refused | None:
    """Refuse too many values, and paths or hosts that are too long."""
    found = {field: str(value) for field, value in call.params.items() if CONDITION.fullmatch(field)}
    if len(found) > VALUES:
        return Refused(INVALID, f"A rule can only have '{VALUES}' condition values")
    for field, value in found.items():
        kind = str(call.params.get(f"{'.'.join(field.split('.')[:3])}.Field", ""))
        if kind in ("path-pattern", "host-header") and len(value) > LENGTH:
            words = f"Condition field '{kind}' values must be no more than '{LENGTH}' characters long"
            return Refused(INVALID, words)
    return None


@limits(ELB, "SetRulePriorities")
def priorities(call: Call) -> Refused | None:
    """Refuse a priority of a rule that is not moved by the same call."""
    moved: dict[str, str] = {}
    number = 1
    while arn := call.params.get(f"RulePriorities.member.{number}.RuleArn"):
        moved[str(arn)] = str(call.params.get(f"RulePriorities.member.{number}.Priority", ""))
        number += 1
    listeners = {rule["ListenerArn"] for arn, rule in alb._rules.items() if arn in moved}  # noqa: SLF001
    for arn, rule in alb._rules.items():  # noqa: SLF001
        wanted = str(rule["Priority"])
        if rule["ListenerArn"] in listeners and arn not in moved and wanted in moved.values():
            return Refused("PriorityInUse", f"Priority '{wanted}' is currently in use")
    return None
