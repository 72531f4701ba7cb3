"""What a policy must never hold: everything on everything, a way to more rights, more than IAM takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nestctl.policies import reference
from nestctl.policies.documents import (
    MANAGED_LIMIT,
    ROLE_MANAGED_POLICIES,
    Statement,
    matches,
)
from nestctl.prove.iam.kept import Wide, wide
from nestctl.prove.iam.principals import Document, Principal
from nestctl.prove.report import Finding
from nestctl.report.words import counted


@dataclass(frozen=True)
class Escalation:
    """A way from some rights to more.

    Attributes:
        actions: Actions that open it.
        conditions: Condition keys of which one must bind it; none when the scope of its resources is enough.
        fix: What closes it.
    """

    actions: tuple[str, ...]
    conditions: tuple[str, ...]
    fix: str


ESCALATIONS = (
    Escalation(
        ("iam:PassRole",),
        ("iam:PassedToService",),
        "Name the services that may take the role: StringEquals on iam:PassedToService.",
    ),
    Escalation(
        ("iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:AttachGroupPolicy"),
        ("iam:PolicyARN", "iam:PermissionsBoundary"),
        "Name the policies that may be attached: ArnLike on iam:PolicyARN.",
    ),
    Escalation(
        ("iam:PutRolePolicy", "iam:PutUserPolicy", "iam:PutGroupPolicy"),
        ("iam:PermissionsBoundary",),
        "Ask for a permissions boundary: StringEquals on iam:PermissionsBoundary.",
    ),
    Escalation(
        (
            "iam:AddUserToGroup",
            "iam:CreateAccessKey",
            "iam:CreateLoginProfile",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteUserPermissionsBoundary",
            "iam:PutRolePermissionsBoundary",
            "iam:PutUserPermissionsBoundary",
            "iam:UpdateLoginProfile",
        ),
        ("iam:PermissionsBoundary",),
        "Leave it to the account's administrator.",
    ),
    Escalation(
        (
            "iam:CreatePolicyVersion",
            "iam:SetDefaultPolicyVersion",
            "iam:UpdateAssumeRolePolicy",
            "kms:PutKeyPolicy",
            "lambda:AddPermission",
            "lambda:UpdateFunctionCode",
            "s3:PutBucketPolicy",
            "sts:AssumeRole",
        ),
        (),
        "Name the resources: the project's names, or a condition on their tags.",
    ),
)
"""Ways known from "AWS IAM Privilege Escalation Methods" (Rhino Security Labs) and AWS's own access level
"Permissions management"."""


def findings(principal: Principal, prefix: str) -> Iterator[Finding]:
    """Yield what a principal's policies must not hold.

    Args:
        principal: A user or role.
        prefix: What the project's names begin with: ``nest``.
    """
    yield from sizes(principal)
    for document in principal.documents:
        for statement in document.policy:
            if statement.allows:
                yield from _wide(document, statement)
                yield from _escalating(document, statement, prefix)


def sizes(principal: Principal) -> Iterator[Finding]:
    """Yield findings on policies that IAM would not take."""
    for document in principal.documents:
        if document.policy.size > MANAGED_LIMIT:
            yield document.finding(
                f"{document.policy.name} has {document.policy.size} characters; IAM takes {MANAGED_LIMIT}.",
                "Move statements to another policy, or join actions that have the same resources.",
            )
    if len(principal.documents) > ROLE_MANAGED_POLICIES:
        yield principal.documents[0].finding(
            f"{principal.title} has {counted(len(principal.documents), 'policy', 'policies')}; "
            f"IAM takes {ROLE_MANAGED_POLICIES}.",
            "Join policies.",
        )


def _wide(document: Document, statement: Statement) -> Iterator[Finding]:
    if statement.not_actions or statement.not_resources:
        yield document.finding(
            f"{_named(statement)} allows all but what it names.",
            "Name what it allows: Action and Resource instead of NotAction and NotResource.",
            statement.sid,
        )
    for action in statement.actions:
        service, _, own = action.partition(":")
        if "*" in service or own in ("", "*"):
            yield document.finding(
                f"{_named(statement)} allows {action}.", "Name the actions that are used.", action
            )
        elif "*" in statement.resources and not statement.conditions:
            changing = [name for name in reference.expand(action) if _changes_named(name)]
            changing = [n for n in changing if not any(w.covers(statement.sid, n) for w in wide())]
            if changing:
                yield document.finding(
                    f"{_named(statement)} allows {', '.join(changing)} on every resource.",
                    "Name the resources, or bind it by a condition.",
                    action,
                )


def idle(people: Sequence[Principal]) -> Iterator[Wide]:
    """Yield what ``kept.toml`` leaves wide and no statement of these principals is."""
    for kept in wide():
        held = (
            name
            for person in people
            for policy in person.policies
            for statement in policy
            if statement.allows and "*" in statement.resources
            for pattern in statement.actions
            for name in reference.expand(pattern)
            if kept.covers(statement.sid, name) and _changes_named(name)
        )
        if next(held, None) is None:
            yield kept


def _changes_named(name: str) -> bool:
    """Tell whether an action changes something and could be scoped to what it changes."""
    action = reference.action(name)
    return bool(action and action.access not in ("List", "Read") and action.required)


def _escalating(document: Document, statement: Statement, prefix: str) -> Iterator[Finding]:
    keys = {condition.key.lower() for condition in statement.conditions}
    for way in ESCALATIONS:
        opened = [
            name
            for name in way.actions
            if any(matches(pattern, name, ignore_case=True) for pattern in statement.actions)
        ]
        if not opened:
            continue
        bound = keys & {key.lower() for key in way.conditions}
        tagged = any(key.startswith("aws:resourcetag/") for key in keys)
        wide = not tagged and not all(_is_own(arn, prefix) for arn in statement.resources)
        if (way.conditions and not bound) or wide:
            yield document.finding(
                f"{_named(statement)} gives a way to more rights: {', '.join(opened)} "
                + ("on resources that are not the project's alone." if wide else "without a condition."),
                way.fix,
                statement.sid,
            )


def _is_own(arn: str, prefix: str) -> bool:
    """Tell whether a pattern of ARNs fits the project's names only."""
    own = arn.split(":", 5)[-1]
    parts: Sequence[str] = [part for part in own.replace(":", "/").split("/") if part]
    kinds = {"role", "policy", "function", "user", "key", "schedule"}
    name = next((part for part in parts if part not in kinds), "*")
    return name.startswith(f"{prefix}-")


def _named(statement: Statement) -> str:
    return f"The statement {statement.sid}" if statement.sid else "A statement without a name"
