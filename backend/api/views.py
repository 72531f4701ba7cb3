"""The HTTP side: ``/graphql/``, ``/csrf/`` and ``/status/``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from api import health
from api.errors import failure
from api.execution import run

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_POST
@never_cache
def graphql(request: HttpRequest) -> JsonResponse:
    """Answer one GraphQL query: POST ``{"query": ..., "variables": ..., "operationName": ...}``.

    Protected by Django's CSRF check; see ``config.csrf`` for callers that are programs.
    """
    if request.content_type != "application/json":
        return failure("Send the query as application/json.", 415)
    try:
        body: Any = json.loads(request.body)
    except ValueError:
        return failure("The body is not JSON.", 400)
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return failure('The body must be an object with a text "query".', 400)
    variables, operation = body.get("variables") or {}, body.get("operationName")
    if not isinstance(variables, dict) or not isinstance(operation, str | None):
        return failure('"variables" must be an object and "operationName" a text.', 400)
    return JsonResponse(run(request, body["query"], variables, operation))


@require_safe
@never_cache
def csrf(request: HttpRequest) -> JsonResponse:
    """Hand out a CSRF token, and its cookie with it."""
    return JsonResponse({"csrftoken": get_token(request)})


@require_safe
@never_cache
def status(_request: HttpRequest) -> JsonResponse:
    """Say whether database and cache answer: 200 when both do, 503 naming what does not."""
    well, parts = health.check()
    body = {"status": "ok" if well else "unavailable", **parts, "release": settings.RELEASE}
    return JsonResponse(body, status=200 if well else 503)
