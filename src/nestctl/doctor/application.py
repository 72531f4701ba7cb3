"""The application's files: all that the manifest names must be there, within it, and be what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from nestctl.build import backend as backend_build
from nestctl.build import workplace
from nestctl.build.sources import source_files
from nestctl.build.zappa import TEMPLATE
from nestctl.doctor import classes, packages, python_project, zappa
from nestctl.doctor.found import Faulty, Unfit
from nestctl.doctor.node_project import node_faults
from nestctl.report import usage_error
from nestctl.report.words import counted
from nestctl.settings.faults import Fault
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.settings.resolve import Settings
from nestctl.settings.rules.schedules import past_fault

__all__ = ["Faulty", "backend", "files", "frontend", "package", "schedules", "sizes", "zappa_settings"]


def files(settings: Settings) -> str:
    """Return the application's folder.

    Raises:
        NestctlError: ``application-incomplete``: a file that a deployment needs is missing.
        Faulty: A path of the manifest leads out of the application, or is a folder where a file is made.
    """
    app, manifest = settings.app, settings.manifest
    root, web = app / manifest.backend.root, app / manifest.frontend.root
    wanted = [
        root / "pyproject.toml",
        root / "uv.lock",
        root / TEMPLATE,
        web / "package.json",
        web / "package-lock.json",
        app / manifest.backend.image.dockerfile,
        app / manifest.frontend.image.dockerfile,
        INFRASTRUCTURE / settings.environment / "main.tf",
    ]
    if manifest.backend.fixture and not manifest.backend.fixture_command:
        wanted.append(root / manifest.backend.fixture)
    if faults := [*_outside(settings), *_unmakeable(settings)]:
        raise Faulty(faults)
    if absent := [path for path in wanted if not _is_file(path)]:
        raise usage_error(
            "application-incomplete",
            f"{app} lacks what is needed to deploy it.",
            "Missing: " + ", ".join(_short(path, app) for path in absent),
            "Correct the folders in nest.toml, or add the files.",
        )
    return str(app)


def backend(settings: Settings) -> str:
    """Return what the backend is.

    Raises:
        NestctlError: ``python-version``, ``application-unfit`` or ``package-size``.
        Faulty: The manifest names what the backend has not.
    """
    root = settings.app / settings.manifest.backend.root
    if not (root / "pyproject.toml").is_file() or not (root / "uv.lock").is_file():
        return "incomplete"
    project = python_project.read(root)
    python_project.check_python(project, settings.manifest.backend.python)
    if faults := list(python_project.manifest_faults(project, settings.manifest.backend)):
        raise Faulty(faults)
    packages.check_size(project, settings.manifest.backend.python)
    return f"{project.name}, {counted(len(project.packages), 'locked package')}"


def frontend(settings: Settings) -> str:
    """Return what the frontend is.

    Raises:
        NestctlError: ``application-unfit``.
    """
    root = settings.app / settings.manifest.frontend.root
    if not (root / "package.json").is_file() or not (root / "package-lock.json").is_file():
        return "incomplete"
    if faults := list(node_faults(root)):
        raise Unfit(root, faults).error()
    return "builds with npm run build"


def zappa_settings(settings: Settings) -> str:
    """Return the stage that is packaged.

    Raises:
        NestctlError: ``zappa-template``.
        Faulty: With the template's variables, the function's environment is more than Lambda takes.
    """
    template = settings.app / settings.manifest.backend.root / TEMPLATE
    if not template.is_file():
        return "incomplete"
    zappa.check_template(template, settings.environment)
    if faults := list(zappa.environment_faults(template, settings)):
        raise Faulty(faults)
    return f"stage {settings.environment}"


def package(settings: Settings) -> str:
    """Return whether the function's package is within Lambda's limit.

    What could be too large is measured, which takes the packages that are installed for it in a build anyhow;
    one that passed is remembered until a source or the lock file changes.

    Raises:
        NestctlError: ``package-size``, or what installing the packages fails with.
    """
    backend = settings.manifest.backend
    root = settings.app / backend.root
    if not all((root / name).is_file() for name in ("pyproject.toml", "uv.lock", TEMPLATE)):
        return "incomplete"
    own = sum((root / file).stat().st_size for file in source_files(root))
    if not packages.may_be_too_large(python_project.read(root), own, backend.python):
        return "well below 250 MiB"
    with workplace.building(workplace.builds(settings.app)) as folder:
        wanted = backend_build.describe(settings.app, backend, folder)
        note = folder / f"measured-{settings.environment}-{wanted.release}"
        if not note.is_file():
            backend_build.measure(wanted, settings.environment, settings.work / "logs" / "build.log")
            note.touch()
    return "measured: below 250 MiB"


def sizes(settings: Settings) -> str:
    """Return how many sizes the environment sets.

    Raises:
        Faulty: A class of the database or the cache that AWS has not.
    """
    if faults := list(classes.class_faults(settings)):
        raise Faulty(faults)
    return f"{len(settings.sizes)} set" if settings.sizes else "as the environment has them"


def schedules(settings: Settings) -> str:
    """Return how many tasks run on a schedule.

    Not a rule of the manifest: what was right yesterday would keep `destroy` from reading it.

    Raises:
        Faulty: A schedule lies in the past.
    """
    now = dt.datetime.now(dt.UTC)
    given = {name: task.schedule for name, task in settings.manifest.tasks.items() if task.schedule}
    if faults := [
        Fault(("tasks", name, "schedule"), what)
        for name, schedule in given.items()
        if (what := past_fault(schedule, now))
    ]:
        raise Faulty(faults)
    return f"{len(given)} set" if given else "none"


def _outside(settings: Settings) -> Iterator[Fault]:
    """Yield the paths that lead out of the application by links."""
    app, manifest = settings.app, settings.manifest
    named = {
        ("backend", "root"): app / manifest.backend.root,
        ("backend", "image", "dockerfile"): app / manifest.backend.image.dockerfile,
        ("frontend", "root"): app / manifest.frontend.root,
        ("frontend", "image", "dockerfile"): app / manifest.frontend.image.dockerfile,
    }
    if manifest.backend.fixture:
        named["backend", "fixture"] = app / manifest.backend.root / manifest.backend.fixture
    for where, path in named.items():
        try:
            inside = path.resolve().is_relative_to(app)
        except (OSError, RuntimeError):
            yield Fault(where, f"{_short(path, app)} is a link that leads in a circle")
            continue
        if not inside:
            yield Fault(where, f"{_short(path, app)} is a link that leads out of the application")


def _unmakeable(settings: Settings) -> Iterator[Fault]:
    """Yield why the fixture's command could not write the fixture."""
    backend = settings.manifest.backend
    if backend.fixture is None or backend.fixture_command is None:
        return
    root = settings.app / backend.root
    file = root / backend.fixture
    where = ("backend", "fixture")
    if file.is_dir():
        yield Fault(where, f"{backend.fixture} is a folder: name the file that fixture_command writes")
    for folder in file.relative_to(root).parents:
        if (root / folder).is_file():
            yield Fault(where, f"{folder} is a file, and a fixture below it cannot be written")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _short(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
