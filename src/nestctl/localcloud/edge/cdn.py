"""CloudFront: a listener for each distribution; what it answers is the emulator's data plane."""

from __future__ import annotations

import functools
import gzip
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree as ET

from ministack.core.iam_evaluator import pin_request_origin
from ministack.core.responses import request_scope
from ministack.services import cloudfront

from nestctl.localcloud.edge import head_limits
from nestctl.localcloud.edge.http11 import Headers, Request, Response

COMPRESSIBLE = (
    "text/",
    "application/javascript",
    "application/json",
    "application/xml",
    "image/svg+xml",
    "font/",
)
"""Types that CloudFront compresses, shortened to what a site has."""
SMALLEST, LARGEST = 1000, 10_000_000
"""Bytes between which CloudFront compresses an object."""


def distributions() -> list[dict[str, Any]]:
    """Every distribution, as the emulator's own record; ``DomainName`` may be set."""
    return list(cloudfront._distributions.to_dict().values())  # noqa: SLF001


@functools.lru_cache(maxsize=256)
def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


class CdnDoor:
    """Answers for one distribution."""

    def __init__(self, record: dict[str, Any], region: str) -> None:
        self.record = record
        self._region = region

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        if too_long := head_limits.at_cdn(request):
            return Response(413, [("Content-Type", "text/plain")], f"{too_long}\n".encode())
        fields: dict[str, str] = {}
        for name, value in request.headers:
            key = name.lower()
            fields[key] = f"{fields[key]}, {value}" if key in fields else value
        # Viewers come over plain HTTP here, and mean the distribution's HTTPS.
        fields["x-forwarded-proto"] = "https"
        body = await request.read(20_000_000)
        record = self.record
        if not record.get("enabled", True):
            return Response(403, [("Content-Type", "text/plain")], b"The distribution is disabled.\n")
        account = str(record["ARN"]).split(":")[4]
        # CloudFront asks S3 over TLS, which a TLS-only bucket policy wants to see.
        pin_request_origin(request.client[0], secure_transport=True)
        with request_scope(account, self._region):
            status, headers, answer = await cloudfront.handle_viewer_request(
                record,
                request.method,
                unquote(request.path),
                request.path,
                request.query,
                fields,
                body,
                parse_qs(request.query, keep_blank_values=True),
                request.client[0],
            )
        return self._compress(fields, Response(status, _pairs(headers), _bytes(answer)))

    def _compress(self, asked: dict[str, str], response: Response) -> Response:
        body = response.body
        if not isinstance(body, bytes) or not SMALLEST <= len(body) <= LARGEST or not self._compresses():
            return response
        fields = {name.lower(): value for name, value in response.headers}
        if "content-encoding" in fields or response.status != 200:  # noqa: PLR2004
            return response
        if not fields.get("content-type", "").startswith(COMPRESSIBLE) or "gzip" not in asked.get(
            "accept-encoding", ""
        ):
            return response
        headers = [
            (name, f"W/{value}" if name.lower() == "etag" and not value.startswith("W/") else value)
            for name, value in response.headers
            if name.lower() not in ("content-length", "accept-ranges")
        ]
        headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        return Response(200, headers, _zipped(body))

    def _compresses(self) -> bool:
        return _compress_setting(str(self.record.get("config_xml", "")))


@functools.lru_cache(maxsize=64)
def _compress_setting(config: str) -> bool:
    for element in ET.fromstring(config).iter():  # noqa: S314 - written by the emulator itself
        if element.tag.rpartition("}")[2] == "DefaultCacheBehavior":
            return any(
                child.tag.rpartition("}")[2] == "Compress" and child.text == "true" for child in element
            )
    return False


def _pairs(headers: dict[str, Any]) -> Headers:
    pairs: Headers = []
    for name, value in headers.items():
        values = value if isinstance(value, list) else [value]
        pairs += [(name, str(entry)) for entry in values]
    return pairs


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else bytes(body)
