"""The documents say what the code says: every command, option, field and error, and no link leads nowhere."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel

from nestctl.cli.app import app
from nestctl.runbook.steps import STEPS
from nestctl.settings.manifest import Manifest
from nestctl.settings.paths import CHECKOUT

DOCS = CHECKOUT / "docs"
SOURCE = CHECKOUT / "src" / "nestctl"
RAISERS = {"NestctlError", "usage_error"}
PASSED_ON = {("process.py", "run"), ("terraform/root.py", "_failure"), ("report/errors.py", "usage_error")}
"""Functions that get the code from their caller."""


# ---------------------------------------------------------------------- errors


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def text_of(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the name of the function that it stands in."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from ((function.name, node) for node in ast.walk(function) if isinstance(node, ast.Call))


def codes_of_source() -> set[str]:
    found: set[str] = set()
    for path in sorted(SOURCE.rglob("*.py")):
        where = path.relative_to(SOURCE).as_posix()
        for function, call in calls(ast.parse(path.read_text(encoding="utf-8"))):
            named = next((word.value for word in call.keywords if word.arg == "code"), None)
            if name_of(call.func) in RAISERS:
                code = text_of(named or call.args[0])
                assert code or (where, function) in PASSED_ON, (
                    f"{where}: {function} hides the code of an error"
                )
                found |= {code} if code else set()
            elif name_of(call.func) == "_failure" and where == "terraform/root.py":
                found.add(text_of(call.args[0]) or "")
            elif code := text_of(named):
                found.add(code)
    return found | codes_of_terraform() | codes_of_scripts()


def codes_of_terraform() -> set[str]:
    """`terraform-` and the subcommand, for those that are run to their end."""
    tree = ast.parse((SOURCE / "terraform" / "root.py").read_text(encoding="utf-8"))
    lists = [node for node in ast.walk(tree) if isinstance(node, ast.List) and node.elts]
    first = [text_of(node.elts[0]) or "" for node in lists]
    return {f"terraform-{word}" for word in first if re.fullmatch(r"[a-z][a-z-]+", word)}


def codes_of_scripts() -> set[str]:
    files = [CHECKOUT / "Makefile", *(CHECKOUT / "scripts").glob("*.py")]
    return {
        code
        for file in files
        for code in re.findall(r"  \[([a-z][a-z-]+)\]", file.read_text(encoding="utf-8"))
    }


def test_every_error_has_its_heading_and_every_heading_its_error() -> None:
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### `([a-z-]+)`$", text, re.MULTILINE)
    assert len(headings) == len(set(headings))
    assert set(headings) == codes_of_source()


def test_the_table_of_errors_lists_each_under_its_chapter() -> None:
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| \[([^\]]+)\]\(#[a-z-]+\) \| (.+) \|$", text, re.MULTILINE))
    chapters = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        chapters[part.splitlines()[0]] = sorted(re.findall(r"^### `([a-z-]+)`$", part, re.MULTILINE))
    assert {title: re.findall(r"`([a-z-]+)`", codes) for title, codes in table.items()} == chapters


# ---------------------------------------------------------------------- commands


def commands(command: Any, name: str = "nestctl") -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "list_commands"):  # a group's
        yield name, command
        return
    if command.invoke_without_command and command.name == "dns":  # a group that does something by itself
        yield name, command
    for word in command.list_commands(None):
        yield from commands(command.get_command(None, word), f"{name} {word}")


def sections(file: str) -> dict[str, str]:
    parts = re.split(r"^## ", (DOCS / "reference" / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.splitlines()[0]: part for part in parts[1:]}


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_described_with_exactly_its_options(name: str) -> None:
    section = sections("commands.md")[name]
    rows = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    described = {word for row in rows for word in re.findall(r"`(-[-\w]+)`", row)}
    there = {
        word
        for option in COMMANDS[name].params
        for word in (*option.opts, *option.secondary_opts)
        if word.startswith("-")
    }
    assert described == there - {"--help", "-h"}
    for argument in COMMANDS[name].params:
        if argument.param_type_name == "argument":
            assert f"`{(argument.metavar or str(argument.name).upper()).removesuffix('...')}`" in section


def test_no_command_is_described_that_is_not_there() -> None:
    described = {title for title in sections("commands.md") if title.startswith("nestctl ")}
    assert described == set(COMMANDS)
    contents = re.findall(
        r"^\| \[`(nestctl [a-z ]+)`\]", (DOCS / "reference/commands.md").read_text(), re.MULTILINE
    )
    assert set(contents) == set(COMMANDS)


def test_every_step_is_a_value_of_until_and_has_its_chapter() -> None:
    until = re.search(r"^\| `--until` \| .*$", sections("commands.md")["nestctl up"], re.MULTILINE)
    assert until
    assert re.findall(r"`([a-z]+)`", until[0]) == [step.name for step in STEPS]
    headings = re.findall(r"^## \d+\. (.+)$", (DOCS / "guide.md").read_text(encoding="utf-8"), re.MULTILINE)
    told = [word for heading in headings for word in heading.lower().split(" and ")]
    assert told == [step.name for step in STEPS]


# ---------------------------------------------------------------------- manifest


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models(inner)


def fields_of_manifest() -> dict[str, set[str]]:
    """Names of the fields as they are written in nest.toml, by model."""
    found: dict[str, set[str]] = {}
    waiting: list[type[BaseModel]] = [Manifest]
    while waiting:
        model = waiting.pop()
        if model.__name__ not in found:
            found[model.__name__] = {field.alias or name for name, field in model.model_fields.items()}
            for field in model.model_fields.values():
                waiting.extend(models(field.annotation))
    return found


TABLES = {
    "Manifest": "Top level",
    "Project": "project",
    "Environment": "environments",
    "Backend": "backend",
    "BackendImage": "backend.image",
    "Frontend": "frontend",
    "FrontendImage": "frontend.image",
    "Task": "tasks",
    "Site": "site",
    "Probe": "Probes",
    "Security": "security",
    "Parameter": "parameters",
}
"""Heading of the table that describes a model."""


def test_every_model_of_the_manifest_has_a_table() -> None:
    assert set(fields_of_manifest()) == set(TABLES)


@pytest.mark.parametrize("model", TABLES)
def test_every_field_of_the_manifest_is_described(model: str) -> None:
    text = (DOCS / "reference" / "nest-toml.md").read_text(encoding="utf-8")
    parts = {part.splitlines()[0]: part for part in re.split(r"^##+ ", text, flags=re.MULTILINE)[1:]}
    table = parts[TABLES[model]].split("\n\n| Kind")[0]
    described = set(re.findall(r"^\| \[?`([a-z_]+)`", table, re.MULTILINE))
    assert described == fields_of_manifest()[model]


def test_every_fact_is_described() -> None:
    text = (CHECKOUT / "infrastructure" / "modules" / "platform" / "facts.tf").read_text(encoding="utf-8")
    listed = re.search(r"fact_names = \[(.*?)\]", text, re.DOTALL)
    assert listed
    section = sections("nest-toml.md")["Facts"]
    assert set(re.findall(r"`\{(\w+)\}`", section)) == set(re.findall(r'"(\w+)"', listed[1]))


def test_the_smallest_manifest_of_the_reference_is_valid(tmp_path: Path) -> None:
    from nestctl.settings.resolve import resolve

    text = (DOCS / "reference" / "nest-toml.md").read_text(encoding="utf-8")
    block = re.search(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert block
    (tmp_path / "nest.toml").write_text(block[1], encoding="utf-8")
    assert resolve(app=tmp_path).project == "shop"


# ---------------------------------------------------------------------- variables and links


def test_every_variable_of_nestctl_is_described() -> None:
    read = set()
    for path in SOURCE.rglob("*.py"):
        read |= set(re.findall(r'"(NESTCTL_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    described = set(re.findall(r"`(NESTCTL_[A-Z_]+)`", (DOCS / "reference" / "environment.md").read_text()))
    assert described >= read - {"NESTCTL_DOCKER_HOST"}  # set by the local cloud for itself


def documents() -> list[Path]:
    """Every Markdown file that belongs to the project."""
    made = {"node_modules", ".venv", ".cache", ".nest", ".terraform", ".next"}
    found = []
    for folder, inner, files in os.walk(CHECKOUT):
        inner[:] = sorted(name for name in inner if name not in made and name != ".git")
        found += [Path(folder, name) for name in sorted(files) if name.endswith(".md")]
    return found


def anchors(text: str) -> set[str]:
    """Anchors as GitHub makes them from the headings."""
    found: set[str] = set()
    for heading in re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    ):
        words = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        number = 0
        while (anchor := f"{words}-{number}" if number else words) in found:
            number += 1
        found.add(anchor)
    return found


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        goal = (document.parent / path).resolve() if path else document
        assert goal.exists(), f"{document.name}: {link} leads nowhere"
        if anchor:
            assert anchor in anchors(goal.read_text(encoding="utf-8")), (
                f"{document.name}: {link} has no such heading"
            )


def test_there_are_documents() -> None:
    names = {path.relative_to(CHECKOUT).as_posix() for path in documents()}
    assert {
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/guide.md",
        "docs/troubleshooting.md",
    } <= names
