"""Plain lines on stderr, for logs and pipes: one line per thing that begins or ends."""

from __future__ import annotations

import time
from typing import TextIO

from nestctl.report.events import Event, Note, Progress, RunStarted, StepFinished, StepStarted
from nestctl.report.table import step_lines

PROGRESS_EVERY = 5.0
"""Seconds between two progress lines of one step: often enough to see life, rare enough for a log."""


class PlainReporter:
    """Writes one line per event to ``stream``; progress is thinned out."""

    def __init__(self, stream: TextIO, *, verbose: bool = False) -> None:
        self._stream = stream
        self._verbose = verbose
        self._last_progress = 0.0
        self._step = ""
        self._position: dict[str, str] = {}

    def emit(self, event: Event) -> None:
        """Write the line for one event."""
        match event:
            case RunStarted(title, steps):
                self._position = {name: f"[{i}/{len(steps)}] " for i, name in enumerate(steps, 1)}
                self._line(title)
            case StepStarted(step, title):
                self._step, self._last_progress = step, time.monotonic()
                self._line(f"{self._position.get(step, '')}{step}: {title}")
            case Progress(message, fraction):
                now = time.monotonic()
                if self._verbose or now - self._last_progress >= PROGRESS_EVERY:
                    self._last_progress = now
                    share = "" if fraction is None else f" ({fraction:.0%})"
                    self._line(f"  {self._step}: {message}{share}" if self._step else f"  {message}{share}")
            case Note(message, level):
                self._line(f"  {'warning: ' if level == 'warning' else ''}{message}")
            case StepFinished(step, outcome, reason, seconds):
                self._line(*step_lines(step, outcome, reason, seconds))

    def close(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class QuietReporter:
    """Shows warnings only (``--quiet``)."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def emit(self, event: Event) -> None:
        """Write warnings and failures, drop the rest."""
        match event:
            case Note(message, "warning"):
                print(f"warning: {message}", file=self._stream, flush=True)
            case StepFinished(step, "failed" | "blocked" as outcome, reason):
                print(f"{step}: {outcome} - {reason}", file=self._stream, flush=True)
            case _:
                pass

    def close(self) -> None:
        """Flush the stream."""
        self._stream.flush()
