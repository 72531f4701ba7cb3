"""What an application load balancer does with one request."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import itertools
import logging
import random
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from nestctl.localcloud.compute import engine, functions
from nestctl.localcloud.compute.lambdas import KeyDeniedError, ThrottledError
from nestctl.localcloud.control.authorization.invocations import service_may_invoke
from nestctl.localcloud.edge import head_limits, lambda_event, rules, state
from nestctl.localcloud.edge.health import HealthChecker
from nestctl.localcloud.edge.http11 import BodyTooLargeError, Headers, Request, Response, reason_of
from nestctl.localcloud.edge.state import Balancer, Listener, TargetGroup
from nestctl.localcloud.edge.upstream import TargetRefusedError, TargetTimeoutError, Upstream

log = logging.getLogger(__name__)

SANDBOX_PATIENCE = 30.0
"""Seconds a request waits here for a free sandbox. AWS's load balancer answers at once when Lambda throttles,
but has a concurrency of 1,000 to begin with, where a laptop has 10; the wait stands for that room."""
STARTING_PATIENCE = 5.0
"""Seconds a request waits for a target that is registered but was not checked yet. AWS's does not wait."""
START_SECONDS = 15.0
"""How long after the start of the local cloud services may still be starting their first tasks."""
VALID_FIELD = re.compile(r"[-A-Za-z0-9]+\Z")
"""Field names that stay when ``routing.http.drop_invalid_header_fields.enabled`` is on."""
RESPONSE_FIELDS = {
    "strict_transport_security": "Strict-Transport-Security",
    "access_control_allow_origin": "Access-Control-Allow-Origin",
    "access_control_allow_methods": "Access-Control-Allow-Methods",
    "access_control_allow_headers": "Access-Control-Allow-Headers",
    "access_control_allow_credentials": "Access-Control-Allow-Credentials",
    "access_control_expose_headers": "Access-Control-Expose-Headers",
    "access_control_max_age": "Access-Control-Max-Age",
    "content_security_policy": "Content-Security-Policy",
    "x_content_type_options": "X-Content-Type-Options",
    "x_frame_options": "X-Frame-Options",
}
"""Listener attributes ``routing.http.response.<key>.header_value`` and the response fields they set."""
TOO_LARGE = 431
"""Request Header Fields Too Large, which load balancers do not answer."""
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})


