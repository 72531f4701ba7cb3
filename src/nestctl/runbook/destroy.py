"""The way back: empties what blocks a destroy, lets Terraform destroy the environment's root, and sweeps.

The roots ``state`` and ``bootstrap`` stay: they hold the record of what there was and the right to go on.
``destroy_all`` removes them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nestctl.aws import emptying, leavings
from nestctl.aws import identities as iam
from nestctl.report import NestctlError
from nestctl.report.words import counted
from nestctl.runbook import identities, regions, stack, standing, states
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell
from nestctl.terraform.root import Plan, Root

REPOSITORIES = ("backend", "frontend")

ZAPPA_ROLE = "ZappaLambdaExecutionRole"
"""Last part of the role that Zappa makes when nobody gives it one (``Zappa.role_name``)."""


@dataclass(frozen=True)
class Doomed:
    """What a plan destroys that has to be emptied before or swept up after.

    Attributes:
        buckets: Names of buckets, that of logs last: the others write to it.
        families: Families of task definitions, whose earlier revisions outlive their resource.
    """

    buckets: tuple[str, ...]
    families: tuple[str, ...]


def plan(context: Context, tell: Tell) -> tuple[Root, Plan]:
    """Return the environment's root and the plan of its destruction.

    Raises:
        NestctlError: ``nothing-to-destroy``, ``role-not-assumed`` when nobody may destroy what there is,
            or ``deletion-protected``; all before anything is emptied.
    """
    context.check_state(context.environment)
    if not states.holds(context, context.environment, context.environment):
        regions.only_here(context)
        raise nothing(context)
    role = identities.role_name(context)
    if iam.external_id(context.caller, role) is None:
        raise NestctlError(
            "role-not-assumed",
            f"{context.stack} is there, and the role {role} that may destroy it is not.",
            "Its state describes resources; nothing was touched.",
            "nestctl up --until bootstrap, then this again",
        )
    # A destroy that was interrupted has taken the outputs away, on which the variables of a release rest.
    root = stack.deployed_root(context) or stack.foundation(context)
    if protected := leavings.protected(context.deployer, f"{context.stack}-db", f"{context.stack}-alb"):
        raise NestctlError(
            "deletion-protected",
            f"AWS refuses to delete the {' and the '.join(protected)}.",
            "Deletion protection is on; nothing was touched.",
            f"Set deletion_protection = false under [environments.{context.environment}.sizes] in nest.toml, "
            f"then: nestctl apply {context.environment}",
        )
    backups = leavings.recovery_points(context.caller, context.stack)
    if backups and not context.settings.sizes.get("force_destroy"):
        raise NestctlError(
            "deletion-protected",
            f"The backup vault {context.stack} holds {backups} backups, and AWS deletes only an empty one.",
            "They are there to outlive a mistake; nothing was touched.",
            f"Set force_destroy = true under [environments.{context.environment}.sizes] in nest.toml, "
            f"then: nestctl apply {context.environment}",
        )
    standing.wait_until_settled(context, tell)
    tell("planning the destruction")
    context.free_state(root, tell)
    context.keep_values_unread(root)
    return root, root.plan(destroy=True, name="destroy")


def nothing(context: Context) -> NestctlError:
    """Return the error for an environment that is not there."""
    return NestctlError(
        "nothing-to-destroy",
        f"There is no {context.stack}.",
        "Its root has no state with resources.",
        "Nothing is left of it. For the role, the users and the states as well: "
        f"nestctl destroy --confirm {context.stack} --all",
    )


def doomed(context: Context, root: Root, saved: Plan) -> Doomed:
    """Return what a plan destroys, from the plan itself and, for families, from nest.toml too."""
    going = [item for item in root.show(saved).get("resource_changes", []) if item["change"]["before"]]
    buckets = [item for item in going if item["type"] == "aws_s3_bucket"]
    buckets.sort(key=lambda item: "logs_bucket" in item["address"])
    tasks = [f"{context.stack}-{name}" for name in ("frontend", *context.settings.manifest.tasks)]
    planned = [
        item["change"]["before"]["family"] for item in going if item["type"] == "aws_ecs_task_definition"
    ]
    return Doomed(
        tuple(item["change"]["before"]["bucket"] for item in buckets), tuple(dict.fromkeys(tasks + planned))
    )


def empty(context: Context, buckets: Sequence[str], tell: Tell) -> list[str]:
    """Remove the function, the images and every object, and return what was removed."""
    removed = []
    if emptying.delete_function(context.deployer, context.function_name):
        removed.append(f"function {context.function_name}")
    for name in REPOSITORIES:
        repository = f"{context.stack}-{name}"
        tell(f"deleting the images of {repository}")
        if count := emptying.empty_repository(context.deployer, repository):
            removed.append(f"{counted(count, 'image')} of {repository}")
    for bucket in buckets:
        tell(f"emptying {bucket}")
        if count := emptying.empty_bucket(context.deployer, bucket):
            removed.append(f"{counted(count, 'version')} in {bucket}")
    return removed


def sweep(context: Context, families: Sequence[str], tell: Tell) -> list[str]:
    """Remove what stays although Terraform has destroyed all that it knows, and return what was removed.

    Args:
        context: The run.
        families: Families of task definitions: the frontend's revisions outlive their resource.
        tell: Told what happens.
    """
    tell("sweeping up what AWS made by itself")
    aws, name = context.deployer, context.stack
    removed = []
    if count := leavings.deregister_task_definitions(aws, families):
        removed.append(f"{counted(count, 'task definition')}")
    # A service that writes once more makes its group again; container insights make their own.
    whole = (
        f"/aws/lambda/{context.function_name}",
        f"/aws/vpc/{name}-flow-logs",
        f"/aws/rds/proxy/{name}-db",
    )
    folders = (
        f"/aws/ecs/{name}/",
        f"/aws/rds/instance/{name}-db/",
        f"/aws/elasticache/{name}-cache/",
        *(f"/aws/ecs/containerinsights/{name}-{cluster}-cluster/" for cluster in ("tasks", "frontend")),
    )
    removed += [f"log group {group}" for group in leavings.delete_log_groups(aws, whole, folders)]
    if leavings.delete_role(aws, f"{name}-{ZAPPA_ROLE}"):
        removed.append(f"role {name}-{ZAPPA_ROLE}")
    return removed


def kept(context: Context) -> list[str]:
    """Return what stays of the environment on purpose: the database's snapshots."""
    why = "encrypted with the environment's key, which is deleted 7 to 30 days from now: copy it before"
    found = leavings.snapshots(context.caller, f"{context.stack}-db")
    return [f"snapshot {name} ({why})" for name in found]


def destroy(context: Context, root: Root, saved: Plan, tell: Tell) -> tuple[str, list[str]]:
    """Empty, then apply the plan; once more where logs arrived in between; then sweep.

    Returns:
        Terraform's counts, and what was removed beside it.

    Raises:
        NestctlError: ``terraform-apply``.
    """
    going = doomed(context, root, saved)
    removed = empty(context, going.buckets, tell)
    try:
        counts = context.apply(root, saved, keep_values=False)
    except NestctlError as error:
        if "BucketNotEmpty" not in error.why:
            raise
        tell("something was written meanwhile: emptying once more")
        removed += empty(context, going.buckets, tell)
        counts = context.apply(root, root.plan(destroy=True, name="destroy"), keep_values=False)
    return counts, removed + sweep(context, going.families, tell)
