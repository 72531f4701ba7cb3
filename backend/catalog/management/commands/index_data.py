"""``manage.py index_data``: write projects and chapters to Algolia's search index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from catalog.algolia import Algolia, AlgoliaError
from catalog.models import Chapter, Project

if TYPE_CHECKING:
    from collections.abc import Iterator


class Command(BaseCommand):
    """Fills the indices; says so and succeeds where Algolia is not configured."""

    help = "Write all projects and chapters to Algolia. Can be repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace every object by its key."""
        del args, options
        try:
            algolia = Algolia.configured(
                settings.ALGOLIA_APPLICATION_ID, settings.ALGOLIA_WRITE_API_KEY, settings.ALGOLIA_ENDPOINT_URL
            )
            if algolia is None:
                self.stdout.write(
                    "Algolia is not configured, so nothing is indexed; the site's own search works without it. "
                    "Set DJANGO_ALGOLIA_APPLICATION_ID and DJANGO_ALGOLIA_WRITE_API_KEY to use it."
                )
                return
            for name, objects in (("projects", list(_projects())), ("chapters", list(_chapters()))):
                index = f"{settings.ALGOLIA_INDEX_PREFIX}_{name}"
                algolia.replace(index, objects)
                self.stdout.write(f"{index}: {len(objects)} objects written")
                self.stdout.flush()
        except AlgoliaError as error:
            raise CommandError(str(error)) from error


def _projects() -> Iterator[dict[str, Any]]:
    for project in Project.objects.defer("embedding", "document").iterator():
        yield {
            "objectID": project.key,
            "name": project.name,
            "summary": project.summary,
            "url": project.url,
            "level": project.level,
            "levelRank": project.level_rank,
            "type": project.type,
            "topics": project.topics,
        }


def _chapters() -> Iterator[dict[str, Any]]:
    for chapter in Chapter.objects.defer("embedding", "document").iterator():
        yield {
            "objectID": chapter.key,
            "name": chapter.name,
            "url": chapter.url,
            "country": chapter.country,
            "region": chapter.region,
        }
