"""Reading projects and chapters: lists, neighbours and search.

Text is matched in two ways. *Spelling*: PostgreSQL's word similarity between the query and the
entry's normalised text, so that a slip or half a word still finds it. *Wording*: the cosine distance
between vectors, which also weighs topics and summary. Lists with a query use spelling alone, so
that their total means something; ``search`` joins both orders by reciprocal rank.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django.contrib.postgres.search import TrigramWordSimilarity
from django.core.cache import cache
from django.db.models import Q, QuerySet
from pgvector.django import CosineDistance
from redis.exceptions import RedisError

from catalog.embeddings import embed, normalise
from catalog.models import Chapter, Entry, Project

if TYPE_CHECKING:
    from collections.abc import Iterable

# With a number: two releases share one cache while one takes over from the other.
STATS_KEY: Final = "stats:1"
STATS_SECONDS: Final = 60

# Year and month of data/facts/chapters.csv, as its source had it.
CHAPTERS_AS_OF: Final = "2025-01"

# Unrelated texts lie 0.75 to 1.2 apart (tried with all entries); from here on a match is chance.
_FARTHEST: Final = 0.72
# Two letters are part of nearly every text.
_SHORTEST_PART: Final = 3
# The usual constant of reciprocal rank fusion: how much the very first places count.
_RANK_OFFSET: Final = 60
_CANDIDATES: Final = 100

logger = logging.getLogger(__name__)
E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Stats:
    """How many there are of each."""

    projects: int
    chapters: int
    countries: int


@dataclass(frozen=True)
class Page(Generic[E]):
    """Part of a list, and the length of the whole."""

    total: int
    items: list[E]


def stats() -> Stats:
    """The counts, at most ``STATS_SECONDS`` old.

    They do not depend on the cache: without it they are counted each time.
    """
    try:
        if known := cache.get(STATS_KEY):
            return Stats(**known)
    except RedisError:
        logger.warning("The cache cannot be read; counting instead.", exc_info=True)
    counted = Stats(
        projects=Project.objects.count(),
        chapters=Chapter.objects.count(),
        countries=Chapter.objects.exclude(country="").order_by().values("country").distinct().count(),
    )
    try:
        cache.set(STATS_KEY, asdict(counted), STATS_SECONDS)
    except RedisError:
        logger.warning("The cache cannot be written.", exc_info=True)
    return counted


def forget_stats() -> bool:
    """Drop the cached counts after the data changed; ``False`` where the cache is out of reach."""
    try:
        cache.delete(STATS_KEY)
    except RedisError:
        return False
    return True


def projects(query: str = "", level: str | None = None, *, limit: int, offset: int) -> Page[Project]:
    """Projects of one level or of all, those that match ``query`` first and only."""
    found = Project.objects.all()
    if level:
        found = found.filter(level=level.strip().lower())
    return _page(_spelled_like(found, query), limit, offset)


def chapters(query: str = "", country: str | None = None, *, limit: int, offset: int) -> Page[Chapter]:
    """Chapters of one country or of all, those that match ``query`` first and only.

    The country is compared without case and accents.
    """
    found = Chapter.objects.all()
    if country:
        found = found.filter(country__unaccent__iexact=country.strip())
    return _page(_spelled_like(found, query), limit, offset)


def similar(project: Project, limit: int) -> list[Project]:
    """The projects nearest to ``project`` by their vectors, nearest first, without itself."""
    others = Project.objects.exclude(pk=project.pk)
    return list(_light(others.order_by(CosineDistance("embedding", project.embedding), "key"))[:limit])


def search_projects(query: str, limit: int) -> list[Project]:
    """Projects that match ``query`` in spelling or wording, best first."""
    return _fused(Project.objects.all(), query, limit)


def search_chapters(query: str, limit: int) -> list[Chapter]:
    """Chapters that match ``query`` in spelling or wording, best first."""
    return _fused(Chapter.objects.all(), query, limit)


def _light(entries: QuerySet[E]) -> QuerySet[E]:
    return entries.defer("document")


def _page(entries: QuerySet[E], limit: int, offset: int) -> Page[E]:
    return Page(entries.count(), list(_light(entries)[offset : offset + limit]))


def _spelled_like(entries: QuerySet[E], query: str) -> QuerySet[E]:
    text = normalise(query)
    if not text:
        return entries
    # Twice in effect for a name: it is also part of the document.
    similarity = TrigramWordSimilarity(text, "document") + TrigramWordSimilarity(text, "name")
    condition = Q(document__trigram_word_similar=text)
    if len(text) >= _SHORTEST_PART:
        condition |= Q(document__contains=text)
    matching = entries.filter(condition)
    ranked: Any = matching.annotate(similarity=similarity)
    result: QuerySet[E] = ranked.order_by("-similarity", *_order(entries))
    return result


def _order(entries: QuerySet[E]) -> Iterable[str]:
    return tuple(str(name) for name in entries.model._meta.ordering or ())


def _fused(entries: QuerySet[E], query: str, limit: int) -> list[E]:
    if not normalise(query):
        return []
    rankings = [list(_light(_spelled_like(entries, query))[:_CANDIDATES])]
    vector = embed((query, 1.0))
    if any(vector):
        near: Any = entries.annotate(distance=CosineDistance("embedding", vector))
        near = near.filter(distance__lt=_FARTHEST).order_by("distance", "key")
        rankings.append(list(_light(near)[:_CANDIDATES]))
    scores: dict[str, float] = {}
    by_key: dict[str, E] = {}
    for ranking in rankings:
        for place, entry in enumerate(ranking):
            by_key[entry.key] = entry
            scores[entry.key] = scores.get(entry.key, 0.0) + 1 / (_RANK_OFFSET + place)
    best = sorted(scores, key=lambda key: (-scores[key], key))[:limit]
    return [by_key[key] for key in best]
