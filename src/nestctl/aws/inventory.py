"""Finds what AWS already has under the name that Terraform is about to use, and the id to import it by.

Terraform writes state to S3 every now and then only; a Terraform that was killed may have made things that
no state knows. Everything here goes by name, by the tag ``Name``, or by a pair of ids.
The import ids are those of the provider's documentation, section "Import" of each resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from nestctl.aws import inventory_choices as choices
from nestctl.aws.session import Aws

Values = Mapping[str, Any]
Finder = Callable[["Inventory", Values], str | None]

EC2_LISTS = {
    "aws_vpc": ("describe_vpcs", "Vpcs", "VpcId"),
    "aws_subnet": ("describe_subnets", "Subnets", "SubnetId"),
    "aws_internet_gateway": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "aws_eip": ("describe_addresses", "Addresses", "AllocationId"),
    "aws_nat_gateway": ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "aws_route_table": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "aws_network_acl": ("describe_network_acls", "NetworkAcls", "NetworkAclId"),
    "aws_security_group": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "aws_vpc_security_group_ingress_rule": (
        "describe_security_group_rules",
        "SecurityGroupRules",
        "SecurityGroupRuleId",
    ),
    "aws_vpc_security_group_egress_rule": (
        "describe_security_group_rules",
        "SecurityGroupRules",
        "SecurityGroupRuleId",
    ),
    "aws_vpc_endpoint": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "aws_flow_log": ("describe_flow_logs", "FlowLogs", "FlowLogId"),
}
"""Where EC2 lists each type: operation, field, id. Their ``Name`` is the only name they have."""

WAITERS = {
    "aws_db_instance": ("rds", "db_instance_available", "DBInstanceIdentifier"),
    "aws_elasticache_replication_group": (
        "elasticache",
        "replication_group_available",
        "ReplicationGroupId",
    ),
}
"""What takes AWS minutes to make, and how to wait for it: service, waiter, argument."""

GONE = {"deleted", "deleting", "failed"}
"""States of NAT gateways and endpoints that are still listed, but no more there."""


class Inventory:
    """What an account has, looked up once per service."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._lists: dict[str, dict[tuple[str, bool], str]] = {}

    def find(self, kind: str, values: Values) -> str | None:
        """Return the import id of what would be in the way of a new resource, or ``None``.

        Args:
            kind: Terraform's type.
            values: The planned attributes that are known.
        """
        if kind in EC2_LISTS:
            # The two ends of one connection may share their name; other types have no such field.
            return self._ec2(*EC2_LISTS[kind]).get((_tag(values), kind.endswith("_egress_rule")))
        finder = FINDERS.get(kind)
        return finder(self, values) if finder else None

    def wait_until_usable(self, kind: str, import_id: str) -> None:
        """Wait for what AWS is still making: its address is not known before."""
        if kind in WAITERS:
            service, waiter, argument = WAITERS[kind]
            self._aws.client(service).get_waiter(waiter).wait(**{argument: import_id})

    def has_failed(self, kind: str) -> bool:
        """Tell whether AWS has given up making one of these; only databases say so and stay."""
        if kind != "aws_db_instance":
            return False
        rows = self.rows("rds", "describe_db_instances", "DBInstances")
        return any(row["DBInstanceStatus"] in ("failed", "incompatible-parameters") for row in rows)

    def rows(self, service: str, operation: str, field: str, **arguments: Any) -> list[dict[str, Any]]:
        """Return all rows of a paginated list; empty where AWS says there is no such thing."""
        from botocore.exceptions import ClientError

        client = self._aws.client(service)
        try:
            if client.can_paginate(operation):
                pages = client.get_paginator(operation).paginate(**arguments)
                return [row for page in pages for row in _dig(page, field)]
            return _dig(getattr(client, operation)(**arguments), field)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:  # noqa: PLR2004
                return []
            raise

    def _ec2(self, operation: str, field: str, key: str) -> dict[tuple[str, bool], str]:
        if operation not in self._lists:
            self._lists[operation] = {
                (tag["Value"], bool(row.get("IsEgress"))): row[key]
                for row in self.rows("ec2", operation, field)
                for tag in row.get("Tags", [])
                if tag["Key"] == "Name" and str(row.get("State", "")).lower() not in GONE
            }
        return self._lists[operation]

    @property
    def account_id(self) -> str:
        """Number of the account."""
        return self._aws.account_id

    @cached_property
    def keys(self) -> dict[str, str]:
        """KMS keys that are not on their way out, by their ``Name``."""
        kms = self._aws.client("kms")
        found = {}
        for row in self.rows("kms", "list_keys", "Keys"):
            tags = self.rows("kms", "list_resource_tags", "Tags", KeyId=row["KeyId"])
            name = next((tag["TagValue"] for tag in tags if tag["TagKey"] == "Name"), None)
            if name and kms.describe_key(KeyId=row["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled":
                found[name] = row["KeyId"]
        return found

    @cached_property
    def distributions(self) -> dict[str, str]:
        """CloudFront distributions by their ``Name``."""
        found = {}
        for row in self.rows("cloudfront", "list_distributions", "DistributionList.Items"):
            tags = self.rows("cloudfront", "list_tags_for_resource", "Tags.Items", Resource=row["ARN"])
            name = next((tag["Value"] for tag in tags if tag["Key"] == "Name"), None)
            if name:
                found[name] = row["Id"]
        return found


def _dig(page: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    found: Any = page
    for part in field.split("."):
        found = (found or {}).get(part)
    return list(found or [])


def _tag(values: Values) -> str:
    return str(_tags(values).get("Name", ""))


def _tags(values: Values) -> Mapping[str, str]:
    return values.get("tags_all") or values.get("tags") or {}


def _listed(
    service: str, operation: str, field: str, key: str, attribute: str, result: str | None = None
) -> Finder:
    """Return a finder in a list: the row whose ``key`` is the planned ``attribute``; its ``result``."""

    def find(inventory: Inventory, values: Values) -> str | None:
        wanted = values.get(attribute)
        for row in inventory.rows(service, operation, field):
            if wanted and row.get(key) == wanted:
                return str(row[result or key])
        return None

    return find


def _certificate(inventory: Inventory, values: Values) -> str | None:
    """Find a certificate by all its tags: another project may have asked for one of the same domain."""
    wanted = [{"Key": key, "Value": value} for key, value in _tags(values).items()]
    for row in inventory.rows("acm", "list_certificates", "CertificateSummaryList"):
        if row["DomainName"] != values.get("domain_name"):
            continue
        arn = row["CertificateArn"]
        tags = inventory.rows("acm", "list_tags_for_certificate", "Tags", CertificateArn=arn)
        if wanted and all(tag in tags for tag in wanted):
            return str(arn)
    return None


def _bucket(inventory: Inventory, values: Values) -> str | None:
    names = {row["Name"] for row in inventory.rows("s3", "list_buckets", "Buckets")}
    return values["bucket"] if values.get("bucket") in names else None


def _parameter(inventory: Inventory, values: Values) -> str | None:
    wanted = [{"Key": "Name", "Option": "Equals", "Values": [values["name"]]}]
    rows = inventory.rows("ssm", "describe_parameters", "Parameters", ParameterFilters=wanted)
    return values["name"] if rows else None


def _log_group(inventory: Inventory, values: Values) -> str | None:
    name = values["name"]
    rows = inventory.rows("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    return name if any(row["logGroupName"] == name for row in rows) else None


def _cluster(inventory: Inventory, values: Values) -> str | None:
    rows = inventory.rows("ecs", "describe_clusters", "clusters", clusters=[values["name"]])
    return values["name"] if any(row["status"] == "ACTIVE" for row in rows) else None


def _schedule(inventory: Inventory, values: Values) -> str | None:
    rows = inventory.rows("scheduler", "list_schedules", "Schedules", NamePrefix=values["name"])
    row = next((row for row in rows if row["Name"] == values["name"]), None)
    return f"{row['GroupName']}/{row['Name']}" if row else None


def _service(inventory: Inventory, values: Values) -> str | None:
    cluster = str(values.get("cluster") or "").rsplit("/", 1)[-1]
    if not cluster:
        return None
    rows = inventory.rows("ecs", "describe_services", "services", cluster=cluster, services=[values["name"]])
    return f"{cluster}/{values['name']}" if any(row["status"] == "ACTIVE" for row in rows) else None


def _listener(inventory: Inventory, values: Values) -> str | None:
    arn = values.get("load_balancer_arn")
    rows = inventory.rows("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn) if arn else []
    return next((row["ListenerArn"] for row in rows if row["Port"] == values.get("port")), None)


def _listener_rule(inventory: Inventory, values: Values) -> str | None:
    arn = values.get("listener_arn")
    rows = inventory.rows("elbv2", "describe_rules", "Rules", ListenerArn=arn) if arn else []
    return next((row["RuleArn"] for row in rows if row["Priority"] == str(values.get("priority"))), None)


def _route(inventory: Inventory, values: Values) -> str | None:
    table, block = values.get("route_table_id"), values.get("destination_cidr_block")
    if not table:
        return None
    (found,) = inventory.rows("ec2", "describe_route_tables", "RouteTables", RouteTableIds=[table]) or ({},)
    there = any(route.get("DestinationCidrBlock") == block for route in found.get("Routes", []))
    return f"{table}_{block}" if there else None


def _association(inventory: Inventory, values: Values) -> str | None:
    table, subnet = values.get("route_table_id"), values.get("subnet_id")
    if not table or not subnet:
        return None
    (found,) = inventory.rows("ec2", "describe_route_tables", "RouteTables", RouteTableIds=[table]) or ({},)
    there = any(item.get("SubnetId") == subnet for item in found.get("Associations", []))
    return f"{subnet}/{table}" if there else None


def _function_url(inventory: Inventory, values: Values) -> str | None:
    name, qualifier = values["function_name"], values.get("qualifier")
    rows = inventory.rows("lambda", "list_function_url_configs", "FunctionUrlConfigs", FunctionName=name)
    there = any(row["FunctionArn"].endswith(f":{qualifier}") for row in rows)
    return f"{name}/{qualifier}" if there else None


def _permission(inventory: Inventory, values: Values) -> str | None:
    import json

    from botocore.exceptions import ClientError

    name, qualifier, statement = values["function_name"], values.get("qualifier"), values["statement_id"]
    client = inventory._aws.client("lambda")  # noqa: SLF001 - the same module
    try:
        policy = json.loads(client.get_policy(FunctionName=name, Qualifier=qualifier)["Policy"])
    except ClientError:
        return None
    there = any(item["Sid"] == statement for item in policy["Statement"])
    return f"{name}:{qualifier}/{statement}" if there else None


FINDERS: dict[str, Finder] = {
    "aws_acm_certificate": _certificate,
    "aws_backup_plan": choices.backup_plan,
    "aws_backup_selection": choices.backup_selection,
    "aws_backup_vault": choices.backup_vault,
    "aws_budgets_budget": choices.budget,
    "aws_cloudfront_distribution": lambda inventory, values: inventory.distributions.get(_tag(values)),
    "aws_cloudfront_origin_access_control": _listed(
        "cloudfront", "list_origin_access_controls", "OriginAccessControlList.Items", "Name", "name", "Id"
    ),
    "aws_cloudfront_response_headers_policy": lambda inventory, values: next(
        (
            row["ResponseHeadersPolicy"]["Id"]
            for row in inventory.rows(
                "cloudfront",
                "list_response_headers_policies",
                "ResponseHeadersPolicyList.Items",
                Type="custom",
            )
            if row["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"] == values.get("name")
        ),
        None,
    ),
    "aws_cloudtrail": _listed("cloudtrail", "list_trails", "Trails", "Name", "name", "TrailARN"),
    "aws_cloudwatch_log_group": _log_group,
    "aws_db_instance": _listed(
        "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier", "identifier"
    ),
    "aws_db_proxy": _listed("rds", "describe_db_proxies", "DBProxies", "DBProxyName", "name"),
    "aws_db_proxy_target": choices.proxy_target,
    "aws_db_parameter_group": _listed(
        "rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName", "name"
    ),
    "aws_db_subnet_group": _listed(
        "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName", "name"
    ),
    "aws_ecr_repository": _listed("ecr", "describe_repositories", "repositories", "repositoryName", "name"),
    "aws_ecs_cluster": _cluster,
    "aws_ecs_service": _service,
    "aws_elasticache_parameter_group": _listed(
        "elasticache",
        "describe_cache_parameter_groups",
        "CacheParameterGroups",
        "CacheParameterGroupName",
        "name",
    ),
    "aws_elasticache_replication_group": _listed(
        "elasticache",
        "describe_replication_groups",
        "ReplicationGroups",
        "ReplicationGroupId",
        "replication_group_id",
    ),
    "aws_elasticache_subnet_group": _listed(
        "elasticache",
        "describe_cache_subnet_groups",
        "CacheSubnetGroups",
        "CacheSubnetGroupName",
        "name",
    ),
    "aws_iam_openid_connect_provider": choices.oidc_provider,
    "aws_iam_policy": _listed("iam", "list_policies", "Policies", "PolicyName", "name", "Arn"),
    "aws_iam_role": _listed("iam", "list_roles", "Roles", "RoleName", "name"),
    "aws_instance": choices.instance,
    "aws_kms_alias": _listed("kms", "list_aliases", "Aliases", "AliasName", "name"),
    "aws_kms_key": lambda inventory, values: inventory.keys.get(_tag(values)),
    "aws_lambda_function_url": _function_url,
    "aws_lambda_permission": _permission,
    "aws_lb": _listed(
        "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName", "name", "LoadBalancerArn"
    ),
    "aws_lb_listener": _listener,
    "aws_lb_listener_rule": _listener_rule,
    "aws_lb_target_group": _listed(
        "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName", "name", "TargetGroupArn"
    ),
    "aws_route": _route,
    "aws_route_table_association": _association,
    "aws_s3_bucket": _bucket,
    "aws_scheduler_schedule": _schedule,
    "aws_secretsmanager_secret": _listed(
        "secretsmanager", "list_secrets", "SecretList", "Name", "name", "ARN"
    ),
    "aws_sns_topic": choices.topic,
    "aws_ssm_parameter": _parameter,
    "aws_wafv2_web_acl": choices.web_acl,
}
"""Types whose creation AWS refuses, or repeats, when the thing is there."""

SET = {
    "aws_appautoscaling_policy": "PutScalingPolicy",
    "aws_appautoscaling_target": "RegisterScalableTarget, once for a service",
    "aws_cloudwatch_metric_alarm": "PutMetricAlarm",
    "aws_db_proxy_default_target_group": "ModifyDBProxyTargetGroup: it comes with the proxy",
    "aws_default_security_group": "it comes with the VPC",
    "aws_ecr_lifecycle_policy": "PutLifecyclePolicy",
    "aws_ecs_cluster_capacity_providers": "PutClusterCapacityProviders",
    "aws_ecs_task_definition": "a further revision; the service rolls to it",
    "aws_iam_role_policy": "PutRolePolicy",
    "aws_iam_role_policy_attachment": "AttachRolePolicy, as often as one likes",
    "aws_lb_target_group_attachment": "RegisterTargets, as often as one likes",
    "aws_s3_bucket_lifecycle_configuration": "PutBucketLifecycleConfiguration",
    "aws_s3_bucket_logging": "PutBucketLogging",
    "aws_s3_bucket_ownership_controls": "PutBucketOwnershipControls",
    "aws_s3_bucket_policy": "PutBucketPolicy",
    "aws_s3_bucket_public_access_block": "PutPublicAccessBlock",
    "aws_s3_bucket_server_side_encryption_configuration": "PutBucketEncryption",
    "aws_s3_bucket_versioning": "PutBucketVersioning",
    "aws_secretsmanager_secret_version": "PutSecretValue, from the parameter",
    "aws_sns_topic_policy": "SetTopicAttributes",
    "aws_sns_topic_subscription": "Subscribe gives back what is there",
    "aws_wafv2_web_acl_association": "AssociateWebACL, as often as one likes",
    "aws_wafv2_web_acl_logging_configuration": "PutLoggingConfiguration",
    "terraform_data": "Terraform's own: AWS has nothing of it",
}
"""Types that need no taking over: their creation sets what is there, by this call."""
