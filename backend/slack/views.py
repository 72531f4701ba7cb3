"""Slack's events and slash command: ``POST /slack/events/``.

Requests are signed by Slack (version ``v0``): HMAC-SHA256 over ``v0:<timestamp>:<body>`` with the
app's signing secret. One that is older than five minutes is refused, so a copy cannot be replayed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.http import HttpResponse, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from api.errors import failure
from api.limits import MAX_QUERY_LENGTH
from catalog import queries

if TYPE_CHECKING:
    from django.http import HttpRequest

VERSION: Final = "v0"
WINDOW_SECONDS: Final = 5 * 60
RESULTS: Final = 5


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What Slack writes into ``X-Slack-Signature``."""
    base = f"{VERSION}:{timestamp}:".encode() + body
    return f"{VERSION}={hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()}"


def is_genuine(request: HttpRequest, secret: str) -> bool:
    """Whether Slack signed this request within the last five minutes."""
    timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
    # isdecimal alone admits digits of other scripts, and text of any length.
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):  # noqa: PLR2004
        return False
    if abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        return False
    given = request.headers.get("X-Slack-Signature", "").encode()
    return hmac.compare_digest(given, signature(secret, timestamp, request.body).encode())


@csrf_exempt  # signed instead
@require_POST
def events(request: HttpRequest) -> HttpResponse:
    """Prove the address to Slack, take note of events, answer the slash command."""
    if not settings.SLACK_SIGNING_SECRET:
        return failure("Slack is not configured: DJANGO_SLACK_SIGNING_SECRET is not set.", 503)
    if not is_genuine(request, settings.SLACK_SIGNING_SECRET):
        return failure("The signature is missing, wrong or older than five minutes.", 401)
    if request.content_type == "application/x-www-form-urlencoded":
        return _command(QueryDict(request.body))
    try:
        event: Any = json.loads(request.body)
    except ValueError:
        return failure("The body is neither a form nor JSON.", 400)
    if isinstance(event, dict) and event.get("type") == "url_verification":
        return JsonResponse({"challenge": str(event.get("challenge", ""))})
    # Slack repeats an event that is not acknowledged; none of them asks for more yet.
    return JsonResponse({"ok": True})


def _command(form: QueryDict) -> JsonResponse:
    text = form.get("text", "").replace("\0", "").strip()[:MAX_QUERY_LENGTH]
    if not text:
        return _reply(f"What are you looking for? For example: {form.get('command') or '/nest'} threat modeling")
    found = queries.search_projects(text, RESULTS)
    if not found:
        return _reply(f"No project matches “{_escaped(text)}”.")
    lines = (
        f"• <{project.url}|{_escaped(project.name)}> ({project.level}) {_escaped(project.summary)}" for project in found
    )
    return _reply("\n".join(lines))


def _reply(text: str) -> JsonResponse:
    return JsonResponse({"response_type": "ephemeral", "text": text})


def _escaped(text: str) -> str:
    """Slack's three control characters, harmless."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
