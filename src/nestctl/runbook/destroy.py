"""The way back: empties what blocks a destroy, then lets Terraform destroy the environment's root.

The roots ``state`` and ``bootstrap`` stay: they hold the record of what there was and the right to go on.
"""

from __future__ import annotations

from nestctl.aws import emptying
from nestctl.report import NestctlError
from nestctl.runbook import stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell
from nestctl.terraform.root import Plan, Root

BUCKETS = ("static_bucket_name", "s3_fixtures_bucket_name", "zappa_bucket_name", "backups_bucket_name")
REPOSITORIES = ("backend", "frontend")


def plan(context: Context, tell: Tell) -> tuple[Root, Plan]:
    """Return the environment's root and the plan of its destruction.

    Raises:
        NestctlError: ``nothing-to-destroy``.
    """
    root = stack.deployed_root(context)
    if root is None:
        raise NestctlError(
            "nothing-to-destroy",
            f"There is no {context.stack}.",
            "Its root has no state with resources.",
            "nestctl up",
        )
    tell("planning the destruction")
    context.free_state(root, tell)
    return root, root.plan(destroy=True, name="destroy")


def empty(context: Context, tell: Tell) -> list[str]:
    """Remove the function, the images and every object, and return what was removed."""
    removed = []
    values = stack.outputs(context)
    if emptying.delete_function(context.deployer, context.function_name):
        removed.append(f"function {context.function_name}")
    for name in REPOSITORIES:
        repository = f"{context.stack}-{name}"
        tell(f"deleting the images of {repository}")
        if count := emptying.empty_repository(context.deployer, repository):
            removed.append(f"{count} images of {repository}")
    # The bucket of logs goes last: the others write to it.
    for name in (*BUCKETS, "logs_bucket_name"):
        bucket = values.get(name)
        if bucket:
            tell(f"emptying {bucket}")
            if count := emptying.empty_bucket(context.deployer, bucket):
                removed.append(f"{count} versions in {bucket}")
    return removed


def destroy(context: Context, root: Root, saved: Plan, tell: Tell) -> str:
    """Empty, then apply the plan; once more where logs arrived in between.

    Raises:
        NestctlError: ``terraform-apply``.
    """
    empty(context, tell)
    try:
        return context.apply(root, saved)
    except NestctlError as error:
        if "BucketNotEmpty" not in error.why:
            raise
    tell("something was written meanwhile: emptying once more")
    empty(context, tell)
    return context.apply(root, root.plan(destroy=True, name="destroy"))
