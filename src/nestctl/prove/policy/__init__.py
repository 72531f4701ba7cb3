"""Proof ``policy``: checkov refuses nothing in the Terraform but what is listed with a reason."""

from __future__ import annotations

from collections.abc import Sequence

from nestctl.prove.policy import checkov
from nestctl.prove.policy.exceptions import FILE, judge, read_exceptions
from nestctl.prove.report import Finding, Report
from nestctl.prove.roots import Plans
from nestctl.report.words import counted
from nestctl.settings.paths import INFRASTRUCTURE

INSTALL = "make audit"


def prove(plans: Plans) -> Sequence[Report]:
    """Scan every root and module, whichever environment is asked for.

    checkov has an environment of its own, because it brings three hundred megabytes. Where that is missing,
    nothing is installed here: the report says how.

    Raises:
        NestctlError: ``prove-policy`` when checkov itself fails.
    """
    if not checkov.installed():
        missing = Finding(
            "checkov is not installed, so nothing is known.",
            f"{INSTALL}: it installs checkov into .cache/audit and makes this proof.",
            "checkov",
        )
        return [Report("policy", "not made", findings=(missing,))]
    scan = checkov.scan(INFRASTRUCTURE, plans.work)
    exceptions = read_exceptions(INFRASTRUCTURE / FILE)
    findings, used = judge(scan.failures, exceptions)
    summary = (
        f"checkov {scan.version}: {counted(scan.passed, 'check')} passed, "
        f"{counted(len(used), 'exception')} with a reason, "
        f"{counted(len(findings), 'finding')}"
    )
    facts = {
        "checkov": scan.version,
        "passed": scan.passed,
        "failed": len(scan.failures),
        "exceptions": [{"check": e.check, "places": list(e.places), "reason": e.reason} for e in used],
    }
    return [Report("policy", summary, findings=tuple(findings), facts=facts)]
