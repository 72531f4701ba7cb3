"""ElastiCache: every replication group is a real Valkey server; answers hold what Terraform reads back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region, now_iso, request_scope
from ministack.services import elasticache

from nestctl.localcloud import data, pace
from nestctl.localcloud.control import form, replies
from nestctl.localcloud.control.corrections import elasticache_members as members
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.data.valkey import Cache, token_hash
from nestctl.localcloud.layout import of_region

if TYPE_CHECKING:
    from nestctl.localcloud.supervise.runtime import Runtime

LOOPBACK = "127.0.0.1"
# The emulator keeps tokens in its state files, so it gets one that opens nothing, of the shape AWS demands.
WITHHELD = "withheld-from-the-emulator"
DELETING = "deleting"
LEAVING = "_leaving"
"""Marks a group that is being deleted."""

Record = dict[str, Any]
_changes = pace.Changes()


@corrects("elasticache", "CreateReplicationGroup", until="the emulator runs a cache without Docker, with TLS")
async def create_replication_group(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Make a server, with TLS and token as asked for."""
    token = call.params.get("AuthToken")
    reply = await proceed(form.changed(call, {"AuthToken": WITHHELD} if token else {}))
    record = _record_of(call)
    if reply.status >= 300 or record is None:  # noqa: PLR2004
        return reply
    record["_auth_tokens"] = []
    record["_born"] = now_iso()
    _changes.begin(_key(record), "creating")
    if key := call.params.get("KmsKeyId"):
        record["KmsKeyId"] = key
    cache = Cache(
        key=_key(record),
        port=cloud.port(_port_name(record)),
        backend_port=_backend_port(record, cloud),
        tls=bool(record.get("TransitEncryptionEnabled")),
        token_hashes=(token_hash(token),) if token else (),
    )
    _show(record, cache.port, "creating")
    data.engine().create_cache(cache, _reporter(record, get_account_id(), get_region()))
    return _rendered(call, record)


