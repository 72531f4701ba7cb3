"""Chapter 1: the buckets and keys that hold every Terraform state, the one of this chapter included."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nestctl.aws import s3
from nestctl.report import NestctlError
from nestctl.runbook import identities, regions, states
from nestctl.runbook.context import STATE_KEY, Context
from nestctl.runbook.step import Check, Tell, done, needed
from nestctl.runbook.view import make_view
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform.root import Root


@dataclass(frozen=True)
class State:
    """The root ``state``. Its first apply keeps its state in a file, which then moves into the bucket."""

    name: str = "state"
    title: str = "buckets for Terraform's state"
    needs: tuple[str, ...] = ("doctor",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when the state lies in its bucket and a plan is empty."""
        regions.only_here(context)
        context.check_states()
        if reason := identities.missing(context, identities.of_state(context)):
            user = identities.of_state(context).user
            return needed(reason, f"make the IAM user {user}", "terraform apply in infrastructure/state")
        if not _moved(context):
            return needed(
                f"no state in {context.state_bucket('state')} yet",
                "terraform apply in infrastructure/state",
                f"move its state into {context.state_bucket('state')}",
            )
        plan = context.plan(root(context), tell)
        if plan.empty:
            return done(f"state in {context.state_bucket('state')}")
        return needed(f"the buckets differ: {plan.summary()}", *(str(c.address) for c in plan.changes))

    def apply(self, context: Context, tell: Tell) -> str:
        """Apply, then move the state."""
        identities.ensure(context, identities.of_state(context), tell)
        if _moved(context):
            moved = root(context)
            return context.apply(moved, context.plan(moved, tell))
        first = root(context, local=True)
        counts = context.apply(first, context.plan(first, tell))
        tell("moving the state into its bucket")
        root(context).init(migrate=True)
        _forget_local_state(context)
        return f"{counts}; state moved into {context.state_bucket('state')}"

    def verify(self, context: Context, tell: Tell) -> None:
        """The state must be in the bucket, and say what is there."""
        if not _moved(context):
            raise NestctlError(
                "state-not-moved",
                f"The state did not arrive in {context.state_bucket('state')}.",
                "terraform init -migrate-state ended well, but the object is not there.",
                "nestctl up --until state",
            )
        if not context.plan(root(context), tell).empty:
            raise NestctlError(
                "state-drift",
                "A plan of infrastructure/state is not empty right after its apply.",
                "Something else changes the same buckets.",
                "nestctl plan state",
            )


def deployed_root(context: Context) -> Root | None:
    """Return the root once its state lies in its bucket."""
    return root(context) if _moved(context) else None


def _moved(context: Context) -> bool:
    return s3.head(context.caller, context.state_bucket("state"), STATE_KEY) is not None


def root(context: Context, *, local: bool = False) -> Root:
    """Return the root, with its state in its bucket or, before there is one, on this machine."""
    return context.root(
        "state",
        folder=_folder(context, local=local),
        profile=identities.of_state(context).profile,
        variables={
            "aws_region": context.target.region,
            "project_name": context.project,
            "environments": _environments(context),
        },
        local=local,
    )


def _environments(context: Context) -> list[str]:
    """Return this environment and those whose buckets are there already: one run never removes another's.

    Some are known to the state alone: of another application of the project, or gone from nest.toml since.
    """
    there = {
        name
        for name in context.settings.manifest.environments
        if name == context.environment or s3.bucket_exists(context.caller, context.state_bucket(name, name))
    }
    return sorted(there | states.environments(context))


def _folder(context: Context, *, local: bool) -> Path:
    """Return a view of the root with or without its S3 backend: it must work before there is a bucket."""
    backend = (
        {} if local else {"backend_override.tf": INFRASTRUCTURE / "state" / "backend_override.tf.example"}
    )
    return make_view(context.settings.work, "state", links=backend, texts={})


def _forget_local_state(context: Context) -> None:
    if _moved(context):
        for path in (context.settings.work / "roots" / "state").glob("terraform.tfstate*"):
            path.unlink()
