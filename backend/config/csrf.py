"""Django's CSRF protection, for a site whose own server is among its clients.

The frontend's server fetches ``/csrf/`` and sends the token and its cookie back with each query.
Two things differ from a browser on one fixed address:

* The same release is reached over HTTPS (load balancer, function URL) and over plain HTTP on a
  laptop, where a ``Secure`` cookie would never come back. The flag therefore follows the request.
* A server sends neither ``Origin`` nor ``Referer``, and over HTTPS Django then refuses. That check
  stops a browser being tricked through a sibling domain. Browsers always send ``Origin`` with a
  POST and ``Sec-Fetch-Site`` to an HTTPS address; a request with none of the three comes from a
  program, which carries nobody's cookies but its own. Token and cookie must still match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.middleware.csrf import CsrfViewMiddleware

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class CsrfMiddleware(CsrfViewMiddleware):
    """CSRF protection that also works for programs and over plain HTTP on loopback."""

    def _check_referer(self, request: HttpRequest) -> None:
        if "HTTP_REFERER" not in request.META and "HTTP_SEC_FETCH_SITE" not in request.META:
            return
        super()._check_referer(request)  # type: ignore[misc]

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Give the cookie the ``Secure`` flag of the request it answers."""
        response = super().process_response(request, response)
        if cookie := response.cookies.get(settings.CSRF_COOKIE_NAME):
            cookie["secure"] = request.is_secure()
        return response
