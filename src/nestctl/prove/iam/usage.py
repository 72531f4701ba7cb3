"""The policies against what was called: all of it allowed, nothing granted without a use or a reason."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence

from nestctl.policies.conditions import hold
from nestctl.policies.documents import Policy, matches
from nestctl.policies.evaluate import Request, decide
from nestctl.prove.iam.kept import Entry, Kept
from nestctl.prove.iam.principals import Document, Principal
from nestctl.prove.iam.recording import Names, Recorded
from nestctl.prove.report import Finding


def entries(principal: Principal) -> Iterator[Entry]:
    """Yield every entry that allows something."""
    for policy in principal.policies:
        for statement in policy:
            if statement.allows:
                for action in statement.actions:
                    yield Entry(principal.name, policy.name, statement.sid, action)


def without(policies: Sequence[Policy], entry: Entry) -> tuple[Policy, ...]:
    """Return the policies without one entry."""
    return tuple(p.without(entry.sid, entry.action) if p.name == entry.policy else p for p in policies)


def refused(policies: Sequence[Policy], calls: Sequence[Recorded]) -> list[Recorded]:
    """Return the calls that the policies do not allow, in the order of the run."""
    return [call for call in calls if not decide(policies, call.request).allowed]


def calls_of(principal: str, recorded: Sequence[Recorded], names: Names) -> list[Recorded]:
    """Return a principal's calls with an account's names and the context that every call of its has."""
    return [call.filled(names) for call in recorded if call.principal == principal]


def needs(principal: Principal, calls: Sequence[Recorded]) -> Mapping[Entry, list[Recorded]]:
    """Return what would be refused without each entry; nothing for an entry that can go."""
    alone: dict[Entry, list[Recorded]] = {entry: [] for entry in entries(principal)}
    for call in calls:
        granting = list(_granting(principal, call.request))
        if len(granting) == 1:
            alone[granting[0]].append(call)
    return alone


def findings(principal: Principal, calls: Sequence[Recorded], reasons: Sequence[Kept]) -> Iterator[Finding]:
    """Yield calls that are refused, entries that nothing uses, and reasons that have become idle."""
    first = principal.documents[0]
    for call in refused(principal.policies, calls):
        yield first.finding(
            f"{principal.title} is refused {call.request.action} on {call.request.resource}, which the step "
            f"{call.step} needs ({call.run}, {call.operation}).",
            "Allow it, as narrowly as the call asks.",
        )
    used = needs(principal, calls)
    for entry, why in used.items():
        reason = next((kept for kept in reasons if kept.covers(entry)), None)
        if not why and reason is None:
            document = next(d for d in principal.documents if d.policy.name == entry.policy)
            yield document.finding(
                f"No call needs {entry.action} in {entry.sid or entry.policy}.",
                "Remove it, or say in prove/iam/kept.toml why it stays.",
                entry.action,
            )
    for reason in reasons:
        if reason.principal != principal.name:
            continue
        for pattern in reason.actions:
            one = Kept(reason.principal, (pattern,), reason.reason, reason.sid)
            covered = [entry for entry in used if one.covers(entry)]
            if not any(not used[entry] for entry in covered):
                yield first.finding(
                    f"kept.toml keeps {pattern} for {principal.title}, "
                    + ("which calls need." if covered else "which no policy grants."),
                    "Remove it from kept.toml.",
                )


def document_of(principal: Principal, entry: Entry) -> Document:
    """Return the document that holds an entry."""
    return next(d for d in principal.documents if d.policy.name == entry.policy)


def _granting(principal: Principal, request: Request) -> Iterator[Entry]:
    """Yield every entry that would allow a request by itself, as long as nothing denies it."""
    if not decide(principal.policies, request).allowed:
        return
    for policy in principal.policies:
        for statement in policy:
            if not statement.allows or not statement.is_about(request.action, request.resource):
                continue
            if hold(statement.conditions, request.context):
                for action in statement.actions:
                    if _matches(action, request.action):
                        yield Entry(principal.name, policy.name, statement.sid, action)


@functools.lru_cache(maxsize=65536)
def _matches(pattern: str, action: str) -> bool:
    return matches(pattern, action, ignore_case=True)
