"""The other regions of an account: users and roles are the account's, so an environment has one region."""

from __future__ import annotations

from functools import cache

from nestctl.aws import s3
from nestctl.aws.session import session
from nestctl.report import NestctlError
from nestctl.runbook import states
from nestctl.runbook.context import Context


def elsewhere(context: Context, environment: str = "") -> str:
    """Return the other region that has this environment (or another) or its role; empty when none has."""
    name, own = environment or context.environment, context.target.region
    candidates = {
        context.state_bucket(root, name, region): region
        for region in known()
        for root in (name, "bootstrap")
        if region != own
    }
    there = s3.buckets(context.caller) & candidates.keys()
    return next((candidates[b] for b in sorted(there) if states.describes(context, b)), "")


def only_here(context: Context) -> None:
    """Refuse to work in a region while the environment is deployed in another.

    Raises:
        NestctlError: ``other-region``.
    """
    if region := elsewhere(context):
        raise NestctlError(
            "other-region",
            f"{context.stack} is deployed in {region}, and this run is for {context.target.region}.",
            "Its users and roles hold for the whole account: a second one would take them from the first, "
            "which would stay without anyone who may change or destroy it.",
            f"To stay: --region {region}, or the region in nest.toml. "
            f"To move: nestctl destroy --env {context.environment} --region {region} "
            f"--confirm {context.stack} --all, then this again",
        )


@cache
def known() -> frozenset[str]:
    """Return every region that S3 has, as far as the installed botocore knows."""
    anyone = session()
    return frozenset(
        region
        for partition in anyone.get_available_partitions()
        for region in anyone.get_available_regions("s3", partition_name=partition)
    )
