"""Function URLs: a listener for each, payload format 2.0."""

from __future__ import annotations

import json

from nestctl.localcloud.compute import engine, functions
from nestctl.localcloud.compute.functions import FunctionUrl
from nestctl.localcloud.compute.lambdas import KeyDeniedError, ThrottledError
from nestctl.localcloud.compute.sandbox import MAX_SYNC_PAYLOAD
from nestctl.localcloud.control.authorization.invocations import anyone_may_call_url
from nestctl.localcloud.edge import lambda_event
from nestctl.localcloud.edge.http11 import BodyTooLargeError, Headers, Request, Response

PATIENCE = 30.0
"""Seconds a request waits for a free sandbox; see the load balancer's."""


class _RefusedError(Exception):
    """The URL answers with an error of its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _message(status: int, text: str) -> Response:
    return Response(status, [("Content-Type", "application/json")], json.dumps({"Message": text}).encode())


class UrlDoor:
    """Answers at one function URL."""

    def __init__(self, url: FunctionUrl) -> None:
        self.url = url

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        cors = self._cors(request)
        if (
            cors is not None
            and request.method == "OPTIONS"
            and request.header("access-control-request-method")
        ):
            return Response(200, cors, b"")
        try:
            response = await self._answer(request)
        except _RefusedError as refusal:
            response = _message(refusal.status, str(refusal))
        if cors:
            # The URL's CORS settings replace what the function says.
            fields = [pair for pair in response.headers if not pair[0].lower().startswith("access-control-")]
            response.headers = fields + cors
        return response

    async def _answer(self, request: Request) -> Response:
        url = self.url
        signed = request.header("authorization").startswith("AWS4-HMAC-SHA256")
        if not (
            signed if url.config.get("AuthType") == "AWS_IAM" else anyone_may_call_url(url.arn, url.account)
        ):
            raise _RefusedError(403, "Forbidden")
        try:
            body = await request.read(MAX_SYNC_PAYLOAD)
        except BodyTooLargeError as error:
            raise _RefusedError(413, "Request Entity Too Large") from error
        domain = request.header("host")
        event = lambda_event.url_event(
            request, body, domain=domain, account=url.account, url_id=domain.partition(".")[0]
        )
        try:
            outcome = await engine.current().lambdas.invoke(
                url.name, url.qualifier, event, region=url.region, account=url.account, patience=PATIENCE
            )
        except functions.FunctionMissingError as error:
            raise _RefusedError(404, "Not Found") from error
        except (functions.NotReadyError, KeyDeniedError) as error:
            raise _RefusedError(502, "Internal Server Error") from error
        except ThrottledError as error:
            raise _RefusedError(429, "Too Many Requests") from error
        try:
            if outcome.error is None:
                return lambda_event.url_response(outcome.payload)
        except lambda_event.MalformedAnswerError:
            pass
        raise _RefusedError(502, "Internal Server Error")

    def _cors(self, request: Request) -> Headers | None:
        settings = self.url.config.get("Cors")
        origin = request.header("origin")
        if not settings or not origin:
            return None
        allowed = settings.get("AllowOrigins") or []
        if origin not in allowed and "*" not in allowed:
            return None
        fields: Headers = [
            ("Access-Control-Allow-Origin", "*" if "*" in allowed else origin),
            ("Vary", "Origin"),
        ]
        for key, name in (
            ("AllowMethods", "Access-Control-Allow-Methods"),
            ("AllowHeaders", "Access-Control-Allow-Headers"),
            ("ExposeHeaders", "Access-Control-Expose-Headers"),
        ):
            if settings.get(key):
                fields.append((name, ",".join(settings[key])))
        if settings.get("AllowCredentials"):
            fields.append(("Access-Control-Allow-Credentials", "true"))
        if settings.get("MaxAge"):
            fields.append(("Access-Control-Max-Age", str(settings["MaxAge"])))
        return fields
