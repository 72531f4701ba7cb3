"""The environment's root as the steps see it: its variables follow from what runs and what is built."""

from __future__ import annotations

from typing import Any

from nestctl.aws import certificates
from nestctl.aws.tasks import Network
from nestctl.releases import tags
from nestctl.runbook.context import Context
from nestctl.terraform.root import Root

FOUNDATION = (
    "module.platform.module.kms.aws_kms_key.this",
    "module.platform.module.alb.aws_acm_certificate.this",
    "module.platform.module.ecs.aws_ecr_repository.backend",
    "module.platform.module.frontend.aws_ecr_repository.frontend",
    "module.platform.module.frontend.aws_cloudfront_distribution.static",
    "module.platform.module.frontend.module.static_bucket.aws_s3_bucket_public_access_block.this",
    "module.platform.module.frontend.module.static_bucket.aws_s3_bucket_server_side_encryption_configuration.this",
)
"""What must be there before images can be built and pushed; none of it waits for anything."""


def root(context: Context, *, released: bool) -> Root:
    """Return the environment's root, with the release that the sources make.

    Args:
        context: The run.
        released: Whether a version of the function that fits all of this is live. Before that the frontend
            stays at what runs, so that no page asks for what is not there yet; and what the live version
            uses stays: its domain, its way to the database.
    """
    variables = _variables(context, context.built.backend_tag, released=released)
    if released:
        variables["frontend_image_tag"] = frontend_image(context)
        # Said for what runs as well, so that both ask for the same plan, which is then made once.
        variables["frontend_cpu_architecture"] = context.built.architecture
    return context.root(context.environment, profile=context.stack, variables=variables)


def _variables(context: Context, backend_tag: str, *, released: bool) -> dict[str, Any]:
    """Return the variables of the root with the frontend that runs."""
    variables = {
        **_common(context, released=released),
        "db_proxy_kept": not released and _has_unwanted_proxy(context),
        "backend_image_tag": backend_tag,
        "lambda_function_name": context.function_name if context.running.has_function() else None,
    }
    running = context.running.frontend()
    begun = running is not None and running.image_tag != tags.NO_IMAGE
    if running is not None and running.desired > 0 and context.settings.sizes.get("frontend_autoscaling"):
        # How many there are is for the scaling to say; Terraform would set the number back.
        variables["frontend_desired_count"] = running.desired
    if running is not None and begun:
        variables["frontend_image_tag"] = running.image_tag
        variables["frontend_cpu_architecture"] = tags.architecture(running.image_tag)
    elif not released:
        variables |= _without_frontend()
    return variables


def _without_frontend() -> dict[str, Any]:
    return {
        "frontend_image_tag": tags.NO_IMAGE,
        "frontend_desired_count": 0,
        "frontend_autoscaling": None,
    }


def foundation(context: Context) -> Root:
    """Return the root for the small apply that comes before any build: no release is known yet."""
    variables = {
        **_common(context, released=False),
        "backend_image_tag": tags.NO_IMAGE,
        "frontend_image_tag": tags.NO_IMAGE,
        "frontend_desired_count": 0,
    }
    return context.root(context.environment, profile=context.stack, variables=variables)


def deployed_root(context: Context) -> Root | None:
    """Return the root with what runs now, once its first small apply was done.

    No source is looked at: what it would make has been pushed by nobody, perhaps.
    """
    from nestctl.aws import identities as iam
    from nestctl.runbook import identities

    if iam.external_id(context.caller, identities.role_name(context)) is None:
        return None
    if not outputs(context).get("static_url"):
        return None
    definitions = (outputs(context).get("task_definitions") or {}).values()
    tag = context.running.tasks_tag(str(task["arn"]) for task in definitions)
    variables = _variables(context, tag, released=False)
    if tag != tags.NO_IMAGE:
        variables["cpu_architecture"] = tags.architecture(tag)
    return context.root(context.environment, profile=context.stack, variables=variables)


def frontend_image(context: Context) -> str:
    """Return the tag of the image that the frontend's sources make."""
    return context.built.frontend_tag(asset_prefix(context))


def outputs(context: Context) -> dict[str, Any]:
    """Return the outputs of the environment's root; empty before the first apply."""
    return context.outputs(context.root(context.environment, profile=context.stack, variables={}))


def asset_prefix(context: Context) -> str:
    """Return the address that browsers load static files from."""
    return context.target.reach(outputs(context)["static_url"])


def network(context: Context) -> Network:
    """Return where the backend's tasks run."""
    values = outputs(context)
    return Network(
        values["tasks_cluster_name"], values["private_subnet_ids"], [values["ecs_security_group_id"]]
    )


def task_definition(context: Context, task: str) -> str:
    """Return the ARN, with revision, of a task's definition."""
    return str(outputs(context)["task_definitions"][task]["arn"])


def requested(context: Context) -> certificates.Certificate | None:
    """Return the certificate for the domain that is asked for; ``None`` before it is requested."""
    arns = outputs(context).get("acm_certificate_arns") or {}
    arn = arns.get(context.settings.domain.value)
    return certificates.describe(context.deployer, arn) if arn else None


def domains(context: Context, *, released: bool) -> dict[str, Any]:
    """Return the variables that say which domain the site has.

    A site that runs keeps its domain, and all that follows from it, until the certificate of another one is
    issued and a version of the function is live that answers to both names.
    """
    wanted = context.settings.domain.value
    served = certificates.serving(context.deployer, f"{context.stack}-alb")
    if served is not None and served.domain == wanted:
        return {"domain_name": wanted, "certificate_issued": True}
    certificate = requested(context)
    issued = certificate is not None and certificate.issued
    if served is None or (issued and released):
        return {"domain_name": wanted, "certificate_issued": issued}
    return {"domain_name": served.domain, "next_domain_name": wanted, "certificate_issued": True}


def served_domain(context: Context) -> str:
    """Return the domain that the site has now: the one asked for, unless it still moves there."""
    served = certificates.serving(context.deployer, f"{context.stack}-alb")
    return served.domain if served is not None else str(context.settings.domain.value)


def _has_unwanted_proxy(context: Context) -> bool:
    """Tell whether there is a database proxy that nest.toml no longer asks for."""
    wanted = context.settings.sizes.get("db_proxy_enabled")
    return not wanted and bool(outputs(context).get("database_proxy_name"))


def _common(context: Context, *, released: bool) -> dict[str, Any]:
    return {
        "aws_region": context.target.region,
        "environment": context.environment,
        "project_name": context.project,
        **domains(context, released=released),
        "application": context.settings.manifest.application(),
        **context.settings.sizes,
    }
