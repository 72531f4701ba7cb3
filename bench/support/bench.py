"""What a benchmark is given: a folder, somebody to tell, and a site that is up when it needs one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.support.clouds import Cloud


@dataclass
class Bench:
    """One run of the benchmarks.

    Attributes:
        work: Folder for everything that is made.
        tell: Receives one line on what runs now.
        repeats: Repeats of what is cheap; ``None`` leaves each benchmark its own number.
    """

    work: Path
    tell: Callable[[str], None]
    repeats: int | None = None
    _clouds: dict[str, Cloud] = field(default_factory=dict)
    _up: bool = False

    def times(self, own: int) -> int:
        """Return how often to measure."""
        return self.repeats or own

    def cloud(self, name: str) -> Cloud:
        """Return a cloud by name; it may not run yet."""
        return self._clouds.setdefault(name, Cloud(self.work / name))

    def site(self) -> Cloud:
        """Return the cloud in which the whole site is up; it is brought up when it is not."""
        cloud = self.cloud("site")
        if not self._up:
            self.tell("bringing the site up for the benchmarks that need one")
            cloud.start()
            cloud.nestctl("up")
            self._up = True
        return cloud

    def close(self) -> None:
        """Stop every cloud and remove what it holds."""
        for cloud in self._clouds.values():
            cloud.forget()
