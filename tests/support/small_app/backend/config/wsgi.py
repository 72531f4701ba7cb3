"""Answers what nest.toml's probes ask, out of the database and the cache."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from config import cache_answers, database, values


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with JSON; to a host that is not among the allowed ones with 400, as Django would."""
    host = environ.get("HTTP_HOST", "").partition(":")[0]
    allowed = [name.partition(":")[0] for name in values()["DJANGO_ALLOWED_HOSTS"].split(",")]
    if host not in allowed:
        status, said = 400, {"host": host}
    elif not came_by_load_balancer(environ) and environ.get("HTTP_X_ORIGIN_VERIFY") != secret():
        status, said = 403, {"host": host}
    else:
        status, said = _answer(environ["PATH_INFO"])
    body = json.dumps(said).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]


def came_by_load_balancer(environ: dict[str, Any]) -> bool:
    """Tell whether the load balancer made the event."""
    return "elb" in environ.get("lambda.event", {}).get("requestContext", {})


def secret() -> str:
    """Return what the frontend's server shows at the function's own address."""
    return values()["NEST_ORIGIN_SECRET"]


def _answer(path: str) -> tuple[int, dict[str, Any]]:
    if path == "/csrf/":
        return 200, {"csrftoken": "none"}
    if path == "/status/":
        with database() as connection:
            connection.execute("SELECT 1")
        said = "ok" if cache_answers() else "no cache"
        return 200, {"status": said, "release": os.environ["NEST_RELEASE"]}
    if path == "/graphql/":
        with database() as connection:
            row = connection.execute("SELECT count(*) FROM word").fetchone()
        return 200, {"data": {"projects": {"total": row[0] if row else 0}}}
    return 404, {"path": path}
