"""What uv.lock says of dependencies that are no releases: folders and files of this machine."""

from __future__ import annotations

import fnmatch
import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nestctl.build import sources

LOCK = "uv.lock"

MADE = ("build", "dist", "*.egg-info")
"""Names that setuptools gives to what it makes inside of a project that it builds."""


@dataclass(frozen=True)
class Local:
    """A dependency that lies on this machine: the lock file names its place, not its content."""

    name: str
    path: Path

    def digest(self) -> str:
        """Return a digest of its content, without what a build of it leaves there."""
        if self.path.is_file():
            return hashlib.sha256(self.path.read_bytes()).hexdigest()
        total = hashlib.sha256()
        for relative in sources.source_files(self.path):
            if not any(fnmatch.fnmatch(part, made) for part in relative.parts for made in MADE):
                content = hashlib.sha256((self.path / relative).read_bytes()).hexdigest()
                total.update(f"{relative.as_posix()}\0{content}\0".encode())
        return total.hexdigest()


def local(project: Path) -> list[Local]:
    """Return the dependencies of a project that lie on this machine, without the project itself."""
    return [found for found in _entries(project) if found.path.exists()]


def _entries(project: Path) -> Iterator[Local]:
    file = project / LOCK
    if not file.is_file():
        return
    for package in tomllib.loads(file.read_text(encoding="utf-8")).get("package", []):
        source = package.get("source", {})
        for kind in ("directory", "editable", "path"):
            if place := source.get(kind):
                path = (project / place).resolve()
                if path != project.resolve():
                    yield Local(package["name"], path)


def direct(project: Path) -> list[str]:
    """Return the names of the distributions that a project itself depends on, as it writes them."""
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    wanted = tomllib.loads(text).get("project", {}).get("dependencies", [])
    return [found[0] for line in wanted if (found := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.strip()))]
