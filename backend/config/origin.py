"""Who may call the function's own address: the frontend's server, and nobody else.

The load balancer's rules, firewall and logs stand before the site. The function's address has none
of them, so a request that came by it is answered only with the secret that the frontend shares.
How a request came is told by the event that AWS made of it, which no client can write: one from the
load balancer names its target group under ``requestContext.elb``. Outside Lambda there is no event,
and nothing to walk around.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.crypto import constant_time_compare

from api.errors import failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

HEADER = "X-Origin-Verify"
_META = "HTTP_X_ORIGIN_VERIFY"
_EVENT = "lambda.event"
"""Where Zappa's handler puts the event (``zappa.handler``)."""


class OriginMiddleware:
    """Refuses what came by the function's own address without the shared secret."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 403, or pass the request on without the secret."""
        # Taken out in any case: views, logs and error reports have no use for it.
        given = request.META.pop(_META, "")
        event = request.META.get(_EVENT)
        if event is not None and not came_by_load_balancer(event) and not _is_secret(given):
            return failure("This address is for the site's own server. Ask the site instead.", 403)
        return self._get_response(request)


def came_by_load_balancer(event: Mapping[str, object]) -> bool:
    """Tell whether the load balancer made this event."""
    context = event.get("requestContext")
    return isinstance(context, dict) and "elb" in context


def _is_secret(given: str) -> bool:
    """Compare in constant time; while there is no secret, nothing is equal to it."""
    secret = settings.ORIGIN_SECRET
    return bool(secret) and constant_time_compare(given, secret)
