"""What corrections remember, beside the emulator's own state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nestctl.localcloud.layout import read_json, write_json


class Store:
    """A JSON object on disk, a file per service.

    Args:
        state_dir: The cloud's state folder.
        service: Name of the file.
    """

    _open: dict[tuple[Path, str], Store] = {}  # noqa: RUF012 - one object per file, so that two users see one state

    def __init__(self, state_dir: Path, service: str) -> None:
        self._path = state_dir / "corrections" / f"{service}.json"
        self.data: dict[str, Any] = read_json(self._path)

    @classmethod
    def of(cls, state_dir: Path, service: str) -> Store:
        """The one store of a service in this process."""
        place = state_dir, service
        if place not in cls._open:
            cls._open[place] = cls(state_dir, service)
        return cls._open[place]

    def table(self, name: str) -> dict[str, Any]:
        """A named object in the store; :meth:`save` after changing it."""
        table: dict[str, Any] = self.data.setdefault(name, {})
        return table

    def save(self) -> None:
        """Write it, in one step."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(self._path, self.data)
