"""The IAM users of the manual, each with the policy of its root and a profile that names it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from nestctl.aws import identities, user_policies
from nestctl.aws.session import Aws, error_code
from nestctl.report import NestctlError
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell
from nestctl.settings.paths import INFRASTRUCTURE

SPREAD = 60.0
"""Seconds that a new key, policy or role may take to be known everywhere (IAM is eventually consistent)."""

FIRST_PAUSE, LAST_PAUSE = 0.5, 5.0
"""Seconds between two tries."""

NOT_KNOWN = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)
"""Codes with which AWS refuses whom, or what, it does not know yet (and whom it will always refuse)."""

T = TypeVar("T")


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
    if not identities.user_exists(context.caller, identity.user):
        return f"there is no IAM user {identity.user}"
    found = user_policies.read(context.caller, identity.user)
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
    if identity != of_environment(context):  # that one may only assume a role, which may not be there yet
        _wait_until_allowed(context, identity, tell)


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
    def ask() -> None:
        _ = Aws(context.target.region, identity.profile).account_id

    until_allowed(f"the new access key of {identity.user}", ask, tell)


def _wait_until_allowed(context: Context, identity: Identity, tell: Tell) -> None:
    """Make a call that the user's policy allows, before Terraform makes a hundred of them."""
    aws = Aws(context.target.region, identity.profile)

    def ask() -> None:
        if identity == of_state(context):
            aws.client("kms").list_aliases(Limit=1)
        else:
            identities.external_id(aws, role_name(context))

    until_allowed(f"the policy of {identity.user}", ask, tell)


def wait_until_assumed(context: Context, tell: Tell) -> str:
    """Assume the environment's role, and make a call that its policies allow.

    Returns:
        The caller's ARN as AWS says it.
    """

    def ask() -> str:
        # Anew each time: a client keeps what it was refused with.
        aws = Aws(context.target.region, context.stack)
        caller = str(aws.client("sts").get_caller_identity()["Arn"])
        aws.client("kms").list_aliases(Limit=1)
        return caller

    return until_allowed(f"the role {role_name(context)}", ask, tell)


def until_allowed(what: str, ask: Callable[[], T], tell: Tell) -> T:
    """Repeat a call until AWS knows who makes it and what they may.

    IAM is eventually consistent: a new key, policy or role takes seconds to be known everywhere.

    Args:
        what: What is new, for people.
        ask: Makes the call.
        tell: Told that it is waited for.

    Raises:
        NestctlError: ``access-key`` when AWS still refuses after a minute.
    """
    deadline = time.monotonic() + SPREAD
    pause = FIRST_PAUSE
    while True:
        try:
            return ask()
        except (ClientError, NestctlError) as error:
            cause = error.__cause__ if isinstance(error, NestctlError) else error
            if error_code(cause if isinstance(cause, Exception) else error) not in NOT_KNOWN:
                raise
            if time.monotonic() > deadline:
                raise NestctlError(
                    "access-key",
                    f"AWS does not know {what} after {SPREAD:.0f} s.",
                    str(cause),
                    "Run the same command again.",
                ) from error
        tell(f"waiting until AWS knows {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, LAST_PAUSE)


def policy_files() -> list[Path]:
    """Return the policy files of all roots."""
    return sorted(INFRASTRUCTURE.glob("*/policy.json"))