class _RefusedError(Exception):
    """The load balancer answers with an error of its own."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Door:
    """One port of one listener: its own, or the plain-HTTP front door of an HTTPS listener.

    Attributes:
        balancer: The load balancer as last seen.
        listener: The listener as last seen.
        port: Port of this machine.
        front: It is the plain-HTTP door.
    """

    def __init__(self, traffic: Traffic, balancer: Balancer, listener: Listener, *, front: bool) -> None:
        self.front = front
        self.balancer = balancer
        self.listener = listener
        self.port = 0
        self._traffic = traffic

    def idle_seconds(self) -> float:
        """How long a connection may be silent."""
        return float(self.balancer.attributes.get("idle_timeout.timeout_seconds") or 60)

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        try:
            response = await self._answer(request)
        except _RefusedError as refusal:
            log.info(
                "%s %s %s: %d, %s", self.balancer.name, request.method, request.path, refusal.status, refusal
            )
            response = error_page(refusal.status, str(refusal))
        except BodyTooLargeError:
            response = error_page(413, "the body is longer than 1 MB, which is what a Lambda target takes")
        return response if response.tunnel is not None else self._finish(response)

    async def _answer(self, request: Request) -> Response:
        refused = head_limits.at_balancer(request)
        if refused is not None:
            raise _RefusedError(*refused)
        return await self._traffic.route(self, request)

    def refusal(self, status: int, reason: str) -> Response:
        """Answer what is not HTTP; whatever is too long for a load balancer's parser is a bad request."""
        return self._finish(error_page(400 if status == TOO_LARGE else status, reason))

    def _finish(self, response: Response) -> Response:
        attributes = self.listener.attributes
        prefix = "routing.http.response."
        fields = response.headers
        for key, name in RESPONSE_FIELDS.items():
            value = attributes.get(f"{prefix}{key}.header_value")
            if value:
                fields = [pair for pair in fields if pair[0].lower() != name.lower()]
                fields.append((name, value))
        if attributes.get(f"{prefix}server.enabled", "true") != "true":
            fields = [pair for pair in fields if pair[0].lower() != "server"]
        elif not any(name.lower() == "server" for name, _ in fields):
            fields = [("Server", "awselb/2.0"), *fields]
        if not any(name.lower() == "date" for name, _ in fields):
            fields = [("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())), *fields]
        return Response(response.status, fields, response.body)


def error_page(status: int, reason: str) -> Response:
    """The load balancer's own error page; the reason is in a field that AWS does not send."""
    title = f"{status} {reason_of(status)}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    safe = reason.encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ")[:500]
    return Response(status, [("Content-Type", "text/html"), ("X-Local-Cloud-Reason", safe)], page.encode())


class Traffic:
    """Routes requests to targets and counts those that are under way."""

    def __init__(self, upstream: Upstream, health: HealthChecker) -> None:
        self.doors: dict[str, Door] = {}
        self._upstream = upstream
        self._health = health
        self._turn = itertools.count()
        self._settled = time.monotonic() + START_SECONDS
        self._in_flight: collections.Counter[tuple[str, int]] = collections.Counter()
        self._idle: dict[tuple[str, int], asyncio.Event] = {}

    async def drained(self, host: str, port: int, patience: float) -> None:
        """Wait until a target works on no request any more, at most ``patience`` seconds."""
        if not self._in_flight[(host, port)]:
            return
        idle = self._idle.setdefault((host, port), asyncio.Event())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(idle.wait(), patience)

    async def route(self, door: Door, request: Request) -> Response:
        """Find the rule and do what its last action says."""
        rule = rules.choose(door.listener.rules, request)
        if rule is None or not rule.actions:
            raise _RefusedError(503, "the listener has no rule for this request")
        action = rule.actions[-1]
        kind = action.get("Type")
        if kind == "fixed-response":
            config = action.get("FixedResponseConfig") or {}
            fields = [("Content-Type", config.get("ContentType") or "text/plain")]
            return Response(
                int(config.get("StatusCode") or 200), fields, (config.get("MessageBody") or "").encode()
            )
        if kind == "redirect":
            return self._redirect(door, request, action.get("RedirectConfig") or {})
        if kind == "forward":
            return await self._forward(door, request, action)
        raise _RefusedError(501, f"the local cloud does not do actions of type {kind!r}")

    def _redirect(self, door: Door, request: Request, config: Mapping[str, str]) -> Response:
        port = door.listener.port
        where = rules.location(config, request, scheme=door.listener.protocol.lower(), port=port)
        found = re.match(r"(https?)://([^/:?]+):(\d+)(.*)", where, re.DOTALL)
        if found:
            scheme, host, number, rest = found.groups()
            if host in LOCAL_HOSTS:
                number = str(self._local_port(door, scheme, int(number)))
            default = {"http": "80", "https": "443"}[scheme]
            # AWS spells the default port out; so does this.
            where = f"{scheme}://{host}:{number or default}{rest}"
        status = 301 if config.get("StatusCode") == "HTTP_301" else 302
        return Response(status, [("Location", where), ("Content-Type", "text/html")], b"")

    def _local_port(self, door: Door, scheme: str, port: int) -> int:
        """Port of this machine on which the same load balancer's listener of that port answers."""
        for other in self.doors.values():
            same = other.balancer.arn == door.balancer.arn and other.listener.port == port
            if same and other.listener.protocol.lower() == scheme and not other.front:
                return other.port
        return port

    async def _forward(self, door: Door, request: Request, action: Mapping[str, Any]) -> Response:
        arn = _group_of(action)
        group = state.target_group(arn) if arn else None
        if group is None:
            raise _RefusedError(503, "the rule names no target group that exists")
        headers = self._headers(door, request)
        if group.kind == "lambda":
            return await self._to_function(request, headers, group)
        return await self._to_server(door, request, headers, group)

    def _headers(self, door: Door, request: Request) -> Headers:
        """Fields the target gets: the client's, and those that the load balancer adds."""
        attributes = door.balancer.attributes
        fields = request.headers
        if attributes.get("routing.http.drop_invalid_header_fields.enabled") == "true":
            fields = [pair for pair in fields if VALID_FIELD.match(pair[0])]
        mode = attributes.get("routing.http.xff_header_processing.mode", "append")
        added = {"x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id"}
        before = [value for name, value in fields if name.lower() == "x-forwarded-for"]
        if mode != "preserve":
            added.add("x-forwarded-for")
        trace = request.header("x-amzn-trace-id") or f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
        kept = [pair for pair in fields if pair[0].lower() not in added]
        if mode == "append":
            address = request.client[0]
            if attributes.get("routing.http.xff_client_port.enabled") == "true":
                address = f"{address}:{request.client[1]}"
            kept.append(("X-Forwarded-For", ", ".join([*before, address])))
        return [
            *kept,
            ("X-Forwarded-Proto", request.scheme),
            ("X-Forwarded-Port", str(door.port)),
            ("X-Amzn-Trace-Id", trace),
        ]

    async def _to_function(self, request: Request, headers: Headers, group: TargetGroup) -> Response:
        if upgrade_of(request):
            raise _RefusedError(400, "a Lambda target cannot take a WebSocket")
        body = await request.read(lambda_event.MAX_BALANCER_BODY)
        if not group.targets:
            raise _RefusedError(503, f"target group {group.record['TargetGroupName']} has no targets")
        arn = group.targets[0][0]
        account, region, name, qualifier = functions.split_arn(
            arn, account=group.account, region=group.region
        )
        service = "elasticloadbalancing.amazonaws.com"
        whole = functions.arn_of(name, qualifier, account=account, region=region)
        if not service_may_invoke(whole, service=service, source=group.arn, account=group.account):
            raise _RefusedError(
                502, f"{service} may not invoke {arn}: the function's policy lacks that permission"
            )
        multi = group.attributes.get("lambda.multi_value_headers.enabled") == "true"
        event = lambda_event.balancer_event(request, headers, body, group_arn=group.arn, multi=multi)
        try:
            outcome = await engine.current().lambdas.invoke(
                name, qualifier, event, region=region, account=account, patience=SANDBOX_PATIENCE
            )
        except (functions.FunctionMissingError, functions.NotReadyError, KeyDeniedError) as error:
            raise _RefusedError(502, str(error)) from error
        except ThrottledError as error:
            raise _RefusedError(
                503, f"every sandbox of {name} was busy for {SANDBOX_PATIENCE:g} s"
            ) from error
        if outcome.error:
            text = outcome.payload[:400].decode(errors="replace")
            raise _RefusedError(502, f"function {name}:{outcome.number} failed: {text}")
        if len(outcome.payload) > lambda_event.MAX_BALANCER_BODY:
            size = len(outcome.payload)
            raise _RefusedError(502, f"the answer of {name} has {size} bytes; a load balancer takes 1 MB")
        try:
            return lambda_event.balancer_response(outcome.payload, multi=multi)
        except lambda_event.MalformedAnswerError as error:
            raise _RefusedError(502, f"the answer of {name} is not a response: {error}") from error

    async def _to_server(
        self, door: Door, request: Request, headers: Headers, group: TargetGroup
    ) -> Response:
        body = await request.read()
        host, port = await self._pick(group)
        self._in_flight[(host, port)] += 1
        try:
            response = await self._upstream.fetch(
                host,
                port,
                method=request.method,
                target=request.target,
                headers=headers,
                body=body,
                timeout=door.idle_seconds(),
                upgrade=upgrade_of(request),
            )
        except TargetTimeoutError as error:
            self._done(host, port)
            raise _RefusedError(504, str(error)) from error
        except TargetRefusedError as error:
            self._done(host, port)
            raise _RefusedError(502, str(error)) from error
        except asyncio.CancelledError:
            self._done(host, port)
            raise
        if not isinstance(response.body, bytes):
            response.body = self._counted(response.body, host, port)
        elif response.tunnel is None:
            self._done(host, port)
        else:
            response.tunnel.done = lambda: self._done(host, port)
        if (size := head_limits.size_of(response.headers)) > head_limits.RESPONSE_HEAD:
            await _drop(response)
            limit = head_limits.RESPONSE_HEAD
            raise _RefusedError(
                502, f"the header of the answer has {size} bytes; a load balancer takes {limit}"
            )
        return response

    def _done(self, host: str, port: int) -> None:
        self._in_flight[(host, port)] -= 1
        if self._in_flight[(host, port)] <= 0:
            del self._in_flight[(host, port)]
            waiting = self._idle.pop((host, port), None)
            if waiting is not None:
                waiting.set()

    async def _counted(self, body: AsyncIterator[bytes], host: str, port: int) -> AsyncIterator[bytes]:
        try:
            async for chunk in body:
                yield chunk
        finally:
            self._done(host, port)

    async def _pick(self, group: TargetGroup) -> tuple[str, int]:
        """Next healthy target; when none is healthy every target gets its turn, as on AWS ("fail open").

        A request waits for targets that are just starting, as they are after a start of the local cloud.
        """
        deadline = time.monotonic() + STARTING_PATIENCE
        while True:
            states = {pair: self._health.of(group.arn, *pair).state for pair in group.targets}
            healthy = [pair for pair, found in states.items() if found in ("healthy", "unavailable")]
            starting = "initial" in states.values() or (not states and time.monotonic() < self._settled)
            if healthy or not starting or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.1)
            group = state.target_group(group.arn) or group
        choice: Sequence[tuple[str, int]] = healthy or list(states)
        if not choice:
            raise _RefusedError(503, f"target group {group.record['TargetGroupName']} has no targets")
        return choice[next(self._turn) % len(choice)]


