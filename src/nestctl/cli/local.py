"""nestctl local: the AWS on this machine."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from typing import Annotated, Any

import typer

from nestctl.cli import local_dns, options
from nestctl.cli.frame import confirm, run_command
from nestctl.report import Progress, RunStarted, StepFinished, StepStarted, usage_error
from nestctl.report.console import data, make_reporter, say
from nestctl.settings.paths import CHECKOUT
from nestctl.targets.local import FOREIGN, check_state_folder, failure

app = typer.Typer(no_args_is_help=True, help="The AWS on this machine: start, stop, look, forget.")

HIGHEST_PORT = 65535
DELAY_VARIABLE = "NESTCTL_LOCAL_DELAY"
LONGEST_DELAY = 3600

DONE = {"local start": "it answers", "local stop": "nothing of it runs", "local reset": "all forgotten"}


def start(
    port: Annotated[
        int | None, typer.Option(help="Port of the AWS API.", show_default="4566, or a free one")
    ] = None,
    delay: Annotated[
        float | None,
        typer.Option(
            help="Seconds that a change takes which takes time on AWS; kept for later starts.",
            envvar=DELAY_VARIABLE,
            show_default="the last one, or 2",
        ),
    ] = None,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Start the local cloud, or find it running.

    Examples:
      nestctl local start
      nestctl local start --port 4570
      nestctl local start --delay 0        nothing takes time
    """

    def work() -> dict[str, Any]:
        if port is not None and not 1 <= port <= HIGHEST_PORT:
            raise usage_error(
                "bad-port", f"{port} is not a port.", "Ports are 1 to 65535.", "nestctl local start"
            )
        if delay is not None and not 0 <= delay <= LONGEST_DELAY:
            raise usage_error(
                "bad-delay",
                f"{delay:g} is not a wait.",
                f"It is a number of seconds from 0 to {LONGEST_DELAY}.",
                "nestctl local start --delay 2",
            )
        info = _with_progress(
            "local start", quiet, lambda cloud, tell: cloud.start(tell, port=port, delay=delay)
        )
        return {"endpoint_url": info.endpoint_url, "account_id": info.account_id, "site": info.site_url}

    run_command("local start", as_json, work, lambda found: data(found["endpoint_url"]))


def stop(as_json: options.JsonOption = False, quiet: options.QuietOption = False) -> None:
    """Stop the local cloud and every process of it; its data stays.

    Examples:
      nestctl local stop
    """

    def work() -> dict[str, Any]:
        return {"stopped": _with_progress("local stop", quiet, lambda cloud, tell: cloud.stop(tell))}

    run_command(
        "local stop",
        as_json,
        work,
        lambda found: say("Stopped." if found["stopped"] else "Nothing was running."),
    )


def status(as_json: options.JsonOption = False) -> None:
    """Show what runs: processes, ports, addresses.

    Examples:
      nestctl local status
    """

    def work() -> dict[str, Any]:
        from dataclasses import asdict

        return asdict(_cloud().status())

    run_command("local status", as_json, work, _show_status)


def env(as_json: options.JsonOption = False) -> None:
    """Print variables for a shell whose `aws` and `terraform` use it.

    Without an AWS CLI: `nestctl aws s3 ls`, which gets one.

    Examples:
      eval "$(nestctl local env)" && aws s3 ls
    """

    def work() -> dict[str, str]:
        from nestctl.localcloud import LocalCloudError
        from nestctl.terraform.mirror import cli_config

        cloud = _cloud()
        try:
            found = dict(cloud.env())
        except LocalCloudError as error:
            raise failure(error) from error
        # Terraform finds a mirror of the provider by its configuration only.
        config = cli_config(cloud.state_dir / "terraform")
        return found if config is None else {**found, "TF_CLI_CONFIG_FILE": str(config)}

    def show(found: dict[str, str]) -> None:
        # Real keys would win over the profile, and reach a real account where a tool ignores the endpoint.
        data(f"unset {' '.join(FOREIGN)}")
        for name, value in found.items():
            data(f"export {name}={shlex.quote(value)}")
        if shutil.which("aws") is None:
            say("There is no `aws` on PATH; this gets and runs it: nestctl aws s3 ls")

    run_command("local env", as_json, work, show)


def reset(
    yes: options.YesOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    dry_run: options.DryRunOption = False,
) -> None:
    """Stop the local cloud and forget all of it: buckets, rows, keys.

    Examples:
      nestctl local reset --yes
    """

    def work() -> dict[str, Any]:
        cloud = _cloud()
        if dry_run:
            return {"would_remove": str(cloud.state_dir)}
        confirm(f"Forget everything in {cloud.state_dir}?", yes=yes)
        _with_progress("local reset", quiet, lambda found, tell: found.reset(tell))
        return {"removed": str(cloud.state_dir)}

    def show(found: dict[str, Any]) -> None:
        verb, place = next(iter(found.items()))
        say(f"{verb.replace('_', ' ').capitalize()}: {place}")

    run_command("local reset", as_json, work, show)


for command in (start, stop, status, env, reset):
    app.command(help=options.help_of(command))(command)


app.add_typer(local_dns.app, name="dns")


def _cloud() -> Any:
    from nestctl.localcloud import LocalCloud

    check_state_folder()
    return LocalCloud.at(CHECKOUT)


def _with_progress(name: str, quiet: bool, work: Callable[[Any, Callable[[str], None]], Any]) -> Any:
    import time

    from nestctl.localcloud import LocalCloudError

    reporter = make_reporter(quiet=quiet)
    began = time.monotonic()
    try:
        reporter.emit(RunStarted(f"nestctl {name}", (name,)))
        reporter.emit(StepStarted(name, "working"))
        result = work(_cloud(), lambda line: reporter.emit(Progress(line)))
        reporter.emit(StepFinished(name, "done", DONE[name], time.monotonic() - began))
    except LocalCloudError as error:
        raise failure(error) from error
    else:
        return result
    finally:
        reporter.close()


def _show_status(found: dict[str, Any]) -> None:
    if not found["running"]:
        data("The local cloud is stopped.")
        return
    data(f"API   {found['info']['endpoint_url']}")
    if found["info"]["site_url"]:
        data(f"Site  {found['info']['site_url']}")
    data(f"Files {found['info']['state_dir']}")
    data(f"Log   {found['log']}")
    for pid, role in sorted(found["processes"].items(), key=lambda pair: pair[1]):
        data(f"  {pid:>8}  {role}")
    for public, local in sorted(found["addresses"].items()):
        data(f"  {local}  {public}")
    for warning in found["warnings"]:
        say(f"warning: {warning}")
