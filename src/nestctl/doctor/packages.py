"""How large the function's package will be at least, told from the lock file before anything is installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from nestctl.build import toolchain
from nestctl.build.application import normalised
from nestctl.build.archive import LIMIT
from nestctl.doctor.python_project import PythonProject
from nestctl.report import NestctlError, usage_error

GLIBC = 34
"""Minor version of Amazon Linux 2023's glibc 2."""

LARGEST_SHOWN = 5

MOST_COMPRESSED = 8
"""How many times as large a wheel becomes at most: code three to four times, tables and texts up to this."""


def check_size(project: PythonProject, chosen: str | None = None) -> None:
    """Refuse packages that are larger even as they are downloaded than Lambda takes unpacked.

    Raises:
        NestctlError: ``package-size``.
    """
    sizes = {name: size or 0 for name, size in downloads(project, chosen).items()}
    total = sum(sizes.values())
    if total <= LIMIT:
        return
    largest = sorted(sizes, key=lambda name: -sizes[name])[:LARGEST_SHOWN]
    raise usage_error(
        "package-size",
        f"The backend's packages have {total / 2**20:.0f} MiB compressed; Lambda takes 250 unzipped.",
        "The largest:\n" + "\n".join(f"  {name}: {sizes[name] / 2**20:.0f} MiB" for name in largest),
        "Move what the function does not need into a dependency group of its own, then: uv lock",
    )


def may_be_too_large(project: PythonProject, files: int, chosen: str | None = None) -> bool:
    """Tell whether the unpacked package could be more than Lambda takes, so that it has to be measured.

    Args:
        project: The application.
        files: Bytes of its own files.
        chosen: The Python that the manifest names.
    """
    sizes = downloads(project, chosen).values()
    known = [size for size in sizes if size is not None]
    return len(known) < len(sizes) or files + sum(known) * MOST_COMPRESSED > LIMIT


def downloads(project: PythonProject, chosen: str | None = None) -> dict[str, int | None]:
    """Return what is downloaded for each package that the function runs with.

    A wheel is a compressed archive: unpacked it is never smaller, and often three times as large.

    Returns:
        Bytes by name, ``None`` where no wheel fits or its size is not in the lock file; nothing when there is
        no Python, which the look at Lambda's runtimes tells.
    """
    try:
        version = toolchain.python(chosen).version
    except NestctlError:
        return {}
    tags = lambda_tags(version)
    found = runtime_packages(project, version)
    return {name: wheel_size(package, tags) for name, package in found.items()}


def lambda_tags(version: str) -> frozenset[Tag]:
    """Return the tags of wheels that a function could load, for either architecture."""
    major, minor = (int(part) for part in version.split("."))
    platforms = [
        platform
        for machine in ("x86_64", "aarch64")
        for platform in (
            *(f"manylinux_2_{low}_{machine}" for low in range(GLIBC, 4, -1)),
            *(f"{old}_{machine}" for old in ("manylinux2014", "manylinux2010", "manylinux1")),
        )
    ]
    interpreter = f"cp{major}{minor}"
    return frozenset(
        {
            *cpython_tags((major, minor), platforms=platforms),
            *compatible_tags((major, minor), interpreter, platforms),
        }
    )


def runtime_packages(project: PythonProject, version: str) -> dict[str, Mapping[str, Any]]:
    """Return the packages that the application runs with on Lambda's Python and Linux."""
    by_name: dict[str, Mapping[str, Any]] = {}
    for package in project.packages:
        by_name.setdefault(normalised(str(package.get("name"))), package)
    found: dict[str, Mapping[str, Any]] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(_dependencies(project.own, frozenset(), version))
    while waiting:
        name, extras = wanted = waiting.pop()
        if name in by_name and wanted not in seen:
            seen.add(wanted)
            found[name] = by_name[name]
            waiting += _dependencies(by_name[name], extras, version)
    return found


def wheel_size(package: Mapping[str, Any], tags: frozenset[Tag]) -> int | None:
    """Return the bytes of the smallest wheel that a function could load, ``None`` when that is not known."""
    sizes = []
    wheels = package.get("wheels")
    for wheel in wheels if isinstance(wheels, list) else ():
        size, url = wheel.get("size"), str(wheel.get("url") or wheel.get("path") or wheel.get("filename"))
        try:
            fits = parse_wheel_filename(url.rsplit("/", 1)[-1].replace("%2B", "+"))[3] & tags
        except InvalidWheelFilename:
            continue
        if fits and isinstance(size, int):
            sizes.append(size)
    return min(sizes, default=None)


def _dependencies(
    package: Mapping[str, Any], extras: frozenset[str], version: str
) -> Iterator[tuple[str, frozenset[str]]]:
    optional = package.get("optional-dependencies", {})
    lists = [package.get("dependencies", []), *(optional.get(extra, []) for extra in extras)]
    for dependency in (item for items in lists for item in items):
        if _applies(str(dependency.get("marker", "")), version):
            wanted = dependency.get("extra", [])
            yield normalised(str(dependency["name"])), frozenset(wanted)


def _applies(marker: str, version: str) -> bool:
    """Tell whether a dependency is one on Lambda; one that depends on an extra is listed elsewhere."""
    if not marker:
        return True
    try:
        return Marker(marker).evaluate(
            {
                "sys_platform": "linux",
                "platform_system": "Linux",
                "os_name": "posix",
                "python_version": version,
                "python_full_version": f"{version}.0",
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
                "platform_machine": "x86_64",
                "extra": "",
            }
        )
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
        return False
