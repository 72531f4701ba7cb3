"""The environment's root as the steps see it: its variables follow from what is deployed."""

from __future__ import annotations

from typing import Any

from nestctl.aws import certificates, functions, services, tasks
from nestctl.aws.tasks import Network
from nestctl.runbook.context import Context
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.settings.variables import declared
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


NO_IMAGE = "none"
"""Tag of the frontend's image before its first release; nothing is ever pushed under it."""


X86, ARM = "X86_64", "ARM64"
ARM_SUFFIX = "-arm64"
"""End of the tag of an image for ARM64: a tag never moves, and one release has an image for each."""


def root(context: Context, *, released: bool, backend_tag: str | None = None) -> Root:
    """Return the environment's root.

    Args:
        context: The run.
        backend_tag: Tag of the backend's image; that of the present release when it is not given.
        released: Whether a version of the function that fits all of this is live. Before that the frontend
            stays at what runs, so that no page asks for what is not there yet; and what the live version
            uses stays: its domain, its way to the database.
    """
    variables = {
        **_common(context, released=released),
        "db_proxy_kept": not released and _has_unwanted_proxy(context),
        "backend_image_tag": backend_tag or backend_image(context),
        "lambda_function_name": context.function_name if has_function(context) else None,
    }
    if backend_tag not in (None, NO_IMAGE):
        variables["cpu_architecture"] = architecture_of(str(backend_tag))
    running = frontend(context)
    begun = running is not None and running.image_tag != NO_IMAGE
    if running is not None and running.desired > 0 and context.settings.sizes.get("frontend_autoscaling"):
        # How many there are is for the scaling to say; Terraform would set the number back.
        variables["frontend_desired_count"] = running.desired
    if released:
        variables["frontend_image_tag"] = frontend_image(context)
        # Said here as below, so that both ask for the same plan, which is then made once.
        variables["frontend_cpu_architecture"] = architecture(context)
    elif running is not None and begun:
        variables["frontend_image_tag"] = running.image_tag
        variables["frontend_cpu_architecture"] = architecture_of(running.image_tag)
    else:
        variables |= {
            "frontend_image_tag": NO_IMAGE,
            "frontend_desired_count": 0,
            "frontend_autoscaling": None,
        }
    return context.root(context.environment, profile=context.stack, variables=variables)


def foundation(context: Context) -> Root:
    """Return the root for the small apply that comes before any build: no release is known yet."""
    variables = {
        **_common(context, released=False),
        "backend_image_tag": NO_IMAGE,
        "frontend_image_tag": NO_IMAGE,
        "frontend_desired_count": 0,
    }
    return context.root(context.environment, profile=context.stack, variables=variables)


def deployed_root(context: Context) -> Root | None:
    """Return the root with what runs now, once its first small apply was done.

    Images stay those that run: what the sources would make has been pushed by nobody, perhaps.
    """
    from nestctl.aws import identities as iam
    from nestctl.runbook import identities

    if iam.external_id(context.caller, identities.role_name(context)) is None:
        return None
    if not outputs(context).get("static_url"):
        return None
    return root(context, released=False, backend_tag=running_backend(context))


def running_backend(context: Context) -> str:
    """Return the tag of the image that the tasks run; :data:`NO_IMAGE` before there is a task."""
    for task in (outputs(context).get("task_definitions") or {}).values():
        if tag := tasks.image_tag(context.deployer, str(task["arn"])):
            return tag
    return NO_IMAGE


def architecture(context: Context) -> str:
    """Return what the images must be built for: X86_64 or ARM64, as nest.toml or the root says."""
    given = context.settings.sizes.get("cpu_architecture")
    return str(given or declared(INFRASTRUCTURE / context.environment)["cpu_architecture"].default)


def architecture_of(tag: str) -> str:
    """Return what an image was built for, by its tag."""
    return ARM if tag.endswith(ARM_SUFFIX) else X86


def backend_image(context: Context) -> str:
    """Return the tag of the backend's image: the release, and what it is built for unless that is usual."""
    return context.backend_build().release + _suffix(context)


def frontend_image(context: Context) -> str:
    """Return the tag of the frontend's image, made in the same way."""
    return context.frontend_build(asset_prefix(context)).release + _suffix(context)


def _suffix(context: Context) -> str:
    return ARM_SUFFIX if architecture(context) == ARM else ""


def outputs(context: Context) -> dict[str, Any]:
    """Return the outputs of the environment's root; empty before the first apply."""
    return context.outputs(context.root(context.environment, profile=context.stack, variables={}))


def asset_prefix(context: Context) -> str:
    """Return the address that browsers load static files from."""
    return context.target.reach(outputs(context)["static_url"])


def has_function(context: Context) -> bool:
    """Tell whether there is a released function to route to."""
    return functions.alias_version(context.deployer, context.function_name) is not None


def frontend(context: Context) -> services.Service | None:
    """Return the frontend's service as it runs."""
    return services.describe(
        context.deployer, f"{context.stack}-frontend-cluster", f"{context.stack}-frontend-service"
    )


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
