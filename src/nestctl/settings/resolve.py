"""Settings of a run: flags over environment over nest.toml over the user's file over defaults."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestctl.report import usage_error
from nestctl.settings.manifest import Manifest, load_manifest
from nestctl.settings.paths import CHECKOUT, user_file, work_dir

REGION = re.compile(r"^(af|ap|ca|eu|il|me|mx|sa|us|cn|us-gov)-[a-z]+-\d$")
"""Shape of a region name, from the AWS General Reference."""

DOMAIN = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")
"""RFC 1035 labels, at least two of them."""

FARGATE_MEMORY: dict[int, range | tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}
"""Memory in MiB that Fargate offers for each number of CPU units (Amazon ECS Developer Guide)."""


@dataclass(frozen=True)
class Setting:
    """A value, and its source: ``flag``, ``environment``, ``nest.toml``, ``user file`` or ``default``."""

    value: Any
    source: str


@dataclass(frozen=True)
class Settings:
    """What a run was asked to do."""

    app: Path
    manifest: Manifest
    environment: str
    target: str
    region: Setting
    domain: Setting
    sizes: Mapping[str, Any]
    work: Path

    @property
    def project(self) -> str:
        """Name of the project."""
        return self.manifest.project.name

    @property
    def stack(self) -> str:
        """First part of the names of this environment: ``nest-staging``."""
        return f"{self.project}-{self.environment}"


def resolve(
    *,
    app: Path | None = None,
    environment: str = "staging",
    target: str = "local",
    region: str | None = None,
    domain: str | None = None,
) -> Settings:
    """Read the manifest and settle every setting.

    Raises:
        NestctlError: Something is missing or malformed (exit status 2); nothing was changed.
    """
    folder = (app or CHECKOUT).resolve()
    manifest = load_manifest(folder)
    if environment not in manifest.environments:
        known = ", ".join(manifest.environments)
        raise usage_error(
            "unknown-environment",
            f"There is no environment {environment!r}.",
            f"{folder / 'nest.toml'} has: {known}.",
            f"nestctl up --env {next(iter(manifest.environments))}",
        )
    chosen = manifest.environments[environment]
    user = _user_settings()
    settled_region = _first(
        ("flag", region),
        ("environment", os.environ.get("NESTCTL_REGION")),
        ("nest.toml", chosen.region),
        ("user file", user.get("region")),
    )
    settled_domain = _first(
        ("flag", domain),
        ("environment", os.environ.get("NESTCTL_DOMAIN")),
        ("nest.toml", chosen.domain),
        ("user file", user.get("domain")),
    )
    _check_region(settled_region)
    _check_domain(settled_domain)
    check_fargate(
        chosen.sizes.get("frontend_task_cpu", "512"),
        chosen.sizes.get("frontend_task_memory", "1024"),
        f"environments.{environment}.sizes",
    )
    for name, task in manifest.tasks.items():
        check_fargate(task.cpu, task.memory, f"tasks.{name}")
    return Settings(
        app=folder,
        manifest=manifest,
        environment=environment,
        target=target,
        region=settled_region,
        domain=settled_domain,
        sizes=chosen.sizes,
        work=work_dir(folder, target, environment),
    )


def check_fargate(cpu: Any, memory: Any, where: str) -> None:
    """Refuse a pair of CPU units and MiB that Fargate does not have.

    Raises:
        NestctlError: ``fargate-size``.
    """
    try:
        units, mebibytes = int(cpu), int(memory)
    except ValueError:
        units, mebibytes = 0, 0
    offered = FARGATE_MEMORY.get(units)
    if offered is None:
        choice = "CPU units are one of " + ", ".join(map(str, FARGATE_MEMORY)) + "."
    elif mebibytes not in offered:
        choice = f"{units} CPU units go with {', '.join(map(str, offered))} MiB."
    else:
        return
    raise usage_error(
        "fargate-size",
        f"Fargate has no task of {cpu} CPU units and {memory} MiB.",
        choice,
        f"Edit {where} in nest.toml",
    )


def _first(*candidates: tuple[str, Any]) -> Setting:
    for source, value in candidates:
        if value:
            return Setting(value, source)
    return Setting("", "default")


def _check_region(setting: Setting) -> None:
    if not REGION.match(str(setting.value)):
        raise usage_error(
            "bad-region",
            f"{setting.value!r} is not an AWS region (from: {setting.source}).",
            "A region looks like us-east-1 or eu-central-1.",
            "nestctl up --region us-east-1",
        )


def _check_domain(setting: Setting) -> None:
    if not DOMAIN.match(str(setting.value)):
        raise usage_error(
            "bad-domain",
            f"{setting.value!r} is not a domain name (from: {setting.source}).",
            "It must be a bare name in small letters, like staging.nest.owasp.org: no scheme, port or path.",
            "nestctl up --domain staging.nest.owasp.org",
        )


def _user_settings() -> dict[str, Any]:
    path = user_file()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise usage_error(
            "user-file", f"{path} cannot be read.", str(error), f"Edit or remove {path}"
        ) from error
