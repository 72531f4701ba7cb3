"""The decision on a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nestctl.policies.conditions import Context, hold
from nestctl.policies.documents import VARIABLE, Policy, Statement


@dataclass(frozen=True)
class Request:
    """What a principal asks for.

    Attributes:
        action: ``ec2:CreateVpc``.
        resource: ARN, or ``*`` where the action knows no resource. For something that does not exist yet, the
            ARN ends with ``/*``.
        context: Condition keys.
    """

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """How IAM judges a request.

    Attributes:
        allowed: Whether it may go on.
        statement: The statement that decided; ``None`` when none allows it.
        policy: Name of that statement's policy.
    """

    allowed: bool
    statement: Statement | None = None
    policy: str = ""


def applies(statement: Statement, request: Request) -> bool:
    """Tell whether a statement is about a request, its conditions included and its principals aside."""
    return statement.is_about(request.action, request.resource, request.context) and hold(
        statement.conditions, request.context
    )


def decide(policies: Iterable[Policy], request: Request) -> Decision:
    """Judge a request by its principal's identity-based policies: a deny wins, else an allow, else no."""
    allowed = Decision(allowed=False)
    for policy in policies:
        for statement in policy:
            if allowed.allowed and statement.allows:
                continue
            if applies(statement, request):
                if not statement.allows:
                    return Decision(allowed=False, statement=statement, policy=policy.name)
                allowed = Decision(allowed=True, statement=statement, policy=policy.name)
    return allowed


def keys_that_matter(policies: Sequence[Policy], action: str, resource: str) -> set[str]:
    """Return the condition keys, in lower case, that could change the decision, variables included."""
    found: set[str] = set()
    for policy in policies:
        for statement in policy:
            patterns = [p for p in (*statement.resources, *statement.not_resources) if "${" in p]
            if not (statement.conditions or patterns):
                continue
            # A resource with a variable in it is not known before the key is.
            if not patterns and not statement.is_about(action, resource):
                continue
            values = [v for condition in statement.conditions for v in condition.values if "${" in v]
            found |= {condition.key.lower() for condition in statement.conditions}
            found |= {name[1].strip().lower() for v in (*patterns, *values) for name in VARIABLE.finditer(v)}
    return found


def message(principal: str, request: Request, decision: Decision, kind: str = "identity-based policy") -> str:
    """Return what AWS says of a refusal (IAM user guide, "Troubleshoot access denied error messages").

    Args:
        principal: ARN of who asked.
        request: What was asked.
        decision: The refusal.
        kind: Kind of the policy that refused.
    """
    if decision.statement is not None:
        article = "an" if kind[0] in "aeiou" else "a"
        end = f"with an explicit deny in {article} {kind}"
    else:
        end = f"because no {kind} allows the {request.action} action"
    asked = f"{request.action} on resource: {request.resource}"
    return f"User: {principal} is not authorized to perform: {asked} {end}"
