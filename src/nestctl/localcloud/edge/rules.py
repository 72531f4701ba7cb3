"""Which rule of a listener a request meets, and where a redirect leads: pure functions."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from nestctl.localcloud.edge.http11 import Request
from nestctl.localcloud.edge.state import Rule

Condition = Mapping[str, Any]


@functools.lru_cache(maxsize=4096)
def _pattern(pattern: str, *, any_case: bool) -> re.Pattern[str]:
    """``*`` is any number of characters, ``?`` is one; nothing else is special."""
    text = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if any_case else 0))


def wild(pattern: str, text: str, *, any_case: bool = True) -> bool:
    """Compare with the load balancer's wildcards."""
    return _pattern(pattern, any_case=any_case).fullmatch(text) is not None


def host_of(request: Request) -> str:
    """Host name the client asked for, without port."""
    name, _, port = request.header("host").rpartition(":")
    return name if name and port.isdigit() else request.header("host")


def _values(condition: Condition, config: str) -> Sequence[Any]:
    typed = (condition.get(config) or {}).get("Values")
    return typed or condition.get("Values") or []


def _path(condition: Condition, request: Request) -> bool:
    return any(wild(value, request.path, any_case=False) for value in _values(condition, "PathPatternConfig"))


def _host(condition: Condition, request: Request) -> bool:
    return any(wild(value, host_of(request)) for value in _values(condition, "HostHeaderConfig"))


def _method(condition: Condition, request: Request) -> bool:
    return request.method in _values(condition, "HttpRequestMethodConfig")


def _header(condition: Condition, request: Request) -> bool:
    name = (condition.get("HttpHeaderConfig") or {}).get("HttpHeaderName", "").lower()
    sent = [value for key, value in request.headers if key.lower() == name]
    return any(wild(value, text) for value in _values(condition, "HttpHeaderConfig") for text in sent)


def _query(condition: Condition, request: Request) -> bool:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    for wanted in _values(condition, "QueryStringConfig"):
        if isinstance(wanted, str):
            key, _, value = wanted.rpartition("=")
        else:
            key, value = wanted.get("Key") or "", wanted.get("Value", "")
        if any((not key or wild(key, name)) and wild(value, text) for name, text in pairs):
            return True
    return False


def _source(condition: Condition, request: Request) -> bool:
    address = ipaddress.ip_address(request.client[0])
    return any(
        address in ipaddress.ip_network(value, strict=False) for value in _values(condition, "SourceIpConfig")
    )


_TESTS = {
    "path-pattern": _path,
    "host-header": _host,
    "http-request-method": _method,
    "http-header": _header,
    "query-string": _query,
    "source-ip": _source,
}


def choose(rules: Sequence[Rule], request: Request) -> Rule | None:
    """Return the first rule of which every condition holds; an unknown kind of condition never holds."""
    for rule in rules:
        if all(
            _TESTS[condition["Field"]](condition, request) if condition.get("Field") in _TESTS else False
            for condition in rule.conditions
        ):
            return rule
    return None


def location(config: Mapping[str, str], request: Request, *, scheme: str, port: int) -> str:
    """Fill a redirect's placeholders.

    Args:
        config: ``RedirectConfig`` of the action.
        request: The request; its host, path and query stand for the placeholders.
        scheme: Protocol of the listener, for ``#{protocol}``.
        port: Port of the listener, for ``#{port}``.
    """
    facts = {
        "protocol": scheme,
        "host": host_of(request),
        "port": str(port),
        "path": request.path.removeprefix("/"),
        "query": request.query,
    }

    def fill(template: str) -> str:
        return re.sub(r"#\{(protocol|host|port|path|query)\}", lambda found: facts[found.group(1)], template)

    protocol = fill(config.get("Protocol") or "#{protocol}").lower()
    host = fill(config.get("Host") or "#{host}")
    where = fill(config.get("Port") or "#{port}")
    path = fill(config.get("Path") or "/#{path}")
    query = fill("#{query}" if config.get("Query") is None else config["Query"])
    return f"{protocol}://{host}:{where}{path}" + (f"?{query}" if query else "")
