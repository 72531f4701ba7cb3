"""A live view for a terminal: the list of what ended stands above, what runs moves below."""

from __future__ import annotations

import time
from collections.abc import Mapping

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from nestctl.report.durations import Clock, Usual
from nestctl.report.events import Event, Note, Progress, RunStarted, StepFinished, StepStarted
from nestctl.report.table import step_lines
from nestctl.report.words import counted, lasting

STYLES = {
    "done": "green",
    "changed": "bold green",
    "needed": "yellow",
    "skipped": "dim",
    "blocked": "yellow",
    "failed": "bold red",
}

BAR = 30
"""Columns of the bar."""


class TerminalReporter:
    """Keeps a live area on stderr while something runs.

    Args:
        console: Where it draws.
        usual: What each step usually takes; without it no time left is told.
    """

    def __init__(self, console: Console, usual: Mapping[str, Usual] | None = None) -> None:
        self._console = console
        self._usual = usual or {}
        self._clock = Clock((), {})
        self._step = ""
        self._message = ""
        self._began = 0.0
        self._spinner = Spinner("dots")
        self._live: Live | None = None

    def emit(self, event: Event) -> None:
        """Update the live area or print a line above it."""
        match event:
            case RunStarted(title, steps):
                self._clock = Clock(steps, self._usual)
                self._console.print(Text(title, style="bold"))
            case StepStarted(step, title):
                self._step, self._message = step, title
                self._began = time.monotonic()
                self._clock.start(step)
                self._start_live()
            case Progress(message, fraction):
                self._message = message
                if fraction is not None:
                    self._clock.works()
                if self._live is None:  # a command without steps says no more than this
                    self._began = time.monotonic()
                    self._start_live()
            case Note(message, level):
                self._console.print(Text(f"  {message}", style="yellow" if level == "warning" else "dim"))
            case StepFinished():
                self._finish(event)

    def close(self) -> None:
        """Remove the live area."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _finish(self, event: StepFinished) -> None:
        self.close()
        self._step = ""
        self._clock.finish(event.step, event.outcome)
        lines = step_lines(event.step, event.outcome, event.reason, event.seconds, self._console.width)
        text = Text("\n".join(lines), no_wrap=True, overflow="fold")
        text.stylize(STYLES[event.outcome], 2, 3)
        text.stylize("bold", 4, 4 + len(event.step))
        self._console.print(text)

    def _start_live(self) -> None:
        self.close()
        self._live = Live(
            get_renderable=self._view, console=self._console, refresh_per_second=8, transient=True
        )
        self._live.start()

    def _view(self) -> RenderableType:
        row = Table.grid(padding=(0, 1), expand=True)
        for options in ({"width": 2}, {}, {"ratio": 1}, {"justify": "right"}):
            row.add_column(no_wrap=True, overflow="ellipsis", **options)
        seconds = int(time.monotonic() - self._began)
        row.add_row(self._spinner, Text(self._step, style="bold"), self._message, Text(f"{seconds} s", "dim"))
        if not self._clock.steps:
            return row
        foot = Table.grid(padding=(0, 1))
        foot.add_row("  ", ProgressBar(total=1.0, completed=self._clock.share(), width=BAR), self._place())
        return Group(row, foot)

    def _place(self) -> Text:
        words = f"{self._clock.ended} of {counted(len(self._clock.steps), 'step')}"
        left = self._clock.left()
        if self._usual and left >= 1:
            words += f", about {lasting(left)} left"
        return Text(words, "dim")
