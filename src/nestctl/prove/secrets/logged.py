"""Rules on what is logged: no configuration lets a library write decrypted parameters into a log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nestctl.build import zappa
from nestctl.prove.report import Finding
from nestctl.settings.manifest import Manifest
from nestctl.settings.paths import CHECKOUT, MANIFEST

LEVEL = re.compile(r"(?:^|_)LOG_?LEVEL$|^BOTO_DEBUG$", re.IGNORECASE)
"""Names of variables and parameters that hold a log level."""

LOUD = {"DEBUG", "NOTSET", "TRACE", "ALL", "10", "0", "5", "1", "TRUE"}
"""Levels at which botocore writes the answers of Parameter Store."""

FIX = "Take it out, or write INFO: at this level libraries log whole answers, decrypted parameters included."


def findings(app: Path, manifest: Manifest) -> Iterator[Finding]:
    """Neither the template of the function's settings nor the manifest asks for such a level."""
    file = app / manifest.backend.root / zappa.TEMPLATE
    for stage, settings in zappa.read_template(file).items():
        level = settings.get("log_level", zappa.LOG_LEVELS[0])
        if zappa.log_level(level) != _upper(level):
            yield _at(file, f"log_level of the stage {stage} is {level}.", '"log_level"')
        if settings.get("debug") is True:
            yield _at(file, f"debug of the stage {stage} is on: it logs whole requests.", '"debug"')
        for table in ("environment_variables", "aws_environment_variables"):
            yield from _variables(file, f"{table} of the stage {stage}", settings.get(table) or {})
    manifest_file = app / MANIFEST
    tables: dict[str, Mapping[str, Any]] = {
        "[backend]": manifest.backend.environment,
        "[frontend]": manifest.frontend.environment,
        **{f"[tasks.{name}]": task.environment for name, task in manifest.tasks.items()},
    }
    for table, environment in tables.items():
        yield from _variables(manifest_file, f"environment of {table}", environment)
    plain = {name: entry.value for name, entry in manifest.parameters.items() if entry.value is not None}
    yield from _variables(manifest_file, "[parameters]", plain)


def _variables(file: Path, where: str, variables: Mapping[str, Any]) -> Iterator[Finding]:
    for name, value in variables.items():
        if LEVEL.search(name) and _upper(value) in LOUD:
            yield _at(file, f"{where} sets {name} to {value}.", name)


def _upper(value: object) -> str:
    return str(value).strip().upper()


def _at(file: Path, what: str, text: str) -> Finding:
    content = file.read_text(encoding="utf-8")
    line = content.count("\n", 0, max(content.find(text), 0)) + 1
    shown = str(file.relative_to(CHECKOUT) if file.is_relative_to(CHECKOUT) else file)
    return Finding(what, FIX, file=shown, line=line)
