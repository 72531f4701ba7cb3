"""The IAM users of the manual, each with the policy of its root and a profile that names it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestctl.aws import identities
from nestctl.aws.session import Aws
from nestctl.report import NestctlError
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell
from nestctl.settings.paths import INFRASTRUCTURE

SPREAD = 60.0
"""Seconds that a new access key may take to be known everywhere (IAM is eventually consistent)."""


@dataclass(frozen=True)
class Identity:
    """An IAM user of the runbook.

    Attributes:
        user: Name of the user: ``nest-state``.
        root: Root whose ``policy.json`` it gets.
        profile: Profile that holds its access key.
    """

    user: str
    root: str
    profile: str


def of_state(context: Context) -> Identity:
    """Return the user that applies the root ``state``."""
    name = f"{context.project}-state"
    return Identity(name, "state", name)


def of_bootstrap(context: Context) -> Identity:
    """Return the user that applies the root ``bootstrap``."""
    name = f"{context.project}-bootstrap"
    return Identity(name, "bootstrap", name)


def of_environment(context: Context) -> Identity:
    """Return the user that may only assume the environment's role."""
    return Identity(context.stack, context.environment, f"{context.stack}-identity")


def policy(context: Context, identity: Identity) -> str:
    """Return the user's policy with the placeholders of ``policy.json`` filled."""
    text = (INFRASTRUCTURE / identity.root / "policy.json").read_text(encoding="utf-8")
    values = {
        "account_id": context.caller.account_id,
        "region": context.target.region,
        "project": context.project,
        "project_name": context.project,
        "environment": context.environment,
    }
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    return text


def tags(context: Context) -> dict[str, str]:
    """Return the tags of every user that nestctl makes; one without them was made by somebody else."""
    return {"Project": context.project, "ManagedBy": "nestctl"}


def missing(context: Context, identity: Identity) -> str:
    """Return what is missing of an identity, or an empty string when it is whole."""
    found = identities.user_policy(context.caller, identity.user)
    if found is None:
        return f"there is no IAM user {identity.user}"
    if found != json.loads(policy(context, identity)):
        return f"the policy of {identity.user} is not that of infrastructure/{identity.root}"
    key = identities.read_profile(context.target.credentials_file, identity.profile)
    if key.get("aws_access_key_id") not in identities.access_key_ids(context.caller, identity.user):
        return f"the profile {identity.profile} holds no access key of {identity.user}"
    return ""


def ensure(context: Context, identity: Identity, tell: Tell) -> None:
    """Make the user, its policy, its access key and its profile, as far as they are not there.

    Raises:
        NestctlError: ``access-key`` when AWS does not know the new key within a minute.
    """
    if not missing(context, identity):
        return
    tell(f"making the IAM user {identity.user}")
    identities.ensure_user(context.caller, identity.user, policy(context, identity), tags(context))
    key = identities.read_profile(context.target.credentials_file, identity.profile)
    if key.get("aws_access_key_id") not in identities.access_key_ids(context.caller, identity.user):
        key_id, secret = identities.create_access_key(context.caller, identity.user)
        values = {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
        identities.write_profile(context.target.credentials_file, identity.profile, values)
        _wait_until_known(context, identity, tell)
    region = {"region": context.target.region}
    identities.write_profile(context.target.config_file, _section(identity.profile), region)


def ensure_role_profile(context: Context, external_id: str) -> None:
    """Write the profile through which the environment's role is assumed, as the manual shows it."""
    identity = of_environment(context)
    wanted = role_profile(context, external_id)
    if identities.read_profile(context.target.config_file, _section(context.stack)) != wanted:
        identities.write_profile(context.target.config_file, _section(context.stack), wanted)
    if not identities.read_profile(context.target.config_file, _section(identity.profile)):
        region = {"region": context.target.region}
        identities.write_profile(context.target.config_file, _section(identity.profile), region)


def role_profile(context: Context, external_id: str) -> dict[str, str]:
    """Return the settings of the environment's profile."""
    return {
        "external_id": external_id,
        "role_arn": f"arn:aws:iam::{context.caller.account_id}:role/{role_name(context)}",
        "source_profile": of_environment(context).profile,
        "region": context.target.region,
    }


def forget(context: Context, identity: Identity) -> None:
    """Remove the profile of a user, and the one through which the environment's role was assumed."""
    identities.remove_profile(context.target.credentials_file, identity.profile)
    identities.remove_profile(context.target.config_file, _section(identity.profile))
    if identity == of_environment(context):
        identities.remove_profile(context.target.config_file, _section(context.stack))


def has_role_profile(context: Context, external_id: str) -> bool:
    """Tell whether the profile is there and says the same as the role."""
    found: Any = identities.read_profile(context.target.config_file, _section(context.stack))
    return bool(found == role_profile(context, external_id))


def role_name(context: Context) -> str:
    """Return the name of the role that Terraform assumes."""
    return f"{context.stack}-terraform"


def _section(profile: str) -> str:
    return f"profile {profile}"


def _wait_until_known(context: Context, identity: Identity, tell: Tell) -> None:
    deadline = time.monotonic() + SPREAD
    while True:
        try:
            _ = Aws(context.target.region, identity.profile).account_id
        except NestctlError as error:
            if time.monotonic() > deadline:
                raise NestctlError(
                    "access-key",
                    f"AWS does not know the new access key of {identity.user} after {SPREAD:.0f} s.",
                    error.why,
                    "Run the same command again.",
                ) from error
            tell(f"waiting until AWS knows the new access key of {identity.user}")
            time.sleep(2)
        else:
            return


def policy_files() -> list[Path]:
    """Return the policy files of all roots."""
    return sorted(INFRASTRUCTURE.glob("*/policy.json"))
