"""Rules on what is written: declarations, templates and literals in the files of the configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from nestctl.prove.declarations import Declaration, declarations
from nestctl.prove.report import Finding
from nestctl.prove.secrets.planned import Secrets
from nestctl.prove.secrets.words import literals, looks_secret
from nestctl.settings.manifest import Manifest
from nestctl.settings.paths import CHECKOUT, MANIFEST

REFERENCES = {
    "container_secrets": "ARNs of parameters, by environment variable; ECS reads the values itself",
}
"""Variables that sound like secrets and hold none, each with what they hold."""

PATTERNS = (
    "*.tf",
    "*.hcl",
    "*.json",
    "*.example",
    "*.tpl",
    "*.sh",
    "*.toml",
    "*.yaml",
    "*.yml",
    "Dockerfile",
)
"""Files that configure something."""

NOT_OURS = {".terraform", ".venv", "node_modules", ".next", ".cache", "__pycache__"}

GIVEN = re.compile(
    r'^\s+(\w*(?:password|secret_string|auth_token|private_key|secret_key))\s*=\s*"([^"$]+)"', re.MULTILINE
)
"""An argument that takes a secret, with a literal."""

TEMPLATE = "zappa_settings.template.json"
ENVIRONMENTS = ("environment_variables", "aws_environment_variables")
"""Settings of Zappa that become the function's environment."""


def hidden(folders: Iterable[Path]) -> Iterator[Finding]:
    """Variables and outputs that hold secrets are sensitive or ephemeral."""
    for folder in folders:
        for found in declarations(folder):
            if looks_secret(found.name) and found.name not in REFERENCES and not found.hidden:
                yield _at(
                    found,
                    f"The {found.kind} {found.name} holds a secret, and Terraform would print it.",
                    "Add `sensitive = true`, or `ephemeral = true` where nothing keeps it.",
                )


def references(folders: Iterable[Path]) -> Iterator[Finding]:
    """Every exception is still needed."""
    there = {found.name for folder in folders for found in declarations(folder)}
    for name in REFERENCES.keys() - there:
        yield Finding(f"No variable {name} needs an exception any more.", "Remove it from REFERENCES.")


def shapes(files: Iterable[Path]) -> Iterator[Finding]:
    """No file holds a literal that looks like a key."""
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        found = [(what, piece) for what, piece in literals(text)]
        if file.suffix == ".tf":
            found += [(f"a literal for {match[1]}", match[0]) for match in GIVEN.finditer(text)]
        for what, piece in found:
            line = text.count("\n", 0, text.index(piece) + len(piece) - len(piece.lstrip())) + 1
            yield Finding(
                f"The file holds {what}.",
                "Take it out, revoke it, and store the new one in Parameter Store.",
                file=_shown(file),
                line=line,
            )


def function_settings(app: Path, manifest: Manifest, secrets: Secrets) -> Iterator[Finding]:
    """Neither the template of the function's settings nor the manifest puts a secret into an environment."""
    file = app / manifest.backend.root / TEMPLATE
    for stage, settings in json.loads(file.read_text(encoding="utf-8")).items():
        for setting in ENVIRONMENTS:
            for name in settings.get(setting) or {}:
                if name in secrets or looks_secret(name):
                    yield Finding(
                        f"{setting} of the stage {stage} holds {name}.",
                        "Take it out: the function reads it from Parameter Store.",
                        file=_shown(file),
                        line=_line(file, f'"{name}"'),
                    )
    tables = {
        "backend": manifest.backend.environment,
        "frontend": manifest.frontend.environment,
        **{f"tasks.{name}": task.environment for name, task in manifest.tasks.items()},
    }
    for table, environment in tables.items():
        for name in environment:
            if name in secrets or looks_secret(name):
                yield Finding(
                    f"environment of [{table}] holds {name}.",
                    "Take it out and declare it as a parameter of kind secret or generated.",
                    file=_shown(app / MANIFEST),
                    line=_line(app / MANIFEST, name),
                )


def folders(infrastructure: Path) -> list[Path]:
    """Return every folder with a configuration, but those of tests."""
    found = {file.parent for file in infrastructure.rglob("*.tf")}
    return sorted(folder for folder in found if not {"tests", *NOT_OURS} & set(folder.parts))


def files(*places: Path) -> list[Path]:
    """Return the configuration files below some folders."""
    found = {file for place in places for pattern in PATTERNS for file in place.rglob(pattern)}
    return sorted(file for file in found if file.is_file() and not NOT_OURS & set(file.parts))


def _at(found: Declaration, what: str, fix: str) -> Finding:
    return Finding(what, fix, f"{found.kind}.{found.name}", found.file, found.line)


def _line(file: Path, text: str) -> int:
    content = file.read_text(encoding="utf-8")
    return content.count("\n", 0, max(content.find(text), 0)) + 1


def _shown(file: Path) -> str:
    return str(file.relative_to(CHECKOUT) if file.is_relative_to(CHECKOUT) else file)
