"""The machine: programs, space, folders, and variables of nestctl's own."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from pathlib import Path

from nestctl import http
from nestctl.build import toolchain
from nestctl.process import TRUST, UNTRUSTED
from nestctl.report import NestctlError, usage_error
from nestctl.settings.faults import nearest
from nestctl.settings.folders import check_folder, existing
from nestctl.settings.resolve import Settings
from nestctl.terraform import mirror
from nestctl.terraform.binary import find_terraform

FREE_SPACE = 2 * 2**30
"""Bytes: packages 0.6 GB, provider 0.7 GB, builds 0.3 GB, database and logs the rest."""

REGISTRY_TIMEOUT = 10.0

ELSEWHERE = "Set NESTCTL_PROVIDER_MIRROR to a folder made by `terraform providers mirror`, or get online."
"""What helps where the registry does not answer."""

FAMILY = "NESTCTL_"

KNOWN = (
    "NESTCTL_DOCKER_HOST",
    "NESTCTL_DOMAIN",
    "NESTCTL_ENV",
    "NESTCTL_LOCAL_DELAY",
    "NESTCTL_PROVIDER_MIRROR",
    "NESTCTL_REGION",
    "NESTCTL_STATE_DIR",
    "NESTCTL_TARGET",
    "NESTCTL_TERRAFORM",
    "NESTCTL_WHEELS",
    "NESTCTL_WORK_DIR",
)
"""Variables that nestctl and its local cloud read (docs/reference/environment.md)."""

OF_THE_SUITE = tuple(f"{FAMILY}{name}" for name in ("BROWSER", "FAILED_CHECKS"))
"""Variables that the programs of scripts/ set for tests, and for what tests run."""


def python(_: Settings) -> str:
    """Return the version that runs nestctl."""
    return platform.python_version()


def terraform(_: Settings) -> str:
    """Return Terraform's version."""
    return find_terraform().version


def node(_: Settings) -> str:
    """Return Node's version."""
    return toolchain.node_version()


def lambda_runtime(settings: Settings) -> str:
    """Return Lambda's name of the Python that packages the backend."""
    return toolchain.python(settings.manifest.backend.python).lambda_runtime


def space(settings: Settings) -> str:
    """Return the free space where the work folder lies.

    Raises:
        NestctlError: ``disk-space``.
    """
    free = free_space(settings.work)
    if free < FREE_SPACE:
        raise NestctlError(
            "disk-space",
            f"There are {free / 2**30:.1f} GB free where {settings.work} lies.",
            f"A run needs {FREE_SPACE / 2**30:.0f} GB for packages, the AWS provider and the database.",
            "Free some space, or set NESTCTL_WORK_DIR to a folder on another disk.",
        )
    return f"{free / 2**30:.0f} GB"


def free_space(folder: Path) -> int:
    """Return the free bytes where ``folder`` is or will be."""
    return shutil.disk_usage(existing(folder)).free


def work_folder(settings: Settings) -> str:
    """Return the work folder.

    Raises:
        NestctlError: ``folder-unusable``.
    """
    check_folder(settings.work, "NESTCTL_WORK_DIR")
    check_folder(Path(tempfile.gettempdir()), "TMPDIR")
    return str(settings.work)


def variables(_: Settings) -> str:
    """Return the names of nestctl's variables that are set.

    Raises:
        NestctlError: ``unknown-variable``: one that nothing reads is a word that was mistyped.
    """
    given = sorted(name for name in os.environ if name.startswith(FAMILY))
    unknown = [name for name in given if name not in (*KNOWN, *OF_THE_SUITE)]
    if unknown:
        raise usage_error(
            "unknown-variable",
            "The environment has variables that nestctl does not know.",
            "\n".join(f"{name}{nearest(name, KNOWN)}" for name in unknown),
            f"unset {' '.join(unknown)}",
        )
    return ", ".join(given) or "none set"


def provider(settings: Settings) -> str:
    """Return where the AWS provider comes from.

    Raises:
        NestctlError: ``provider-missing`` or ``proxy``.
    """
    import httpx

    found = mirror.find_mirror()
    if found is not None:
        return f"from {found}"
    downloaded = list((settings.work / "terraform").glob("*/providers/*/hashicorp/aws/*"))
    if downloaded:
        return "downloaded"
    address = f"https://{mirror.REGISTRY}/.well-known/terraform.json"
    try:
        with http.client(address, timeout=REGISTRY_TIMEOUT) as client:
            client.get(address).raise_for_status()
    except httpx.HTTPError as error:
        raise NestctlError(
            "provider-missing",
            "Terraform's AWS provider is not to be had.",
            f"No folder on this machine holds it, and {mirror.REGISTRY} does not answer: {error}",
            TRUST if UNTRUSTED.search(str(error)) else ELSEWHERE,
        ) from error
    return "to be downloaded"
