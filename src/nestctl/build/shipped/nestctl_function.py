"""Stands before Zappa's handler in the archive: the application gets each request as a web server gives it.

A load balancer hands query strings over undecoded, and Zappa 0.63 encodes them once more; Zappa repeats every
``Set-Cookie``, believes a forged ``X-Forwarded-For`` and turns text that is not UTF-8 into question marks. So
HTTP events of load balancers and function URLs are answered here; all other events go to Zappa as before.

Facts on the events: "Lambda functions as targets" (Elastic Load Balancing) and "Invoking Lambda function
URLs" (AWS Lambda): both hand over path and query as they came.
"""

from __future__ import annotations

import base64
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

Event = Mapping[str, Any]
Handler = Callable[[Any, Any], Any]
Pairs = list[tuple[str, str]]

TEXT = ("text/", "application/json", "application/javascript", "application/xml")
"""Types that a load balancer takes as text; every other body travels as base64."""

LEAKY = (
    *("botocore.auth", "botocore.awsrequest", "botocore.client", "botocore.endpoint", "botocore.hooks"),
    *("botocore.httpsession", "botocore.parsers", "botocore.regions", "botocore.retryhandler"),
    *("botocore.credentials", "botocore.utils", "urllib3.connectionpool", "http.client"),
)
"""Loggers that write whole requests and answers at DEBUG: the answers of Parameter Store are secrets."""

FAMILIES = ("boto3", "botocore", "s3transfer", "urllib3")

log = logging.getLogger("nestctl.request")


def quiet() -> None:
    """Keep decrypted parameters out of the log group, whatever level the application logs at."""
    for name in FAMILIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in LEAKY:
        # A filter stays when the application configures its loggers anew.
        logging.getLogger(name).addFilter(_warns)


def _warns(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def wrap(zappa: Any) -> Handler:
    """Return the function's handler.

    Args:
        zappa: Zappa's ``LambdaHandler``; calling it gives the one instance, which holds the application.
    """

    def lambda_handler(event: Any, context: Any) -> Any:
        if not (from_load_balancer(event) or from_function_url(event)):
            return zappa.lambda_handler(event, context)
        instance = zappa()
        if getattr(instance, "app_type", None) == "asgi" or instance.wsgi_app is None:
            return zappa.lambda_handler(event, context)
        application = getattr(instance.wsgi_app, "application", instance.wsgi_app)
        return answer(application, event, context)

    return lambda_handler


def from_load_balancer(event: Any) -> bool:
    """Tell whether a load balancer made this event."""
    return isinstance(event, dict) and "httpMethod" in event and "elb" in (event.get("requestContext") or {})


def from_function_url(event: Any) -> bool:
    """Tell whether a function URL made this event; API Gateway's look alike, but their path is decoded."""
    if not isinstance(event, dict) or event.get("version") != "2.0" or "rawPath" not in event:
        return False
    return "http" in event["requestContext"] and ".execute-api." not in event["requestContext"]["domainName"]


def answer(application: Any, event: Event, context: Any) -> dict[str, Any]:
    """Let the application answer an HTTP event, and return the answer as the event's sender reads it."""
    began = time.perf_counter()
    environ = environ_of(event, context)
    try:
        status, fields, body = _call(application, environ)
    except Exception:
        log.exception("the application failed")
        status, fields = "500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")]
        body = b"Internal Server Error\n"
    milliseconds = (time.perf_counter() - began) * 1000
    # Without the query: it may hold what nobody should read in a log.
    path = event.get("path") or event.get("rawPath")
    method = environ["REQUEST_METHOD"]
    log.info("%s %s %s %d bytes %.1f ms", method, path, status[:3], len(body), milliseconds)
    text, encoded = _body(fields, body)
    made: dict[str, Any] = {"statusCode": int(status[:3]), "body": text, "isBase64Encoded": encoded}
    if "httpMethod" not in event:
        cookies = [value for name, value in fields if name.lower() == "set-cookie"]
        others = [pair for pair in fields if pair[0].lower() != "set-cookie"]
        return {**made, "headers": {k: ",".join(v) for k, v in _grouped(others).items()}, "cookies": cookies}
    made["statusDescription"] = status
    if "multiValueHeaders" in event:
        return {**made, "multiValueHeaders": _grouped(fields)}
    return {**made, "headers": {name: values[-1] for name, values in _grouped(fields).items()}}


