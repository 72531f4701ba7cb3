"""Requests as Lambda events and functions' answers as responses, for load balancers and function URLs."""

from __future__ import annotations

import base64
import binascii
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from nestctl.localcloud.edge.http11 import Headers, Request, Response

MAX_BALANCER_BODY = 1024 * 1024
"""Bytes of a request's body, and of a function's whole JSON answer, at a load balancer."""
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
_LOWEST, _HIGHEST = 100, 599


class MalformedAnswerError(Exception):
    """The function's answer is not a response; the message says why."""


def body_of(headers: Headers, body: bytes) -> tuple[str, bool]:
    """Body as the event has it: text for textual types, else base64."""
    fields = {name.lower(): value.lower() for name, value in headers}
    textual = fields.get("content-type", "").startswith(_TEXT) and "content-encoding" not in fields
    if textual or not body:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def balancer_event(request: Request, headers: Headers, body: bytes, *, group_arn: str, multi: bool) -> bytes:
    """Event of a load balancer; ``multi`` is the group's attribute ``lambda.multi_value_headers.enabled``."""
    text, encoded = body_of(headers, body)
    parts = [part.partition("=") for part in request.query.split("&") if part]
    pairs = [(name, value) for name, _, value in parts]
    event: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": group_arn}},
        "httpMethod": request.method,
        "path": request.path,
    }
    if multi:
        event["multiValueQueryStringParameters"] = _grouped(pairs)
        event["multiValueHeaders"] = _grouped([(name.lower(), value) for name, value in headers])
    else:
        event["queryStringParameters"] = dict(pairs)
        event["headers"] = {name.lower(): value for name, value in headers}
    event |= {"body": text, "isBase64Encoded": encoded}
    return json.dumps(event).encode()


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def balancer_response(payload: bytes, *, multi: bool) -> Response:
    """Response from a function's answer to a load balancer.

    Raises:
        MalformedAnswerError: The load balancer would answer 502.
    """
    answer = _object(payload)
    status = answer.get("statusCode")
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not _LOWEST <= status <= _HIGHEST:
        raise MalformedAnswerError(f"statusCode is {status!r}, not a number from 100 to 599")
    fields: Headers = []
    # With multi-value headers on, the load balancer reads multiValueHeaders only, otherwise headers only.
    if multi:
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            if not isinstance(values, list):
                raise MalformedAnswerError(f"multiValueHeaders.{name} is not a list")
            fields += [(name, _text(value)) for value in values]
    else:
        fields = [(name, _text(value)) for name, value in (answer.get("headers") or {}).items()]
    return Response(status, _clean(fields), _body(answer))


def url_event(request: Request, body: bytes, *, domain: str, account: str, url_id: str) -> bytes:
    """Event of a function URL (payload format 2.0)."""
    text, encoded = body_of(request.headers, body)
    fields: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in request.headers:
        key = name.lower()
        if key == "cookie":
            cookies += [part.strip() for part in value.split(";") if part.strip()]
        else:
            fields[key] = f"{fields[key]},{value}" if key in fields else value
    # Set by the URL's front on AWS too, where the scheme is always https; here it is what the client used.
    fields |= {
        "x-forwarded-for": request.client[0],
        "x-forwarded-proto": request.scheme,
        "x-forwarded-port": domain.rpartition(":")[2] if ":" in domain else "80",
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}",
    }
    query = {
        name: ",".join(values)
        for name, values in _grouped(parse_qsl(request.query, keep_blank_values=True)).items()
    }
    now = time.time()
    path = request.path  # as it came; API Gateway decodes it, a function URL does not
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": fields,
        "requestContext": {
            "accountId": account,
            "apiId": url_id,
            "domainName": domain,
            "domainPrefix": url_id,
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.client[0],
                "userAgent": fields.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": encoded,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = query
    if body:
        event["body"] = text
    return json.dumps(event).encode()


def url_response(payload: bytes) -> Response:
    """Response from a function's answer to its URL: any JSON without a statusCode is the body itself.

    Raises:
        MalformedAnswerError: The URL would answer 502.
    """
    try:
        answer = json.loads(payload or b"null")
    except ValueError as error:
        raise MalformedAnswerError(f"the answer is not JSON: {error}") from error
    if not isinstance(answer, dict) or "statusCode" not in answer:
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(200, [("Content-Type", "application/json")], body.encode())
    try:
        status = int(answer["statusCode"])
    except (TypeError, ValueError) as error:
        raise MalformedAnswerError(f"statusCode is {answer['statusCode']!r}") from error
    fields = _clean([(name, _text(value)) for name, value in (answer.get("headers") or {}).items()])
    fields += [("Set-Cookie", str(cookie)) for cookie in answer.get("cookies") or []]
    if not any(name.lower() == "content-type" for name, _ in fields):
        fields.append(("Content-Type", "application/json"))
    return Response(status, fields, _body(answer))


def _object(payload: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(payload or b"null")
    except ValueError as error:
        raise MalformedAnswerError(f"the answer is not JSON: {error}") from error
    if not isinstance(answer, dict):
        raise MalformedAnswerError("the answer is not a JSON object")
    return answer


def _body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswerError("body is not a string")
    if not answer.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedAnswerError(f"body is not base64: {error}") from error


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _clean(fields: Headers) -> Headers:
    """Leave out what the front sets itself, and what would break the head."""
    kept = [
        (name, value) for name, value in fields if name.lower() not in ("content-length", "transfer-encoding")
    ]
    if any("\n" in value or "\r" in value for _, value in kept):
        raise MalformedAnswerError("a header's value has a line break")
    return kept
