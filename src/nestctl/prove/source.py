"""Where each block of a configuration stands: modules are followed from the root.

Only the heads of blocks are read, and the files are formatted (``terraform fmt`` is part of the tests), so a
block ends with the next line that is ``}``. Terraform's own reading of the values comes with the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nestctl.settings.paths import CHECKOUT

HEAD = re.compile(r'^(resource|data|ephemeral|module) "([\w-]+)"(?: "([\w-]+)")? \{$')
SOURCE = re.compile(r'^  source\s*=\s*"(\.{1,2}/[^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of a configuration.

    Attributes:
        kind: ``resource``, ``data``, ``ephemeral`` or ``module``.
        type: Resource type; empty for a module.
        name: Its name.
        module: Address of its module, without instance keys: ``module.platform.module.kms``.
        file: File, from the checkout's root where it lies in it.
        line: Line of its head, from 1.
        text: All of it.
    """

    kind: str
    type: str
    name: str
    module: str
    file: str
    line: int
    text: str

    @property
    def address(self) -> str:
        """Address without instance keys: ``module.platform.module.kms.aws_kms_key.this``."""
        kind = {"resource": "", "data": "data.", "ephemeral": "ephemeral.", "module": "module."}[self.kind]
        own = f"{kind}{self.type}.{self.name}" if self.type else f"{kind}{self.name}"
        return f"{self.module}.{own}" if self.module else own

    def line_of(self, text: str) -> int:
        """Return the line on which a text stands in it, or its head's."""
        at = self.text.find(text)
        return self.line + self.text.count("\n", 0, at) if at > 0 else self.line


def blocks(root: Path) -> dict[str, Block]:
    """Return every block of a root and of the modules it calls, by address without instance keys."""
    return {block.address: block for block in _walk(root.resolve(), "")}


def without_keys(address: str) -> str:
    """Return an address without its instance keys."""
    return re.sub(r'\[(?:\d+|"[^"]*")\]', "", address)


def _walk(folder: Path, module: str) -> Iterator[Block]:
    for file in sorted(folder.glob("*.tf")):
        for block in _read(file, module):
            yield block
            called = SOURCE.search(block.text) if block.kind == "module" else None
            if called:
                yield from _walk((folder / called[1]).resolve(), block.address)


def _read(file: Path, module: str) -> Iterator[Block]:
    shown = str(file.relative_to(CHECKOUT) if file.is_relative_to(CHECKOUT) else file)
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if not (head := HEAD.match(line)):
            continue
        end = next((i for i in range(number, len(lines)) if lines[i] == "}"), len(lines) - 1)
        kind, first, second = head[1], head[2], head[3] or ""
        text = "\n".join(lines[number : end + 1])
        yield Block(kind, first if second else "", second or first, module, shown, number + 1, text)
