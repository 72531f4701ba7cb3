"""nestctl destroy: removes an environment."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nestctl.cli import options
from nestctl.cli.frame import run_command
from nestctl.cli.session import open_session, run_lock
from nestctl.report import ExitCode, NestctlError, Progress
from nestctl.report.console import data, make_reporter


def destroy(
    confirm: Annotated[
        str | None, typer.Option("--confirm", help="Name of what is destroyed, e.g. nest-staging.")
    ] = None,
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    dry_run: options.DryRunOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Empty what blocks it, then destroy the environment with Terraform; state and role stay.

    Examples:
      nestctl destroy --dry-run
      nestctl destroy --confirm nest-staging
    """
    run_command("destroy", as_json, lambda: _destroy(confirm, env, target, app, dry_run, quiet), _show)


def _destroy(
    confirm: str | None, env: str, target: str, app: Any, dry_run: bool, quiet: bool
) -> dict[str, Any]:
    from nestctl.runbook import destroy as steps

    session = open_session(env=env, target=target, app=app)
    stack = session.settings.stack
    if not dry_run and confirm != stack:
        raise NestctlError(
            "not-confirmed",
            "Nothing was destroyed.",
            f"--confirm must name what is to go, and was {confirm!r}."
            if confirm
            else "--confirm is missing.",
            f"nestctl destroy --confirm {stack}",
            ExitCode.USAGE,
        )
    reporter = make_reporter(quiet=quiet)
    try:
        with run_lock(session.settings):

            def tell(line: str) -> None:
                reporter.emit(Progress(line))

            chosen = session.target(tell)
            assert chosen is not None  # noqa: S101 - it was to be started
            context = session.context(chosen, reporter)
            root, saved = steps.plan(context, tell)
            changes = [change.address for change in saved.changes]
            if dry_run:
                saved.file.unlink(missing_ok=True)
                return {"stack": stack, "resources": changes, "destroyed": None}
            return {
                "stack": stack,
                "resources": changes,
                "destroyed": steps.destroy(context, root, saved, tell),
            }
    finally:
        reporter.close()


def _show(result: dict[str, Any]) -> None:
    if result["destroyed"] is None:
        for address in result["resources"]:
            data(f"  delete   {address}")
        data(f"{result['stack']}: {len(result['resources'])} resources would be destroyed")
        return
    data(f"{result['stack']}: {result['destroyed']}")
