"""Health of targets, checked as the target group says."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from nestctl.localcloud import pace
from nestctl.localcloud.edge.http11 import Headers
from nestctl.localcloud.edge.state import TargetGroup
from nestctl.localcloud.edge.upstream import TargetRefusedError, TargetTimeoutError, Upstream

FIRST_INTERVAL = 0.5
"""Seconds between the checks of a target that was never healthy; AWS waits for the group's interval."""
REGISTRATION_SHARE = 0.25
"""Share of the usual wait before a new target is checked for the first time."""
CODES = 600

Key = tuple[str, str, int]


@dataclass
class Health:
    """What is known of one target.

    Attributes:
        state: As DescribeTargetHealth says: ``initial``, ``healthy``, ``unhealthy``, ``unused``...
        reason: Code of the reason, empty when healthy.
        description: The reason in words.
    """

    state: str = "initial"
    reason: str = "Elb.RegistrationInProgress"
    description: str = "Target registration is in progress"
    passed: int = 0
    failed: int = 0
    next_check: float = field(default_factory=lambda: time.monotonic() + pace.seconds() * REGISTRATION_SHARE)


def codes(matcher: str) -> set[int]:
    """Status codes of a matcher: ``200``, ``200,302``, ``200-299``."""
    found: set[int] = set()
    for part in matcher.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit():
            found.update(range(int(first), int(last if last.isdigit() else first) + 1))
    return {code for code in found if code < CODES}


class HealthChecker:
    """Checks every target of the groups that a listener uses."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._health: dict[Key, Health] = {}
        self._checks: dict[Key, asyncio.Task[None]] = {}
        self._groups: dict[str, TargetGroup] = {}
        self._used: set[str] = set()

    def follow(self, groups: dict[str, TargetGroup], used: set[str]) -> None:
        """Take over the groups as they are now; ``used`` are those that a listener forwards to."""
        self._groups, self._used = groups, used
        wanted = {(arn, host, port) for arn, group in groups.items() for host, port in group.targets}
        for key in set(self._health) - wanted:
            del self._health[key]
            task = self._checks.pop(key, None)
            if task is not None:
                task.cancel()
            self._upstream.forget(key[1], key[2])
        for key in wanted - set(self._health):
            self._health[key] = Health()

    def of(self, group_arn: str, host: str, port: int) -> Health:
        """Health of one target as DescribeTargetHealth reports it."""
        group = self._groups.get(group_arn)
        if group_arn not in self._used:
            return Health("unused", "Target.NotInUse", "Target group is not configured to receive traffic")
        if group is not None and (group.kind == "lambda" or not group.record.get("HealthCheckEnabled", True)):
            return Health(
                "unavailable", "Target.HealthCheckDisabled", "Health checks are not enabled for this target"
            )
        return self._health.get((group_arn, host, port)) or Health()

    async def run(self) -> None:
        """Start the checks that are due, until cancelled."""
        while True:
            now = time.monotonic()
            for key, health in list(self._health.items()):
                group = self._groups.get(key[0])
                if group is None or key[0] not in self._used or group.kind == "lambda":
                    continue
                if (
                    health.next_check <= now
                    and key not in self._checks
                    and group.record.get("HealthCheckEnabled", True)
                ):
                    task = asyncio.create_task(self._check(key, group, health))
                    self._checks[key] = task
                    task.add_done_callback(lambda _, key=key: self._checks.pop(key, None))  # type: ignore[misc]
            await asyncio.sleep(0.1)

    async def _check(self, key: Key, group: TargetGroup, health: Health) -> None:
        record = group.record
        problem = await self._probe(key, group)
        if problem is None:
            health.passed, health.failed = health.passed + 1, 0
            if health.state in ("initial", "healthy") or health.passed >= int(
                record["HealthyThresholdCount"]
            ):
                health.state, health.reason, health.description = "healthy", "", ""
        else:
            health.passed, health.failed = 0, health.failed + 1
            if health.failed >= int(record["UnhealthyThresholdCount"]) and health.state != "initial":
                health.state = "unhealthy"
                health.reason, health.description = problem
            elif health.state == "initial":
                # What is behind it may be starting: it counts as unhealthy after the threshold's whole time.
                patience = int(record["UnhealthyThresholdCount"]) * int(record["HealthCheckIntervalSeconds"])
                health.reason, health.description = (
                    "Elb.InitialHealthChecking",
                    "Initial health checks in progress",
                )
                if health.failed * FIRST_INTERVAL >= patience:
                    health.state = "unhealthy"
                    health.reason, health.description = problem
        interval = int(record["HealthCheckIntervalSeconds"])
        health.next_check = time.monotonic() + (FIRST_INTERVAL if health.state == "initial" else interval)

    async def _probe(self, key: Key, group: TargetGroup) -> tuple[str, str] | None:
        """Ask once; ``None`` when healthy, else reason and description."""
        _, host, port = key
        record = group.record
        check_port = record.get("HealthCheckPort", "traffic-port")
        port = int(check_port) if str(check_port).isdigit() else port
        timeout = float(record.get("HealthCheckTimeoutSeconds") or 5)
        headers: Headers = [
            ("Host", f"{host}:{port}"),
            ("User-Agent", "ELB-HealthChecker/2.0"),
            ("Connection", "close"),
        ]
        try:
            async with asyncio.timeout(timeout):
                reply = await self._upstream.fetch(
                    host,
                    port,
                    method="GET",
                    target=record.get("HealthCheckPath") or "/",
                    headers=headers,
                    timeout=timeout,
                )
                if not isinstance(reply.body, bytes):
                    async for _ in reply.body:
                        pass
        except (TargetTimeoutError, TimeoutError):
            return "Target.Timeout", "Request timed out"
        except (TargetRefusedError, OSError):
            return "Target.FailedHealthChecks", "Health checks failed"
        if reply.status in codes(record.get("Matcher", {}).get("HttpCode", "200")):
            return None
        return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{reply.status}]"

    def close(self) -> None:
        """Stop every check."""
        for task in self._checks.values():
            task.cancel()
