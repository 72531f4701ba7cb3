"""Chapter 0: what the machine must have before anything is changed."""

from __future__ import annotations

import platform
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nestctl.build import toolchain
from nestctl.build.zappa import TEMPLATE
from nestctl.report import NestctlError
from nestctl.runbook.context import Context, free_space
from nestctl.runbook.step import Check, Tell, done
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform import mirror
from nestctl.terraform.binary import find_terraform

FREE_SPACE = 2 * 2**30
"""Bytes: packages 0.6 GB, provider 0.7 GB, builds 0.3 GB, database and logs the rest."""

REGISTRY_TIMEOUT = 10.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at and found good."""

    name: str
    value: str


@dataclass(frozen=True)
class Doctor:
    """Looks at the machine; it has nothing to do, so it is done or it fails."""

    name: str = "doctor"
    title: str = "the machine has what it takes"
    needs: tuple[str, ...] = ()

    def check(self, context: Context, tell: Tell) -> Check:
        """Look at everything; the first thing that is wrong ends the run before it changes anything."""
        findings = examine(context, tell)
        told = ", ".join(f"{finding.name} {finding.value}" for finding in findings[:4])
        return done(told, **{finding.name: finding.value for finding in findings})

    def apply(self, context: Context, tell: Tell) -> str:  # noqa: ARG002 - a step's signature
        """Nothing: the doctor only looks."""
        return "nothing to do"

    def verify(self, context: Context, tell: Tell) -> None:
        """Nothing beyond the check."""


def examine(context: Context, tell: Tell) -> list[Finding]:
    """Return what was found.

    Raises:
        NestctlError: The first thing that is missing, with the command that provides it.
    """
    looks: list[tuple[str, Callable[[Context], str]]] = [
        ("Python", lambda _: platform.python_version()),
        ("Terraform", lambda _: find_terraform().version),
        ("provider", _provider),
        ("Node", lambda _: toolchain.node_version()),
        ("Lambda runtime", lambda _: toolchain.python().lambda_runtime),
        ("free space", _space),
        ("application", _application),
        ("region", lambda c: f"{c.settings.region.value} ({c.settings.region.source})"),
        ("domain", lambda c: f"{c.settings.domain.value} ({c.settings.domain.source})"),
        ("account", lambda c: c.caller.account_id),
    ]
    findings = []
    for name, look in looks:
        tell(f"looking at: {name}")
        findings.append(Finding(name, look(context)))
    return findings


def _space(context: Context) -> str:
    free = free_space(context.settings.work)
    if free < FREE_SPACE:
        raise NestctlError(
            "disk-space",
            f"There are {free / 2**30:.1f} GB free where {context.settings.work} lies.",
            f"A run needs {FREE_SPACE / 2**30:.0f} GB for packages, the AWS provider and the database.",
            "Free some space, or set NESTCTL_WORK_DIR to a folder on another disk.",
        )
    return f"{free / 2**30:.0f} GB"


def _provider(context: Context) -> str:
    found = mirror.find_mirror()
    if found is not None:
        return f"from {found}"
    downloaded = list((context.settings.work / "terraform").glob("*/providers/*/hashicorp/aws/*"))
    if downloaded:
        return "downloaded"
    address = f"https://{mirror.REGISTRY}/.well-known/terraform.json"
    try:
        with urllib.request.urlopen(address, timeout=REGISTRY_TIMEOUT):
            return "to be downloaded"
    except (urllib.error.URLError, TimeoutError, ssl.SSLError, OSError) as error:
        raise NestctlError(
            "provider-missing",
            "Terraform's AWS provider is not to be had.",
            f"No folder on this machine holds it, and {mirror.REGISTRY} does not answer: {error}",
            "Set NESTCTL_PROVIDER_MIRROR to a folder made by `terraform providers mirror`, or get online.",
        ) from error


def _application(context: Context) -> str:
    app, manifest = context.settings.app, context.settings.manifest
    backend, frontend = app / manifest.backend.root, app / manifest.frontend.root
    wanted = [
        backend / "pyproject.toml",
        backend / "uv.lock",
        backend / TEMPLATE,
        frontend / "package.json",
        frontend / "package-lock.json",
        app / manifest.backend.image.dockerfile,
        app / manifest.frontend.image.dockerfile,
        INFRASTRUCTURE / context.environment / "main.tf",
    ]
    if absent := [path for path in wanted if not path.is_file()]:
        raise NestctlError(
            "application-incomplete",
            f"{app} lacks what is needed to deploy it.",
            "Missing: " + ", ".join(_short(path, app) for path in absent),
            "Correct the folders in nest.toml, or add the files.",
        )
    return str(app)


def _short(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
