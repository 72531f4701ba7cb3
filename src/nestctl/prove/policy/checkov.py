"""Runs checkov, and reads what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestctl import process
from nestctl.prove.source import without_keys
from nestctl.report import NestctlError
from nestctl.report.words import counted
from nestctl.settings.paths import CACHE

ENVIRONMENT = CACHE / "audit"
"""Where ``scripts/audit.py`` installs it."""

NOWHERE = "http://127.0.0.1:9"
"""Discard, RFC 863: nothing listens there, so a call to the internet fails at once."""

NOT_SCANNED = shutil.ignore_patterns(
    ".terraform", "tests", "*.tfstate*", "*.tfplan", "terraform.tfvars", "terraform.tfvars.json"
)
"""What Terraform made, and answers of whoever runs this: the result must not depend on them."""


@dataclass(frozen=True)
class Failure:
    """A check that a block fails.

    Attributes:
        check: Its id, ``CKV_AWS_144``.
        title: What it wants, in checkov's words.
        file: File below the scanned folder.
        line: Line of the attribute that it looked at, or of the block's head.
        address: The block, ``aws_s3_bucket.this``, without module and key: what an exception names.
        resource: The same with its module, as checkov found it.
        attributes: Attributes that it looked at.
    """

    check: str
    title: str
    file: str
    line: int
    address: str
    resource: str
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scan:
    """What checkov found.

    Attributes:
        version: checkov's.
        passed: Number of checks that held.
        failures: Those that did not, each block once.
    """

    version: str
    passed: int
    failures: tuple[Failure, ...]


def installed() -> bool:
    """Tell whether checkov is there."""
    return (ENVIRONMENT / "bin" / "checkov").is_file()


def scan(infrastructure: Path, work: Path) -> Scan:
    """Scan all roots and modules below a folder; nothing is written there, nothing is asked of the internet.

    Raises:
        NestctlError: ``prove-policy`` when checkov fails or answers something else than JSON.
    """
    with tempfile.TemporaryDirectory(prefix="nestctl-audit-") as folder:
        copy = Path(folder) / "infrastructure"
        shutil.copytree(infrastructure, copy, ignore=NOT_SCANNED)
        said = process.run(
            command(copy),
            cwd=Path(folder),
            env=environment(Path(folder)),
            log=work / "audit.log",
            code="prove-policy",
            what="checkov failed.",
            next_="make audit",
        )
    try:
        return read(json.loads(said), infrastructure)
    except (ValueError, KeyError, TypeError) as error:
        raise NestctlError(
            "prove-policy",
            "checkov's answer cannot be read.",
            f"{type(error).__name__}: {error}\n{said[:500]}",
            "make audit",
        ) from error


def command(folder: Path) -> list[str]:
    """Return the command that scans a folder."""
    return [
        str(ENVIRONMENT / "bin" / "checkov"),
        *("--directory", str(folder), "--framework", "terraform", "--output", "json"),
        *("--compact", "--quiet", "--soft-fail", "--skip-download", "--download-external-modules", "false"),
    ]


def environment(home: Path) -> dict[str, str]:
    """Return an environment without keys of its vendor's platform, the user's settings, or a way out."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LANG": "C.UTF-8", **proxies}


def read(said: Mapping[str, Any], infrastructure: Path) -> Scan:
    """Read checkov's JSON.

    Args:
        said: The object of one framework.
        infrastructure: Folder of the files, for the lines of attributes.

    Raises:
        KeyError: It lacks what checkov 3 gives.
    """
    found: dict[tuple[str, str, str], Failure] = {}
    for record in said["results"]["failed_checks"]:
        failure = _failure(record, infrastructure)
        # A module that is called twice gives the same failure twice.
        found.setdefault((failure.check, failure.file, failure.address), failure)
    summary = said["summary"]
    failures = tuple(found[key] for key in sorted(found))
    if summary["parsing_errors"]:
        raise KeyError(f"{counted(summary['parsing_errors'], 'file')} could not be parsed")
    return Scan(summary["checkov_version"], summary["passed"], failures)


def _failure(record: Mapping[str, Any], infrastructure: Path) -> Failure:
    file = record["file_path"].lstrip("/")
    keys = [key.partition("/")[0] for key in record["check_result"].get("evaluated_keys") or []]
    attributes = tuple(dict.fromkeys(key for key in keys if re.fullmatch(r"[a-z_]\w*", key)))
    first, last = record["file_line_range"]
    return Failure(
        check=record["check_id"],
        title=record["check_name"],
        file=file,
        line=_line(infrastructure / file, first, last, attributes),
        address=".".join(without_keys(record["resource"]).split(".")[-2:]),
        resource=record["resource"],
        attributes=attributes,
    )


def _line(file: Path, first: int, last: int, attributes: tuple[str, ...]) -> int:
    """Return the line of the first of these attributes within a block, else the block's first line."""
    lines = file.read_text(encoding="utf-8").splitlines()[first - 1 : last] if file.is_file() else []
    for attribute in attributes:
        for number, text in enumerate(lines):
            if re.match(rf"\s+{attribute}\b", text):
                return first + number
    return first