@corrects(
    "elasticache", "ModifyReplicationGroup", until="it sets the token of a real cache, and members follow"
)
async def modify_replication_group(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Set the token in the server itself; the members follow their group."""
    if (refused := members.refusal(_record_of(call), call)) is not None:
        return refused
    if (refused := _busy(call, "modify")) is not None:
        return refused
    token = call.params.get("AuthToken")
    strategy = call.params.get("AuthTokenUpdateStrategy", "ROTATE")
    reply = await proceed(form.changed(call, {"AuthToken": WITHHELD} if token else {}))
    record = _record_of(call)
    if reply.status >= 300 or record is None:  # noqa: PLR2004
        return reply
    record["_auth_tokens"] = []
    if (upgrade := form.is_true(call.params.get("AutoMinorVersionUpgrade"))) is not None:
        record["AutoMinorVersionUpgrade"] = upgrade
    members.follow(record, call)
    if token or strategy == "DELETE":
        await data.engine().set_tokens(_key(record), _next_tokens(record, strategy, token or ""))
        record["_token_changed"] = now_iso()
    _changes.begin(_key(record), "modifying")
    if _changes.state(_key(record)):
        _show(record, _port_of(record), "modifying")
    return _rendered(call, record)


@corrects("elasticache", "DeleteReplicationGroup", until="the emulator runs a cache without Docker, with TLS")
async def delete_replication_group(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Remove the server and its data."""
    if (refused := _busy(call, "delete")) is not None:
        return refused
    record = _record_of(call)
    kept = members.kept(record)
    reply = await proceed(call)
    if reply.status >= 300 or record is None:  # noqa: PLR2004
        return reply
    _changes.end(_key(record))
    members.bring_back(record, kept)
    _show(record, _port_of(record), DELETING)
    record[LEAVING] = True
    await data.engine().delete(_key(record))
    cloud.release_port(_port_name(record))
    cloud.release_port(f"{_port_name(record)}/plain")
    pace.later(lambda: members.forget(record))
    return _rendered(call, record)


@corrects("elasticache", "DescribeReplicationGroups", until="the emulator answers the group's KMS key")
async def describe_replication_groups(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Add the KMS key and times, and answer what is over as over."""
    _settle_all()
    reply = await proceed(call)

    def complete(block: re.Match[str]) -> str:
        name = re.search(r"<ReplicationGroupId>([^<]+)<", block[0])
        record = elasticache._replication_groups.get(name[1]) if name else None  # noqa: SLF001
        if record is None:
            return block[0]
        return block[0].removesuffix("</ReplicationGroup>") + _more(record) + "</ReplicationGroup>"

    body = re.sub(r"<ReplicationGroup>.*?</ReplicationGroup>", complete, reply.body.decode(), flags=re.DOTALL)
    return replace(reply, body=body.encode())


@corrects("elasticache", "DescribeCacheClusters", until="the emulator answers AutoMinorVersionUpgrade")
async def describe_cache_clusters(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Add the automatic upgrade setting, which a member takes from its group."""
    _settle_all()
    reply = await proceed(call)

    def complete(block: re.Match[str]) -> str:
        name = re.search(r"<CacheClusterId>([^<]+)<", block[0])
        record = elasticache._clusters.get(name[1]) if name else None  # noqa: SLF001
        if record is None or "<AutoMinorVersionUpgrade>" in block[0]:
            return block[0]
        group = elasticache._replication_groups.get(record.get("ReplicationGroupId") or "") or record  # noqa: SLF001
        upgrade = str(bool(group.get("AutoMinorVersionUpgrade", True))).lower()
        return (
            block[0].removesuffix("</CacheCluster>")
            + f"<AutoMinorVersionUpgrade>{upgrade}</AutoMinorVersionUpgrade></CacheCluster>"
        )

    body = re.sub(r"<CacheCluster>.*?</CacheCluster>", complete, reply.body.decode(), flags=re.DOTALL)
    return replace(reply, body=body.encode())


@corrects("elasticache", "DescribeCacheParameters", until="the Source filter works")
async def describe_cache_parameters(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Answer only the parameters of the source that was asked for."""
    reply = await proceed(call)
    source = call.params.get("Source")
    if not source:
        return reply

    def keep(block: re.Match[str]) -> str:
        return block[0] if f"<Source>{source}</Source>" in block[0] else ""

    body = re.sub(r"<Parameter>.*?</Parameter>", keep, reply.body.decode(), flags=re.DOTALL)
    return replace(reply, body=body.encode())


def resume(runtime: Runtime) -> None:
    """Run every group that the API knows, as after a restart of the cloud."""
    for (account, region, _), record in list(elasticache._replication_groups.all_items()):  # noqa: SLF001
        with request_scope(account, region):
            if record.get(LEAVING):
                members.forget(record)
                continue
            port = runtime.port(_port_name(record))
            record.pop("_server", None)
            _show(record, port, "creating")
            report = _reporter(record, account, region)
            backend = _backend_port(record, runtime)
            if not data.engine().resume_cache(_key(record), report, port=port, backend_port=backend):
                _show(record, port, "create-failed")


def _next_tokens(record: Record, strategy: str, token: str) -> tuple[str, ...]:
    """Accepted tokens after a change.

    ROTATE keeps the newest old one too, and where there was none, the token is optional; SET accepts the new
    one alone; DELETE accepts anyone.
    """
    before = tuple(data.engine().known("caches").get(_key(record), {}).get("token_hashes", ()))
    if strategy == "DELETE" or (strategy == "ROTATE" and not before):
        return ()
    return (token_hash(token),) if strategy == "SET" else (before[-1], token_hash(token))


def _show(record: Record, port: int, status: str) -> None:
    endpoint = {"Address": LOOPBACK, "Port": port}
    record["Status"] = status
    for group in record.get("NodeGroups", []):
        group.update(Status=status, PrimaryEndpoint=dict(endpoint), ReaderEndpoint=dict(endpoint))
        for member in group.get("NodeGroupMembers", []):
            member["ReadEndpoint"] = dict(endpoint)
    for name in record.get("MemberClusters", []):
        cluster = elasticache._clusters.get(name)  # noqa: SLF001
        if cluster is not None:
            cluster.update(CacheClusterStatus=status, _endpoint=dict(endpoint))
            for node in cluster.get("CacheNodes", []):
                node.update(CacheNodeStatus=status, Endpoint=dict(endpoint))


def _reporter(record: Record, account: str, region: str) -> Callable[[str], None]:
    def report(status: str) -> None:
        with request_scope(account, region):
            if elasticache._replication_groups.get(record["ReplicationGroupId"]) is record:  # noqa: SLF001
                record["_server"] = "available" if status == "available" else "create-failed"
                _settle(record)

    return report


def _rendered(call: Call, record: Record) -> Reply:
    return replies.query_reply(
        call,
        f"<ReplicationGroup>{elasticache._rg_xml(record)}{_more(record)}</ReplicationGroup>",  # noqa: SLF001
    )


def _more(record: Record) -> str:
    fields = {
        "KmsKeyId": record.get("KmsKeyId"),
        "ReplicationGroupCreateTime": record.get("_born"),
        "AuthTokenLastModifiedDate": record.get("_token_changed"),
    }
    return "".join(f"<{name}>{value}</{name}>" for name, value in fields.items() if value)


def _busy(call: Call, action: str) -> Reply | None:
    """Refuse a change of a group that another change has not left yet."""
    record = _record_of(call)
    if record is None:
        return None
    _settle(record)
    if record["Status"] not in ("creating", "modifying", DELETING):
        return None
    message = (
        f"Replication group {record['ReplicationGroupId']} has status {record['Status']}, "
        f"which is not valid for {action} operation."
    )
    return replies.error(call, "InvalidReplicationGroupState", message)


def _settle_all() -> None:
    for (account, region, _), record in list(elasticache._replication_groups.all_items()):  # noqa: SLF001
        with request_scope(account, region):
            _settle(record)


def _settle(record: Record) -> None:
    """Let a group be what its server is, once the time of its change is over."""
    under_way = record["Status"] in ("creating", "modifying")
    if under_way and record.get("_server") and _changes.state(_key(record)) is None:
        _show(record, _port_of(record), record["_server"])


def _port_of(record: Record) -> int:
    port: int = record["NodeGroups"][0]["PrimaryEndpoint"]["Port"]
    return port


def _record_of(call: Call) -> Record | None:
    record: Record | None = elasticache._replication_groups.get(call.params.get("ReplicationGroupId", ""))  # noqa: SLF001
    return record


def _backend_port(record: Record, cloud: Cloud) -> int:
    tls = bool(record.get("TransitEncryptionEnabled"))
    return cloud.port(f"{_port_name(record)}/plain") if tls else cloud.port(_port_name(record))


def _key(record: Record) -> str:
    return f"{record['ARN'].split(':')[3]}-{record['ReplicationGroupId']}"


def _port_name(record: Record) -> str:
    region = record["ARN"].split(":")[3]
    return f"elasticache/{of_region(record['ReplicationGroupId'], region)}"
