"""``manage.py dump_data``: build nest.dump from the facts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from catalog.fixture import dump
from catalog.fixture.facts import FOLDER, FactsError

if TYPE_CHECKING:
    from argparse import ArgumentParser

DEFAULT = FOLDER.parent / "nest.dump"


class Command(BaseCommand):
    """Builds the data file; equal facts give equal bytes. Needs no database."""

    help = "Build nest.dump from data/facts, without a database."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file's place."""
        parser.add_argument("--output", type=Path, default=DEFAULT, help="where to write it (%(default)s)")

    def handle(self, *args: Any, output: Path, **options: Any) -> None:
        """Write the file and say what is in it."""
        del args, options
        try:
            tables = dump.build(output)
        except FactsError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error}. Choose another place with --output.") from error
        for table in tables:
            self.stdout.write(f"{table.name}: {table.rows} rows")
        self.stdout.write(f"{output}: {output.stat().st_size} bytes")
