"""What Terraform refuses of the environment's variables: its own validations and the provider's, run offline.

A plan without an account takes some seconds, so what was passed once is remembered until a file of
infrastructure/, a variable or Terraform itself changes.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nestctl.doctor.found import Faulty
from nestctl.prove import offline
from nestctl.prove.roots import variables
from nestctl.settings.faults import Fault
from nestctl.settings.paths import CACHE, INFRASTRUCTURE
from nestctl.settings.resolve import Settings
from nestctl.terraform.binary import find_terraform
from nestctl.terraform.messages import Diagnostic

PASSED = CACHE / "checked"
"""Holds an empty file for each set of variables and files that Terraform planned without complaint."""

CANNOT = (
    "terraform-missing",
    "terraform-old",
    "provider-missing",
    "application-incomplete",
    "folder-unusable",
)
"""Failures with which there is nothing to plan, or nothing to plan it with."""

PLACES = {
    "project_name": ("project", "name"),
    "application.backend": ("backend",),
    "application.frontend": ("frontend",),
    "application.tasks": ("tasks",),
    "application.parameters": ("parameters",),
    "application.content_security_policy": ("security", "content_security_policy"),
}
"""Where the value of a variable stands in the manifest, when it is no size."""

NAMED = re.compile(r"\blocal\.(name|prefix|identifier)\b")
"""What the modules make of the project's name and the environment's, which is a folder and right."""


def look(settings: Settings) -> str:
    """Return that Terraform takes all variables.

    Raises:
        Faulty: It does not; the faults name the places in the manifest.
    """
    given = variables(settings, settings.environment)
    note = PASSED / _digest(settings.environment, given)
    if note.is_file():
        return "passed before"
    with tempfile.TemporaryDirectory(prefix="nestctl-doctor-") as folder:
        found = offline.refusals(settings.environment, given, Path(folder))
    if found:
        raise Faulty([_fault(settings.environment, one) for one in found])
    note.parent.mkdir(parents=True, exist_ok=True)
    note.touch()
    return "passed"


def _digest(root: str, given: Mapping[str, Any]) -> str:
    total = hashlib.sha256(f"{root}\0{find_terraform().version}\0".encode())
    total.update(json.dumps(given, sort_keys=True).encode())
    for folder in (INFRASTRUCTURE / root, INFRASTRUCTURE / "modules"):
        for path in sorted(folder.rglob("*")):
            inner = path.relative_to(INFRASTRUCTURE)
            if path.is_file() and path.suffix != ".md" and not {"tests", ".terraform"} & set(inner.parts):
                total.update(f"{inner}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return total.hexdigest()


def _fault(environment: str, found: Diagnostic) -> Fault:
    detail = re.sub(r"\s+", " ", found.detail.split("This was checked by")[0]).strip()
    said = detail or found.summary
    if found.summary not in ("Invalid value for variable", "Invalid value for input variable"):
        at = f" ({found.address})" if found.address else ""
        said = f"Terraform: {found.summary}{at}{': ' + detail if detail else ''}"
    return Fault(_place(environment, found), said.rstrip("."))


def _place(environment: str, found: Diagnostic) -> tuple[str, ...]:
    """Return where in the manifest the value stands that Terraform refuses."""
    origin = _named(found, (INFRASTRUCTURE / environment).resolve())
    for variable, where in PLACES.items():
        if origin and (origin == variable or origin.startswith(f"{variable}.")):
            inner = origin.removeprefix(variable).lstrip(".")
            return (*where, *inner.split(".")) if inner else where
    if origin in ("domain_name", "aws_region"):
        return ("environments", environment, {"domain_name": "domain", "aws_region": "region"}[origin])
    sizes = ("environments", environment, "sizes")
    return (*sizes, origin.split(".")[0]) if origin and not origin.startswith("application") else sizes


def _named(found: Diagnostic, root: Path) -> str | None:
    """Return the root's variable that a diagnostic speaks of, ``None`` when it names none."""
    if declared := re.search(r"\bvar\.(\w+) declared at", found.detail):
        return declared[1]
    if rule := re.search(r"validation rule at (\S+?):(\d+),", found.detail):
        file = (root / rule[1]).resolve()
        name = _variable(file, int(rule[2]))
        return _origin(file.parent, name, root) if name else None
    place, _, line = found.place.rpartition(":")
    file = (root / place).resolve()
    if not file.is_file():
        return None
    text = file.read_text(encoding="utf-8").splitlines()[int(line) - 1]
    used = re.search(r"\bvar\.(\w+)", text)
    if used is None:
        return "project_name" if NAMED.search(text) else None
    return _origin(file.parent, used[1], root)


def _variable(file: Path, line: int) -> str | None:
    """Return the variable in whose block a line stands."""
    if not file.is_file():
        return None
    heads = [
        (number, found[1])
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if (found := re.match(r'variable "(\w+)"', text))
    ]
    return next((name for number, name in reversed(heads) if number <= line), None)


def _origin(module: Path, name: str, root: Path) -> str | None:
    """Return the root's variable that a module's comes from, and what of it: ``application.tasks``."""
    if module == root:
        return name
    for caller, argument in _arguments(module, name):
        found = re.search(r"\bvar\.(\w+)((?:\.\w+)*)", argument)
        if found is None and NAMED.search(argument):
            return "project_name"
        if found is None:
            continue
        above = _origin(caller, found[1], root)
        if above is not None:
            return above + found[2]
    return None


def _arguments(module: Path, name: str) -> Iterator[tuple[Path, str]]:
    """Yield every call's folder and the expression that it gives a module's variable."""
    for file in sorted(INFRASTRUCTURE.rglob("*.tf")):
        text = file.read_text(encoding="utf-8")
        for block in re.findall(r'^module "\w+" \{\n(.*?)^\}', text, re.DOTALL | re.MULTILINE):
            source = re.search(r'^  source\s*=\s*"(\.{1,2}/[^"]+)"', block, re.MULTILINE)
            given = re.search(rf"^  {name}\s*=\s*(.+)$", block, re.MULTILINE)
            if source and given and (file.parent / source[1]).resolve() == module:
                yield file.parent.resolve(), given[1]
