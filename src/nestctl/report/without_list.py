"""A reporter for commands whose data is the list of steps itself."""

from __future__ import annotations

from nestctl.report.events import Event, Progress, Reporter, RunStarted, StepFinished, StepStarted


class WithoutList:
    """Passes progress on and leaves the list of steps out: it goes to stdout once, as data.

    Args:
        inner: Shows the rest.
    """

    def __init__(self, inner: Reporter) -> None:
        self._inner = inner

    def emit(self, event: Event) -> None:
        """Turn a step's beginning into progress; drop titles and ends."""
        match event:
            case RunStarted() | StepFinished():
                pass
            case StepStarted(step, title):
                self._inner.emit(Progress(f"{step}: {title}"))
            case _:
                self._inner.emit(event)

    def close(self) -> None:
        """Close the inner reporter."""
        self._inner.close()
