"""nestctl up: the whole runbook, from nothing to a site that answers."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from nestctl.cli import options
from nestctl.cli.frame import Failed, run_command
from nestctl.cli.session import open_session, run_lock
from nestctl.report import Note, Progress, RunStarted, StepFinished, StepStarted
from nestctl.report.console import data, make_reporter, say
from nestctl.report.table import render_results


def up(
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    region: options.RegionOption = None,
    domain: options.DomainOption = None,
    until: Annotated[str | None, typer.Option("--until", help="Last step to carry out.")] = None,
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
        lambda: _up(env, target, app, region, domain, until, dry_run, quiet, verbose),
        lambda result: _show(result, dry_run=dry_run),
    )


def _up(
    env: str,
    target: str,
    app: Any,
    region: str | None,
    domain: str | None,
    until: str | None,
    dry_run: bool,
    quiet: bool,
    verbose: bool,
) -> dict[str, Any]:
    from nestctl.runbook import engine
    from nestctl.runbook.steps import STEPS

    steps = engine.select(STEPS, until)
    session = open_session(env=env, target=target, app=app, region=region, domain=domain)
    reporter = make_reporter(quiet=quiet, verbose=verbose)
    began = time.monotonic()
    cloud: list[dict[str, Any]] = []
    try:
        with run_lock(session.settings, wanted=not dry_run):
            if not dry_run:
                reporter.emit(RunStarted(f"Bringing up {session.settings.stack}", ("local cloud",)))
                reporter.emit(StepStarted("local cloud", "starting AWS on this machine"))
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
                event = StepFinished(
                    "local cloud", "done", f"answers at {chosen.environ['AWS_ENDPOINT_URL']}", seconds
                )
                reporter.emit(event)
                cloud.append(
                    {"step": event.step, "outcome": "done", "reason": event.reason, "seconds": seconds}
                )
            context = session.context(chosen, reporter, read_only=dry_run)
            title = "What would be done" if dry_run else f"Running {len(steps)} steps"
            try:
                results = engine.run(steps, context, reporter, title=title, dry_run=dry_run)
            except engine.StepFailed as failure:
                done = {"steps": cloud + [r.as_dict() for r in failure.results], "site": None}
                raise Failed(failure.error, done) from failure
            return {
                "steps": cloud + [result.as_dict() for result in results],
                "seconds": round(time.monotonic() - began, 3),
                "site": session.site(context, results),
                "missing_secrets": session.missing_secrets(results),
            }
    finally:
        reporter.close()


def _show(result: dict[str, Any], *, dry_run: bool) -> None:
    say()
    for line in render_results(result["steps"]):
        say(line)
    changed = [step for step in result["steps"] if step["outcome"] in ("changed", "needed")]
    say()
    if dry_run:
        say(f"{len(changed)} steps would do something. To do it: nestctl up")
        return
    say(f"Total: {result['seconds']:.1f} s" + ("" if changed else " - nothing to do"))
    for name, without in (result.get("missing_secrets") or {}).items():
        say(f"  not set: {name}: {without}")
    if result["site"]:
        data(f"Site: {result['site']}")
