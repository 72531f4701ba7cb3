"""Reads where variables and outputs are declared, as ``source`` reads where resources are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nestctl.settings.paths import CHECKOUT

HEAD = re.compile(r'^(variable|output) "([\w-]+)" \{$')
HIDDEN = re.compile(r"^  (?:sensitive|ephemeral)\s*=\s*true$", re.MULTILINE)


@dataclass(frozen=True)
class Declaration:
    """A ``variable`` or ``output`` block.

    Attributes:
        kind: ``variable`` or ``output``.
        name: Its name.
        file: File, from the checkout's root where it lies in it.
        line: Line of its head, from 1.
        text: All of it.
    """

    kind: str
    name: str
    file: str
    line: int
    text: str

    @property
    def hidden(self) -> bool:
        """Whether Terraform shows its value nowhere: it is ``sensitive`` or ``ephemeral``."""
        return bool(HIDDEN.search(self.text))


def declarations(folder: Path) -> Iterator[Declaration]:
    """Yield what a folder declares, in the order of its files."""
    for file in sorted(folder.glob("*.tf")):
        shown = str(file.relative_to(CHECKOUT) if file.is_relative_to(CHECKOUT) else file)
        lines = file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if head := HEAD.match(line):
                end = next(i for i in range(number, len(lines)) if lines[i] == "}")
                text = "\n".join(lines[number : end + 1])
                yield Declaration(head[1], head[2], shown, number + 1, text)
