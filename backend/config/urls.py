"""The URL map."""

from __future__ import annotations

from django.urls import path

from api.views import csrf, graphql, status
from slack.views import events

urlpatterns = [
    path("graphql/", graphql, name="graphql"),
    path("csrf/", csrf, name="csrf"),
    path("status/", status, name="status"),
    path("slack/events/", events, name="slack-events"),
]

handler404 = "api.errors.not_found"
handler500 = "api.errors.server_error"
