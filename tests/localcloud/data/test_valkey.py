from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from botocore.exceptions import ClientError
from redis.backoff import NoBackoff
from redis.retry import Retry
from watching import states_until

from nestctl.aws import cache as nest_cache
from nestctl.localcloud import LocalCloud

Client = Callable[[str], Any]
FIRST, SECOND = "first-token-of-a-test", "second-token-of-a-test"


def create(aws: Client, name: str, **more: Any) -> Any:
    options = {"TransitEncryptionEnabled": True, "Engine": "redis", "NumCacheClusters": 1, **more}
    aws("elasticache").create_replication_group(
        ReplicationGroupId=name, ReplicationGroupDescription="of a test", **options
    )
    aws("elasticache").get_waiter("replication_group_available").wait(
        ReplicationGroupId=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    return aws("elasticache").describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]


def connect(cloud: LocalCloud, group: Any, token: str | None = None, *, tls: bool = True) -> redis.Redis:
    place = group["NodeGroups"][0]["PrimaryEndpoint"]
    secured = {
        "ssl": True,
        "ssl_ca_certs": str(cloud.state_dir / "ca" / "bundle.pem"),
        "ssl_check_hostname": True,
    }
    # redis-py would try a refused token again and again.
    once = Retry(NoBackoff(), 0)
    return redis.Redis(
        host=place["Address"],
        port=place["Port"],
        password=token,
        socket_timeout=10,
        retry=once,
        **(secured if tls else {}),
    )


def set_token(aws: Client, name: str, token: str, strategy: str) -> Any:
    aws("elasticache").modify_replication_group(
        ReplicationGroupId=name, AuthToken=token, AuthTokenUpdateStrategy=strategy, ApplyImmediately=True
    )
    return available(aws, name)


def available(aws: Client, name: str) -> Any:
    aws("elasticache").get_waiter("replication_group_available").wait(
        ReplicationGroupId=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    return aws("elasticache").describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]


def test_a_group_speaks_tls_with_a_certificate_of_the_local_authority(
    running: LocalCloud, aws: Client
) -> None:
    group = create(aws, "valkey-tls")
    assert group["AuthTokenEnabled"] is False
    client = connect(running, group)
    assert client.set("key", "value")
    assert client.get("key") == b"value"
    with pytest.raises(redis.RedisError):
        connect(running, group, tls=False).ping()
    large = bytes(range(256)) * 40_000
    client.set("large", large)
    assert client.get("large") == large


def test_a_group_without_transit_encryption_speaks_plainly(running: LocalCloud, aws: Client) -> None:
    group = create(aws, "valkey-plain", TransitEncryptionEnabled=False)
    assert connect(running, group, tls=False).ping()


def test_the_token_of_the_creation_is_required(running: LocalCloud, aws: Client) -> None:
    group = create(aws, "valkey-token", AuthToken=FIRST)
    assert group["AuthTokenEnabled"] is True
    assert connect(running, group, FIRST).ping()
    with pytest.raises(redis.AuthenticationError):
        connect(running, group).ping()
    with pytest.raises(redis.AuthenticationError):
        connect(running, group, SECOND).ping()


def test_rotate_accepts_both_tokens_set_only_the_new_one(running: LocalCloud, aws: Client) -> None:
    group = create(aws, "valkey-rotate", AuthToken=FIRST)
    set_token(aws, "valkey-rotate", SECOND, "ROTATE")
    assert connect(running, group, FIRST).ping()
    assert connect(running, group, SECOND).ping()
    set_token(aws, "valkey-rotate", SECOND, "SET")
    assert connect(running, group, SECOND).ping()
    with pytest.raises(redis.AuthenticationError):
        connect(running, group, FIRST).ping()


def test_a_token_comes_to_a_group_that_had_none(running: LocalCloud, aws: Client) -> None:
    group = create(aws, "valkey-late")
    set_token(aws, "valkey-late", FIRST, "ROTATE")
    assert connect(running, group).ping()
    assert set_token(aws, "valkey-late", FIRST, "SET")["AuthTokenEnabled"] is True
    assert connect(running, group, FIRST).ping()
    with pytest.raises(redis.AuthenticationError):
        connect(running, group).ping()


