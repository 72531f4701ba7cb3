"""nestctl status: every step, and what runs."""

from __future__ import annotations

from typing import Any

from nestctl.cli import options
from nestctl.cli.advice import complete
from nestctl.cli.frame import Failed, run_command
from nestctl.cli.session import open_session
from nestctl.report import Progress
from nestctl.report.console import columns_of_stdout, data, make_reporter, say
from nestctl.report.table import render_results
from nestctl.report.without_list import WithoutList


def status(
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    region: options.RegionOption = None,
    domain: options.DomainOption = None,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Show every step and whether it is done; change nothing.

    Examples:
      nestctl status
      nestctl status --json
    """
    run_command("status", as_json, lambda: _status(env, target, app, region, domain, quiet, verbose), _show)


def _status(
    env: str, target: str, app: Any, region: str | None, domain: str | None, quiet: bool, verbose: bool
) -> dict[str, Any]:
    from nestctl.runbook import engine
    from nestctl.runbook.steps import STEPS

    session = open_session(env=env, target=target, app=app, region=region, domain=domain)
    # The list is the command's data, on stdout; while it is being made only the running step is shown.
    reporter = WithoutList(make_reporter(quiet=quiet, verbose=verbose))
    try:
        chosen = session.target(lambda line: reporter.emit(Progress(line)), start=False)
        if chosen is None:
            return {"running": False, "steps": [], "site": None}
        context = session.context(chosen, reporter, read_only=True)
        try:
            results = engine.look(STEPS, context, reporter)
        except engine.StepFailed as failure:
            found = {"running": True, "steps": [r.as_dict() for r in failure.results], "site": None}
            raise Failed(failure.error, found) from failure
        return {
            "running": True,
            "steps": [result.as_dict() for result in results],
            "site": session.site(context, results),
        }
    finally:
        reporter.close()


def _show(result: dict[str, Any]) -> None:
    if not result["running"]:
        say(complete("The local cloud is stopped. To start it and bring the site up: nestctl up"))
        return
    for line in render_results(result["steps"], columns_of_stdout()):
        data(line)
    if result["site"]:
        data(f"Site: {result['site']}")
