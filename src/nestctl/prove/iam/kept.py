"""What stays on purpose although no call uses it, and what is wide on purpose: ``kept.toml``."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from nestctl.policies.documents import matches


@dataclass(frozen=True)
class Entry:
    """One entry of a statement's list of actions: the least that can be taken away.

    Attributes:
        principal: Whose it is.
        policy: Name of the policy.
        sid: Statement.
        action: As it is written, perhaps with ``*``.
    """

    principal: str
    policy: str
    sid: str
    action: str


@dataclass(frozen=True)
class Kept:
    """A grant that no rehearsal uses and that stays on purpose.

    Attributes:
        principal: Whose it is.
        actions: Patterns of entries.
        reason: Why it stays.
        sid: Statement; empty for all.
    """

    principal: str
    actions: tuple[str, ...]
    reason: str
    sid: str = ""

    def covers(self, entry: Entry) -> bool:
        """Tell whether an entry is kept by it."""
        return (
            entry.principal == self.principal
            and self.sid in ("", entry.sid)
            and any(matches(pattern, entry.action) for pattern in self.actions)
        )


def reasons() -> tuple[Kept, ...]:
    """Return what ``kept.toml`` lists."""
    return tuple(
        Kept(entry["principal"], tuple(entry["actions"]), entry["reason"], entry.get("statement", ""))
        for entry in _table()["kept"]
    )


@dataclass(frozen=True)
class Wide:
    """Actions of a statement that are allowed on everything on purpose.

    Attributes:
        statement: Its name.
        actions: Patterns of what it allows on everything.
        reason: Why it is.
    """

    statement: str
    actions: tuple[str, ...]
    reason: str

    def covers(self, statement: str, action: str) -> bool:
        """Tell whether an action of a statement may be allowed on everything."""
        return statement == self.statement and any(matches(pattern, action) for pattern in self.actions)


def wide() -> tuple[Wide, ...]:
    """Return the statements that ``kept.toml`` leaves wide."""
    return tuple(
        Wide(entry["statement"], tuple(entry["actions"]), entry["reason"]) for entry in _table()["wide"]
    )


@functools.cache
def _table() -> dict[str, Any]:
    text = resources.files("nestctl.prove.iam").joinpath("kept.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
