"""Errors as JSON: what happened, in one sentence, for programs and people alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import JsonResponse

if TYPE_CHECKING:
    from django.http import HttpRequest


def failure(message: str, status: int) -> JsonResponse:
    """``{"error": message}`` with ``status``."""
    return JsonResponse({"error": message}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """There is nothing at this address."""
    del exception
    return failure(f"There is nothing at {request.path}.", 404)


def server_error(_request: HttpRequest) -> JsonResponse:
    """Something failed that nothing caught."""
    return failure("Something went wrong here. It has been logged; please try again later.", 500)


def csrf_failure(_request: HttpRequest, reason: str = "") -> JsonResponse:
    """The CSRF token is missing or wrong."""
    return failure(f"{reason or 'CSRF check failed.'} Fetch /csrf/ and send its token as X-CSRFToken.", 403)
