"""Chapter 6: secrets. Generated ones are made and stored unseen; missing external ones are named."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from nestctl.aws import parameters
from nestctl.report import NestctlError
from nestctl.runbook import cache_token, database_password, secret_settings, stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed

SECRET_LENGTH = 64
"""Characters from the system's generator, 381 bits: Django asks for 50."""

ALPHABET = string.ascii_letters + string.digits
"""What database and cache take, too."""


@dataclass(frozen=True)
class Secrets:
    """Every generated parameter has a value, and database and cache take theirs."""

    name: str = "secrets"
    title: str = "secrets in Parameter Store"
    needs: tuple[str, ...] = ("platform",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when nothing that nestctl can make is missing; what only people have is told, not awaited."""
        tell("reading Parameter Store")
        unset = _unset(context)
        declared = context.settings.manifest.parameters
        generate = [name for name in unset if declared[name].kind == "generated"]
        missing = {name: declared[name].without for name in unset if declared[name].kind == "secret"}
        plan = [*secret_settings.plan(context), *(f"generate {name}" for name in generate)]
        values = stack.outputs(context)
        group, database = values["cache_replication_group_id"], values["database_identifier"]
        if problem := database_password.problem(context):
            plan.append(f"give the database {database} its password: {problem}")
        if problem := database_password.proxy_problem(context):
            plan.append(f"give the proxy of {database} its password: {problem}")
        if problem := cache_token.problem(context):
            plan.append(f"give the cache {group} its token: {problem}")
        if plan:
            return needed("; ".join(plan), *plan, missing=missing)
        return done(_summary(missing), missing=missing)

    def apply(self, context: Context, tell: Tell) -> str:
        """Make what is missing; a value is never shown, and never set twice."""
        values = stack.outputs(context)
        path, key = values["parameter_path"], values["kms_key_arn"]
        renewed = secret_settings.renew(context, tell)
        made = 0
        for name in _unset(context):
            if context.settings.manifest.parameters[name].kind == "generated":
                tell(f"generating {name}")
                value = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
                parameters.set_secret(context.deployer, f"{path}{name}", value, key)
                made += 1
        told = f"{made} generated"
        if database_password.problem(context):
            tell("giving the database its password")
            database_password.give(context, tell)
            told += ", the database was given its password"
        else:
            database_password.note(context)
        if database_password.proxy_problem(context):
            tell("giving the proxy its password")
            database_password.give_proxy(context)
        if cache_token.problem(context):
            tell("giving the cache its token")
            cache_token.give(context, tell)
        told += ", the cache asks for its token"
        return f"{told}; {renewed} with other settings and the same value" if renewed else told

    def verify(self, context: Context, tell: Tell) -> None:
        """Look again."""
        found = self.check(context, tell)
        if found.verdict != "done":
            raise NestctlError(
                "secrets-missing", "Secrets that were just stored are not there.", found.reason, "nestctl up"
            )


def missing(context: Context) -> dict[str, str]:
    """Return the external secrets that nobody has set, with what does not work without each."""
    declared = context.settings.manifest.parameters
    return {name: declared[name].without for name in _unset(context) if declared[name].kind == "secret"}


def _unset(context: Context) -> list[str]:
    found = parameters.list_parameters(context.deployer, stack.outputs(context)["parameter_path"])
    declared = context.settings.manifest.parameters
    if absent := [name for name in declared if name not in found]:
        raise NestctlError(
            "parameters-missing",
            f"Parameter Store lacks {', '.join(absent)}.",
            "Terraform makes every parameter of nest.toml.",
            "nestctl up --until platform",
        )
    return [name for name, state in found.items() if name in declared and not state.is_set]


def _summary(absent: dict[str, str]) -> str:
    if not absent:
        return "every parameter is set"
    return f"generated ones are set; not set by anybody yet: {', '.join(absent)}"
