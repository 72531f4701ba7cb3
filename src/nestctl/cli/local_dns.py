"""nestctl local dns: what stands in the DNS of the local cloud."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nestctl.cli import options
from nestctl.cli.frame import run_command
from nestctl.report.console import data, say
from nestctl.settings.paths import CHECKOUT
from nestctl.targets.local import failure

app = typer.Typer(
    invoke_without_command=True,
    help="The DNS of the local cloud: what stands in it, what is wanted.",
)


def show(
    context: typer.Context,
    manual: Annotated[
        bool | None,
        typer.Option(
            "--manual/--automatic",
            help="Whether you set each record yourself, or what stacks ask for comes by itself.",
            show_default="as it is",
        ),
    ] = None,
    as_json: options.JsonOption = False,
) -> None:
    """Show the DNS: its records, what is wanted, where it answers.

    Examples:
      nestctl local dns
      nestctl local dns --manual         from now on each record has to be set
      nestctl local dns --automatic
    """
    if context.invoked_subcommand is None:
        change = {} if manual is None else {"manual": manual}
        run_command("local dns", as_json, lambda: _change(**change), _show)


def list_(as_json: options.JsonOption = False) -> None:
    """Show the same.

    Examples:
      nestctl local dns list --json
    """
    run_command("local dns list", as_json, _change, _show)


def set_(
    name: Annotated[str, typer.Argument(help="The record's name.")],
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="A, AAAA, CNAME or TXT.")],
    value: Annotated[str, typer.Argument(help="An address, a name or a text.")],
    as_json: options.JsonOption = False,
) -> None:
    """Set a record; another of that name and type is replaced.

    Examples:
      nestctl local dns set www.example.org CNAME example.org
    """
    run_command("local dns set", as_json, lambda: _change(set=[name, kind, value]), _show)


def remove(
    name: Annotated[str, typer.Argument(help="The record's name.")],
    kind: Annotated[
        str | None, typer.Argument(metavar="TYPE", help="Its type.", show_default="all of that name")
    ] = None,
    as_json: options.JsonOption = False,
) -> None:
    """Remove records that somebody set.

    Examples:
      nestctl local dns remove www.example.org
    """
    run_command("local dns remove", as_json, lambda: _change(remove=[name, kind]), _show)


app.callback(help=options.help_of(show))(show)
app.command("list", help=options.help_of(list_))(list_)
app.command("set", help=options.help_of(set_))(set_)
app.command("remove", help=options.help_of(remove))(remove)


def _change(**change: Any) -> dict[str, Any]:
    from nestctl.localcloud import LocalCloud, LocalCloudError

    try:
        return LocalCloud.at(CHECKOUT).dns(**change)
    except LocalCloudError as error:
        raise failure(error) from error


def _show(found: dict[str, Any]) -> None:
    say(
        f"DNS at {found['server']} (UDP); "
        + ("each record is set by hand." if found["manual"] else "what stacks ask for comes by itself.")
    )
    for record in found["records"]:
        data(f"{record['name']} {record['type']} {record['value']}")
    for record in found["wanted"]:
        say(f"wanted, not there: {record['name']} {record['type']} {record['value']}")
