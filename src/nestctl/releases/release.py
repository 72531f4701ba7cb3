"""A release that went live, as it is recorded."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

VERSION = 1
"""Of the format; a field that is added does not change it."""


class LaterFormatError(ValueError):
    """A record was written by a later nestctl."""


@dataclass(frozen=True)
class Release:
    """What went live together.

    Attributes:
        backend: Name of the backend's build: digest of its sources and lock file.
        frontend: Name of the frontend's build.
        commit: Commit of the sources; empty where they are in no Git repository.
        dirty: Whether they differed from that commit.
        by: ARN of who deployed it.
        at: When.
        migrations: Names of the application's own migrations that its sources hold, ``app.0001_initial``.
    """

    backend: str
    frontend: str
    commit: str
    dirty: bool
    by: str
    at: datetime
    migrations: tuple[str, ...]

    def is_of(self, other: Release) -> bool:
        """Tell whether it is made of the same builds."""
        return (self.backend, self.frontend) == (other.backend, other.frontend)

    def as_json(self) -> bytes:
        """Return it as it is stored."""
        text = {"version": VERSION, **asdict(self), "at": self.at.isoformat()}
        return json.dumps(text, indent=2, sort_keys=True).encode()

    @classmethod
    def parse(cls, data: bytes) -> Release:
        """Read a stored one.

        Raises:
            LaterFormatError: It is one of a later format.
            ValueError: It is none.
        """
        try:
            found = json.loads(data)
            if found["version"] != VERSION:
                raise LaterFormatError(f"It has format {found['version']}; this nestctl knows {VERSION}.")
            return cls(
                backend=str(found["backend"]),
                frontend=str(found["frontend"]),
                commit=str(found["commit"]),
                dirty=bool(found["dirty"]),
                by=str(found["by"]),
                at=datetime.fromisoformat(found["at"]),
                migrations=tuple(map(str, found["migrations"])),
            )
        except (KeyError, TypeError, UnicodeDecodeError) as error:
            raise ValueError(f"It is no record of a release: {error!r}.") from error
