"""Writes process output to CloudWatch Logs, in batches and in the background."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import Any

from nestctl.localcloud.control.authorization import acting
from nestctl.localcloud.control.types import Cloud
from nestctl.policies.evaluate import Request

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.2
SHARE = 4
"""How many times as long as the last sending took nothing is sent: under load the requests come first."""
MAX_BATCH = 1000
"""Events of one PutLogEvents; AWS allows 10,000 and 1 MB."""
MAX_EVENT = 256 * 1024 - 26
"""AWS cuts an event at 256 KB, of which 26 bytes are counted for each event."""
MAX_HELD = 50_000
"""Events kept for one stream while the API does not take them; the oldest go first."""
LONGEST_PAUSE = 2.0
"""Seconds: those who follow a log still see it live."""


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


Key = tuple[str, str, str]
"""Region, group and stream."""


class LogWriter:
    """Collects lines by region, group and stream; sends them every 0.2 seconds, less often under load."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._held: dict[Key, deque[dict[str, Any]]] = {}
        self._made: set[Key] = set()
        self._roles: dict[Key, str] = {}
        self._dropped: set[Key] = set()
        self._wake = asyncio.Event()
        self._flushing = asyncio.Lock()

    def write(self, region: str, group: str, stream: str, message: str, *, role: str) -> None:
        """Add one event; returns at once.

        The events are lost, as on AWS, when the ``role`` (its ARN) may not write them.
        """
        text = (
            message.encode()[:MAX_EVENT].decode(errors="ignore") if len(message) > MAX_EVENT // 4 else message
        )
        if not text:
            return  # CloudWatch Logs refuses empty events
        self._roles[region, group, stream] = role
        held = self._held.setdefault((region, group, stream), deque(maxlen=MAX_HELD))
        held.append({"timestamp": now_ms(), "message": text})
        self._wake.set()

    async def run(self) -> None:
        """Send what comes until cancelled."""
        pause = FLUSH_SECONDS
        while True:
            await self._wake.wait()
            await asyncio.sleep(pause)
            began = time.monotonic()
            await self.flush()
            pause = min(max(FLUSH_SECONDS, SHARE * (time.monotonic() - began)), LONGEST_PAUSE)

    async def make(
        self, region: str, group: str, stream: str, *, create_group: bool = True, role: str = ""
    ) -> None:
        """Create the stream, and the group when it is missing and may be made.

        With a ``role``, only if that may do so.

        Raises:
            Exception: Whatever the API answers when the group is missing and may not be made.
        """
        wanted = {"logGroupName": group, "logStreamName": stream}
        try:
            await self._cloud.api("logs", "CreateLogStream", wanted, region, role=role)
        except Exception as error:
            if "ResourceAlreadyExists" in _text(error):
                self._made.add((region, group, stream))
                return
            if not create_group or "ResourceNotFound" not in _text(error):
                raise
            try:
                await self._cloud.api("logs", "CreateLogGroup", {"logGroupName": group}, region, role=role)
            except Exception as second:
                if "ResourceAlreadyExists" not in _text(second):
                    raise
            await self._cloud.api("logs", "CreateLogStream", wanted, region, role=role)
        self._made.add((region, group, stream))

    async def flush(self) -> None:
        """Send everything that is held."""
        async with self._flushing:
            self._wake.clear()
            for key, held in list(self._held.items()):
                while held:
                    batch = [held.popleft() for _ in range(min(MAX_BATCH, len(held)))]
                    if not await self._send(key, batch):
                        held.extendleft(reversed(batch))
                        break
                if not held and self._held.get(key) is held:
                    del self._held[key]

    async def _send(self, key: Key, batch: list[dict[str, Any]]) -> bool:
        region, group, stream = key
        if refused := self._refusal(key):
            if key not in self._dropped:
                self._dropped.add(key)
                log.warning("log events for %s %s are lost: %s", group, stream, refused)
            return True
        for attempt in (1, 2):
            try:
                if key not in self._made:
                    await self.make(region, group, stream)
                await self._cloud.api(
                    "logs",
                    "PutLogEvents",
                    {"logGroupName": group, "logStreamName": stream, "logEvents": batch},
                    region,
                )
            except Exception as error:  # noqa: BLE001 - whatever the API's error is, the events are kept
                self._made.discard(key)  # a deleted group or stream is made again, as the services do
                if attempt == 2 or "ResourceNotFound" not in _text(error):  # noqa: PLR2004 - the second try
                    log.warning("log events for %s %s are kept for later: %s", group, stream, error)
                    return False
            else:
                return True
        return False

    def _refusal(self, key: Key) -> str:
        """Why the role may not write to a stream, which it makes first when it is not there."""
        region, group, stream = key
        arn = f"arn:aws:logs:{region}:{self._cloud.account_id}:log-group:{group}"
        wanted = [Request("logs:PutLogEvents", f"{arn}:log-stream:{stream}")]
        if key not in self._made:
            wanted.insert(0, Request("logs:CreateLogStream", f"{arn}:*"))
        return acting.refusal(self._cloud, self._roles[key], "logs", wanted)


def _text(error: Exception) -> str:
    return f"{type(error).__name__} {error}"