def test_a_token_without_transit_encryption_is_refused(aws: Client) -> None:
    with pytest.raises(ClientError, match="encryption-in-transit"):
        create(aws, "valkey-wrong", TransitEncryptionEnabled=False, AuthToken=FIRST)


@pytest.mark.parametrize(
    "command", [("CONFIG", "GET", "*"), ("SHUTDOWN",), ("ACL", "SETUSER", "x"), ("SAVE",)]
)
def test_what_elasticache_forbids_is_forbidden(
    running: LocalCloud, aws: Client, command: tuple[str, ...]
) -> None:
    name = f"valkey-{command[0].lower()}"
    with pytest.raises(redis.exceptions.NoPermissionError):
        connect(running, create(aws, name)).execute_command(*command)


def test_no_token_lies_in_the_state(running: LocalCloud) -> None:
    for file in running.state_dir.rglob("*"):
        if file.is_file() and "postgresql-16" not in str(file):
            content = file.read_bytes()
            assert FIRST.encode() not in content, file
            assert SECOND.encode() not in content, file


def test_a_group_that_changes_refuses_another_change(aws: Client) -> None:
    cache = aws("elasticache")
    made = cache.create_replication_group(
        ReplicationGroupId="valkey-busy", ReplicationGroupDescription="x", TransitEncryptionEnabled=True
    )["ReplicationGroup"]
    assert made["Status"] == "creating"

    def refused(change: Callable[[], Any]) -> bool:
        with pytest.raises(ClientError) as error:
            change()
        return bool(error.value.response["Error"]["Code"] == "InvalidReplicationGroupState")

    def modify() -> Any:
        return cache.modify_replication_group(
            ReplicationGroupId="valkey-busy", AutoMinorVersionUpgrade=False, ApplyImmediately=True
        )["ReplicationGroup"]

    def delete() -> Any:
        return cache.delete_replication_group(ReplicationGroupId="valkey-busy")

    assert refused(modify)
    assert refused(delete)
    available(aws, "valkey-busy")
    assert modify()["Status"] == "modifying"
    assert refused(modify)
    assert refused(delete)
    available(aws, "valkey-busy")
    assert delete()["ReplicationGroup"]["Status"] == "deleting"
    assert refused(modify)
    assert refused(delete)

    def state() -> str:
        groups = cache.describe_replication_groups()["ReplicationGroups"]
        return next((one["Status"] for one in groups if one["ReplicationGroupId"] == "valkey-busy"), "gone")

    assert states_until("gone", state) == ["deleting", "gone"]
    clusters = cache.describe_cache_clusters()["CacheClusters"]
    assert [one for one in clusters if one.get("ReplicationGroupId") == "valkey-busy"] == []


def test_an_interrupted_change_of_the_token_is_seen_and_ended(running: LocalCloud, aws: Client) -> None:
    """ElastiCache says the same of a token that is only rotated in, and the cache then takes nobody's."""
    ours: Any = SimpleNamespace(client=aws)
    bundle = running.authorities
    create(aws, "valkey-token-cut")

    def door(token: str = FIRST) -> str:
        return nest_cache.knock(nest_cache.describe(ours, "valkey-token-cut"), token, bundle)

    assert door() == "open"
    set_token(aws, "valkey-token-cut", FIRST, "ROTATE")
    assert nest_cache.describe(ours, "valkey-token-cut").enabled
    assert door() == "open"
    nest_cache.set_token(ours, "valkey-token-cut", FIRST, print, 60)
    assert door() == "closed"
    assert door(SECOND) == "wrong-token"
    before = nest_cache.describe(ours, "valkey-token-cut").changed
    nest_cache.set_token(ours, "valkey-token-cut", SECOND, print, 60)
    assert door(SECOND) == "closed"
    after = nest_cache.describe(ours, "valkey-token-cut").changed
    assert before is not None
    assert after is not None
    assert after > before
    assert nest_cache.knock(nest_cache.describe(ours, "valkey-token-cut"), SECOND) == "unreachable"
