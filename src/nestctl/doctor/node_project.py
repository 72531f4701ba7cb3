"""The frontend as a Node.js project: what package.json and its lock file must say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nestctl.build import toolchain

LOCKS = (2, 3)
"""Versions of package-lock.json that hold ``packages`` (npm, "package-lock.json")."""

SIMPLE = re.compile(r"\s*(?:>=|\^|~)?\s*v?(\d+)(?:\.[\dx*]+)*\s*")
"""A range of versions with one beginning."""


def node_faults(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the two files, a sentence each."""
    package, lock = _json(folder / "package.json"), _json(folder / "package-lock.json")
    for name, found in (("package.json", package), ("package-lock.json", lock)):
        if isinstance(found, str):
            yield f"{name}: {found}"
    if not isinstance(package, dict):
        return
    scripts = package.get("scripts")
    if not isinstance(scripts, dict) or not isinstance(scripts.get("build"), str):
        yield "package.json has no script `build`, which must leave .next/standalone."
    yield from _engine(package)
    if isinstance(lock, dict):
        yield from _lock(package, lock)


def _lock(package: dict[str, Any], lock: dict[str, Any]) -> Iterator[str]:
    if lock.get("lockfileVersion") not in LOCKS or not isinstance(lock.get("packages"), dict):
        yield "package-lock.json is none of npm 7 or newer. Renew it: npm install --package-lock-only"
        return
    locked = lock["packages"].get("", {})
    for kind in ("dependencies", "devDependencies"):
        wanted, there = package.get(kind, {}), locked.get(kind, {})
        if isinstance(wanted, dict) and wanted != there:
            differing = sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))
            yield (
                f"package-lock.json is older than package.json: {', '.join(differing)}. "
                "Renew it: npm install --package-lock-only"
            )


def _engine(package: dict[str, Any]) -> Iterator[str]:
    """Yield that Node is too old, where package.json says so in its simplest form: ``>=24`` or ``24.x``."""
    engines = package.get("engines")
    wanted = engines.get("node") if isinstance(engines, dict) else None
    found = (
        re.fullmatch(r"\s*(?:>=|\^|~)?\s*v?(\d+)(?:\.[\dx*]+)*\s*", wanted)
        if isinstance(wanted, str)
        else None
    )
    version = toolchain.node_version()
    if found and int(found[1]) > int(re.findall(r"\d+", version)[0]):
        yield f"package.json wants Node.js {wanted}, and the one here is {version}."


def _json(path: Path) -> dict[str, Any] | str:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        return f"it cannot be read: {error}"
    return found if isinstance(found, dict) else "it is no JSON object"
