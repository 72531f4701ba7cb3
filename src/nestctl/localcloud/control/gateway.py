"""The ASGI application in front of the emulator.

It tells service and action of each request apart, judges it by its caller's IAM policies, records it, puts in
faults, hands it to a correction where there is one, else to the emulator, and answers what is the local
cloud's own under ``/_local``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote

from ministack.app import SERVICE_NAME_ALIASES, SERVICE_REGISTRY
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.core.router import SERVICE_PATTERNS

from nestctl.localcloud.control import limits, replies, sealed
from nestctl.localcloud.control.authorization.authorizer import Authorizer
from nestctl.localcloud.control.calls import Calls
from nestctl.localcloud.control.corrections import ecr
from nestctl.localcloud.control.faults import Faults
from nestctl.localcloud.control.identify import (
    REGISTRY_ACTION,
    Identity,
    identify,
    is_form,
    of_form,
    parse_form,
)
from nestctl.localcloud.control.registry import CORRECTIONS
from nestctl.localcloud.control.types import Call, Cloud, Reply
from nestctl.localcloud.errors import LocalCloudError
from nestctl.localcloud.layout import ACCESS_KEY_ID

log = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]

OWN_PREFIX = "/_local/"
READING = ("Describe", "Get", "List", "Head", "BatchGet", "Lookup", "Select", "Search", "Query", "Scan")
SERVER_ERROR = 500


# Names in signatures that the emulator tells apart in code.
OTHER_SCOPES = frozenset(
    {"", "aoss", "bedrock", "s3express", "s3-object-lambda", "s3-outposts", "execute-api", "ses"}
)
SERVICES = (
    OTHER_SCOPES
    | SERVICE_REGISTRY.keys()
    | SERVICE_NAME_ALIASES.keys()
    | {str(pattern.get("credential_scope", "")) for pattern in SERVICE_PATTERNS.values()}
)


def knows(service: str) -> bool:
    """Whether the emulator has a service; asking it about another costs seconds and ends in S3."""
    return service in SERVICES


class Gateway:
    """The API's front.

    Args:
        emulator: The emulator's ASGI application.
        cloud: Handed to corrections.
        changed: Told the service of every call that may have changed state.
        facts: Answers of ``/_local/<name>``.
        settings: Take what is put to ``/_local/<name>``; they raise on a wrong value.
    """

    def __init__(
        self,
        emulator: Asgi,
        cloud: Cloud,
        changed: Callable[[str], None],
        facts: Mapping[str, Callable[[], Any]],
        settings: Mapping[str, Callable[[Any], None]],
    ) -> None:
        self._emulator = emulator
        self._cloud = cloud
        self._changed = changed
        self.calls = Calls()
        self.faults = Faults()
        self.authorizer = Authorizer(cloud)
        self._listed: Mapping[str, Callable[[int], Any]] = {
            "calls": self.calls.since,
            "authorizations": self.authorizer.since,
        }
        self._facts = {**facts, "faults": self.faults.listing}
        self._settings = {**settings, "faults": self._set_faults}

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._emulator(scope, receive, send)
        elif scope["path"].startswith(OWN_PREFIX):
            await _answer(send, await self._own(scope, receive))
        else:
            await self._api(scope, receive, send)

    def _set_faults(self, wanted: Any) -> None:
        self.faults.replace(wanted if isinstance(wanted, list) else [wanted])

    async def _own(self, scope: Any, receive: Receive) -> Reply:
        name = scope["path"].removeprefix(OWN_PREFIX)
        if name in self._listed:
            asked = parse_qs(scope["query_string"].decode()).get("since", ["0"])[0]
            return _own_reply(self._listed[name](int(asked) if asked.isdigit() else 0))
        if name in self._settings and scope["method"] == "PUT":
            try:
                self._settings[name](json.loads(await _read(receive)))
            except LocalCloudError as wrong:
                return _own_reply({"error": wrong.what, "next": wrong.next}, 400)
            except ValueError as wrong:
                return _own_reply({"error": str(wrong)}, 400)
        if name in self._facts:
            return _own_reply(self._facts[name]())
        return _own_reply(
            {"error": f"No such path; there are: {', '.join([*self._listed, *self._facts])}"}, 404
        )

    async def _api(self, scope: Any, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        headers = _headers(scope)
        query = scope["query_string"].decode("latin-1")
        who = identify(scope["method"], scope["path"], query, headers)
        body: bytes | None = None
        form: dict[str, str] = {}
        if is_form(headers) and who.service != "s3":
            body = await _read(receive)
            form = parse_form(body)
            who = of_form(who, form)
        who, key, scope = _of_registry(who, headers, scope)
        set_request_account_id(who.access_key)
        set_request_region(who.region)
        entry = CORRECTIONS.get((who.service, who.action))
        judged = self.authorizer.wants_body(who.access_key, who.service, who.action)
        if (entry is not None or judged or limits.judges(who.service, who.action)) and body is None:
            body = await _read(receive)
        call = _call(scope, who, query, headers, body or b"", form)
        status = SERVER_ERROR
        try:
            reply = await self.authorizer.refusal(call, key, self.calls.last)
            if reply is None:
                reply = limits.refusal(call) or self.authorizer.objection(call, key)
            if reply is not None or (reply := await self._fault(call)) is not None:
                pass
            elif entry is not None:
                reply = await self._corrected(call, entry.function)
            elif not knows(who.service):
                log.error("%s:%s: the emulator has no such service.", who.service, who.action)
                reply = _failure(call, "its emulator has no such service")
            if reply is not None:
                status = reply.status
                if body is None:
                    await _discard(receive)
                await _answer(send, reply)
            else:
                status = await self._passed(scope, call, body, receive, send)
        finally:
            self.calls.add(
                who.service, who.action, status, time.monotonic() - started, corrected=entry is not None
            )
            sealed.written(self._cloud, call, status)
            if scope["method"] not in ("GET", "HEAD") and not who.action.startswith(READING):
                self._changed(who.service)

    async def _fault(self, call: Call) -> Reply | None:
        fault = self.faults.take(call.service, call.action)
        if fault is None:
            return None
        await asyncio.sleep(fault.delay)
        return replies.error(call, fault.error, fault.message, fault.status) if fault.status else None

    async def _corrected(self, call: Call, function: Callable[..., Awaitable[Reply]]) -> Reply:
        try:
            return await function(call, self.proceed, self._cloud)
        except Exception as problem:
            log.exception("The correction of %s:%s failed.", call.service, call.action)
            return _failure(call, f"{type(problem).__name__}: {problem}")

    async def proceed(self, call: Call) -> Reply:
        """Ask the emulator, and return its whole answer."""
        collected: dict[str, Any] = {"body": []}

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                collected.update(status=message["status"], headers=message.get("headers", []))
            else:
                collected["body"].append(message.get("body", b""))

        await self._emulator(_scope_of(call), _replay(call.body, None), collect)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in collected["headers"]
            if name.lower() != b"content-length"
        }
        return _client_error(call, Reply(collected["status"], headers, b"".join(collected["body"])))

    async def _passed(self, scope: Any, call: Call, body: bytes | None, receive: Receive, send: Send) -> int:
        """Let the emulator answer directly, as a stream; its failures become answers that nobody repeats."""
        if body is not None:
            receive = _replay(body, receive)
        status = 0
        failed: list[bytes] = []

        async def forward(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            if status < SERVER_ERROR:
                await send(message)
            elif message["type"] == "http.response.body":
                failed.append(message.get("body", b""))

        await self._emulator(scope, receive, forward)
        if status >= SERVER_ERROR:
            reply = _client_error(call, Reply(status, {}, b"".join(failed)))
            await _answer(send, reply)
            return reply.status
        return status


def _client_error(call: Call, reply: Reply) -> Reply:
    """Turn a 5xx of the emulator into a 4xx: SDKs repeat a call that failed with 5xx, Terraform 25 times."""
    if reply.status < SERVER_ERROR:
        return reply
    log.error("%s:%s is not answered by the emulator: %r", call.service, call.action, reply.body[:2000])
    return _failure(call, reply.body.decode("utf-8", "replace")[:500])


def _failure(call: Call, reason: str) -> Reply:
    message = (
        f"The local cloud cannot do {call.service}:{call.action}: {reason} (more in its log: logs/cloud.log)"
    )
    return replies.error(call, "LocalCloudCannot", message)


def _of_registry(who: Identity, headers: Mapping[str, str], scope: Any) -> tuple[Identity, str, Any]:
    """Return who calls, by which access key, and the request with what tells the emulator the region.

    Requests to the registry carry a token, no signature; the emulator looks for the region in a signature.
    """
    if who.action != REGISTRY_ACTION or who.access_key:
        return who, who.access_key, scope
    key, region = ecr.holder(headers.get("authorization", ""))
    if region:
        others = [pair for pair in scope["headers"] if pair[0].lower() != b"authorization"]
        signed = f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/20000101/{region}/ecr/aws4_request"
        scope = {**scope, "headers": [*others, (b"authorization", signed.encode())]}
    return replace(who, region=region or who.region), key, scope


def _call(
    scope: Any, who: Identity, query: str, headers: dict[str, str], body: bytes, form: dict[str, str]
) -> Call:
    params: Mapping[str, Any] = form
    if not form and body and "json" in headers.get("content-type", "application/json"):
        try:
            decoded = json.loads(body)
        except ValueError:
            decoded = {}
        params = decoded if isinstance(decoded, dict) else {}
    elif not form and "Action=" in query:
        params = {key: values[-1] for key, values in parse_qs(query, keep_blank_values=True).items()}
    return Call(
        who.service, who.action, who.region, scope["method"], scope["path"], query, headers, body, params
    )


def _scope_of(call: Call) -> dict[str, Any]:
    headers = {**call.headers, "content-length": str(len(call.body))}
    headers.pop("transfer-encoding", None)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": call.method,
        "path": call.path,
        "raw_path": quote(call.path, safe="/:@!$&'()*+,;=~").encode(),
        "query_string": call.query.encode("latin-1"),
        "headers": [
            (name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()
        ],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }


def _headers(scope: Any) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _replay(body: bytes, rest: Receive | None) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        if rest is None:
            await asyncio.Event().wait()
        return await rest()  # type: ignore[misc]

    return receive


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("The client went away while it sent its request.")
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _discard(receive: Receive) -> None:
    """Take what the client still sends: an answer before the end would break the connection under it."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass


def _own_reply(data: Any, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "application/json"}, json.dumps(data).encode())


async def _answer(send: Send, reply: Reply) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()
    ]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
