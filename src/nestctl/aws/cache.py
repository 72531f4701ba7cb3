"""The cache's token, which the provider could only set through Terraform state."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from nestctl.aws.session import Aws
from nestctl.report import NestctlError

POLL = 0.5
REACH_SECONDS = 3.0
"""For a connection from here; on AWS the cache is in the VPC, and only who has a way into it gets one."""

Door = Literal["closed", "open", "wrong-token", "unreachable"]


@dataclass(frozen=True)
class Group:
    """A replication group, as far as its token goes.

    Attributes:
        status: ``available``, ``modifying``.
        enabled: Whether a token is accepted; one that was only rotated in is not yet asked for.
        changed: When the token was last changed; ``None`` when AWS does not say.
        pending: Whether a change of the token is under way.
        born: What no other group of this name has.
        host: Name of the primary endpoint.
        port: Its port.
        tls: Whether it speaks TLS.
    """

    status: str
    enabled: bool
    changed: datetime | None
    pending: bool
    born: str
    host: str
    port: int
    tls: bool


def describe(aws: Aws, group: str) -> Group:
    """Return what ElastiCache says of a group and its token."""
    found: Any = aws.client("elasticache").describe_replication_groups(ReplicationGroupId=group)
    (row,) = found["ReplicationGroups"]
    place = row["NodeGroups"][0]["PrimaryEndpoint"]
    return Group(
        status=row["Status"],
        enabled=bool(row.get("AuthTokenEnabled")),
        changed=row.get("AuthTokenLastModifiedDate"),
        pending="AuthTokenStatus" in row.get("PendingModifiedValues", {}),
        born=str(row.get("ReplicationGroupCreateTime", row["ARN"])),
        host=place["Address"],
        port=place["Port"],
        tls=bool(row.get("TransitEncryptionEnabled")),
    )


def knock(group: Group, token: str, bundle: Path | None = None) -> Door:
    """Try the cache without and with the token, as far as it can be reached from here.

    Args:
        group: The cache.
        token: What it shall take.
        bundle: Authorities that its certificate may be of; ``None`` for the system's.

    Returns:
        ``closed`` when it refuses nobody's password and takes the token, else what is wrong.
    """
    try:
        without = _ask(group, b"PING\r\n", bundle)
        answer = _ask(group, b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n" % (len(token), token.encode()), bundle)
    except OSError:
        return "unreachable"
    if not without.startswith(b"-NOAUTH"):
        return "open"
    return "closed" if answer.startswith(b"+OK") else "wrong-token"


def _ask(group: Group, line: bytes, bundle: Path | None) -> bytes:
    with socket.create_connection((group.host, group.port), REACH_SECONDS) as plain:
        if not group.tls:
            plain.sendall(line)
            return plain.recv(200)
        # A token goes to a server that proves who it is only.
        context = ssl.create_default_context(cafile=bundle)
        with context.wrap_socket(plain, server_hostname=group.host) as secure:
            secure.sendall(line)
            return secure.recv(200)


def set_token(
    aws: Aws, group: str, token: str, progress: Callable[[str], None], timeout: float = 1800.0
) -> None:
    """Make the token the only one: ROTATE adds it beside "none" where there is none, SET drops the others.

    The order is AWS's ("Authenticating with the Valkey and Redis OSS AUTH command", ElastiCache User Guide).
    May be repeated after any interruption: a token that was only rotated in is set.

    Raises:
        NestctlError: ``cache-timeout`` when the group does not become available.
    """
    client = aws.client("elasticache")
    found = _wait(aws, group, progress, timeout)
    for strategy in ("SET",) if found.enabled else ("ROTATE", "SET"):
        client.modify_replication_group(
            ReplicationGroupId=group,
            AuthToken=token,
            AuthTokenUpdateStrategy=strategy,
            ApplyImmediately=True,
        )
        found = _wait(aws, group, progress, timeout, after=found)


def _is_later(now: Group, before: Group) -> bool:
    """Tell whether the token was changed in between; where AWS names no time, its status has to do."""
    return now.changed is None or now.changed != before.changed


def _wait(
    aws: Aws, group: str, progress: Callable[[str], None], timeout: float, *, after: Group | None = None
) -> Group:
    """Wait until nothing is under way, and a change of the token since ``after`` is over."""
    deadline = time.monotonic() + timeout
    while True:
        found = describe(aws, group)
        # For a moment AWS may still say "available" of the time before the change.
        changed = after is None or (found.enabled and _is_later(found, after))
        if found.status == "available" and not found.pending and changed:
            return found
        progress(f"the cache is {found.status}")
        if time.monotonic() > deadline:
            raise NestctlError(
                "cache-timeout",
                f"The cache {group} is {found.status} since {timeout:.0f} s.",
                "ElastiCache has not finished an earlier change.",
                "Run the same command again later.",
            )
        time.sleep(POLL)
