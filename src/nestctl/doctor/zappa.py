"""Zappa's settings template: its stage is there, and each placeholder is one that a run fills."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nestctl.build.zappa import lambda_environment, read_template
from nestctl.report import NestctlError, usage_error
from nestctl.settings.faults import Fault, nearest
from nestctl.settings.resolve import Settings
from nestctl.settings.rules.environment import (
    LAMBDA_NAME,
    LARGEST,
    RESERVED,
    SET_BY_NESTCTL,
    measured,
    steering,
)

PLACEHOLDERS = (
    "aws_region",
    "environment",
    "kms_key_arn",
    "lambda_memory",
    "lambda_role_arn",
    "lambda_runtime",
    "lambda_security_group_id",
    "lambda_timeout",
    "parameter_path",
    "private_subnet_ids",
    "project",
    "release",
    "vpc_id",
    "zappa_bucket_name",
)
"""What a run fills in (``runbook.release.zappa_values``)."""


def check_template(template: Path, stage: str) -> None:
    """Refuse a template that could not be packaged.

    Raises:
        NestctlError: ``zappa-template`` with everything that is wrong.
    """
    try:
        text = template.read_text(encoding="utf-8")
        found = read_template(template)
    except NestctlError as error:
        raise _refused(template, [f"It is no valid JSON: {error.why}"]) from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise _refused(template, [str(error)]) from error
    reasons = [
        f"${{{name}}} is filled by nothing{nearest(name, PLACEHOLDERS)}"
        for name in sorted(set(re.findall(r"\$\{(\w+)\}", text)) - set(PLACEHOLDERS))
    ]
    if reasons:
        reasons.append(f"Known are: {', '.join(PLACEHOLDERS)}.")
    if not isinstance(found, dict):
        reasons.append("It is no JSON object of stages.")
    else:
        reasons += _stages(found, stage)
    if reasons:
        raise _refused(template, reasons)


def environment_faults(template: Path, settings: Settings) -> Iterator[Fault]:
    """Yield what Lambda does not take of the function's environment, the template's variables included."""
    own = settings.manifest.backend.environment
    found = lambda_environment(template.parent, settings.environment)
    where = ("backend", "environment")
    for name in found:
        if name in RESERVED or name.startswith("AWS_LAMBDA_") or not LAMBDA_NAME.fullmatch(name):
            yield Fault(where, f"{template.name}: Lambda does not take a variable {name}")
        elif what := steering(name):
            yield Fault(where, f"{template.name}: {what}")
    size = measured({**found, **own, **SET_BY_NESTCTL})
    if size > LARGEST:
        yield Fault(
            where,
            f"with aws_environment_variables of {template.name} the function's environment has {size:,} "
            f"bytes as JSON; Lambda takes {LARGEST:,}",
        )


def _stages(found: Mapping[str, Any], stage: str) -> Iterator[str]:
    seen: list[str] = []
    name: Any = stage
    while name is not None:
        if not isinstance(name, str) or not isinstance(found.get(name), dict):
            by = f", which {seen[-1]!r} extends" if seen else ""
            yield f"It has no stage {name!r}{by}; its stages are: {', '.join(found) or 'none'}."
            return
        if name in seen:
            yield f"Its stages extend each other in a circle: {', '.join(seen)}."
            return
        seen.append(name)
        variables = found[name].get("aws_environment_variables", {})
        if not isinstance(variables, dict) or not all(isinstance(v, str) for v in variables.values()):
            yield f"aws_environment_variables of {name!r} is no object of texts."
        name = found[name].get("extends")


def _refused(template: Path, reasons: list[str]) -> NestctlError:
    return usage_error(
        "zappa-template", f"{template} cannot be used.", "\n".join(reasons), f"Edit {template}"
    )
