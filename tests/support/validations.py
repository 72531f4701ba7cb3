"""The runs of Terraform's tests that expect variables to be refused, apart from those that plan resources.

A validation looks at variables only, so such a run gives the same answer in a copy of the folder that holds
nothing but its variables. There is no resource in it, hence no provider to start: a hundredth of the time.

A run that expects ``var.name`` to fail does not say which of the variable's validations it trips. For that,
the conditions become outputs of another copy, and Terraform evaluates them with the values of every run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import scripts

HEAD = re.compile(r'(\w+)((?:\s+"[^"]+")*)\s*\{')
LOCAL = re.compile(r"\blocal\.(\w+)")


hcl = scripts.load("terraform_docs")
"""The reader of HCL that also makes the READMEs' tables."""


@dataclass(frozen=True)
class Block:
    """A block of HCL: ``variable "name" { body }``."""

    kind: str
    labels: tuple[str, ...]
    body: str
    text: str

    def attributes(self) -> dict[str, str]:
        """Return the attributes directly in it, as written."""
        found: dict[str, str] = hcl.attributes(self.body)
        return found

    def inner(self, kind: str) -> list[Block]:
        """Return the blocks of a kind directly in it."""
        return [block for block in read(self.body) if block.kind == kind]


def read(text: str) -> Iterator[Block]:
    """Yield the blocks at the top of a text; maps and objects are passed over."""
    at, line_begins = 0, True
    while at < len(text):
        found = HEAD.match(text, at) if line_begins and not text[at].isspace() else None
        if found:
            end = hcl.closing(text, found.end() - 1)
            yield Block(
                found[1],
                tuple(re.findall(r'"([^"]+)"', found[2])),
                text[found.end() : end],
                text[at : end + 1],
            )
            at, line_begins = end + 1, False
            continue
        if text[at] in "([{":
            at = hcl.closing(text, at) + 1
            continue
        line_begins = text[at] == "\n" or (line_begins and text[at].isspace())
        at = hcl.step(text, at)


@dataclass(frozen=True)
class Folder:
    """A root or module: its variables with validations, and the runs that shall trip them."""

    path: Path

    def blocks(self, kind: str) -> list[Block]:
        """Return its blocks of a kind."""
        return [b for f in sorted(self.path.glob("*.tf")) for b in read(f.read_text()) if b.kind == kind]

    def conditions(self) -> dict[str, str]:
        """Return the condition of each validation, by ``variable/number``."""
        return {
            f"{variable.labels[0]}/{number}": validation.attributes()["condition"]
            for variable in self.blocks("variable")
            for number, validation in enumerate(variable.inner("validation"))
        }

    def tests(self) -> dict[str, str]:
        """Return the texts of its test files, by the file's name."""
        return {f.name: f.read_text() for f in sorted((self.path / "tests").glob("*.tftest.hcl"))}

    def runs(self) -> int:
        """Return how many runs its tests have."""
        return sum(block.kind == "run" for text in self.tests().values() for block in read(text))

    def refusals(self, scratch: Path) -> int:
        """Write its variables, with their validations, and the runs in which they refuse values.

        Returns:
            The number of runs.
        """
        needed = self._locals(" ".join(block.text for block in self.blocks("variable")))
        parts = [*(block.text for block in self.blocks("variable")), needed]
        return len(self._write(scratch, parts))

    def others(self, copy: Path) -> int:
        """Take those runs out of the tests of a copy, and return how many are left."""
        left = 0
        for name, text in self.tests().items():
            blocks = list(read(text))
            kept = [b for b in blocks if b.kind == "run" and not refused(b)]
            left += len(kept)
            if not kept:
                (copy / "tests" / name).unlink()
                continue
            apart = [b.text for b in blocks if b.kind == "run" and refused(b)]
            (copy / "tests" / name).write_text(
                reduce(lambda whole, part: whole.replace(part, ""), apart, text)
            )
        return left

    def untripped(self, terraform: Callable[..., str], scratch: Path) -> list[str]:
        """Return the validations that no run trips while all others of the same variable hold."""
        wanted = self.conditions()
        outputs = "\n".join(f'    "{key}" = !try({condition}, false)' for key, condition in wanted.items())
        parts = [f'output "failed" {{\n  value = {{\n{outputs}\n  }}\n}}']
        parts.append(self._locals(" ".join(wanted.values())))
        for variable in self.blocks("variable"):
            given = variable.attributes()
            kept = "\n".join(f"  {k} = {given[k]}" for k in ("type", "default", "nullable") if k in given)
            parts.append(f'variable "{variable.labels[0]}" {{\n{kept}\n}}')
        expecting = self._write(scratch, parts, expect=False)
        tripped: set[str] = set()
        for line in terraform(scratch, "test", "-json", "-verbose").splitlines() if expecting else []:
            said = json.loads(line)
            if "test_plan" not in said:
                continue
            failed = said["test_plan"]["output_changes"]["failed"]["after"]
            for name in expecting[said["@testfile"], said["@testrun"]]:
                failing = [key for key, value in failed.items() if value and key.partition("/")[0] == name]
                tripped.update(failing if len(failing) == 1 else [])
        return sorted(wanted.keys() - tripped)

    def _write(
        self, scratch: Path, parts: list[str], *, expect: bool = True
    ) -> dict[tuple[str, str], list[str]]:
        """Write a configuration without resources; return the variables that each run expects to fail."""
        (scratch / "tests").mkdir(parents=True)
        (scratch / "main.tf").write_text("\n\n".join(parts))
        expecting: dict[tuple[str, str], list[str]] = {}
        for name, text in self.tests().items():
            blocks = list(read(text))
            runs = [b.text for b in blocks if b.kind == "variables"]
            for block in (b for b in blocks if b.kind == "run"):
                expected = refused(block)
                if not expected:
                    continue
                expecting[f"tests/{name}", block.labels[0]] = expected
                inner = "\n".join(inner.text for inner in block.inner("variables"))
                if expect:
                    inner += f"\nexpect_failures = {block.attributes()['expect_failures']}"
                runs.append(f'run "{block.labels[0]}" {{\ncommand = plan\n{inner}\n}}')
            (scratch / "tests" / name).write_text("\n\n".join(runs))
        return expecting

    def _locals(self, text: str) -> str:
        """Return the locals that a text needs, and those that they need."""
        known = {name: value for block in self.blocks("locals") for name, value in block.attributes().items()}
        needed, todo = set(), LOCAL.findall(text)
        while todo:
            name = todo.pop()
            if name not in needed:
                needed.add(name)
                todo += LOCAL.findall(known[name])
        return "locals {\n" + "\n".join(f"  {name} = {known[name]}" for name in sorted(needed)) + "\n}"


def refused(run: Block) -> list[str]:
    """Return the variables that a run expects to be refused; none where it looks at anything else as well."""
    expected = re.findall(r"[\w.]+", run.attributes().get("expect_failures", ""))
    alone = expected and all(name.startswith("var.") for name in expected)
    if not alone or run.inner("assert") or run.inner("module"):
        return []
    return [name.removeprefix("var.") for name in expected]
