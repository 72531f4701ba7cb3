"""nestctl doctor: whether this machine has what a run takes."""

from __future__ import annotations

from typing import Any

from nestctl.cli import options
from nestctl.cli.frame import run_command
from nestctl.cli.session import open_session
from nestctl.report import Progress
from nestctl.report.console import data, make_reporter


def doctor(
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    region: options.RegionOption = None,
    domain: options.DomainOption = None,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Look at machine, application and settings; starts the local cloud to ask it who calls.

    Examples:
      nestctl doctor
      nestctl doctor --json
    """
    run_command("doctor", as_json, lambda: _doctor(env, target, app, region, domain, quiet), _show)


def _doctor(
    env: str, target: str, app: Any, region: str | None, domain: str | None, quiet: bool
) -> dict[str, str]:
    from nestctl.runbook.doctor import account

    session = open_session(env=env, target=target, app=app, region=region, domain=domain)
    reporter = make_reporter(quiet=quiet)
    try:

        def tell(line: str) -> None:
            reporter.emit(Progress(line))

        session.examine(reporter)
        chosen = session.target(tell)
        assert chosen is not None  # noqa: S101 - it was to be started
        context = session.context(chosen, reporter)
        findings = [*session.examined, account(context, tell)]
        return {finding.name: finding.value for finding in findings}
    finally:
        reporter.close()


def _show(result: dict[str, str]) -> None:
    width = max(len(name) for name in result)
    for name, value in result.items():
        data(f"  ok  {name:<{width}}  {value}")
