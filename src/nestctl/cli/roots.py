"""nestctl plan and apply: one Terraform root, with the variables that the runbook would give it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nestctl.cli import options
from nestctl.cli.frame import confirm, run_command
from nestctl.cli.session import Session, open_session, run_lock
from nestctl.report import Progress, usage_error
from nestctl.report.console import data, make_reporter, say
from nestctl.report.words import did_you_mean, nearest
from nestctl.settings.resolve import Settings

RootArgument = Annotated[
    str,
    typer.Argument(
        help=f"Terraform root: {', '.join(options.root_names())}.",
        autocompletion=options.completes(options.root_names),
    ),
]


def plan(
    root: RootArgument,
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    region: options.RegionOption = None,
    domain: options.DomainOption = None,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Plan one root and show what an apply would change.

    Examples:
      nestctl plan staging
      nestctl plan bootstrap --json
    """

    def work() -> dict[str, Any]:
        session = open_session(env=env, target=target, app=app, region=region, domain=domain)
        return _plan(root, session, quiet, apply=False, yes=True)

    run_command("plan", as_json, work, _show)


def apply(
    root: RootArgument,
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    region: options.RegionOption = None,
    domain: options.DomainOption = None,
    yes: options.YesOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Plan one root, show the plan, and apply exactly that plan.

    Examples:
      nestctl apply staging
      nestctl apply staging --yes
    """

    def work() -> dict[str, Any]:
        session = open_session(env=env, target=target, app=app, region=region, domain=domain)
        return _plan(root, session, quiet, apply=True, yes=yes)

    run_command("apply", as_json, work, _show)


def check_root(name: str, settings: Settings) -> str:
    """Return the name of a root that there is.

    Raises:
        NestctlError: ``unknown-root`` (exit status 2).
    """
    from nestctl.runbook import roots

    known = roots.names(settings)
    if name not in known:
        raise usage_error(
            "unknown-root",
            f"There is no root {name!r}. {did_you_mean(name, known)}".rstrip(),
            f"The roots are: {', '.join(known)}.",
            f"nestctl plan {nearest(name, reversed(known))}",
        )
    return name


def _plan(name: str, session: Session, quiet: bool, *, apply: bool, yes: bool) -> dict[str, Any]:
    from nestctl.runbook import roots

    check_root(name, session.settings)
    reporter = make_reporter(quiet=quiet)
    try:
        session.examine(reporter)
        with run_lock(session.settings):

            def tell(line: str) -> None:
                reporter.emit(Progress(line))

            chosen = session.target(tell)
            assert chosen is not None  # noqa: S101 - it was to be started
            context = session.context(chosen, reporter)
            root = roots.find(context, name)
            saved = context.plan(root, tell)
            result: dict[str, Any] = {
                "root": name,
                "summary": saved.summary(),
                "changes": [{"action": c.action, "address": c.address} for c in saved.changes],
                "applied": None,
            }
            try:
                if apply and not saved.empty:
                    reporter.close()
                    _list(result)
                    confirm(f"Apply this plan to {name}?", yes=yes)
                    result["applied"] = context.apply(root, saved)
            finally:
                saved.file.unlink(missing_ok=True)
            return result
    finally:
        reporter.close()


def _list(result: dict[str, Any]) -> None:
    for change in result["changes"]:
        say(f"  {change['action']:<8} {change['address']}")
    say(f"{result['root']}: {result['summary']}")


def _show(result: dict[str, Any]) -> None:
    if result["applied"]:
        data(f"{result['root']}: {result['applied']}")
        return
    for change in result["changes"]:
        data(f"  {change['action']:<8} {change['address']}")
    data(f"{result['root']}: {result['summary']}")
