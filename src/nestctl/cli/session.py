"""Puts a run together: settings, target, context, and the lock that keeps two runs apart."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nestctl import targets
from nestctl.report import NestctlError, Progress, Reporter
from nestctl.settings.folders import check_folder
from nestctl.settings.resolve import Settings, resolve

if TYPE_CHECKING:
    from nestctl.doctor import Finding
    from nestctl.runbook.context import Context
    from nestctl.runbook.engine import Result
    from nestctl.targets.base import Target


@dataclass(frozen=True)
class Session:
    """A command's settings, and how to get from them to a context."""

    settings: Settings
    examined: list[Finding] = field(default_factory=list)

    def examine(self, reporter: Reporter) -> None:
        """Look at all that needs no AWS, before anything is started.

        Raises:
            NestctlError: Something is wrong; what else is wrong is in its ``others``.
        """
        from nestctl.doctor import examine

        tell = _teller(reporter)
        self.examined[:] = examine(self.settings, tell, more=targets.looks(self.settings.target))

    def target(self, progress: Callable[[str], None], *, start: bool = True) -> Target | None:
        """Return the target; ``None`` when it is stopped and shall not be started."""
        return targets.reach(self.settings, progress, start=start)

    def context(
        self, target: Target, reporter: Reporter, *, read_only: bool = False, patience: float | None = None
    ) -> Context:
        """Return what the steps work with; see :class:`~nestctl.runbook.context.Context`."""
        from nestctl.runbook.context import Context

        return Context(
            self.settings,
            target,
            reporter,
            read_only=read_only,
            patience=patience,
            examined=self.examined,
        )

    @staticmethod
    def site(context: Context, results: Sequence[Result]) -> str | None:
        """Return the site's address once it was seen to answer."""
        from nestctl.runbook import site

        answered = any(r.step == "smoke" and r.outcome in ("done", "changed") for r in results)
        return site.url(context) if answered else None

    @staticmethod
    def missing_secrets(results: Sequence[Result]) -> dict[str, Any]:
        """Return the external secrets that nobody has set, as the step `secrets` found them."""
        for result in results:
            if result.step == "secrets":
                return dict(result.data.get("missing", {}))
        return {}


def _teller(reporter: Reporter) -> Callable[[str], None]:
    return lambda line: reporter.emit(Progress(line))


def open_session(
    *,
    env: str,
    target: str = "local",
    app: Path | None = None,
    region: str | None = None,
    domain: str | None = None,
) -> Session:
    """Settle what a command was asked for; nothing is started.

    Raises:
        NestctlError: Bad input (exit status 2).
    """
    targets.check(target)
    return Session(resolve(app=app, environment=env, target=target, region=region, domain=domain))


@contextmanager
def run_lock(settings: Settings, *, wanted: bool = True) -> Iterator[None]:
    """Hold the lock of this target and environment, so that two runs do not mix.

    The operating system frees it when the process dies, however that happens.

    Raises:
        NestctlError: ``run-busy`` with the other run's process id.
    """
    if not wanted:
        yield
        return
    from filelock import FileLock, Timeout

    check_folder(settings.work, "NESTCTL_WORK_DIR")
    settings.work.mkdir(parents=True, exist_ok=True)
    owner = settings.work / "run.pid"
    lock = FileLock(settings.work / "run.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        pid = owner.read_text(encoding="utf-8").strip() if owner.is_file() else "unknown"
        raise NestctlError(
            "run-busy",
            f"Another nestctl (pid {pid}) works on {settings.stack}.",
            "Two runs must not change the same environment at once.",
            f"Wait for it, or look at it: ps -fp {pid}",
        ) from error
    try:
        owner.write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        lock.release()
