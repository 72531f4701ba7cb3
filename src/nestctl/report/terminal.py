"""A live view for a terminal: finished steps stay above, the running one moves below."""

from __future__ import annotations

import time

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from nestctl.report.events import Event, Note, Progress, RunStarted, StepFinished, StepStarted

MARKS = {
    "done": ("✓", "green"),
    "changed": ("✓", "bold green"),
    "needed": ("•", "yellow"),
    "skipped": ("-", "dim"),
    "blocked": ("!", "yellow"),
    "failed": ("✗", "bold red"),
}


class TerminalReporter:
    """Keeps a live area on stderr while a step runs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._total = 0
        self._finished = 0
        self._step = ""
        self._message = ""
        self._fraction: float | None = None
        self._began = 0.0
        self._spinner = Spinner("dots")
        self._live: Live | None = None

    def emit(self, event: Event) -> None:
        """Update the live area or print a line above it."""
        match event:
            case RunStarted(title, steps):
                self._total, self._finished = len(steps), 0
                self._console.print(Text(title, style="bold"))
            case StepStarted(step, title):
                self._step, self._message, self._fraction = step, title, None
                self._began = time.monotonic()
                self._start_live()
            case Progress(message, fraction):
                self._message, self._fraction = message, fraction
                if self._live is None:  # a command of one step says no more than this
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
        self._finished += 1
        mark, style = MARKS[event.outcome]
        line = Table.grid(padding=(0, 1), expand=True)
        line.add_column(width=1)
        line.add_column(width=12)
        line.add_column(ratio=1)
        line.add_column(justify="right", width=8)
        line.add_row(
            Text(mark, style=style), Text(event.step, style="bold"), event.reason, f"{event.seconds:.1f} s"
        )
        self._console.print(line)

    def _start_live(self) -> None:
        self.close()
        self._live = Live(
            get_renderable=self._view, console=self._console, refresh_per_second=8, transient=True
        )
        self._live.start()

    def _view(self) -> RenderableType:
        row = Table.grid(padding=(0, 1))
        seconds = int(time.monotonic() - self._began)
        row.add_row(self._spinner, Text(self._step, style="bold"), self._message, Text(f"{seconds} s", "dim"))
        parts: list[RenderableType] = [row]
        if self._total:
            part = self._fraction or 0.0
            bar = ProgressBar(total=self._total, completed=self._finished + part, width=40)
            foot = Table.grid(padding=(0, 1))
            foot.add_row("  ", bar, Text(f"{self._finished} of {self._total} steps", "dim"))
            parts.append(foot)
        return Group(*parts)
