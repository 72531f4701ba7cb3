"""The last way back: roles, Terraform's states and the users go as well, and nothing of the project is left.

Order: the roots ``bootstrap``, by their own states; the root ``state``, whose own state first moves back from
the bucket to this machine; the users, by whose rights all that was done. Each part looks at AWS for what is
still there, so that an interrupted run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nestctl.aws import identities as iam
from nestctl.aws import leavings, s3
from nestctl.report import NestctlError
from nestctl.runbook import bootstrap, identities, regions, state, states
from nestctl.runbook.context import STATE_KEY, Context
from nestctl.runbook.step import Tell

UNUSED_ID = "0" * 64
"""Fills the variable when the role, which alone knew the external id, is gone already."""


@dataclass(frozen=True)
class Remains:
    """What there is beside the environments.

    Attributes:
        bootstraps: Environments whose role is there.
        state: Whether the root ``state`` has anything.
        users: The project's IAM users.
    """

    bootstraps: tuple[str, ...]
    state: bool
    users: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.bootstraps or self.state or self.users)

    def lines(self, project: str) -> list[str]:
        """Return what would go, a line each."""
        return [
            *(f"role {project}-{name}-terraform and its policies" for name in self.bootstraps),
            *(["buckets and keys of Terraform's state"] if self.state else []),
            *(f"user {user} and its profile" for user in self.users),
        ]


def look(context: Context) -> Remains:
    """Return what is there to be destroyed.

    Raises:
        NestctlError: ``state-in-use``: another environment is deployed.
    """
    others = [name for name in context.settings.manifest.environments if name != context.environment]
    if used := [name for name in others if states.holds(context, name, name)]:
        raise NestctlError(
            "state-in-use",
            f"{context.project}-{used[0]} still uses the state buckets and the users.",
            "Without them it could be neither changed nor destroyed. Nothing was touched.",
            f"nestctl destroy --env {used[0]} --confirm {context.project}-{used[0]}, then this again",
        )
    if away := next(
        ((name, region) for name in others if (region := regions.elsewhere(context, name))), None
    ):
        name, region = away
        raise NestctlError(
            "state-in-use",
            f"{context.project}-{name} in {region} still uses the project's users.",
            "Without them it could be neither changed nor destroyed. Nothing was touched.",
            f"nestctl destroy --env {name} --region {region} --confirm {context.project}-{name}, then again",
        )
    if strange := _strange_buckets(context):
        raise NestctlError(
            "state-in-use",
            f"{', '.join(strange)} holds a state of no environment of nest.toml.",
            "What it describes could be neither changed nor destroyed without it. Nothing was touched.",
            "Put that environment back into nest.toml and destroy it, then this again",
        )
    roles = tuple(name for name in (context.environment, *others) if states.holds(context, "bootstrap", name))
    users = [identity.user for _, identity in _identities(context)]
    there = tuple(user for user in users if iam.user_exists(context.caller, user))
    return Remains(roles, state.deployed_root(context) is not None or bool(_local_state(context)), there)


def destroy(context: Context, remains: Remains, tell: Tell) -> list[str]:
    """Destroy it and return what was done, a line each.

    Raises:
        NestctlError: ``terraform-apply``.
    """
    done = []
    for environment in remains.bootstraps:
        counts = _destroy_bootstrap(_of(context, environment), tell)
        done.append(f"role {context.project}-{environment}-terraform: {counts}")
    if remains.state:
        done.append(f"state: {_destroy_state(context, tell)}")
    return done + _remove_users(context, tell)


def _strange_buckets(context: Context) -> list[str]:
    """Return the state buckets of this project, with something in them, that nest.toml does not explain."""
    environments = {context.environment, *context.settings.manifest.environments}
    known = {context.state_bucket("state")} | {
        context.state_bucket(root, name) for name in environments for root in ("bootstrap", name)
    }
    there = context.caller.client("s3").list_buckets()["Buckets"]
    names = {item["Name"] for item in there if item["Name"].startswith(f"{context.project}-state-")}
    return sorted(name for name in names - known if states.describes(context, name))


def _of(context: Context, environment: str) -> Context:
    """Return the run as for another environment, in the same work folder."""
    if environment == context.environment:
        return context
    settings = replace(context.settings, environment=environment)
    return Context(settings, context.target, context.reporter)


def _destroy_bootstrap(context: Context, tell: Tell) -> str:
    tell(f"destroying the role {identities.role_name(context)}")
    identities.ensure(context, identities.of_bootstrap(context), tell)
    external_id = iam.external_id(context.caller, identities.role_name(context))
    root = bootstrap.root(context, external_id or UNUSED_ID)
    context.free_state(root, tell)
    return context.apply(root, root.plan(destroy=True, name="destroy"))


def _destroy_state(context: Context, tell: Tell) -> str:
    identities.ensure(context, identities.of_state(context), tell)
    # A Terraform that a killed run left may still be at it.
    context.free_state(state.root(context, local=True), tell)
    remote = state.deployed_root(context)
    if remote is not None and not _is_ahead(context):
        tell("moving the state back from its bucket")
        context.free_state(remote, tell)
        remote.init()
        state.root(context, local=True).init(migrate=True)
    local = state.root(context, local=True)
    local = replace(local, variables={**local.variables, "force_destroy": True})
    if _is_guarded(context):
        tell("letting Terraform empty the buckets of states")
        context.apply(local, local.plan(name="force"))
    tell("destroying the buckets and keys of states")
    try:
        counts = context.apply(local, local.plan(destroy=True, name="destroy"))
    except NestctlError as error:
        # S3 delivers its access logs late, into a bucket that was empty a moment before.
        if "BucketNotEmpty" not in error.why:
            raise
        counts = context.apply(local, local.plan(destroy=True, name="destroy"))
    for path in _local_file(context).parent.glob("terraform.tfstate*"):
        path.unlink()
    return counts


def _local_file(context: Context) -> Path:
    return context.settings.work / "roots" / "state" / "terraform.tfstate"


def _local_state(context: Context) -> dict[str, Any]:
    """Return the state that an interrupted destroy left on this machine; empty when there is none."""
    file = _local_file(context)
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found if found.get("resources") else {}


def _is_ahead(context: Context) -> bool:
    """Tell whether the state on this machine goes on from the one in the bucket: a destroy had begun."""
    text = s3.read(context.caller, context.state_bucket("state"), STATE_KEY)
    here, there = _local_state(context), json.loads(text or b"{}")
    return bool(here) and here["lineage"] == there.get("lineage") and here["serial"] > int(there["serial"])


def _is_guarded(context: Context) -> bool:
    """Tell whether a bucket resists being destroyed. Once none does, an apply would make lost ones anew."""
    buckets = [item for item in _local_state(context).get("resources", []) if item["type"] == "aws_s3_bucket"]
    return any(not i["attributes"]["force_destroy"] for bucket in buckets for i in bucket["instances"])


def _remove_users(context: Context, tell: Tell) -> list[str]:
    tell("removing the users and their profiles")
    done = []
    for of, identity in _identities(context):
        deleted = leavings.delete_user(context.caller, identity.user, identities.tags(context))
        if deleted is False:
            context.note(f"the IAM user {identity.user} stays: nestctl has not made it", warning=True)
            continue
        if deleted:
            done.append(f"user {identity.user}")
        identities.forget(of, identity)
    return done


def _identities(context: Context) -> Iterator[tuple[Context, identities.Identity]]:
    """Yield every user of the project, each with the run as for its environment."""
    yield context, identities.of_state(context)
    yield context, identities.of_bootstrap(context)
    for name in context.settings.manifest.environments:
        of = _of(context, name)
        yield of, identities.of_environment(of)
