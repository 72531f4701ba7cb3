#!/usr/bin/env python3
"""Keep the generated parts of the Terraform READMEs current.

Every module and root under ``infrastructure/`` has a README with a table of its inputs and outputs between
two markers, and, where there is a ``policy.json``, that policy between two others. This program writes both
from the files themselves; ``--check`` only compares and exits 1 when something is stale.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INFRASTRUCTURE = Path(__file__).resolve().parents[1] / "infrastructure"
FIX = "python3 scripts/terraform_docs.py"
TABLE = ("<!-- BEGIN INPUTS AND OUTPUTS -->", "<!-- END INPUTS AND OUTPUTS -->")
POLICY = ("<!-- BEGIN POLICY -->", "<!-- END POLICY -->")

_BLOCK = re.compile(r'(\w+)\s+"([^"]+)"\s*\{')
_ATTRIBUTE = re.compile(r"([A-Za-z_]\w*)\s*=(?![=>])\s*")
_HEREDOC = re.compile(r"<<-?(\w+)[^\n]*\n")
_OPENING, _CLOSING = "([{", ")]}"


class DocsError(Exception):
    """A README or a Terraform file from which no table can be made; the text names file and remedy."""


@dataclass(frozen=True)
class Variable:
    """One input; type and default as written, on one line. ``default`` is None when required."""

    name: str
    type: str
    description: str
    default: str | None


@dataclass(frozen=True)
class Output:
    """One output."""

    name: str
    description: str


# ------------------------------------------------------------------------------- reading HCL


def step(text: str, at: int) -> int:
    """Return the end of what starts at ``at``: a whole string, comment or heredoc, else one character."""
    if text[at] == '"':
        return _string_end(text, at)
    if text[at] == "#" or text.startswith("//", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    if text.startswith("/*", at):
        end = text.find("*/", at)
        return len(text) if end < 0 else end + 2
    if heredoc := _HEREDOC.match(text, at):
        end_line = re.compile(rf"^[ \t]*{heredoc[1]}[ \t]*$", re.MULTILINE).search(text, heredoc.end())
        return len(text) if end_line is None else end_line.end()
    return at + 1


def _string_end(text: str, at: int) -> int:
    """Return the end of a quoted string, whose ``${...}`` parts may hold strings themselves."""
    at += 1
    while at < len(text) and text[at] != '"':
        if text[at] == "\\":
            at += 2
        elif text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            at = closing(text, at + 1) + 1
        else:
            at += 1
    return at + 1


def closing(text: str, opening: int) -> int:
    """Return the index of the bracket that closes the one at ``opening``.

    Raises:
        ValueError: The bracket is never closed.
    """
    depth, at = 0, opening
    while at < len(text):
        if text[at] in _OPENING:
            depth += 1
        elif text[at] in _CLOSING:
            depth -= 1
            if depth == 0:
                return at
        at = step(text, at)
    raise ValueError(f"a bracket opened at character {opening} is never closed")


def blocks(text: str, kind: str) -> Iterator[tuple[str, str]]:
    """Yield label and body of each top-level block of a kind."""
    at = 0
    while at < len(text):
        if found := _BLOCK.match(text, at):
            end = closing(text, found.end() - 1)
            if found[1] == kind:
                yield found[2], text[found.end() : end]
            at = end + 1
        else:
            at = step(text, at)


def attributes(body: str) -> dict[str, str]:
    """Return the attributes directly in a block's body, as written; nested blocks are left out."""
    found: dict[str, str] = {}
    at = 0
    while at < len(body):
        if body[at] == "{":
            at = closing(body, at) + 1
        elif match := _ATTRIBUTE.match(body, at):
            end = _expression_end(body, match.end())
            found[match[1]] = body[match.end() : end].strip()
            at = end
        elif word := re.compile(r"\w+").match(body, at):
            at = word.end()
        else:
            at = step(body, at)
    return found


def _expression_end(body: str, at: int) -> int:
    """Return the end of an expression: the first line end or comment outside brackets and strings."""
    while at < len(body) and body[at] not in "\n#":
        at = closing(body, at) + 1 if body[at] in _OPENING else step(body, at)
    return at


def _plain(expression: str) -> str:
    """Return the text of a quoted string."""
    return re.sub(r'\\(["\\])', r"\1", expression.strip().strip('"'))


def read_variables(file: Path) -> list[Variable]:
    """Read the variables of a ``variables.tf``, by name.

    Raises:
        DocsError: One lacks type or description.
    """
    variables = []
    for name, body in blocks(file.read_text(encoding="utf-8"), "variable"):
        given = attributes(body)
        if missing := {"type", "description"} - given.keys():
            raise DocsError(
                f"{_shown(file)}: variable {name} has no {' and no '.join(sorted(missing))}. Add it."
            )
        default = _one_line(given["default"]) if "default" in given else None
        variables.append(Variable(name, _one_line(given["type"]), _plain(given["description"]), default))
    return sorted(variables, key=lambda variable: variable.name)


