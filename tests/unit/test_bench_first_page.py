"""The first page of help says what is there, though nothing of it was imported."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.testing import CliRunner

from nestctl.cli.app import app
from nestctl.cli.commands import COMMANDS, OPTIONS, first_page

ALLOWED = {"nestctl", "nestctl.cli", "nestctl.cli.commands"}
"""All that the first page may import of nestctl, besides its entry point."""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_the_first_line_of_what_the_command_says_itself(name: str) -> None:
    place, summary = COMMANDS[name]
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    words = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)
    first = (words or "").split("\n\n")[0]
    assert summary == " ".join(first.split())


def test_every_option_is_there() -> None:
    group = typer.main.get_command(app)
    known = {name for option in group.params for name in option.opts}
    assert known | {"-h", "--help"} == {name for names in OPTIONS for name in names.split(", ")}


def test_both_ways_to_the_first_page_say_the_same() -> None:
    for flag in ("--help", "-h"):
        said = CliRunner().invoke(app, [flag], env={"COLUMNS": "60"})
        assert said.stdout == first_page(60)


def test_lines_are_as_narrow_as_wanted_and_nothing_is_cut() -> None:
    page = first_page(50)
    assert max(map(len, page.splitlines())) <= 50
    assert all(" ".join(summary.split()) in " ".join(page.split()) for _, summary in COMMANDS.values())


def test_the_first_page_imports_no_library() -> None:
    program = (
        "import sys; before = set(sys.modules); sys.argv = ['nestctl', '--help'];"
        "from nestctl.cli.__main__ import main; main();"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stderr.split()) <= ALLOWED | {"nestctl.cli.__main__", "__future__"}


def test_a_command_that_is_not_in_the_table_is_wrong_usage() -> None:
    said = CliRunner().invoke(app, ["absent"])
    assert said.exit_code == 2
    assert "absent" in said.output


@pytest.mark.parametrize(("typed", "meant"), [("upp", "up"), ("stauts", "status"), ("locl", "local")])
def test_a_command_that_is_nearly_there_is_named(typed: str, meant: str) -> None:
    said = CliRunner().invoke(app, [typed])
    assert said.exit_code == 2
    assert f"Did you mean '{meant}'?" in said.output


@pytest.mark.parametrize("name", [*COMMANDS, "local start"])
def test_each_command_takes_h_for_help(name: str) -> None:
    said = CliRunner().invoke(app, [*name.split(), "-h"])
    assert said.exit_code == 0
    assert "Usage:" in said.output
