"""The backend as a Python project: what pyproject.toml and uv.lock say, and whether it fits the manifest."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nestctl.build import toolchain
from nestctl.build.application import normalised
from nestctl.doctor.found import Unfit
from nestctl.report import NestctlError, usage_error
from nestctl.settings.faults import Fault, nearest
from nestctl.settings.manifest import Backend
from nestctl.settings.reading import TomlSyntaxError, UnreadableError, read_toml

DEPLOY = "deploy"
"""Dependency group that brings Zappa, which packages the function."""

LARGEST_LOCK = 32 * 1024 * 1024
"""Bytes of a lock file: that of a project with a thousand packages has three million."""


@dataclass(frozen=True)
class PythonProject:
    """What the two files say.

    Attributes:
        folder: Where they lie.
        values: All of pyproject.toml.
        packages: The packages of uv.lock.
    """

    folder: Path
    values: Mapping[str, Any]
    packages: tuple[Mapping[str, Any], ...]

    @property
    def name(self) -> str:
        """Name of the distribution."""
        return str(self.values["project"]["name"])

    @property
    def groups(self) -> set[str]:
        """Names of the dependency groups, normalised."""
        found = self.values.get("dependency-groups", {})
        return {normalised(name) for name in found} if isinstance(found, dict) else set()

    @property
    def own(self) -> Mapping[str, Any]:
        """The entry of the project itself in the lock file; empty when it has none."""
        found = [p for p in self.packages if normalised(str(p.get("name"))) == normalised(self.name)]
        return found[0] if found else {}


def read(folder: Path) -> PythonProject:
    """Read both files.

    Raises:
        NestctlError: ``application-unfit``: one cannot be read, or has not what it must have.
    """
    values = _toml(folder / "pyproject.toml")
    lock = _toml(folder / "uv.lock", largest=LARGEST_LOCK)
    reasons = []
    project = values.get("project")
    if not isinstance(project, dict) or not isinstance(project.get("name"), str):
        reasons.append("pyproject.toml has no [project] with a name.")
    packages = lock.get("package")
    if not isinstance(packages, list) or not all(isinstance(package, dict) for package in packages):
        reasons.append("uv.lock lists no packages: uv lock")
    if reasons:
        raise Unfit(folder, reasons).error()
    assert isinstance(packages, list)  # noqa: S101 - for the type checker
    return PythonProject(folder, values, tuple(packages))


def check_python(project: PythonProject, chosen: str | None = None) -> None:
    """Refuse an application that the Python which would package it cannot run.

    Raises:
        NestctlError: ``python-version`` or ``application-unfit``.
    """
    wanted = project.values["project"].get("requires-python", "")
    try:
        allowed = SpecifierSet(str(wanted))
    except InvalidSpecifier as error:
        raise Unfit(project.folder, [f"requires-python in pyproject.toml: {error}"]).error() from error
    try:
        found = toolchain.python(chosen)
    except NestctlError:
        return  # told by the look at Lambda's runtimes
    if allowed.contains(f"{found.version}.99"):
        return
    fitting = [
        f"{major}.{minor}"
        for major, minor in toolchain.LAMBDA_PYTHONS
        if allowed.contains(f"{major}.{minor}.99")
    ]
    raise usage_error(
        "python-version",
        f"Python {found.version} cannot run the application.",
        f"{project.folder / 'pyproject.toml'} wants Python {wanted}, and nestctl packages it with "
        f"{found.path}. Of Lambda's, these would do: {', '.join(fitting) or 'none'}.",
        f'Write python = "{fitting[0]}" under [backend] in nest.toml, and install it where it is missing'
        if fitting
        else f"Edit {project.folder / 'pyproject.toml'}",
    )


def manifest_faults(project: PythonProject, backend: Backend) -> Iterator[Fault]:
    """Yield what the manifest says of the backend that is not so.

    Raises:
        NestctlError: ``application-unfit``: what a deployment needs is not in the two files.
    """
    reasons = list(_lacking(project))
    if reasons:
        raise Unfit(project.folder, reasons).error()
    for index, group in enumerate(backend.image.groups):
        if normalised(group) not in project.groups:
            known = nearest(normalised(group), project.groups)
            yield Fault(
                ("backend", "image", "groups", str(index)),
                f"pyproject.toml has no dependency group {group!r}{known}",
            )
    if what := _wsgi_fault(project.folder, backend.wsgi):
        yield Fault(("backend", "wsgi"), what)


def _lacking(project: PythonProject) -> Iterator[str]:
    if DEPLOY not in project.groups:
        yield f"pyproject.toml has no dependency group {DEPLOY!r} with zappa, which packages the function."
    locked = {normalised(str(package.get("name"))) for package in project.packages}
    if DEPLOY in project.groups and "zappa" not in locked:
        yield f"zappa is not among the packages of uv.lock: add it to the group {DEPLOY!r}, then: uv lock"
    stale = sorted(_names(project.values) - locked)
    if stale:
        yield f"uv.lock is older than pyproject.toml: it lacks {', '.join(stale)}. Renew it: uv lock"
    grouped = {normalised(name) for name in _table(project.own, "dev-dependencies")}
    declared = {
        normalised(name) for name, items in _table(project.values, "dependency-groups").items() if items
    }
    if project.own and (absent := sorted(declared - grouped)) and not stale:
        yield (
            f"uv.lock is older than pyproject.toml: it lacks the groups {', '.join(absent)}. "
            "Renew it: uv lock"
        )


def _names(values: Mapping[str, Any]) -> set[str]:
    """Return the names of the distributions that pyproject.toml asks for."""
    lists = [values["project"].get("dependencies", []), *_table(values, "dependency-groups").values()]
    words = [word for items in lists if isinstance(items, list) for word in items if isinstance(word, str)]
    found = (re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)(.*)", word) for word in words)
    # One with a marker may be for another system, and not be locked.
    return {normalised(match[1]) for match in found if match and ";" not in match[2]}


def _table(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name, {})
    return found if isinstance(found, dict) else {}


def _wsgi_fault(folder: Path, wsgi: str) -> str | None:
    """Return why the WSGI application is not there, as far as that can be told without running it."""
    module, _, name = wsgi.rpartition(".")
    path = folder / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not file.is_file():
        return f"there is no module {module} in {folder.name}/"
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as error:
        return f"{file.relative_to(folder)} is no Python: {error}"
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if name in bound or "*" in bound:
        return None
    return f"{file.relative_to(folder)} defines no {name}{nearest(name, bound)}"


def _toml(path: Path, *, largest: int | None = None) -> Mapping[str, Any]:
    with contextlib.suppress(FileNotFoundError):
        try:
            return read_toml(path, **({} if largest is None else {"largest": largest})).values
        except (UnreadableError, TomlSyntaxError) as error:
            raise Unfit(path.parent, [f"{path.name}: {error}"]).error() from error
    raise Unfit(path.parent, [f"{path.name} is missing."]).error()
