"""How long the steps of a run usually take, and from that how far it is and how long it still takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = "durations.json"
"""Below the work folder of a target and environment."""

LOOK = 1.0
"""Seconds that a look at a step is taken for, before one was timed."""


LONG = 3
"""How many times its usual look a step takes until it counts as working."""

SLOWEST, QUICKEST = 4.0, 0.5
"""How far a machine is believed to differ from the one that the usual times were taken on."""

WEIGHTY = 5.0
"""Seconds that a step usually takes at least, for its time to say something of the machine."""


@dataclass(frozen=True)
class Usual:
    """What a step takes, in seconds.

    Attributes:
        done: When there is nothing to do.
        changed: When it is carried out.
    """

    done: float
    changed: float


FIRST_LOOK = Usual(LOOK, LOOK)

FIRST: Mapping[str, Usual] = {
    name: Usual(LOOK, seconds)
    for name, seconds in {
        "local cloud": 2.0,
        "doctor": 2.0,
        "state": 67.0,
        "bootstrap": 15.0,
        "certificate": 25.0,
        "images": 60.0,
        "validation": 2.0,
        "platform": 110.0,
        "secrets": 2.0,
        "migrate": 5.0,
        "load": 4.0,
        "backend": 15.0,
        "routes": 35.0,
        "index": 3.0,
        "frontend": 4.0,
        "domain": 1.0,
        "smoke": 1.0,
    }.items()
}
"""Before a run was timed here. Source: a first run on the local cloud, two cores, November 2026."""


def load(folder: Path) -> dict[str, Usual]:
    """Return what the last runs took, else what a first run takes; an unreadable file counts as none."""
    found = dict(FIRST)
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        for name, row in json.loads((folder / FILE).read_text(encoding="utf-8")).items():
            found[name] = Usual(float(row["done"]), float(row["changed"]))
    return found


def save(folder: Path, known: Mapping[str, Usual], steps: Iterable[Mapping[str, Any]]) -> None:
    """Keep what the steps of a run took, by outcome; losing it costs an estimate, so no failure counts."""
    merged = dict(known)
    for step in steps:
        name, seconds = str(step["step"]), float(step["seconds"])
        usual = merged.get(name, FIRST_LOOK)
        if step["outcome"] == "done":
            merged[name] = Usual(seconds, usual.changed)
        elif step["outcome"] == "changed":
            merged[name] = Usual(usual.done, seconds)
    rows = {name: {"done": usual.done, "changed": usual.changed} for name, usual in merged.items()}
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(rows, indent=1), encoding="utf-8")


@dataclass
class Clock:
    """Follows a run. Once a step changed something, those after it count as changing: estimates err upwards.

    Attributes:
        steps: Names of the run's steps, in order.
        usual: What each takes.
        now: The clock.
    """

    steps: tuple[str, ...]
    usual: Mapping[str, Usual]
    now: Callable[[], float] = time.monotonic
    _ended: list[str] = field(default_factory=list)
    _carried_out: dict[str, float] = field(default_factory=dict)
    _changes: bool = False
    _running: str = ""
    _began: float = 0.0
    _shown: float = 0.0

    @property
    def ended(self) -> int:
        """Number of steps that ended."""
        return len(self._ended)

    def start(self, step: str) -> None:
        """A step begins."""
        self._running, self._began = step, self.now()

    def finish(self, step: str, outcome: str) -> None:
        """A step ended."""
        self._ended.append(step)
        if outcome == "changed" and step in self.usual and self.usual[step].changed >= WEIGHTY:
            self._carried_out[step] = self._elapsed()
        self._running = ""
        self._changes = self._changes or outcome in ("changed", "needed")

    def works(self) -> None:
        """The running step does something, so it is not a look only."""
        self._changes = True

    def left(self) -> float:
        """Return the seconds that the run still takes; nothing below zero for a step that takes longer."""
        rest = self.pace() * sum(self._takes(name) for name in self._to_come())
        if not self._running:
            return rest
        return rest + max(0.0, self.pace() * self._takes(self._running) - self._elapsed())

    def pace(self) -> float:
        """Return how many times its usual time this run takes, by the steps that were carried out."""
        usual = sum(self.usual[name].changed for name in self._carried_out)
        return min(SLOWEST, max(QUICKEST, sum(self._carried_out.values()) / usual)) if usual else 1.0

    def share(self) -> float:
        """Return how far the run is, 0 to 1, by time; never less than was returned before."""
        past = self.pace() * sum(self._takes(name) for name in self._ended)
        past += min(self._elapsed(), self.pace() * self._takes(self._running)) if self._running else 0.0
        total = past + self.left()
        self._shown = max(self._shown, past / total if total else 0.0)
        return min(1.0, self._shown)

    def _to_come(self) -> list[str]:
        return [name for name in self.steps if name not in self._ended and name != self._running]

    def _elapsed(self) -> float:
        return self.now() - self._began

    def _takes(self, step: str) -> float:
        usual = self.usual.get(step, FIRST_LOOK)
        return usual.changed if self._changes or self._works_long() else usual.done

    def _works_long(self) -> bool:
        """Whether the running step has taken longer than a look at it: it does something, then."""
        return bool(self._running) and self._elapsed() > LONG * self.usual.get(self._running, FIRST_LOOK).done
