"""ElastiCache: nodes, versions and groups that do not exist, and failover to nothing.

Source: the API reference of CreateReplicationGroup, "Supported node types" and "Engine versions" in the user
guide.
"""

from __future__ import annotations

import re

from ministack.services import elasticache

from nestctl.localcloud.control import form
from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

SMALL = ("micro", "small", "medium")
LARGE = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")
NODES = {
    **dict.fromkeys(("t2", "t3", "t4g"), SMALL),
    **dict.fromkeys(("m4", "m5", "m6g", "m7g", "r4", "r5", "r6g", "r6gd", "r7g"), (*LARGE, "10xlarge")),
    "c7gn": LARGE,
}
"""Sizes of nodes by family; some families lack the largest."""
VERSIONS = {
    "redis": re.compile(
        r"(?:3\.2\.(?:4|6|10)|4\.0\.10|5\.0\.[0-6]|6\.(?:0|2|x)(?:\.[0-9])?|7\.[01](?:\.[0-9])?)"
    ),
    "valkey": re.compile(r"(?:7\.2(?:\.[0-9])?|[89]\.[0-9](?:\.[0-9])?)"),
}
"""Versions by engine; valkey's next ones as they are numbered."""
COMBINATION, VALUE = "InvalidParameterCombination", "InvalidParameterValue"


@limits("elasticache", "CreateReplicationGroup")
def failover(call: Call) -> Refused | None:
    """Refuse failover to nothing, and several zones without failover."""
    params = call.params
    several, automatic = (
        form.is_true(params.get(name)) for name in ("MultiAZEnabled", "AutomaticFailoverEnabled")
    )
    shards, replicas = (str(params.get(name) or "") for name in ("NumNodeGroups", "ReplicasPerNodeGroup"))
    sharded = shards.isdigit() and int(shards) > 1
    nodes = str(params.get("NumCacheClusters") or "1")
    alone = nodes == "1" and replicas in ("", "0") and not sharded and "PrimaryClusterId" not in params
    configured = any(name.startswith("NodeGroupConfiguration.") for name in params)
    if automatic and alone and not configured:
        words = "Replication group must have at least one read replica to enable autofailover."
        return Refused(COMBINATION, words)
    if several and not automatic:
        return Refused(COMBINATION, "Must have automatic failover enabled to enable Multi-AZ.")
    return None


@limits("elasticache", "CreateReplicationGroup", "CreateCacheCluster", "ModifyReplicationGroup")
def node(call: Call) -> Refused | None:
    """Refuse a node type that ElastiCache does not have."""
    given = str(call.params.get("CacheNodeType") or "")
    parts = given.split(".")
    if not given or (len(parts) == 3 and parts[0] == "cache" and parts[2] in NODES.get(parts[1], ())):  # noqa: PLR2004
        return None
    return Refused(VALUE, f"Invalid Cache Node Type: {given}.")


@limits("elasticache", "CreateReplicationGroup")
def version(call: Call) -> Refused | None:
    """Refuse a version that its engine does not have."""
    engine = str(call.params.get("Engine") or "redis").lower()
    given = str(call.params.get("EngineVersion") or "")
    wanted = VERSIONS.get(engine)
    if not given or wanted is None or wanted.fullmatch(given):
        return None
    return Refused(COMBINATION, f"Cannot find version {given} for {engine}")


@limits("elasticache", "CreateReplicationGroup", "CreateCacheCluster")
def subnets(call: Call) -> Refused | None:
    """Refuse a subnet group that is not there."""
    given = str(call.params.get("CacheSubnetGroupName") or "")
    if given in ("", "default") or given in elasticache._subnet_groups:  # noqa: SLF001 - the emulator's own
        return None
    return Refused("CacheSubnetGroupNotFoundFault", f"Cache Subnet Group {given} does not exist.")


@limits("elasticache", "CreateReplicationGroup")
def parameters(call: Call) -> Refused | None:
    """Refuse a parameter group that is not there, or is for another engine or version."""
    given = str(call.params.get("CacheParameterGroupName") or "")
    if not given or given.startswith("default."):
        return None
    record = elasticache._param_groups.get(given)  # noqa: SLF001
    if record is None:
        return Refused("CacheParameterGroupNotFound", f"CacheParameterGroup {given} not found.", 404)
    asked = str(call.params.get("EngineVersion") or "")
    engine = str(call.params.get("Engine") or "redis").lower()
    found = str(record.get("CacheParameterGroupFamily", ""))
    major = asked.split(".", maxsplit=1)[0]
    wanted = {"4": "redis4.0", "5": "redis5.0", "6": "redis6.x"}.get(major, f"redis{major}")
    wanted = wanted if engine == "redis" else f"{engine}{major}"
    if found == wanted if asked else found.startswith(engine):
        return None
    words = f"Expected a parameter group of family {wanted or engine} but found one of family {found}"
    return Refused(COMBINATION, words)
