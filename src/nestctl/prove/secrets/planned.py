"""Rules on what is planned: no secret in a plan, hence none in the state that comes of it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nestctl.prove.plan import Plan, Resource
from nestctl.prove.report import Finding
from nestctl.prove.secrets.search import search
from nestctl.prove.secrets.words import literals, looks_secret

Secrets = Mapping[str, tuple[str, ...]]
"""Secret parameters by name, each with the services that get it."""

WRITE_ONLY = {
    "aws_db_instance": {"password": "password_wo"},
    "aws_rds_cluster": {"master_password": "master_password_wo"},
    "aws_secretsmanager_secret_version": {
        "secret_string": "secret_string_wo",
        "secret_binary": "secret_string_wo",
    },
    "aws_elasticache_replication_group": {"auth_token": ""},
    "aws_elasticache_user": {"passwords": ""},
}
"""Arguments that rest in state, and the provider's write-only form of each (hashicorp/aws 5.100); empty
where there is none and the value must be set by the tool."""

RESTS_IN_STATE = {
    ("resource", "random_password"),
    ("resource", "tls_private_key"),
    ("resource", "aws_iam_access_key"),
    ("resource", "aws_iam_user_login_profile"),
    ("data", "aws_kms_secrets"),
    ("data", "aws_secretsmanager_random_password"),
    ("data", "aws_secretsmanager_secret_version"),
    ("data", "aws_ssm_parameter"),
    ("data", "aws_ssm_parameters_by_path"),
}
"""What keeps a secret in state as soon as it is there; the ephemeral form keeps none."""

PUBLISHED = re.compile(r'^  name += "/aws/service/[\w/-]+"$', re.MULTILINE)
"""A parameter that AWS publishes for everyone, such as the id of a machine image; it is no secret."""

USER_DATA = ("user_data", "user_data_base64")
STORES = ("aws_ssm_parameter", "aws_secretsmanager_secret")
LOGGED = ("ddl", "mod", "all")
"""Values of log_statement with which ``ALTER ROLE ... PASSWORD`` stands in the log."""

MADE_UP = re.compile(r"[a-z0-9]{8}")
"""What stands in an offline plan for a value that only AWS knows."""

ASSIGNED = re.compile(r"\b(\w+)[=:]\s*[\"']?([^\s\"'$]{4,})")


def canaries(plan: Plan, secrets: Secrets) -> Iterator[Finding]:
    """What the stand-in gave out in place of secrets lies nowhere in the plan."""
    del secrets
    ephemeral = [block for block in plan.blocks.values() if block.kind == "ephemeral"]
    if ephemeral and not plan.canaries:
        yield Finding(
            "Nothing stood for the secrets that the configuration asks for: none could be looked for.",
            "Let the stand-in of prove/offline.py answer what this block asks.",
            ephemeral[0].address,
            ephemeral[0].file,
            ephemeral[0].line,
        )
    values = {f"secret {number}": value for number, value in enumerate(plan.canaries, start=1)}
    told = set()
    for resource in plan.resources:
        for leak in search(values, [(resource.address, json.dumps(resource.values).encode())]):
            told.add(leak.secret)
            yield resource.finding(
                f"A secret lies in it, as {leak.form}: state and plan would keep it.",
                "Pass it by a write-only argument or from Parameter Store at run time.",
            )
    for name, value in plan.outputs.items():
        for leak in search(values, [(name, json.dumps(value).encode())]):
            told.add(leak.secret)
            yield Finding(
                f"The output {name} holds a secret, as {leak.form}.", "Output its name.", f"output.{name}"
            )
    for leak in search(values, [("plan", plan.raw.encode())]):
        if leak.secret not in told:
            yield Finding(
                f"A secret lies in the plan, as {leak.form}.", "Look for it in terraform show -json."
            )


def containers(plan: Plan, secrets: Secrets) -> Iterator[Finding]:
    """Containers take secrets by reference, never by value."""
    for resource in plan.of("aws_ecs_task_definition"):
        text = resource["container_definitions"]
        if not isinstance(text, str):
            yield resource.finding("Its containers are not known yet.", "Build them from known values.")
            continue
        for container in json.loads(text):
            yield from _by_value(resource, container, secrets)
            yield from _by_reference(plan, resource, container, secrets)


def _by_value(resource: Resource, container: Mapping[str, Any], secrets: Secrets) -> Iterator[Finding]:
    name = container.get("name", "")
    for entry in container.get("environment") or []:
        if entry["name"] in secrets or looks_secret(entry["name"]):
            yield resource.finding(
                f"The container {name} gets {entry['name']} by value.",
                "Give it in `secrets`, with the parameter's ARN in valueFrom.",
                at="environment",
            )
    for option in (container.get("logConfiguration") or {}).get("options") or {}:
        if looks_secret(option.replace("-", "_")):
            yield resource.finding(
                f"The log driver of {name} gets {option} by value.", "Give it in secretOptions."
            )


def _by_reference(
    plan: Plan, resource: Resource, container: Mapping[str, Any], secrets: Secrets
) -> Iterator[Finding]:
    name = container.get("name", "")
    stores = [str(store["arn"]) for store in plan.of(*STORES) if store["arn"]]
    given = {entry["name"]: str(entry["valueFrom"]) for entry in container.get("secrets") or []}
    for secret, source in given.items():
        if not any(source.startswith(store) for store in stores):
            yield resource.finding(
                f"{secret} of the container {name} comes from nothing that is planned.",
                "Name the ARN of its parameter in valueFrom.",
                at="secrets",
            )
    for secret, services in secrets.items():
        if name in services and secret not in given:
            yield resource.finding(
                f"The container {name} does not get {secret}.",
                "Give it in `secrets`, with the parameter's ARN in valueFrom.",
                at="secrets",
            )


def functions(plan: Plan, secrets: Secrets) -> Iterator[Finding]:
    """The environment of a function is readable by everybody who may look at the function."""
    for resource in plan.of("aws_lambda_function"):
        for environment in resource["environment"] or []:
            for name in environment.get("variables") or {}:
                if name in secrets or looks_secret(name):
                    yield resource.finding(
                        f"The function's environment holds {name}.",
                        "Let the function read it from Parameter Store.",
                        at="variables",
                    )


def stored(plan: Plan, secrets: Secrets) -> Iterator[Finding]:
    """Passwords, tokens and secret strings are not given by arguments that rest in state."""
    del secrets
    for resource in plan.of(*WRITE_ONLY):
        for argument, instead in WRITE_ONLY[resource.type].items():
            if _is_set(resource, argument):
                fix = f"Use {instead}." if instead else "Leave it out; the tool sets it after the apply."
                yield resource.finding(f"{argument} rests in state.", fix, at=f"  {argument} ")
    for resource in plan.of("aws_db_instance"):
        if not (
            resource["password_wo_version"] or resource["manage_master_user_password"] or _copied(resource)
        ):
            yield resource.finding("Nothing sets its password.", "Use password_wo with password_wo_version.")


def parameters(plan: Plan, secrets: Secrets) -> Iterator[Finding]:
    """Secret parameters are all there, given by write-only values, encrypted with the stack's key."""
    there = {str(resource["name"]).rpartition("/")[2]: resource for resource in plan.of("aws_ssm_parameter")}
    for name, resource in there.items():
        if name not in secrets and not looks_secret(name):
            continue
        for argument in ("value", "insecure_value"):
            if _is_set(resource, argument):
                yield resource.finding(
                    f"{argument} of a secret rests in state.", "Use value_wo.", at=argument
                )
        if not resource["value_wo_version"]:
            yield resource.finding("It has no write-only value.", "Use value_wo with value_wo_version.")
        if resource["type"] != "SecureString" or not resource["key_id"]:
            yield resource.finding(
                "It is not encrypted with the stack's key.", "Set type SecureString and key_id.", at="type"
            )
    for secret in sorted(set(secrets) - set(there)):
        yield Finding(f"No parameter {secret} is planned.", "Declare it in modules/parameters.")


