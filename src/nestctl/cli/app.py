"""The command line: one Typer application, one file per noun."""

from __future__ import annotations

from typing import Annotated

import typer

from nestctl.cli import local
from nestctl.cli.destroy import destroy
from nestctl.cli.doctor import doctor
from nestctl.cli.options import help_of
from nestctl.cli.prove import prove
from nestctl.cli.roots import apply, plan
from nestctl.cli.status import status
from nestctl.cli.up import up

app = typer.Typer(
    name="nestctl",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Puts a Django and Next.js site on AWS, and rehearses all of it on a laptop.",
    epilog="Exit status: 0 done or nothing to do, 1 failed, 2 wrong usage, 130 interrupted.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("nestctl"))
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Puts a Django and Next.js site on AWS, and rehearses all of it on a laptop."""


for command in (up, status, doctor, plan, apply, prove, destroy):
    app.command(help=help_of(command))(command)
app.add_typer(local.app, name="local")
