"""The decision of all policies together: identity-based, resource-based, boundaries and session policies.

IAM user guide, "Policy evaluation logic": a deny anywhere wins; within an account an allow of either the
identity or the resource is enough; boundaries and session policies limit what the identity and a role's ARN
are allowed, and not what a user or a role session is allowed by its own ARN.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from nestctl.policies.documents import Policy, Statement
from nestctl.policies.evaluate import Decision, Request, applies, decide

IDENTITY = "identity-based policy"
RESOURCE = "resource-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
"""Kinds of policies as AWS's messages name them."""

ANYONE = "*"


class Named(IntEnum):
    """How a resource-based policy names a caller."""

    NOT = 0
    ACCOUNT = 1
    """By its account: whose identity-based policies then decide."""
    ROLE = 2
    """By the ARN of its role: boundary and session policies limit that."""
    ITSELF = 3
    """By its own ARN, as a service, or as anyone."""


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        arn: As AWS names it: a user, a role session, ``arn:aws:iam::…:root``, a service; empty for nobody.
        entity: ARN of the user or role behind it; for a session, that of the role.
        account: Account that it is in; empty for services and for nobody known.
        identity: Its identity-based policies.
        boundary: Its permissions boundary.
        session: Session policies; ``None`` when the session has none.
        is_service: Whether ``arn`` is a service's name: ``logs.us-east-1.amazonaws.com``.
        is_owner: Whether it is the account's root user, whom no identity-based policy limits.
    """

    arn: str
    entity: str = ""
    account: str = ""
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    is_service: bool = False
    is_owner: bool = False

    @property
    def policies(self) -> list[Policy]:
        """All that it brings along."""
        bound = [self.boundary] if self.boundary else []
        return [*self.identity, *bound, *(self.session or ())]


@dataclass(frozen=True)
class Verdict:
    """How AWS judges a request.

    Attributes:
        allowed: Whether it may go on.
        decision: The decision of the kind of policy that decided.
        kind: That kind, as in AWS's message.
    """

    allowed: bool
    decision: Decision
    kind: str = IDENTITY


def judge(
    caller: Caller,
    request: Request,
    resource: Policy | None = None,
    *,
    decisive: bool = False,
    granted: bool = False,
) -> Verdict:
    """Judge a request of a caller in the resource's own account, or of a service.

    Args:
        caller: Who asks.
        request: What for.
        resource: The policy of the resource; ``None`` when it has none.
        decisive: Whether identity-based policies count only where the resource's policy names the account, as
            with KMS keys and the trust policies of roles.
        granted: Whether a grant on a KMS key allows it to the caller's role or user.
    """
    if (denied := _deny(caller, request, resource)) is not None:
        return denied
    named, allowing = _allowed_by(resource, caller, request)
    if caller.is_owner and not decisive:
        return Verdict(allowed=True, decision=Decision(allowed=True))
    own = Decision(allowed=True) if caller.is_owner else decide(caller.identity, request)
    if named is Named.ITSELF:
        return Verdict(allowed=True, decision=allowing, kind=RESOURCE)
    by_identity = own.allowed and (not decisive or named is not Named.NOT)
    if not (by_identity or granted or named is Named.ROLE):
        kind = RESOURCE if _resource_is_missing(caller, named, decisive=decisive) else IDENTITY
        return Verdict(allowed=False, decision=Decision(allowed=False), kind=kind)
    return _limited(caller, request) or Verdict(allowed=True, decision=own if own.allowed else allowing)


def _limited(caller: Caller, request: Request) -> Verdict | None:
    limits = [(BOUNDARY, (caller.boundary,))] if caller.boundary else []
    for kind, policies in [*limits, *([(SESSION, caller.session)] if caller.session is not None else [])]:
        if not (limit := decide(policies, request)).allowed:
            return Verdict(allowed=False, decision=limit, kind=kind)
    return None


def names(principals: Iterable[tuple[str, str]], caller: Caller) -> Named:
    """Tell how principals of a statement name a caller: the closest of all."""
    return max((_name(kind, name, caller) for kind, name in principals), default=Named.NOT)


def _name(kind: str, name: str, caller: Caller) -> Named:
    if kind == "AWS" and name == ANYONE:
        return Named.ITSELF
    if kind == "Service":
        return Named.ITSELF if caller.is_service and name == caller.arn else Named.NOT
    if kind != "AWS" or caller.is_service or not caller.account:
        return Named.NOT
    if name == caller.arn:
        return Named.ITSELF
    if name == caller.entity:
        return Named.ROLE
    root = name.startswith("arn:") and name.endswith(f":iam::{caller.account}:root")
    return Named.ACCOUNT if root or name == caller.account else Named.NOT


def _is_for(statement: Statement, caller: Caller) -> Named:
    if statement.not_principals:
        # The account among those left out leaves out its root user, not its users and roles (IAM user guide,
        # "AWS JSON policy elements: NotPrincipal").
        left_out = names(statement.not_principals, caller)
        least = Named.ACCOUNT if caller.is_owner or statement.allows else Named.ROLE
        return Named.NOT if left_out >= least else Named.ITSELF
    return names(statement.principals, caller)


def _deny(caller: Caller, request: Request, resource: Policy | None) -> Verdict | None:
    kinds = [(IDENTITY, caller.identity), (BOUNDARY, [caller.boundary] if caller.boundary else [])]
    for kind, policies in [*kinds, (SESSION, caller.session or ())]:
        for policy in policies:
            for statement in policy:
                if not statement.allows and applies(statement, request):
                    return Verdict(
                        allowed=False,
                        decision=Decision(allowed=False, statement=statement, policy=policy.name),
                        kind=kind,
                    )
    for statement in resource or ():
        if not statement.allows and _is_for(statement, caller) and applies(statement, request):
            decision = Decision(allowed=False, statement=statement, policy=resource.name if resource else "")
            return Verdict(allowed=False, decision=decision, kind=RESOURCE)
    return None


def _allowed_by(resource: Policy | None, caller: Caller, request: Request) -> tuple[Named, Decision]:
    best, decision = Named.NOT, Decision(allowed=False)
    for statement in resource or ():
        if statement.allows and (named := _is_for(statement, caller)) > best and applies(statement, request):
            best = named
            decision = Decision(allowed=True, statement=statement, policy=resource.name if resource else "")
    return best, decision


def _resource_is_missing(caller: Caller, named: Named, *, decisive: bool) -> bool:
    return named is Named.NOT and (decisive or caller.is_service or not caller.account)
