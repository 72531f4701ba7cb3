"""Proof: no secret in plan, state, outputs, task definitions, function environment, logs or user data."""

from __future__ import annotations

from collections.abc import Sequence

from nestctl.prove.plan import Plan
from nestctl.prove.report import Finding, Report
from nestctl.prove.roots import Plans, names
from nestctl.prove.secrets import logged, planned, words, written
from nestctl.report.words import counted
from nestctl.settings.paths import INFRASTRUCTURE

NAME = "secrets"


def prove(plans: Plans) -> Sequence[Report]:
    """Return a report for each root of the environment, and one for the files."""
    settings = plans.settings
    secrets = words.secret_parameters(settings.manifest)
    reports = [_planned(plans.plan(root), secrets, settings.environment) for root in names(settings)]
    folders = written.folders(INFRASTRUCTURE)
    manifest = settings.manifest
    places = [
        INFRASTRUCTURE,
        *(settings.app / root for root in (manifest.backend.root, manifest.frontend.root)),
    ]
    files = [*written.files(*places, settings.app / "docker"), *settings.app.glob("nest.toml")]
    findings = [
        *written.hidden(folders),
        *written.references(folders),
        *written.shapes(files),
        *written.function_settings(settings.app, manifest, secrets),
        *logged.findings(settings.app, manifest),
    ]
    summary = (
        f"{counted(len(folders), 'folder')} of Terraform and {counted(len(files), 'file')} hold no secret"
    )
    return [*reports, Report(NAME, summary, findings=tuple(findings), facts={"files": len(files)})]


def findings(plan: Plan, secrets: planned.Secrets) -> list[Finding]:
    """Return what is wrong with a plan."""
    return [finding for rule in planned.RULES for finding in rule(plan, secrets)]


def _planned(plan: Plan, secrets: planned.Secrets, environment: str) -> Report:
    found = findings(plan, secrets if plan.root == environment else {})
    looked = f"{counted(len(plan.resources), 'resource')} and {counted(len(plan.outputs), 'output')}"
    if plan.canaries:
        summary = (
            f"{looked} hold none of the {counted(len(plan.canaries), 'secret')} handed out while planning"
        )
    else:
        summary = f"{looked}, and no secret is asked for while planning"
    facts = {"resources": len(plan.resources), "secrets": len(plan.canaries), "parameters": len(secrets)}
    return Report(NAME, summary, plan.root, tuple(found), facts)
