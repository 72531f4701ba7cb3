"""The command line: one Typer application, one file per noun, each imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nestctl.cli.commands import COMMANDS, EPILOG, SETTINGS, SUMMARY, columns, first_page
from nestctl.cli.options import HELP, help_of
from nestctl.report.words import did_you_mean


class Nouns(TyperGroup):
    """The commands of the table, loaded when they are named; its help is that of the table."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Return a command by its name, ``None`` when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            found.rich_markup_mode = None
            found.info.context_settings = HELP
            noun = typer.main.get_group(found)
            noun.name = cmd_name
            return noun
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        settings = {**HELP, **SETTINGS.get(cmd_name, {})}
        alone.command(cmd_name, help=help_of(found), context_settings=settings)(found)
        return typer.main.get_command(alone)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command of the first word; a word that is none is told with what is nearest to it."""
        try:
            return super().resolve_command(ctx, args)
        except Exception as error:
            near = did_you_mean(args[0], COMMANDS) if args else ""
            if near and hasattr(error, "message"):
                error.message = f"{error.message} {near}"
            raise

    def get_help(self, ctx: Any) -> str:  # noqa: ARG002
        """Return the first page."""
        return first_page(columns()).rstrip("\n")


app = typer.Typer(
    cls=Nouns,
    name="nestctl",
    no_args_is_help=True,
    context_settings=HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=SUMMARY,
    epilog=EPILOG,
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
    """Rehearses on a laptop how a Django and Next.js site goes to AWS, and proves its Terraform first."""
