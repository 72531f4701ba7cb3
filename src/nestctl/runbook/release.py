"""A release of the backend on Lambda: what is live, what it was made from, and how the next one goes live."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from nestctl.aws import functions, parameters, s3
from nestctl.build import backend as backend_build
from nestctl.build import zappa
from nestctl.report import NestctlError
from nestctl.runbook import stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell
from nestctl.settings.manifest import Probe

FINGERPRINT = "NEST_PARAMETERS"
"""Variable that ties a version to the parameters it reads: a version's settings are as frozen as its code."""


def configuration(context: Context) -> functions.Configuration:
    """Return what the release shall run with."""
    values = stack.outputs(context)
    backend = context.settings.manifest.backend
    build = context.built.backend
    return functions.Configuration(
        name=context.function_name,
        role=values["lambda_role_arn"],
        runtime=build.interpreter.lambda_runtime,
        handler=zappa.HANDLER,
        memory=backend.memory,
        timeout=backend.timeout,
        environment={
            **zappa.lambda_environment(build.source, context.environment),
            **backend.environment,
            "NEST_PARAMETERS_PATH": values["parameter_path"],
            "NEST_RELEASE": build.release,
            FINGERPRINT: fingerprint(context),
        },
        subnets=values["private_subnet_ids"],
        security_groups=[values["lambda_security_group_id"]],
        key_arn=values["kms_key_arn"],
    )


def fingerprint(context: Context) -> str:
    """Return a digest of when each parameter was last written; it changes whenever a value does.

    The time is the key, for it never comes again: version numbers begin at 1 once more after a parameter was
    deleted and made anew. Values are left out: a digest of a short one could be guessed from.
    """
    found = parameters.list_parameters(context.deployer, stack.outputs(context)["parameter_path"])
    text = json.dumps({name: state.written for name, state in sorted(found.items())})
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def live(context: Context) -> dict[str, Any] | None:
    """Return the configuration of the version that the alias points at."""
    return functions.get_configuration(context.deployer, context.function_name, functions.ALIAS)


def outdated(context: Context) -> list[str]:
    """Return why the live version is not the present release; empty when it is."""
    found = live(context)
    if found is None:
        return ["nothing is live yet"]
    wanted = configuration(context)
    reasons = []
    release = context.built.backend.release
    if found.get("Description") != release:
        reasons.append(f"live is {found.get('Description') or 'unknown'}, the sources are {release}")
    names = functions.differences(found, wanted)
    variables = found.get("Environment", {}).get("Variables", {})
    if "Environment" in names and _without_release(variables) == _without_release(wanted.environment):
        names.remove("Environment")
        if variables.get(FINGERPRINT) != wanted.environment[FINGERPRINT]:
            reasons.append("parameters have changed since")
    if names:
        reasons.append(f"its configuration differs: {', '.join(names)}")
    return reasons


def archive_key(context: Context) -> str:
    """Return the key of the release's archive; nothing else is ever stored under it."""
    return f"releases/{context.built.backend.release}.zip"


def upload(context: Context, tell: Tell) -> None:
    """Package the release and upload it, unless its archive is there."""
    values = stack.outputs(context)
    bucket, key = values["zappa_bucket_name"], archive_key(context)
    if s3.head(context.deployer, bucket, key) is not None:
        return
    with context.building():
        manifest = context.settings.manifest
        archive = backend_build.package(
            context.built.backend,
            context.environment,
            zappa_values(context),
            context.log("build"),
            tell,
            wsgi=manifest.backend.wsgi,
            settings=manifest.sample_settings(),
        )
    tell(f"uploading the package ({archive.stat().st_size / 1e6:.1f} MB)")
    s3.put(context.deployer, bucket, key, archive, content_type="application/zip")


def zappa_values(context: Context) -> dict[str, zappa.Value]:
    """Return what the placeholders of zappa_settings.template.json stand for."""
    values = stack.outputs(context)
    return {
        "aws_region": context.target.region,
        "environment": context.environment,
        "project": context.project,
        "vpc_id": values["vpc_id"],
        "private_subnet_ids": list(values["private_subnet_ids"]),
        "lambda_security_group_id": values["lambda_security_group_id"],
        "lambda_role_arn": values["lambda_role_arn"],
        "zappa_bucket_name": values["zappa_bucket_name"],
        "parameter_path": values["parameter_path"],
        "kms_key_arn": values["kms_key_arn"],
        "lambda_runtime": context.built.backend.interpreter.lambda_runtime,
        "lambda_memory": str(context.settings.manifest.backend.memory),
        "lambda_timeout": str(context.settings.manifest.backend.timeout),
        "release": context.built.backend.release,
    }


