"""The cache's token, which the provider could only set through Terraform state."""

from __future__ import annotations

import time
from collections.abc import Callable

from nestctl.aws.session import Aws
from nestctl.report import NestctlError

POLL = 0.5


def has_token(aws: Aws, group: str) -> bool:
    """Tell whether the replication group asks for a token."""
    found = aws.client("elasticache").describe_replication_groups(ReplicationGroupId=group)
    return bool(found["ReplicationGroups"][0].get("AuthTokenEnabled"))


def set_token(
    aws: Aws, group: str, token: str, progress: Callable[[str], None], timeout: float = 1800.0
) -> None:
    """Give the group its token: ROTATE adds it beside "none", SET then makes it the only one.

    The order is AWS's ("Authenticating with the Valkey and Redis OSS AUTH command", ElastiCache User Guide).

    Raises:
        NestctlError: ``cache-timeout`` when the group does not become available.
    """
    client = aws.client("elasticache")
    for strategy in ("ROTATE", "SET"):
        _wait(aws, group, progress, timeout)
        client.modify_replication_group(
            ReplicationGroupId=group,
            AuthToken=token,
            AuthTokenUpdateStrategy=strategy,
            ApplyImmediately=True,
        )
    _wait(aws, group, progress, timeout)


def _wait(aws: Aws, group: str, progress: Callable[[str], None], timeout: float) -> None:
    client = aws.client("elasticache")
    deadline = time.monotonic() + timeout
    while True:
        found = client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]
        if found["Status"] == "available":
            return
        progress(f"the cache is {found['Status']}")
        if time.monotonic() > deadline:
            raise NestctlError(
                "cache-timeout",
                f"The cache {group} is {found['Status']} since {timeout:.0f} s.",
                "ElastiCache has not finished an earlier change.",
                "Run the same command again later.",
            )
        time.sleep(POLL)
