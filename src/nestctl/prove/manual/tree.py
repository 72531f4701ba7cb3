"""Where the manual's files are: the application's own and those of the infrastructure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True)
class Tree:
    """Folders of a deployment.

    Attributes:
        app: Folder of the application: backend, frontend, docker.
        infrastructure: Folder of the roots and modules.
        project: Name of the project; the infrastructure's own pages and examples say ``nest``.
    """

    app: Path
    infrastructure: Path
    project: str = "nest"

    def path(self, name: str) -> Path:
        """Return where a file of the manual is, named from the root of the project."""
        first, _, rest = name.partition("/")
        return self.infrastructure / rest if first == "infrastructure" else self.app / name

    def text(self, name: str) -> str:
        """Return what a file holds; nothing when it is not there."""
        path = self.path(name)
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def example(self, name: str) -> str:
        """Return what a page or example of the infrastructure says, for this project."""
        return re.sub(r"\bnest-", f"{self.project}-", self.text(name))

    def is_ignored(self, name: str) -> bool:
        """Tell whether git leaves a file out: by its name, by its path, or because there is no git."""
        if not any((folder / ".git").exists() for folder in self.path(name).parents):
            return True
        return any(fnmatchcase(path, line) for path, line in self._rules(name))

    def _rules(self, name: str) -> Iterator[tuple[str, str]]:
        parts = Path(name).parts
        top = self.infrastructure.parent if parts[0] == "infrastructure" else self.app
        for depth in range(len(parts)):
            file = top.joinpath(*parts[:depth], ".gitignore")
            lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
            for line in lines:
                if line and line[0] not in "#!":
                    yield ("/".join(parts[depth:]) if "/" in line else parts[-1]), line.lstrip("/")