def read_outputs(file: Path) -> list[Output]:
    """Read the outputs of an ``outputs.tf``, by name.

    Raises:
        DocsError: One lacks its description.
    """
    outputs = []
    for name, body in blocks(file.read_text(encoding="utf-8"), "output"):
        given = attributes(body)
        if "description" not in given:
            raise DocsError(f"{_shown(file)}: output {name} has no description. Add it.")
        outputs.append(Output(name, _plain(given["description"])))
    return sorted(outputs, key=lambda output: output.name)


# ------------------------------------------------------------------------------- writing Markdown


def _one_line(expression: str) -> str:
    """Collapse an expression to one line; line ends inside braces become commas."""
    lines = [re.sub(r"\s+#.*$", "", line).strip() for line in expression.splitlines()]
    joined = ""
    for line in filter(None, lines):
        separator = "" if not joined else " " if joined[-1] in "{[(," or line[0] in _CLOSING else ", "
        joined += separator + re.sub(r"\s+", " ", line)
    return joined


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def table(variables: list[Variable], outputs: list[Output]) -> str:
    """Return the Markdown of the inputs and outputs."""
    lines = ["### Inputs", ""]
    if variables:
        lines += ["| Name | Description | Type | Default |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {_code(v.name)} | {_cell(v.description)} | {_code(v.type)} "
            f"| {'required' if v.default is None else _code(v.default)} |"
            for v in variables
        ]
    else:
        lines.append("None.")
    lines += ["", "### Outputs", ""]
    if outputs:
        lines += ["| Name | Description |", "| --- | --- |"]
        lines += [f"| {_code(o.name)} | {_cell(o.description)} |" for o in outputs]
    else:
        lines.append("None.")
    return "\n".join(lines)


def _replace(readme: Path, text: str, markers: tuple[str, str], content: str) -> str:
    """Return the README's text with new content between its markers.

    Raises:
        DocsError: The markers are missing or in the wrong order.
    """
    begin, end = markers
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise DocsError(
            f"{_shown(readme)} lacks the lines {begin} and {end}. Add them where the text belongs."
        )
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"


def render(folder: Path) -> tuple[Path, str, str]:
    """Return a folder's README, its text now and the text that it should have.

    Raises:
        DocsError: There is no README, or it or a Terraform file is not fit for it.
    """
    readme = folder / "README.md"
    if not readme.is_file():
        raise DocsError(
            f"{_shown(readme)} does not exist. Write it, with the lines {TABLE[0]} and {TABLE[1]}."
        )
    outputs_file = folder / "outputs.tf"
    outputs = read_outputs(outputs_file) if outputs_file.is_file() else []
    now = readme.read_text(encoding="utf-8")
    wanted = _replace(readme, now, TABLE, table(read_variables(folder / "variables.tf"), outputs))
    policy = folder / "policy.json"
    if policy.is_file():
        content = f"```json\n{policy.read_text(encoding='utf-8').strip()}\n```"
        wanted = _replace(readme, wanted, POLICY, content)
    return readme, now, wanted


def folders(root: Path) -> list[Path]:
    """Return all modules and roots: the folders that hold a ``variables.tf``."""
    found = (file.parent for file in root.rglob("variables.tf"))
    return sorted(folder for folder in found if ".terraform" not in folder.parts)


def _shown(file: Path) -> str:
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)


def main(argv: list[str] | None = None) -> int:
    """Write the READMEs, or with ``--check`` compare them; returns the exit code."""
    parser = argparse.ArgumentParser(description="Keep the generated parts of the Terraform READMEs current.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a README is stale")
    parser.add_argument(
        "--root", type=Path, default=INFRASTRUCTURE, help="folder to search (default: %(default)s)"
    )
    options = parser.parse_args(argv)

    found = folders(options.root)
    if not found:
        print(
            f"No variables.tf under {_shown(options.root)}. Name another folder with --root.", file=sys.stderr
        )
        return 1
    problems, stale = [], []
    for folder in found:
        try:
            readme, now, wanted = render(folder)
        except (DocsError, ValueError) as error:
            problems.append(str(error) if isinstance(error, DocsError) else f"{_shown(folder)}: {error}.")
            continue
        if now != wanted:
            stale.append(readme)
            if not options.check:
                readme.write_text(wanted, encoding="utf-8")
    for problem in problems:
        print(problem, file=sys.stderr)
    for readme in stale:
        print(f"{'stale' if options.check else 'written'}: {_shown(readme)}", file=sys.stderr)
    if options.check and stale:
        print(f"Fix it with: {FIX}", file=sys.stderr)
    return 1 if problems or (options.check and stale) else 0


if __name__ == "__main__":
    sys.exit(main())
