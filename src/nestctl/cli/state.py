"""nestctl state: the versions of a Terraform state, and the way back to one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nestctl.cli import options
from nestctl.cli.frame import confirm, run_command
from nestctl.cli.roots import check_root
from nestctl.cli.session import Session, open_session, run_lock
from nestctl.report import Progress, usage_error
from nestctl.report.console import data, make_reporter, say
from nestctl.report.words import counted

if TYPE_CHECKING:
    from nestctl.runbook.state_versions import Version

app = typer.Typer(no_args_is_help=True, help="The versions of a Terraform state, and the way back to one.")

MOST = 2
"""Words of `restore`: a root and a version."""


def versions(
    root: Annotated[
        str | None,
        typer.Argument(
            help="state, bootstrap or the environment.",
            show_default="the environment",
            autocompletion=options.completes(options.root_names),
        ),
    ] = None,
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    region: options.RegionOption = None,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """List the versions of a root's Terraform state, newest first, and say which of them is good.

    Examples:
      nestctl state versions
      nestctl state versions bootstrap --json
    """

    def work() -> dict[str, Any]:
        session = open_session(env=env, target=target, app=app, region=region)
        name = check_root(root or session.settings.environment, session.settings)
        return _versions(session, name, quiet)

    run_command("state versions", as_json, work, _show_versions)


def restore(
    version: Annotated[
        list[str],
        typer.Argument(
            metavar="[ROOT] VERSION", help="The root, else the environment's; and the version's id."
        ),
    ],
    env: options.EnvOption = "staging",
    target: options.TargetOption = "local",
    app: options.AppOption = None,
    region: options.RegionOption = None,
    dry_run: options.DryRunOption = False,
    yes: options.YesOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Make an earlier version of a root's Terraform state the present one; the present one stays a version.

    Examples:
      nestctl state restore 3HL4kqtJlcpXroDTDmJ
      nestctl state restore bootstrap 3HL4kqtJ --yes
    """

    def work() -> dict[str, Any]:
        if len(version) > MOST:
            raise usage_error(
                "bad-arguments",
                f"`nestctl state restore` takes a root and a version, not {counted(len(version), 'word')}.",
                "The root may be left out.",
                "nestctl state versions",
            )
        session = open_session(env=env, target=target, app=app, region=region)
        name = check_root(
            version[0] if len(version) == MOST else session.settings.environment, session.settings
        )
        return _restore(session, name, version[-1], quiet=quiet, dry_run=dry_run, yes=yes)

    run_command("state restore", as_json, work, _show_restored)


def _versions(session: Session, root: str, quiet: bool) -> dict[str, Any]:
    from nestctl.runbook import state_versions

    reporter = make_reporter(quiet=quiet)
    try:
        chosen = session.target(lambda line: reporter.emit(Progress(line)))
        assert chosen is not None  # noqa: S101 - it was to be started
        found = state_versions.find(session.context(chosen, reporter, read_only=True), root)
    finally:
        reporter.close()
    good = state_versions.best(found)
    return {
        "root": root,
        "good": good.id if good else None,
        "versions": [version.as_dict() for version in found],
    }


def _restore(
    session: Session, root: str, wanted: str, *, quiet: bool, dry_run: bool, yes: bool
) -> dict[str, Any]:
    from nestctl.runbook import state_versions

    reporter = make_reporter(quiet=quiet)
    try:
        with run_lock(session.settings, wanted=not dry_run):

            def tell(line: str) -> None:
                reporter.emit(Progress(line))

            chosen = session.target(tell)
            assert chosen is not None  # noqa: S101 - it was to be started
            context = session.context(chosen, reporter, read_only=dry_run)
            version = state_versions.choose(context, root, wanted)
            present = next((v for v in state_versions.find(context, root, most=1)), None)
            result: dict[str, Any] = {
                "root": root,
                "version": version.as_dict(),
                "before": present.as_dict() if present else None,
                "restored": None,
            }
            if (version.current and not state_versions.fault(context, root)) or dry_run:
                return result
            state_versions.free(context, root, tell)
            reporter.close()
            say(f"{root}: {_words(version)}")
            confirm(f"Make this version the state of {root}? The present one stays a version.", yes=yes)
            result["restored"] = state_versions.restore(context, root, version)
            return result
    finally:
        reporter.close()


def _words(version: Version) -> str:
    return _line(version.as_dict())


def _line(version: dict[str, Any]) -> str:
    written = str(version["written"])[:19].replace("T", " ")
    what = version["fault"] or f"serial {version['serial']}, {counted(version['resources'], 'resource')}"
    return f"{version['id']}  {written}  {what}"


def _show_versions(result: dict[str, Any]) -> None:
    if not result["versions"]:
        data(f"{result['root']}: no state yet")
    for version in result["versions"]:
        marks = [
            word
            for word, holds in (("present", version["current"]), ("restored", version["restored"]))
            if holds
        ]
        if version["id"] == result["good"]:
            marks.append("newest good one")
        data(_line(version) + (f"  ({', '.join(marks)})" if marks else ""))


def _show_restored(result: dict[str, Any]) -> None:
    root, version = result["root"], result["version"]
    if result["restored"]:
        data(f"{root}: the state is now that of {version['id']}; the one before is {result['before']['id']}")
        say("Go on with the command that this stopped, or with nestctl up.")
    elif version["current"]:
        data(f"{root}: {version['id']} is the present state; nothing to do")
    else:
        data(f"{root}: would become {_line(version)}")


for _command in (versions, restore):
    app.command(_command.__name__, help=options.help_of(_command), context_settings=options.HELP)(_command)
