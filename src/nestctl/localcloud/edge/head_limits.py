"""What load balancers and CloudFront refuse in the head of a request, with the status that AWS documents.

Sources: "Quotas for your Application Load Balancers", "Troubleshoot your Application Load Balancers" and
"Quotas" of CloudFront, in AWS's user guides.
"""

from __future__ import annotations

from nestctl.localcloud.edge.http11 import Headers, Request

KIB = 1024
REQUEST_LINE = 16 * KIB
"""Bytes of a request line at a load balancer; a longer address is answered with 414."""
HEADER = 16 * KIB
"""Bytes of one header field, its name and its value, at a load balancer."""
REQUEST_HEAD = 64 * KIB
"""Bytes of all header fields of a request at a load balancer."""
RESPONSE_HEAD = 32 * KIB
"""Bytes of all header fields of a target's response at a load balancer."""
FORWARDED_ADDRESSES = 30
"""Addresses in X-Forwarded-For at a load balancer."""
CDN_URL = 8192
"""Bytes of a URL at CloudFront."""
CDN_REQUEST = 32_768
"""Bytes of a request at CloudFront, without its body."""
_FRAME = len(": \r\n")


def size_of(headers: Headers) -> int:
    """Bytes of header fields on the wire."""
    return sum(len(name) + len(value) + _FRAME for name, value in headers)


def at_balancer(request: Request) -> tuple[int, str] | None:
    """Status and reason with which a load balancer refuses a request's head; ``None`` when it takes it."""
    line = len(f"{request.method} {request.target} HTTP/1.1")
    longest = max((len(name) + len(value) for name, value in request.headers), default=0)
    whole = size_of(request.headers)
    forwarded = [value for name, value in request.headers if name.lower() == "x-forwarded-for"]
    addresses = sum(value.count(",") + 1 for value in forwarded)
    checks = (
        (request.method == "TRACE", 405, "load balancers do not support the method TRACE"),
        (request.method == "CONNECT", 400, "load balancers are no proxies"),
        (line > REQUEST_LINE, 414, f"the request line has {line} bytes; it may have {REQUEST_LINE}"),
        (longest > HEADER, 400, f"a header field has {longest} bytes; it may have {HEADER}"),
        (whole > REQUEST_HEAD, 400, f"the header has {whole} bytes; it may have {REQUEST_HEAD}"),
        (
            addresses > FORWARDED_ADDRESSES,
            463,
            f"X-Forwarded-For names {addresses} addresses; it may name {FORWARDED_ADDRESSES}",
        ),
    )
    return next(((status, reason) for wrong, status, reason in checks if wrong), None)


def at_cdn(request: Request) -> str:
    """Say why CloudFront refuses a request's head with 413; empty when it takes it."""
    url = len(request.target)
    if url > CDN_URL:
        return f"The URL has {url} bytes; CloudFront takes {CDN_URL}."
    size = len(request.method) + url + size_of(request.headers)
    return f"The request has {size} bytes; CloudFront takes {CDN_REQUEST}." if size > CDN_REQUEST else ""
