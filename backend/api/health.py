"""Is the site able to serve? A question to each thing it needs."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Final

from django.core.cache import cache
from django.db import DatabaseError, connection
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

OK: Final = "ok"
UNREACHABLE: Final = "unreachable"

logger = logging.getLogger(__name__)


def database() -> str:
    """``ok`` when the database answers and has the site's tables."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('catalog_project') IS NOT NULL")
            row = cursor.fetchone()
    except DatabaseError:
        logger.exception("The database does not answer.")
        connection.close()
        return UNREACHABLE
    return OK if row and row[0] else "not migrated"


def cached() -> str:
    """``ok`` when the cache gives back what it was given."""
    value = secrets.token_hex(8)
    key = f"status:{value}"
    try:
        cache.set(key, value, 10)
        returned = cache.get(key)
        cache.delete(key)
    except RedisError:
        logger.exception("The cache does not answer.")
        return UNREACHABLE
    return OK if returned == value else "forgets"


PARTS: Final[dict[str, Callable[[], str]]] = {"database": database, "cache": cached}


def check() -> tuple[bool, dict[str, str]]:
    """Whether every part is well, and what each said."""
    said = {name: ask() for name, ask in PARTS.items()}
    return all(answer == OK for answer in said.values()), said
