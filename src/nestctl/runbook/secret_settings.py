"""Descriptions, types and keys of the parameters whose value Terraform does not know.

Terraform sets them when it makes a parameter, and never again: its provider would send an empty value along.
"""

from __future__ import annotations

from nestctl.aws import parameter_settings
from nestctl.aws.parameter_settings import COPIES, Settings, Wanted
from nestctl.runbook import stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell

LONGEST_DESCRIPTION = 1024
"""Characters that Parameter Store takes; modules/parameters cuts at the same."""


def plan(context: Context) -> list[str]:
    """Return what :func:`renew` would do, a line each."""
    found, wanted = _found(context), _wanted(context)
    lines = [f"end the change of type of {name}" for name in _interrupted(found, wanted)]
    for name, settings in wanted.items():
        if name in found and (words := parameter_settings.differences(found[name], settings)):
            lines.append(f"renew the {' and the '.join(words)} of {name}, and keep its value")
    return lines


def renew(context: Context, tell: Tell) -> int:
    """Give each parameter the settings of nest.toml and the stack's key, and return how many were changed."""
    aws, path = context.deployer, stack.outputs(context)["parameter_path"]
    wanted = _wanted(context)
    found = _found(context)
    interrupted = _interrupted(found, wanted)
    for name in interrupted:
        tell(f"ending the change of type of {name}")
        parameter_settings.finish(aws, path, name, found.get(name), wanted[name])
    if interrupted:
        found = _found(context)
    changed = 0
    for name, settings in wanted.items():
        if name in found and parameter_settings.differences(found[name], settings):
            tell(f"renewing the settings of {name}")
            parameter_settings.renew(aws, path, name, found[name], settings)
            changed += 1
    return changed + len(interrupted)


def _found(context: Context) -> dict[str, Settings]:
    return parameter_settings.read(context.deployer, stack.outputs(context)["parameter_path"])


def _wanted(context: Context) -> dict[str, Wanted]:
    key = stack.outputs(context)["kms_key_arn"]
    return {
        name: Wanted(parameter.description[:LONGEST_DESCRIPTION], key)
        for name, parameter in context.settings.manifest.parameters.items()
        if parameter.kind != "plain"
    }


def _interrupted(found: dict[str, Settings], wanted: dict[str, Wanted]) -> list[str]:
    return [name for name in wanted if f"{COPIES}{name}" in found]
