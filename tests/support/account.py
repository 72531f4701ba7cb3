"""Lists a whole account: everything in every service that the roots and nestctl use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Client = Callable[[str], Any]

GONE = {"deleted", "deleting", "DELETE_IN_PROGRESS", "INACTIVE", "PendingDeletion", "PendingReplicaDeletion"}
"""States in which AWS still lists what was deleted."""


@dataclass(frozen=True, order=True)
class Thing:
    """One thing of an account.

    Attributes:
        kind: ``ec2 subnet``.
        id: What tells it from the others of its kind.
        name: Its name or its tag ``Name``; empty when it has neither.
        reason: Why a destroy leaves it; empty for what must not be left.
    """

    kind: str
    id: str
    name: str = ""
    reason: str = field(default="", compare=False)

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind, self.id, f"({self.name})" if self.name else "") if part)


@dataclass(frozen=True)
class Listing:
    """How one kind of thing is listed.

    Attributes:
        kind: As :class:`Thing` names it; the first word is the service for boto3.
        operation: Operation of the client.
        rows: Path to the rows in an answer.
        id: Field that identifies a row; empty where a row is the identifier itself.
        name: Field with its name, where the identifier is not the name.
        arguments: Arguments of the operation.
        keep: Whether a row counts.
    """

    kind: str
    operation: str
    rows: str
    id: str
    name: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    keep: Callable[[Mapping[str, Any]], bool] = lambda _: True


def _ours(field_name: str) -> Callable[[Mapping[str, Any]], bool]:
    """Leave out what AWS has in every account and nobody made: ``default``, ``default.postgres16``."""
    return lambda row: row[field_name].split(".")[0].split(":")[0] != "default"


LISTINGS = (
    Listing("ec2 vpc", "describe_vpcs", "Vpcs", "VpcId"),
    Listing("ec2 subnet", "describe_subnets", "Subnets", "SubnetId"),
    Listing("ec2 security-group", "describe_security_groups", "SecurityGroups", "GroupId", "GroupName"),
    Listing("ec2 route-table", "describe_route_tables", "RouteTables", "RouteTableId"),
    Listing("ec2 network-acl", "describe_network_acls", "NetworkAcls", "NetworkAclId"),
    Listing("ec2 internet-gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Listing("ec2 nat-gateway", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    Listing("ec2 address", "describe_addresses", "Addresses", "AllocationId"),
    Listing("ec2 endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    Listing("ec2 flow-log", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    Listing(
        "ec2 interface",
        "describe_network_interfaces",
        "NetworkInterfaces",
        "NetworkInterfaceId",
        "Description",
    ),
    Listing("ec2 instance", "describe_instances", "Reservations", "ReservationId"),
    Listing("ec2 volume", "describe_volumes", "Volumes", "VolumeId"),
    Listing("elbv2 load-balancer", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    Listing("elbv2 target-group", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    Listing("rds instance", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    Listing("rds snapshot", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    Listing("rds cluster", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    Listing(
        "rds parameter-group",
        "describe_db_parameter_groups",
        "DBParameterGroups",
        "DBParameterGroupName",
        keep=_ours("DBParameterGroupName"),
    ),
    Listing(
        "rds subnet-group",
        "describe_db_subnet_groups",
        "DBSubnetGroups",
        "DBSubnetGroupName",
        keep=_ours("DBSubnetGroupName"),
    ),
    Listing("rds proxy", "describe_db_proxies", "DBProxies", "DBProxyName"),
    Listing("elasticache group", "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId"),
    Listing("elasticache cluster", "describe_cache_clusters", "CacheClusters", "CacheClusterId"),
    Listing("elasticache snapshot", "describe_snapshots", "Snapshots", "SnapshotName"),
    Listing(
        "elasticache parameter-group",
        "describe_cache_parameter_groups",
        "CacheParameterGroups",
        "CacheParameterGroupName",
        keep=_ours("CacheParameterGroupName"),
    ),
    Listing(
        "elasticache subnet-group",
        "describe_cache_subnet_groups",
        "CacheSubnetGroups",
        "CacheSubnetGroupName",
        keep=_ours("CacheSubnetGroupName"),
    ),
    Listing("ecs cluster", "list_clusters", "clusterArns", ""),
    Listing(
        "ecs task-definition",
        "list_task_definitions",
        "taskDefinitionArns",
        "",
        arguments={"status": "ACTIVE"},
    ),
    Listing("ecr repository", "describe_repositories", "repositories", "repositoryName"),
    Listing("lambda function", "list_functions", "Functions", "FunctionName"),
    Listing("cloudfront distribution", "list_distributions", "DistributionList.Items", "Id", "Comment"),
    Listing(
        "cloudfront access-control",
        "list_origin_access_controls",
        "OriginAccessControlList.Items",
        "Id",
        "Name",
    ),
    Listing(
        "cloudfront headers-policy",
        "list_response_headers_policies",
        "ResponseHeadersPolicyList.Items",
        "ResponseHeadersPolicy.Id",
        "ResponseHeadersPolicy.ResponseHeadersPolicyConfig.Name",
        arguments={"Type": "custom"},
    ),
    Listing("s3 bucket", "list_buckets", "Buckets", "Name"),
    Listing(
        "kms alias",
        "list_aliases",
        "Aliases",
        "AliasName",
        keep=lambda row: "alias/aws/" not in row["AliasName"],
    ),
    Listing("ssm parameter", "describe_parameters", "Parameters", "Name"),
    Listing("secretsmanager secret", "list_secrets", "SecretList", "ARN", "Name"),
    Listing("iam role", "list_roles", "Roles", "RoleName"),
    Listing("iam policy", "list_policies", "Policies", "Arn", arguments={"Scope": "Local"}),
    Listing("iam user", "list_users", "Users", "UserName"),
    Listing("iam instance-profile", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    Listing("iam oidc-provider", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    Listing("logs group", "describe_log_groups", "logGroups", "logGroupName"),
    Listing("cloudtrail trail", "describe_trails", "trailList", "TrailARN"),
    Listing("cloudwatch alarm", "describe_alarms", "MetricAlarms", "AlarmName"),
    Listing("sns topic", "list_topics", "Topics", "TopicArn"),
    Listing("events rule", "list_rules", "Rules", "Arn"),
    Listing("scheduler schedule", "list_schedules", "Schedules", "Arn"),
    Listing("wafv2 web-acl", "list_web_acls", "WebACLs", "ARN", arguments={"Scope": "REGIONAL"}),
    Listing(
        "application-autoscaling target",
        "describe_scalable_targets",
        "ScalableTargets",
        "ResourceId",
        arguments={"ServiceNamespace": "ecs"},
    ),
)


def everything(client: Client) -> set[Thing]:
    """Return all that an account has.

    Args:
        client: Returns the boto3 client of a service.
    """
    found = {thing for listing in LISTINGS for thing in _list(client, listing)}
    found |= set(_services(client)) | set(_keys(client)) | set(_certificates(client))
    return found


def left(before: set[Thing], after: set[Thing]) -> list[str]:
    """Return what an account has more than before, but for what has a reason to be left."""
    return sorted(str(thing) for thing in after - before if not thing.reason)


def _list(client: Client, listing: Listing) -> Iterator[Thing]:
    for row in rows(client(listing.kind.split()[0]), listing.operation, listing.rows, **listing.arguments):
        if not listing.id:
            yield Thing(listing.kind, row)
            continue
        if str(row.get("State") or row.get("Status")) in GONE or not listing.keep(row):
            continue
        tags = row.get("Tags") or row.get("TagList") or []
        tagged = next((tag["Value"] for tag in tags if tag.get("Key") == "Name"), "")
        yield Thing(listing.kind, str(_dig(row, listing.id)), str(tagged or _dig(row, listing.name) or ""))


def _services(client: Client) -> Iterator[Thing]:
    ecs = client("ecs")
    for cluster in rows(ecs, "list_clusters", "clusterArns"):
        for kind, operation, field_name in (
            ("ecs service", "list_services", "serviceArns"),
            ("ecs task", "list_tasks", "taskArns"),
        ):
            for arn in rows(ecs, operation, field_name, cluster=cluster):
                yield Thing(kind, arn)


def _keys(client: Client) -> Iterator[Thing]:
    kms = client("kms")
    for row in rows(kms, "list_keys", "Keys"):
        about = kms.describe_key(KeyId=row["KeyId"])["KeyMetadata"]
        if about.get("KeyManager") == "AWS":
            continue
        reason = "a key is deleted 7 to 30 days after it was asked for" if about["KeyState"] in GONE else ""
        tags = rows(kms, "list_resource_tags", "Tags", KeyId=row["KeyId"])
        name = next((tag["TagValue"] for tag in tags if tag["TagKey"] == "Name"), "")
        yield Thing("kms key", row["KeyId"], name, reason)


def _certificates(client: Client) -> Iterator[Thing]:
    """Yield certificates by their stack: two stacks may ask for one domain."""
    acm = client("acm")
    for row in rows(acm, "list_certificates", "CertificateSummaryList"):
        arn = row["CertificateArn"]
        tags = {
            t["Key"]: t.get("Value", "") for t in acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
        }
        name = "-".join(tags[key] for key in ("Project", "Environment") if key in tags)
        yield Thing("acm certificate", arn, name or row["DomainName"])


def rows(client: Any, operation: str, field_name: str, **arguments: Any) -> list[Any]:
    """Return all rows of a list, page by page."""
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate(**arguments)
    else:
        pages = [getattr(client, operation)(**arguments)]
    return [row for page in pages for row in _dig(page, field_name) or []]


def _dig(row: Any, path: str) -> Any:
    for part in path.split(".") if path else []:
        row = (row or {}).get(part)
    return row if path else None
