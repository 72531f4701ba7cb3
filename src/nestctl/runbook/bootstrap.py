"""Chapter 2: the role that Terraform assumes, and the profile through which it does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from nestctl.aws import identities as iam
from nestctl.report import NestctlError
from nestctl.report.redaction import learn
from nestctl.runbook import identities
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed
from nestctl.terraform.root import Root

EXTERNAL_ID_BYTES = 32
"""256 bits from the system's generator."""


@dataclass(frozen=True)
class Bootstrap:
    """The root ``bootstrap``: role ``<project>-<environment>-terraform``."""

    name: str = "bootstrap"
    title: str = "the role that Terraform assumes"
    needs: tuple[str, ...] = ("state",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when the role, the users and the profile are there and a plan is empty."""
        external_id = iam.external_id(context.caller, identities.role_name(context))
        if external_id is None:
            return needed(
                f"there is no role {identities.role_name(context)}",
                f"make the IAM user {identities.of_bootstrap(context).user}",
                f"make the IAM user {identities.of_environment(context).user}",
                "terraform apply in infrastructure/bootstrap",
                f"write the profile {context.stack}",
            )
        for identity in (identities.of_bootstrap(context), identities.of_environment(context)):
            if reason := identities.missing(context, identity):
                return needed(reason, f"make the IAM user {identity.user} whole")
        if not identities.has_role_profile(context, external_id):
            return needed(f"the profile {context.stack} is not written", f"write the profile {context.stack}")
        plan = context.plan(root(context, external_id), tell)
        if plan.empty:
            return done(f"role {identities.role_name(context)}")
        return needed(f"the role differs: {plan.summary()}", *(str(c.address) for c in plan.changes))

    def apply(self, context: Context, tell: Tell) -> str:
        """Make the users, apply the root with the external id that the role has or a new one."""
        identities.ensure(context, identities.of_bootstrap(context), tell)
        identities.ensure(context, identities.of_environment(context), tell)
        external_id = iam.external_id(context.caller, identities.role_name(context)) or secrets.token_hex(
            EXTERNAL_ID_BYTES
        )
        role = root(context, external_id)
        counts = context.apply(role, context.plan(role, tell))
        identities.ensure_role_profile(context, external_id)
        return f"role {identities.role_name(context)}: {counts}"

    def verify(self, context: Context, tell: Tell) -> None:
        """Assume the role through the profile, and try a call that it may make, before the next apply."""
        tell("assuming the role")
        caller = identities.wait_until_assumed(context, tell)
        if f"/{identities.role_name(context)}/" not in caller:
            raise NestctlError(
                "role-not-assumed",
                f"The profile {context.stack} does not lead to the role {identities.role_name(context)}.",
                f"AWS says the caller is {caller}.",
                f"nestctl aws sts get-caller-identity --profile {context.stack}",
            )


def deployed_root(context: Context) -> Root | None:
    """Return the root once there is a role."""
    external_id = iam.external_id(context.caller, identities.role_name(context))
    return root(context, external_id) if external_id else None


def root(context: Context, external_id: str) -> Root:
    """Return the root of this environment's role."""
    learn(external_id)
    return context.root(
        "bootstrap",
        profile=identities.of_bootstrap(context).profile,
        variables={
            "aws_region": context.target.region,
            "project_name": context.project,
            "environment": context.environment,
            "aws_role_external_id": external_id,
        },
    )
