"""nestctl up: the whole runbook, from nothing to a site that answers."""

from __future__ import annotations

import shutil
import time
from textwrap import wrap
from typing import Any

from nestctl.cli import options
from nestctl.cli.advice import complete
from nestctl.cli.frame import Failed, run_command
from nestctl.cli.session import open_session, run_lock
from nestctl.report import Note, Progress, RunStarted, StepFinished, StepStarted, durations
from nestctl.report.console import data, make_reporter, say
from nestctl.report.words import agreed, counted

CLOUD = "local cloud"
"""What stands before the first step, and is shown as one."""


def up(
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    region: options.RegionOption = None,
    domain: options.DomainOption = None,
    until: options.UntilOption = None,
    wait: options.WaitOption = None,
    dry_run: options.DryRunOption = False,
    yes: options.YesOption = False,  # noqa: ARG001 - the local target never asks
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Bring the whole site up, or go on where an earlier run stopped.

    Examples:
      nestctl up                         everything, on the local cloud
      nestctl up --dry-run               what would be done
      nestctl up --until platform        stop after a step
      nestctl up --app ../other-site     another application, by its own nest.toml
    """
    run_command(
        "up",
        as_json,
        lambda: _up(env, target, app, region, domain, until, wait, dry_run, quiet, verbose),
        lambda result: _show(result, dry_run=dry_run, quiet=quiet),
    )


def _up(
    env: str,
    target: str,
    app: Any,
    region: str | None,
    domain: str | None,
    until: str | None,
    wait: float | None,
    dry_run: bool,
    quiet: bool,
    verbose: bool,
) -> dict[str, Any]:
    from nestctl.runbook import engine
    from nestctl.runbook.steps import STEPS

    steps = engine.select(STEPS, until)
    session = open_session(env=env, target=target, app=app, region=region, domain=domain)
    usual = durations.load(session.settings.work)
    reporter = make_reporter(quiet=quiet, verbose=verbose, usual=None if dry_run else usual)
    began = time.monotonic()
    cloud: list[dict[str, Any]] = []
    try:
        session.examine(reporter)
        with run_lock(session.settings, wanted=not dry_run):
            names = tuple(step.name for step in steps)
            if dry_run:
                reporter.emit(RunStarted(f"What would be done to {session.settings.stack}", names))
            else:
                reporter.emit(RunStarted(f"Bringing up {session.settings.stack}", (CLOUD, *names)))
                reporter.emit(StepStarted(CLOUD, "starting AWS on this machine"))
            chosen = session.target(lambda line: reporter.emit(Progress(line)), start=not dry_run)
            if chosen is None:
                reporter.emit(Note("the local cloud is stopped: every step is still to be done"))
                return {
                    "steps": [
                        {"step": s.name, "outcome": "needed", "reason": s.title, "seconds": 0.0}
                        for s in steps
                    ],
                    "seconds": round(time.monotonic() - began, 3),
                    "site": None,
                }
            if not dry_run:
                seconds = round(time.monotonic() - began, 3)
                reason = f"answers at {chosen.environ['AWS_ENDPOINT_URL']}"
                reporter.emit(StepFinished(CLOUD, "done", reason, seconds))
                cloud.append({"step": CLOUD, "outcome": "done", "reason": reason, "seconds": seconds})
            context = session.context(chosen, reporter, read_only=dry_run, patience=wait)
            try:
                results = engine.run(steps, context, reporter, dry_run=dry_run)
            except engine.StepFailed as failure:
                done = {"steps": cloud + [r.as_dict() for r in failure.results], "site": None}
                raise Failed(failure.error, done) from failure
            carried_out = cloud + [result.as_dict() for result in results]
            if not dry_run:
                durations.save(session.settings.work, usual, carried_out)
            return {
                "steps": carried_out,
                "seconds": round(time.monotonic() - began, 3),
                "site": session.site(context, results),
                "missing_secrets": session.missing_secrets(results),
            }
    finally:
        reporter.close()


def _show(result: dict[str, Any], *, dry_run: bool, quiet: bool) -> None:
    if not quiet:
        say()
        say(_summary(result, dry_run=dry_run))
    if result["site"]:
        data(f"Site: {result['site']}")


def _summary(result: dict[str, Any], *, dry_run: bool) -> str:
    """Return what the run came to: the steps themselves were shown while it ran."""
    changed = [step for step in result["steps"] if step["outcome"] in ("changed", "needed")]
    if dry_run:
        return f"{counted(len(changed), 'step')} would do something. To do it: {complete('nestctl up')}"
    if not changed:
        return f"Nothing to do ({result['seconds']:.1f} s)."
    lines = [f"Total: {result['seconds']:.1f} s, {counted(len(changed), 'step')} carried out"]
    if missing := result.get("missing_secrets") or {}:
        number, verb = counted(len(missing), "secret"), agreed(len(missing), "is", "are")
        lines.append(
            f"{number} {verb} not set, and the site runs without {agreed(len(missing), 'it', 'them')}:"
        )
        lines += _not_set(missing, first=any(step["step"] == "secrets" for step in changed))
    return "\n".join(lines)


def _not_set(missing: dict[str, str], *, first: bool) -> list[str]:
    """Return what does not work without the secrets: each on the first run, their names alone later."""
    told = [f"{name}: {without}" for name, without in missing.items()] if first else [", ".join(missing)]
    width = shutil.get_terminal_size().columns
    return [
        line for text in told for line in wrap(text, width, initial_indent="  ", subsequent_indent="    ")
    ]