def deploy(context: Context, tell: Tell) -> str:
    """Bring the present release live and return its version.

    Order: archive, configuration, code, version, its configuration checked, its answers checked, alias.

    Raises:
        NestctlError: The version is not what was asked for, or does not answer; the alias has not moved.
    """
    refuse_misshapen(context, tell)
    upload(context, tell)
    wanted = configuration(context)
    release = context.built.backend.release
    aws, name = context.deployer, context.function_name
    version = functions.find_version(aws, name, release)
    if version is None or _differs(context, version, wanted):
        tell("changing the function and waiting for it")
        tags = {"Project": context.project, "Environment": context.environment}
        bucket = stack.outputs(context)["zappa_bucket_name"]
        functions.put_code(aws, wanted, bucket, archive_key(context), tags)
        tell("publishing the version")
        version = functions.publish(aws, name, release)
    functions.wait_for_version(aws, name, version)
    if differing := _differs(context, version, wanted):
        raise NestctlError(
            "release-configuration",
            f"Version {version} of {name} was published with another {', '.join(differing)}.",
            "Something else changed the function at the same time.",
            "Run the same command again; the alias still points at the old version.",
        )
    probe(context, version, tell)
    tell(f"moving the alias {functions.ALIAS} to version {version}")
    functions.move_alias(aws, name, version)
    return version


def refuse_misshapen(context: Context, tell: Tell) -> None:
    """Refuse to go live with a value that cannot be what its service handed out.

    Raises:
        NestctlError: ``parameter-shape``, with the names and never a value.
    """
    tell("looking at the shape of the values in Parameter Store")
    declared = context.settings.manifest.parameters
    wanted = {name: entry.shape for name, entry in declared.items() if entry.kind == "secret"}
    path = stack.outputs(context)["parameter_path"]
    if found := parameters.faults(context.deployer, path, wanted):
        first = next(iter(sorted(found)))
        raise NestctlError(
            "parameter-shape",
            f"Parameter Store holds what cannot be right: {', '.join(sorted(found))}.",
            "\n".join(f"{path}{name}: {why}" for name, why in sorted(found.items())),
            f"nestctl aws ssm put-parameter --name {path}{first} --type SecureString --overwrite "
            f"--key-id alias/{context.stack} --value file://value.txt, then run the same command again",
        )


def probe(context: Context, qualifier: str, tell: Tell) -> None:
    """Ask one version what the manifest's probes ask.

    Raises:
        NestctlError: ``release-probe`` when an answer is not as expected.
    """
    for wanted in context.settings.manifest.backend.probes:
        tell(f"asking version {qualifier}: {wanted.name}")
        answer = _ask(context, qualifier, wanted)
        if answer.status != wanted.status or not re.search(wanted.expect, answer.body):
            raise NestctlError(
                "release-probe",
                f"Version {qualifier} of {context.function_name} fails: {wanted.name}.",
                f"{wanted.path} answered {answer.status}, expected {wanted.status} "
                f"with {wanted.expect!r}:\n{answer.body[:1500]}",
                "Correct the cause and run the same command again; the alias has not moved.",
            )


def _ask(context: Context, qualifier: str, wanted: Probe) -> functions.Answer:
    aws, name, host = context.deployer, context.function_name, stack.served_domain(context)
    if wanted.body is None:
        return functions.request(aws, name, qualifier, wanted.path, host=host)
    headers = {"content-type": "application/json", "referer": f"https://{host}/"}
    if wanted.csrf:
        given = functions.request(aws, name, qualifier, wanted.csrf, host=host)
        cookies = [cookie.split(";", 1)[0] for cookie in given.headers.get("set-cookie", [])]
        token = re.search(r'"csrftoken":\s*"([^"]+)"', given.body)
        headers |= {"cookie": "; ".join(cookies), "x-csrftoken": token[1] if token else ""}
    return functions.request(
        aws, name, qualifier, wanted.path, host=host, method="POST", headers=headers, body=wanted.body
    )


def _differs(context: Context, version: str, wanted: functions.Configuration) -> list[str]:
    found = functions.get_configuration(context.deployer, context.function_name, version) or {}
    return functions.differences(found, wanted)


def _without_release(variables: Mapping[str, str]) -> dict[str, str]:
    changing = {FINGERPRINT, "NEST_RELEASE"}
    return {name: value for name, value in variables.items() if name not in changing}
