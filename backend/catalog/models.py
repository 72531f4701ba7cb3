"""Projects and chapters."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from pgvector.django import HnswIndex, VectorField

from catalog.embeddings import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


class Level(models.TextChoices):
    """How far OWASP rates a project, best first."""

    FLAGSHIP = "flagship"
    PRODUCTION = "production"
    LAB = "lab"
    INCUBATOR = "incubator"


class Kind(models.TextChoices):
    """What a project makes."""

    CODE = "code"
    DOCUMENTATION = "documentation"
    OTHER = "other"
    STANDARD = "standard"
    TOOL = "tool"


class Entry(models.Model):
    """What projects and chapters share.

    ``document`` is the normalised text that trigram search looks at, ``embedding`` the vector of
    the same text; both are written together with the facts they come from (``catalog.fixture``).
    """

    key = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    url = models.URLField()
    document = models.TextField(editable=False)
    embedding = VectorField(dimensions=DIMENSIONS, editable=False)

    class Meta:
        """Common order."""

        abstract = True
        ordering: ClassVar[Sequence[str]] = ("name", "key")

    def __str__(self) -> str:
        return self.name


class Project(Entry):
    """One OWASP project."""

    summary = models.TextField()
    repository_url = models.URLField(blank=True)
    level = models.CharField(max_length=20, choices=Level)
    level_rank = models.PositiveSmallIntegerField(help_text="Position of the level, best first.")
    type = models.CharField(max_length=20, choices=Kind)
    topics = ArrayField(models.CharField(max_length=40), default=list)

    class Meta(Entry.Meta):
        """Best level first; indexes for spelling and for meaning."""

        ordering: ClassVar[Sequence[str]] = ("level_rank", "name", "key")
        indexes = (
            GinIndex(name="project_document_trgm", fields=["document"], opclasses=["gin_trgm_ops"]),
            HnswIndex(name="project_embedding_hnsw", fields=["embedding"], opclasses=["vector_cosine_ops"]),
            models.Index(name="project_level", fields=["level_rank", "name"]),
        )


class Chapter(Entry):
    """One OWASP chapter: the people of a city, region, country or university."""

    country = models.CharField(max_length=60)
    region = models.CharField(max_length=30)

    class Meta(Entry.Meta):
        """By name; indexes for spelling and for meaning."""

        indexes = (
            GinIndex(name="chapter_document_trgm", fields=["document"], opclasses=["gin_trgm_ops"]),
            HnswIndex(name="chapter_embedding_hnsw", fields=["embedding"], opclasses=["vector_cosine_ops"]),
            models.Index(name="chapter_country", fields=["country", "name"]),
        )
