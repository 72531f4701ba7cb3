"""Zappa's part of the package: its settings, its handler, and what the handler imports."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from nestctl import process
from nestctl.build.toolchain import base_environment
from nestctl.report import NestctlError

Value: TypeAlias = str | list[str]
"""What a placeholder of the settings template stands for."""

TEMPLATE = "zappa_settings.template.json"

HANDLER = "handler.lambda_handler"
"""Entry point that Zappa writes into its archive."""

GENERATED = ("handler.py", "zappa_settings.py", "django_zappa_app.py")
"""What Zappa writes at the archive's top; read by people when something goes wrong, like the application."""

NEEDS = {"zappa", "werkzeug", "markupsafe", "durationpy"}
"""Zappa's handler and what it imports beside the standard library and boto3."""

AT_DEPLOY_TIME = ("cli.py", "core.py", "letsencrypt.py", "policies.py", "policies")
"""The modules of Zappa that its handler never imports."""

LOG_LEVELS = ("INFO", "WARNING", "ERROR", "CRITICAL")
"""Levels that a function may log at: at DEBUG, libraries write whole requests and answers, and secrets."""

OURS: Mapping[str, Any] = {
    # Zappa would leave out what matches a name anywhere, "boto3" in sentry_sdk/integrations too: nestctl
    # lays the application out itself, and takes of Zappa's archive only what Zappa writes.
    "exclude": ["*"],
    "exclude_glob": [],
    "use_precompiled_packages": False,
    "slim_handler": False,
}
"""Settings that are nestctl's, whatever the template says."""


def generate(folder: Path, stage: str, environment: Path, log: Path) -> dict[str, bytes]:
    """Return the files that Zappa writes for an archive, by name.

    Args:
        folder: Holds ``zappa_settings.json``.
        stage: Zappa's stage; the environment.
        environment: The virtual environment with Zappa.
        log: Receives Zappa's words.

    Raises:
        NestctlError: ``zappa``.
    """
    raw = folder / "zappa.zip"
    process.run(
        [str(environment / "bin" / "zappa"), "package", stage, "-o", raw.name],
        cwd=folder,
        env={
            **base_environment(),
            "VIRTUAL_ENV": str(environment),
            "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        },
        log=log,
        code="zappa",
        what="Zappa could not package the backend.",
        next_="Correct the cause, then run the same command again.",
    )
    with zipfile.ZipFile(raw) as archive:
        made = {name: archive.read(name) for name in archive.namelist() if name in GENERATED}
    raw.unlink()
    return made


def fill_settings(template: Path, to: Path, values: Mapping[str, Value]) -> None:
    """Write Zappa's settings from the template, with nestctl's own where they must be.

    A string that is nothing but a placeholder takes the value as it is, so a list stays one.

    Raises:
        NestctlError: ``zappa-template`` when it holds a placeholder that nothing fills, or is no JSON.
    """
    text = template.read_text(encoding="utf-8")
    if unknown := set(re.findall(r"\$\{(\w+)\}", text)) - set(values):
        raise NestctlError(
            "zappa-template",
            f"{template} has placeholders that nothing fills: {', '.join(sorted(unknown))}.",
            f"Known ones: {', '.join(sorted(values))}.",
            f"Edit {template}",
        )
    settings = filled(read_template(template), values)
    for stage in settings.values():
        stage.update(OURS, log_level=log_level(stage.get("log_level")))
    to.write_text(json.dumps(settings, indent=2), encoding="utf-8")


def log_level(wanted: object) -> str:
    """Return the level that a function logs at: the template's, unless it would write secrets."""
    level = str(wanted or "").upper()
    return level if level in LOG_LEVELS else LOG_LEVELS[0]


def read_template(template: Path) -> Any:
    """Return the settings template as an object.

    Raises:
        NestctlError: ``zappa-template`` when it is no JSON.
    """
    try:
        return json.loads(template.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NestctlError(
            "zappa-template", f"{template} is not valid JSON.", str(error), f"Edit {template}"
        ) from error


def setting(source: Path, stage: str, name: str) -> Any:
    """Return a setting of a stage, its own or that of the stage it extends."""
    for values in reversed(_stages(source, stage)):
        if name in values:
            return values[name]
    return None


def lambda_environment(source: Path, stage: str) -> dict[str, str]:
    """Return the variables that the settings template wants in the function's own configuration.

    Zappa writes ``environment_variables`` into the archive and sets only these on the function.
    """
    found: dict[str, str] = {}
    for values in _stages(source, stage):
        found |= values.get("aws_environment_variables", {})
    return found


def filled(node: Any, values: Mapping[str, Value]) -> Any:
    """Return part of a template with its placeholders replaced."""
    if isinstance(node, dict):
        return {key: filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, values) for value in node]
    if not isinstance(node, str):
        return node
    if whole := re.fullmatch(r"\$\{(\w+)\}", node):
        return values[whole[1]]
    return re.sub(r"\$\{(\w+)\}", lambda found: str(values[found[1]]), node)


def _stages(source: Path, stage: str) -> list[dict[str, Any]]:
    """Return the settings of a stage and of what it extends, the farthest first."""
    settings = read_template(source / TEMPLATE)
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    name: str | None = stage
    while name and name not in seen:
        seen.add(name)
        found.insert(0, settings.get(name, {}))
        name = found[0].get("extends")
    return found
