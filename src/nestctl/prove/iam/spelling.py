"""Whether AWS knows what a policy names, and whether its parts can ever meet."""

from __future__ import annotations

from collections.abc import Iterator

from nestctl.policies import reference
from nestctl.policies.conditions import is_known
from nestctl.policies.documents import Policy, Statement
from nestctl.prove.iam.principals import UNKNOWN, Document
from nestctl.prove.report import Finding


def findings(document: Document, *, types: bool = True) -> Iterator[Finding]:
    """Yield what the service authorization reference does not know.

    Args:
        document: A policy.
        types: Whether to check resource types too; not where ARNs are made up.
    """
    yield from _names(document)
    for statement in document.policy:
        for pattern in (*statement.actions, *statement.not_actions):
            if not reference.expand(pattern):
                yield document.finding(
                    f"AWS knows no action {pattern}.",
                    "Correct it after the service authorization reference; "
                    "scripts/authorization_reference.py renews nestctl's copy.",
                    pattern,
                )
        yield from _conditions(document, statement)
        if types and statement.allows and "*" not in statement.resources:
            yield from _types(document, statement)


def _names(document: Document) -> Iterator[Finding]:
    policy: Policy = document.policy
    sids = [statement.sid for statement in policy]
    for sid in sorted({sid for sid in sids if sid and sids.count(sid) > 1}):
        yield document.finding(f"Two statements of {policy.name} are called {sid}.", "Rename one.", sid)


def _conditions(document: Document, statement: Statement) -> Iterator[Finding]:
    prefixes = {pattern.partition(":")[0] for pattern in (*statement.actions, *statement.not_actions)}
    for condition in statement.conditions:
        if not is_known(condition.operator):
            yield document.finding(
                f"There is no condition operator {condition.operator}.",
                "Use one of IAM's.",
                condition.operator,
            )
        unaware = [p for p in sorted(prefixes) if not reference.has_condition(p, condition.key)]
        if unaware:
            yield document.finding(
                f"{', '.join(unaware)} knows no condition key {condition.key}.",
                "Correct it after the service authorization reference.",
                condition.key,
            )


def _types(document: Document, statement: Statement) -> Iterator[Finding]:
    met: set[str] = set()
    for pattern in statement.actions:
        known = reference.expand(pattern)
        fitting = {arn for name in known for arn in statement.resources if _fits(name, arn)}
        met |= fitting
        if known and not fitting and UNKNOWN not in statement.resources:
            types = {t for name in known for t in getattr(reference.action(name), "resources", ())}
            only = ", ".join(sorted(types)) or 'no resource: only "*" allows it'
            yield document.finding(
                f"{pattern} is never allowed by {statement.sid}: AWS knows it on {only}.",
                "Name a resource of that type, or move the action.",
                pattern,
            )
    for arn in statement.resources:
        if arn not in met and arn != UNKNOWN:
            yield document.finding(
                f"No action of {statement.sid} is about {arn}.", "Remove the resource.", statement.sid
            )


def _fits(name: str, arn: str) -> bool:
    action, service = reference.action(name), reference.service(name.partition(":")[0])
    return bool(action and service and service.types_of(arn) & action.resources)
