"""The extensions the tables need.

Each is created only where it is missing: a master user that is not a superuser may create those
the server trusts it with (on RDS all three), and elsewhere an administrator may have done it.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations
from pgvector.django import VectorExtension


class Migration(migrations.Migration):
    """vector for embeddings, pg_trgm for search by spelling, unaccent for names of places."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        VectorExtension(),
        TrigramExtension(),
        UnaccentExtension(),
    ]
