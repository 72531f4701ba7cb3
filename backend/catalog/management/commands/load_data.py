"""``manage.py load_data``: bring nest.dump into the database."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from catalog import queries
from catalog.fixture import dump
from catalog.fixture.load import LoadError, load
from catalog.fixture.source import KEY, SourceError, downloaded

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator


class Command(BaseCommand):
    """Loads the data file; a second run finds nothing to do."""

    help = "Load nest.dump from the fixtures bucket, or from a file. Can be repeated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a file instead of the bucket."""
        parser.add_argument("--file", type=Path, help="load this file instead of the bucket's")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        """Migrate where that was not done, then load, then say what changed."""
        del args, options
        try:
            with self._opened(file) as reader:
                self._migrate_if_empty()
                outcomes = load(reader, self._say)
        except (SourceError, dump.DumpError, LoadError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"{file} cannot be read: {error}. Build it with `python manage.py dump_data`."
            ) from error
        except DatabaseError as error:
            raise CommandError(f"The database refused the data: {error}. Nothing was changed.") from error
        if touched := sum(outcome.touched for outcome in outcomes):
            if not queries.forget_stats():
                self._say("The cache is out of reach; counts on the site may be a minute old.")
            self._say(f"Loaded: {touched} rows changed.")
        else:
            self._say("Nothing changed.")

    @contextmanager
    def _opened(self, file: Path | None) -> Iterator[dump.Reader]:
        if file:
            with dump.opened(file) as reader:
                yield reader
            return
        bucket = settings.FIXTURES_BUCKET
        if not bucket:
            raise CommandError(
                "There is nothing to load from: DJANGO_FIXTURES_BUCKET is not set. Set it, or name a file with --file."
            )
        self._say(f"Reading {KEY} from s3://{bucket}/")
        with downloaded(bucket) as raw, dump.unpacked(raw, f"s3://{bucket}/{KEY}") as reader:
            yield reader

    def _migrate_if_empty(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('catalog_chapter') IS NULL")
            row = cursor.fetchone()
        if row and row[0]:
            self._say("The database has no tables yet; migrating first.")
            call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)

    def _say(self, line: str) -> None:
        # A task's log is read while it runs.
        self.stdout.write(line)
        self.stdout.flush()
