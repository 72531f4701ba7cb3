"""The proof ``iam``: the policies of those who deploy, against what they call and against AWS's own lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nestctl.policies import reference
from nestctl.prove.iam import breadth, kept, principals, recording, spelling, usage
from nestctl.prove.report import Finding, Report
from nestctl.prove.roots import Plans
from nestctl.report.words import counted


def prove(plans: Plans) -> Sequence[Report]:
    """Report on those who deploy, and on the roles of the site itself.

    Raises:
        NestctlError: A root cannot be planned.
    """
    return [_deploying(plans), _running(plans)]


def _deploying(plans: Plans) -> Report:
    names = principals.names(plans)
    date, recorded = recording.load()
    found: list[Finding] = []
    facts: dict[str, object] = {"recorded": date, "reference": reference.source()}
    people, reasons = principals.deploying(plans), kept.reasons()
    lines = []
    for principal in people:
        calls = usage.calls_of(principal.name, recorded, names)
        found += breadth.findings(principal, names.project)
        for document in principal.documents:
            found += spelling.findings(document)
        found += usage.findings(principal, calls, reasons)
        used = usage.needs(principal, calls)
        needed = sum(1 for why in used.values() if why)
        sizes = {d.policy.name: d.policy.size for d in principal.documents}
        facts[principal.name] = {
            "requests": len(calls),
            "entries": len(used),
            "needed": needed,
            "kept": len(used) - needed,
            "characters": sizes,
            "by_step": dict(Counter(call.step for call in calls)),
        }
        lines.append(
            f"{principal.title}: {counted(len(calls), 'kind of request', 'kinds of requests')}, "
            f"{counted(len(used), 'entry', 'entries')}, {needed} needed, "
            f"{len(used) - needed} kept on purpose; at most {max(sizes.values())} characters"
        )
    total = sum(1 for call in recorded)
    summary = (
        f"{counted(len(people), 'principal')} against "
        f"{counted(total, 'kind of request', 'kinds of requests')} recorded on {date}"
    )
    return Report("iam", summary, "bootstrap", tuple(found), facts, tuple(lines))


def _running(plans: Plans) -> Report:
    names = principals.names(plans)
    roles = principals.running(plans.environment())
    bound = principals.boundary(plans)
    found: list[Finding] = [*breadth.sizes(bound)]
    found += [f for document in bound.documents for f in spelling.findings(document)]
    for role in roles:
        found += breadth.findings(role, names.project)
        for document in role.documents:
            found += spelling.findings(document, types=False)
    found += [
        bound.documents[0].finding(
            f"kept.toml leaves {', '.join(wide.actions)} of {wide.statement} wide, which no policy has so.",
            "Remove it from kept.toml.",
        )
        for wide in breadth.idle([*roles, *principals.deploying(plans)])
    ]
    actions = {action for role in roles for policy in role.policies for s in policy for action in s.actions}
    summary = (
        f"{counted(len(roles), 'policy', 'policies')} of the site's own roles, "
        f"{counted(len(actions), 'action')}, and their boundary"
    )
    return Report("iam", summary, plans.settings.environment, tuple(found))
