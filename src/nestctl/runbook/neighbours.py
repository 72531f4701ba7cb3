"""The other projects of an account: of two that are named alike, one could reach the other."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nestctl.aws import s3
from nestctl.report import NestctlError, usage_error
from nestctl.report.words import listed
from nestctl.runbook import regions
from nestctl.runbook.context import SUFFIX_DIGITS, Context, suffix

STATE_BUCKET = re.compile(rf"(.+)-state-state-([0-9a-f]{{{SUFFIX_DIGITS}}})")
"""The bucket with the state of the root `state`, which every project makes first."""


def refuse_alike(context: Context) -> None:
    """Refuse a project whose name begins with another's of the account, or the other way round.

    Raises:
        NestctlError: ``project-alike``.
    """
    if found := alike(context.project, projects(context)):
        raise _refused(context.project, found)


def alike(project: str, others: Iterable[str]) -> list[str]:
    """Return the projects that a project could reach, or that could reach it.

    Policies name what belongs to a project by how its name begins: ``nest-*``. With that, ``nest`` reaches
    ``nest-staging``, and both can have an environment with the same whole name: ``nest-staging-eu``.
    """
    return sorted(
        other for other in others if other.startswith(f"{project}-") or project.startswith(f"{other}-")
    )


def projects(context: Context) -> set[str]:
    """Return the account's projects, in every region, known by the buckets of their states.

    A bucket counts only where the end of its name is the one that this project and account would give it.
    """
    account = context.caller.account_id
    matches = (STATE_BUCKET.fullmatch(name) for name in s3.buckets(context.caller))
    return {
        found[1]
        for found in matches
        if found and any(suffix(account, region, found[1], "state") == found[2] for region in regions.known())
    }


def _refused(project: str, others: list[str]) -> NestctlError:
    return usage_error(
        "project-alike",
        f"The project {project} cannot stand in the account of {listed(others)}.",
        "One name begins with the other and a dash, and policies name what is a project's by how its name "
        "begins: the users and roles of one would reach what is the other's. Nothing was touched.",
        "Choose another project.name in nest.toml, or another AWS account, then run the same command again",
    )
