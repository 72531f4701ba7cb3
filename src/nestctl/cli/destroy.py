"""nestctl destroy: removes an environment, and on request everything else of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nestctl.cli import options
from nestctl.cli.frame import run_command
from nestctl.cli.session import Session, open_session, run_lock
from nestctl.report import ExitCode, NestctlError, Progress, Reporter
from nestctl.report.console import data, make_reporter
from nestctl.report.words import counted

if TYPE_CHECKING:
    from nestctl.runbook.context import Context
    from nestctl.runbook.step import Tell


def destroy(
    confirm: Annotated[
        str | None, typer.Option("--confirm", help="Name of what is destroyed, e.g. nest-staging.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also the role, the users and the buckets of Terraform's state.")
    ] = False,
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    region: options.RegionOption = None,
    domain: options.DomainOption = None,
    dry_run: options.DryRunOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Empty an environment, and destroy it with Terraform; state and role stay without --all.

    Examples:
      nestctl destroy --dry-run
      nestctl destroy --confirm nest-staging
      nestctl destroy --confirm nest-staging --all
    """

    def work() -> dict[str, Any]:
        session = open_session(env=env, target=target, app=app, region=region, domain=domain)
        reporter = make_reporter(quiet=quiet, verbose=verbose)
        return _destroy(session, confirm, reporter, everything=everything, dry_run=dry_run)

    run_command("destroy", as_json, work, _show)


def _destroy(
    session: Session, confirm: str | None, reporter: Reporter, *, everything: bool, dry_run: bool
) -> dict[str, Any]:
    stack = session.settings.stack
    if not dry_run and confirm != stack:
        raise NestctlError(
            "not-confirmed",
            "Nothing was destroyed.",
            f"--confirm must name what is to go, and was {confirm!r}."
            if confirm
            else "--confirm is missing.",
            f"nestctl destroy --confirm {stack}{' --all' if everything else ''}",
            ExitCode.USAGE,
        )
    try:
        with run_lock(session.settings):

            def tell(line: str) -> None:
                reporter.emit(Progress(line))

            chosen = session.target(tell)
            assert chosen is not None  # noqa: S101 - it was to be started
            return _run(session.context(chosen, reporter), tell, everything=everything, dry_run=dry_run)
    finally:
        reporter.close()


def _run(context: Context, tell: Tell, *, everything: bool, dry_run: bool) -> dict[str, Any]:
    from nestctl.runbook import destroy as environment
    from nestctl.runbook import destroy_all

    remains = destroy_all.look(context) if everything else None
    result: dict[str, Any] = {"stack": context.stack, "resources": [], "destroyed": None, "removed": []}
    result |= {"kept": [], "all": None}
    try:
        root, saved = environment.plan(context, tell)
    except NestctlError as error:
        # An interrupted --all goes on where the environment is gone already.
        if error.code != "nothing-to-destroy" or not remains:
            raise
    else:
        result["resources"] = [change.address for change in saved.changes]
        if dry_run:
            saved.file.unlink(missing_ok=True)
        else:
            result["destroyed"], result["removed"] = environment.destroy(context, root, saved, tell)
            result["kept"] = environment.kept(context)
    if remains is not None:
        result["all"] = (
            remains.lines(context.project) if dry_run else destroy_all.destroy(context, remains, tell)
        )
    return result


def _show(result: dict[str, Any]) -> None:
    stack = result["stack"]
    if result["destroyed"] is None and result["resources"]:
        for address in result["resources"]:
            data(f"  delete   {address}")
        for line in result["all"] or ():
            data(f"  delete   {line}")
        data(f"{stack}: {counted(len(result['resources']), 'resource')} would be destroyed")
        return
    if result["destroyed"]:
        data(f"{stack}: {result['destroyed']}")
    for line in (*result["removed"], *(result["all"] or ())):
        data(f"  removed  {line}")
    for line in result["kept"]:
        data(f"  kept     {line}")
