"""The GraphQL schema: ``schema.graphql`` and the functions behind its fields."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from graphql import GraphQLSchema, build_schema
from graphql.type import GraphQLObjectType

from api.limits import bad_input, checked_limit, checked_offset, checked_text
from catalog import queries
from catalog.models import Chapter, Level, Project

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

SDL = Path(__file__).with_name("schema.graphql")


def _stats(_root: object, _info: GraphQLResolveInfo) -> dict[str, Any]:
    counted = queries.stats()
    return {
        "projects": counted.projects,
        "chapters": counted.chapters,
        "countries": counted.countries,
        "chaptersAsOf": queries.CHAPTERS_AS_OF,
        "release": settings.RELEASE,
    }


def _projects(
    _root: object,
    _info: GraphQLResolveInfo,
    query: str | None = "",
    level: str | None = None,
    limit: int | None = 24,
    offset: int | None = 0,
) -> queries.Page[Project]:
    if level and level.strip().lower() not in Level.values:
        raise bad_input(f"level must be one of {', '.join(Level.values)}.")
    return queries.projects(
        checked_text("query", query), level, limit=checked_limit(limit), offset=checked_offset(offset)
    )


def _project(_root: object, _info: GraphQLResolveInfo, key: str) -> Project | None:
    return Project.objects.filter(key=checked_text("key", key)).first()


def _chapters(
    _root: object,
    _info: GraphQLResolveInfo,
    query: str | None = "",
    country: str | None = None,
    limit: int | None = 24,
    offset: int | None = 0,
) -> queries.Page[Chapter]:
    return queries.chapters(
        checked_text("query", query),
        checked_text("country", country),
        limit=checked_limit(limit),
        offset=checked_offset(offset),
    )


def _chapter(_root: object, _info: GraphQLResolveInfo, key: str) -> Chapter | None:
    return Chapter.objects.filter(key=checked_text("key", key)).first()


def _search(_root: object, _info: GraphQLResolveInfo, query: str, limit: int | None = 10) -> dict[str, Any]:
    text, most = checked_text("query", query), checked_limit(limit)
    # Each list is looked for only when it is asked for.
    return {
        "projects": lambda _info: queries.search_projects(text, most),
        "chapters": lambda _info: queries.search_chapters(text, most),
    }


def _similar(project: Project, _info: GraphQLResolveInfo, limit: int | None = 6) -> list[Project]:
    return queries.similar(project, checked_limit(limit))


def _repository_url(project: Project, _info: GraphQLResolveInfo) -> str | None:
    return project.repository_url or None


RESOLVERS = {
    "Query": {
        "stats": _stats,
        "projects": _projects,
        "project": _project,
        "chapters": _chapters,
        "chapter": _chapter,
        "search": _search,
    },
    "Project": {"similar": _similar, "repositoryUrl": _repository_url},
}


def build() -> GraphQLSchema:
    """Read the schema and join each field to its function."""
    schema = build_schema(SDL.read_text(encoding="utf-8"))
    for type_name, fields in RESOLVERS.items():
        owner = schema.type_map[type_name]
        assert isinstance(owner, GraphQLObjectType)  # noqa: S101 - a fact of schema.graphql
        for field_name, resolver in fields.items():
            owner.fields[field_name].resolve = resolver
    return schema


SCHEMA = build()