def environ_of(event: Event, context: Any) -> dict[str, Any]:
    """Return the WSGI environment of an HTTP event (PEP 3333)."""
    balancer = "httpMethod" in event
    fields = list(_headers(event))
    if balancer:
        method, path, query = event["httpMethod"], event["path"], _query(event)
    else:
        method = event["requestContext"]["http"]["method"]
        path, query = event["rawPath"], event.get("rawQueryString") or ""
    body = event.get("body") or ""
    content = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": _latin(query),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.input": BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "lambda.event": event,
        "lambda.context": context,
    }
    for name, value in fields:
        # With an underscore it would pass for another header: "X_Forwarded_Proto".
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{_latin(value)}" if key in environ else _latin(value)
    if content or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(len(content))
    scheme = environ.get("HTTP_X_FORWARDED_PROTO", "https")
    environ["wsgi.url_scheme"] = scheme
    if scheme == "https":
        environ["HTTPS"] = "on"
    host, _, _ = environ.get("HTTP_HOST", "localhost").rpartition(":")
    environ["SERVER_NAME"] = host or environ.get("HTTP_HOST", "localhost")
    environ["SERVER_PORT"] = environ.get("HTTP_X_FORWARDED_PORT", "443" if scheme == "https" else "80")
    environ["REMOTE_ADDR"] = _client(event, environ)
    return environ


def _client(event: Event, environ: Mapping[str, Any]) -> str:
    """Return the address that asked: what the load balancer itself appended, not what the client wrote."""
    if "httpMethod" in event:
        return str(environ.get("HTTP_X_FORWARDED_FOR", "127.0.0.1")).rpartition(",")[2].strip()
    return str(event["requestContext"]["http"].get("sourceIp") or "127.0.0.1")


def _headers(event: Event) -> Iterator[tuple[str, str]]:
    several = event.get("multiValueHeaders") if "httpMethod" in event else None
    if several:
        for name, values in several.items():
            for value in values:
                yield name, value
        return
    cookies = event.get("cookies") or []
    for name, value in (event.get("headers") or {}).items():
        if not (cookies and name.lower() == "cookie"):
            yield name, value
    if cookies:
        yield "cookie", "; ".join(cookies)


def _query(event: Event) -> str:
    several = event.get("multiValueQueryStringParameters")
    if several is None:
        several = {name: [value] for name, value in (event.get("queryStringParameters") or {}).items()}
    return "&".join(f"{name}={value}" for name, values in several.items() for value in values)


def _latin(text: str) -> str:
    """Return text as WSGI carries it: each byte one character."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode().decode("latin-1")
    return text


def _call(application: Any, environ: dict[str, Any]) -> tuple[str, Pairs, bytes]:
    started: list[tuple[str, Pairs]] = []
    written: list[bytes] = []

    def start_response(status: str, fields: Pairs, exc_info: Any = None) -> Callable[[bytes], None]:
        del exc_info  # nothing is on its way before the application has ended
        started[:] = [(status, list(fields))]
        return written.append

    result: Iterable[bytes] = application(environ, start_response)
    try:
        written.extend(result)
    finally:
        if close := getattr(result, "close", None):
            close()
    status, fields = started[0]
    # As web servers do: Django puts a blank before every cookie, and a HEAD has no body.
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else b"".join(written)
    return status, [(name, value.strip()) for name, value in fields], body


def _body(fields: Pairs, body: bytes) -> tuple[str, bool]:
    named = {name.lower(): value.lower() for name, value in fields}
    if named.get("content-type", "").startswith(TEXT) and "content-encoding" not in named:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return (base64.b64encode(body).decode(), True) if body else ("", False)


def _grouped(fields: Pairs) -> dict[str, list[str]]:
    """Return the values of each header, which is one whatever its case."""
    groups: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for name, value in fields:
        groups.setdefault(names.setdefault(name.lower(), name), []).append(value)
    return groups