def _copied(resource: Resource) -> bool:
    return _is_set(resource, "replicate_source_db") or _is_set(resource, "snapshot_identifier")


def kept(plan: Plan, secrets: Secrets) -> Iterator[Finding]:
    """Nothing that keeps its secret in state by its nature is used."""
    del secrets
    for block in plan.blocks.values():
        if (block.kind, block.type) in RESTS_IN_STATE and not PUBLISHED.search(block.text):
            yield Finding(
                f"A {block.kind} of type {block.type} keeps its secret in state.",
                "Use an ephemeral resource and a write-only argument.",
                block.address,
                block.file,
                block.line,
            )


def user_data(plan: Plan, secrets: Secrets) -> Iterator[Finding]:
    """User data is readable from inside the machine and by everybody who may describe it."""
    for resource in plan.resources:
        for argument in USER_DATA:
            text = resource[argument]
            if not isinstance(text, str):
                continue
            plain = f"{text}\n{_decoded(text)}"
            assigned = {name for name, _ in ASSIGNED.findall(plain) if name in secrets or looks_secret(name)}
            for what in sorted(assigned | {what for what, _ in literals(plain)}):
                yield resource.finding(
                    f"{argument} holds {what}.", "Read it from Parameter Store at run time.", at=argument
                )


def logs(plan: Plan, secrets: Secrets) -> Iterator[Finding]:
    """PostgreSQL does not log statements that set passwords."""
    del secrets
    for resource in plan.of("aws_db_parameter_group", "aws_rds_cluster_parameter_group"):
        for parameter in resource["parameter"] or []:
            if parameter["name"] == "log_statement" and parameter["value"] in LOGGED:
                yield resource.finding(
                    f"log_statement = {parameter['value']} logs every password that SQL sets.",
                    'Leave it out: PostgreSQL\'s default is "none".',
                    at="log_statement",
                )


RULES: tuple[Callable[[Plan, Secrets], Iterator[Finding]], ...] = (
    canaries,
    containers,
    functions,
    stored,
    parameters,
    kept,
    user_data,
    logs,
)


def _is_set(resource: Resource, argument: str) -> bool:
    """Tell whether an argument is given; in an offline plan one that is not may have a made-up value."""
    if resource.block and re.search(rf"^  {argument}\s*=", resource.block.text, re.MULTILINE):
        return True
    value: Any = resource[argument]
    return bool(value) and not (isinstance(value, str) and MADE_UP.fullmatch(value))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
