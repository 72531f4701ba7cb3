"""Settings of a run: flags over environment over nest.toml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestctl.report import usage_error
from nestctl.settings.faults import nearest
from nestctl.settings.manifest import Manifest, load_manifest
from nestctl.settings.paths import CHECKOUT, work_dir
from nestctl.settings.rules import policy
from nestctl.settings.rules.addresses import domain_fault, region_fault


@dataclass(frozen=True)
class Setting:
    """A value, and its source: ``flag``, ``environment`` or ``nest.toml``."""

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
    folder = _folder(app or CHECKOUT)
    manifest = load_manifest(folder)
    if environment not in manifest.environments:
        known = ", ".join(manifest.environments)
        raise usage_error(
            "unknown-environment",
            f"There is no environment {environment!r}{nearest(environment, manifest.environments)}.",
            f"{folder / 'nest.toml'} has: {known}.",
            f"Run the same command with --env {next(iter(manifest.environments))}",
        )
    chosen = manifest.environments[environment]
    settled_region = _first(region, "NESTCTL_REGION", chosen.region)
    settled_domain = _first(domain, "NESTCTL_DOMAIN", chosen.domain)
    _check_region(settled_region)
    _check_domain(settled_domain)
    if what := policy.domain_fault(manifest.security.content_security_policy, str(settled_domain.value)):
        raise usage_error(
            "bad-domain",
            f"{settled_domain.value} is too long a domain (from: {settled_domain.source}).",
            f"The content security policy names it: {what}.",
            f"Choose a shorter domain, or edit content_security_policy in {folder / 'nest.toml'}",
        )
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


def _folder(app: Path) -> Path:
    try:
        return app.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links that lead in a circle
        raise usage_error(
            "manifest-missing",
            f"{app} leads nowhere.",
            str(error),
            "Run the same command with --app and the folder that holds nest.toml",
        ) from error


def _first(flag: str | None, variable: str, declared: str) -> Setting:
    """Return the first that there is; nest.toml always names one."""
    if flag:
        return Setting(flag, "flag")
    if given := os.environ.get(variable):
        return Setting(given, "environment")
    return Setting(declared, "nest.toml")


def _correct(setting: Setting, name: str, value: str) -> str:
    """Return how another value is given: nest.toml's are looked at before, so it was a flag or a variable."""
    if setting.source == "environment":
        return f"export NESTCTL_{name.upper()}={value}"
    return f"Run the same command with --{name} {value}"


def _check_region(setting: Setting) -> None:
    if what := region_fault(str(setting.value)):
        raise usage_error(
            "bad-region",
            f"{what} (from: {setting.source}).",
            "A region looks like us-east-1 or eu-central-1, and is one that this botocore knows.",
            _correct(setting, "region", "us-east-1"),
        )


def _check_domain(setting: Setting) -> None:
    if what := domain_fault(str(setting.value)):
        raise usage_error(
            "bad-domain",
            f"{setting.value!r} cannot be the site's domain name (from: {setting.source}).",
            f"{what[0].upper()}{what[1:]}.",
            _correct(setting, "domain", "staging.nest.owasp.org"),
        )
