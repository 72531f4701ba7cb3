"""Paths: those of addresses, which the load balancer matches, and those of files in the application."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath

from nestctl.report.words import counted
from nestctl.settings.faults import Fault
from nestctl.settings.rules.parts import Parts

ROUTE = re.compile(r"/[A-Za-z0-9_.$/~\"'@:+&*?-]*")
"""Characters of a path condition (Elastic Load Balancing, "Path conditions")."""

NEXT = "/_next/"
"""Below which Next.js serves what a page loads, such as its images (Next.js, "assetPrefix")."""

LONGEST_ROUTE = 128
"""Characters of a path condition (the same page)."""

LONGEST_HEALTH_PATH = 1024
"""Characters of a health check's path (Elastic Load Balancing, ``CreateTargetGroup``)."""

ADDRESS = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*(\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?")
"""Path and query as RFC 3986 writes them: no blank, nothing outside ASCII, no fragment."""

LONGEST_NAME = 255
"""Bytes of a file's or folder's name (Linux, ``NAME_MAX``)."""

LONGEST_FILE = 1024
"""Bytes of a path within the application: of the 4,096 that Linux takes (``PATH_MAX``) the folder of the
application, or of a build, needs its part, and a fixture stands below another such path."""

HEALTH_PATH = re.compile(r"/[A-Za-z0-9._~!$&*+,;=:@%/-]*")
"""A path without a query; it stands between quotation marks in the container's health check."""


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with paths."""
    if parts.backend:
        yield from _routes(parts.backend.paths)
        yield from _file(("backend", "root"), parts.backend.root)
        yield from _file(("backend", "image", "dockerfile"), parts.backend.image.dockerfile, folder=False)
        if parts.backend.fixture is not None:
            yield from _file(("backend", "fixture"), parts.backend.fixture, folder=False)
    if parts.frontend:
        yield from _file(("frontend", "root"), parts.frontend.root)
        yield from _file(("frontend", "image", "dockerfile"), parts.frontend.image.dockerfile, folder=False)
        yield from _health(parts.frontend.health_path)


def address_fault(path: str) -> str | None:
    """Return why a path cannot be asked for, ``None`` when it can."""
    if ADDRESS.fullmatch(path):
        return None
    return (
        f"{path!r} is no path of a site: it begins with /, and what is no letter, digit or "
        "punctuation of an address is written as %XX"
    )


def _routes(paths: list[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, path in enumerate(paths):
        where = ("backend", "paths", str(index))
        if not ROUTE.fullmatch(path):
            yield Fault(
                where,
                f"{path!r} is no path pattern: it begins with /, and the load balancer takes "
                "letters and digits of ASCII and _-.$/~\"'@:+&*? only",
            )
        if len(path) > LONGEST_ROUTE:
            yield Fault(
                where, f"it has {counted(len(path), 'character')}; a path pattern has at most {LONGEST_ROUTE}"
            )
        if len(re.findall(r"[*?]", path)) > 1:
            yield Fault(where, f"{path!r} has more than one wildcard (* or ?)")
        if _takes_the_frontends(path):
            yield Fault(
                where,
                f"{path!r} sends the frontend's own {NEXT}... to the function as well: "
                "name the backend's paths, like /graphql/*",
            )
        if path in seen:
            yield Fault(where, f"{path!r} is listed twice")
        seen.add(path)


def _takes_the_frontends(pattern: str) -> bool:
    begin, wildcard, _ = pattern.partition("*")
    same = all(sign in (wanted, "?") for sign, wanted in zip(begin, NEXT, strict=False))
    return same and (bool(wildcard) or len(begin) >= len(NEXT))


def _health(path: str) -> Iterator[Fault]:
    where = ("frontend", "health_path")
    if not HEALTH_PATH.fullmatch(path):
        yield Fault(
            where,
            f"{path!r} is no path for a health check: it begins with / and has no query, blank or quotation "
            "mark",
        )
    if len(path) > LONGEST_HEALTH_PATH:
        yield Fault(where, f"it has {counted(len(path), 'character')}, more than {LONGEST_HEALTH_PATH}")


def length_fault(path: str) -> str | None:
    """Return why a path is longer than a file system takes, ``None`` when it is not."""
    longest = max((len(os.fsencode(part)) for part in path.split("/")), default=0)
    if longest > LONGEST_NAME:
        return f"a name in it has {longest:,} bytes; a file system takes {LONGEST_NAME}: shorten it"
    if (size := len(os.fsencode(path))) > LONGEST_FILE:
        return (
            f"it has {size:,} bytes; a path within the application has at most {LONGEST_FILE:,}: shorten it"
        )
    return None


def _file(where: tuple[str, ...], path: str, *, folder: bool = True) -> Iterator[Fault]:
    pure = PurePosixPath(path)
    if not path.strip() or path != path.strip():
        yield Fault(where, f"{path!r} is no path: it is empty, or has blanks at its ends")
    elif not path.isprintable():
        yield Fault(where, f"{path!r} has control characters in it")
    elif what := length_fault(path):
        yield Fault(where, what)
    elif pure.is_absolute() or PureWindowsPath(path).drive or path.startswith("~"):
        yield Fault(where, f"{path!r} is not within the application: write it from nest.toml's folder")
    elif ".." in pure.parts:
        yield Fault(where, f"{path!r} leads out of the application: a deployment takes only what is in it")
    elif "\\" in path:
        yield Fault(where, f"{path!r}: folders are divided by /")
    elif not folder and (not pure.name or path.endswith(("/", "/."))):
        yield Fault(where, f"{path!r} is a folder: write the file's name, too")
