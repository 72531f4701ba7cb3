"""ElastiCache: a replication group's members follow it, and replicas come and go."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ministack.services import elasticache

from nestctl.localcloud.control import form, replies
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

Record = dict[str, Any]
GOOD = 200
COPIED = ("CacheNodeType", "EngineVersion", "SnapshotRetentionLimit", "SnapshotWindow")
"""Fields of a group that the emulator changes, and that a member has, too."""


def follow(record: Record, call: Call) -> None:
    """Give a group and its members what a ModifyReplicationGroup set."""
    params = call.params
    if window := params.get("PreferredMaintenanceWindow"):
        record["PreferredMaintenanceWindow"] = window
    if groups := form.members(params, "SecurityGroupIds", "SecurityGroupId"):
        record["SecurityGroups"] = [{"SecurityGroupId": item, "Status": "active"} for item in groups]
    for member in _members(record):
        member |= {name: record[name] for name in COPIED if name in record}
        member["PreferredMaintenanceWindow"] = record["PreferredMaintenanceWindow"]
        member["SecurityGroups"] = record["SecurityGroups"]
        if name := record.get("CacheParameterGroupName"):
            member["CacheParameterGroup"] = {**member["CacheParameterGroup"], "CacheParameterGroupName": name}


Kept = tuple[list[Record], dict[str, Any]]


def kept(record: Record | None) -> Kept:
    """Return the members of a group, and the tags of all, to bring them back while the group is deleted."""
    found = _members(record) if record is not None else []
    names = [record["ARN"], *(member.get("CacheClusterArn", "") for member in found)] if record else []
    return found, {name: elasticache._tags.get(name) for name in names}  # noqa: SLF001


def bring_back(record: Record, kept: Kept) -> None:
    """Let a deleted group be there again."""
    found, tags = kept
    elasticache._replication_groups[record["ReplicationGroupId"]] = record  # noqa: SLF001
    for member in found:
        elasticache._clusters[member["CacheClusterId"]] = member  # noqa: SLF001
    for name, value in tags.items():
        if value:
            elasticache._tags[name] = value  # noqa: SLF001


def forget(record: Record) -> None:
    """Let a group and its members go."""
    name = record["ReplicationGroupId"]
    if elasticache._replication_groups.get(name) is record:  # noqa: SLF001
        for member in _members(record):
            elasticache._clusters.pop(member["CacheClusterId"], None)  # noqa: SLF001
            elasticache._tags.pop(member.get("CacheClusterArn", ""), None)  # noqa: SLF001
        elasticache._replication_groups.pop(name, None)  # noqa: SLF001
        elasticache._tags.pop(record["ARN"], None)  # noqa: SLF001


def refusal(record: Record | None, call: Call) -> Reply | None:
    """Refuse a failover without a replica: there would be nothing to fail over to."""
    wanted = [form.is_true(call.params.get(name)) for name in ("AutomaticFailoverEnabled", "MultiAZEnabled")]
    if record is None or not any(wanted) or _replicas(record):
        return None
    return replies.error(
        call,
        "InvalidParameterCombination",
        "Must have at least one replica to enable automatic failover.",
    )


@corrects("elasticache", "IncreaseReplicaCount", until="a new replica is a member, with a cluster of its own")
async def increase_replica_count(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Make the clusters of the new replicas."""
    return _settled(call, await proceed(call))


@corrects("elasticache", "DecreaseReplicaCount", until="a replica that went is no member any more")
async def decrease_replica_count(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Remove the clusters; the last replica stays while failover needs it (API reference)."""
    record = elasticache._replication_groups.get(call.params.get("ReplicationGroupId", ""))  # noqa: SLF001
    last = call.params.get("NewReplicaCount") == "0"
    if record is not None and last and record.get("AutomaticFailover") == "enabled":
        return replies.error(
            call,
            "InvalidParameterCombination",
            "A replication group with automatic failover enabled has at least one replica.",
        )
    return _settled(call, await proceed(call))


def _settled(call: Call, reply: Reply) -> Reply:
    """Make the group's list of members, and the clusters behind it, what its node groups say."""
    record = elasticache._replication_groups.get(call.params.get("ReplicationGroupId", ""))  # noqa: SLF001
    if reply.status != GOOD or record is None:
        return reply
    before = list(record.get("MemberClusters", []))
    after = [m["CacheClusterId"] for group in record["NodeGroups"] for m in group["NodeGroupMembers"]]
    first = elasticache._clusters[before[0]]  # noqa: SLF001
    endpoint = record["NodeGroups"][0]["PrimaryEndpoint"]
    for name in after:
        if name not in before:
            arn = elasticache._arn_cluster(name)  # noqa: SLF001
            made = {**deepcopy(first), "CacheClusterId": name, "CacheClusterArn": arn}
            elasticache._clusters[name] = made  # noqa: SLF001
            elasticache._tags[arn] = list(elasticache._tags.get(record["ARN"]) or [])  # noqa: SLF001
    for group in record["NodeGroups"]:
        for member in group["NodeGroupMembers"]:
            member["ReadEndpoint"] = dict(endpoint)
    for name in before:
        if name not in after:
            gone = elasticache._clusters.pop(name, None)  # noqa: SLF001
            elasticache._tags.pop((gone or {}).get("CacheClusterArn", ""), None)  # noqa: SLF001
    record["MemberClusters"] = after
    content = f"<ReplicationGroup>{elasticache._rg_xml(record)}</ReplicationGroup>"  # noqa: SLF001
    return replies.query_reply(call, content)


def _members(record: Record) -> list[Record]:
    names = record.get("MemberClusters", [])
    return [elasticache._clusters[name] for name in names if name in elasticache._clusters]  # noqa: SLF001


def _replicas(record: Record) -> int:
    return len(record.get("MemberClusters", [])) - len(record.get("NodeGroups", []))