def upgrade_of(request: Request) -> str:
    """Protocol that a request asks to go over to, when it is one that load balancers let through."""
    options = [part.strip().lower() for part in request.header("connection").split(",")]
    asked = request.header("upgrade").strip()
    return asked if "upgrade" in options and asked.lower() == "websocket" else ""


async def _drop(response: Response) -> None:
    """Let go of an answer that nobody gets."""
    if response.tunnel is not None:
        response.tunnel.close()
    elif not isinstance(response.body, bytes):
        async for _ in response.body:
            pass


def _group_of(action: Mapping[str, Any]) -> str:
    """Target group of a forward action, drawn by weight when there are several."""
    entries = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if not entries:
        return str(action.get("TargetGroupArn") or "")
    weights = [int(entry.get("Weight", 1)) for entry in entries]
    if not any(weights):
        return ""
    return str(random.choices(entries, weights)[0]["TargetGroupArn"])  # noqa: S311 - traffic, not secrets


def groups_of(listener: Listener) -> set[str]:
    """Target groups that a listener's rules forward to."""
    found: set[str] = set()
    for rule in listener.rules:
        for action in rule.actions:
            if action.get("TargetGroupArn"):
                found.add(action["TargetGroupArn"])
            for entry in (action.get("ForwardConfig") or {}).get("TargetGroups") or []:
                found.add(entry["TargetGroupArn"])
    return found
