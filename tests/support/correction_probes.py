"""What a change of a running site asks of the local cloud, as probes that tell right from wrong."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import patient
from botocore.exceptions import ClientError
from botocore.parsers import QueryParser

Client = Callable[[str], Any]
Probe = Callable[[Client], bool]
SECONDS = 60.0
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=TESTTESTTESTTESTTEST/20260101/us-east-1/monitoring/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
"""Enough to tell service and region by: the account's owner is not asked for more."""


def name(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    """Return the code that a call is refused with; empty when it is not."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


# ------------------------------------------------------------------ CloudWatch


def an_alarm_answers_its_settings(aws: Client) -> bool:
    wanted = {
        "AlarmName": name("alarm"),
        "AlarmDescription": "Fewer than <three> & more",
        "ActionsEnabled": True,
        "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:one"],
        "OKActions": ["arn:aws:sns:us-east-1:000000000000:two"],
        "MetricName": "HTTPCode_ELB_5XX_Count",
        "Namespace": "AWS/ApplicationELB",
        "Statistic": "Sum",
        "Dimensions": [{"Name": "LoadBalancer", "Value": "app/x/1"}],
        "Period": 300,
        "EvaluationPeriods": 2,
        "Threshold": 3.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    aws("cloudwatch").put_metric_alarm(**wanted)
    # Terraform's provider speaks the Query protocol; botocore prefers another.
    answer = patient.post(
        aws("cloudwatch").meta.endpoint_url,
        data={
            "Action": "DescribeAlarms",
            "Version": "2010-08-01",
            "AlarmNames.member.1": wanted["AlarmName"],
        },
        headers={"Authorization": SIGNED},
        timeout=30,
    )
    model = aws("cloudwatch").meta.service_model.operation_model("DescribeAlarms")
    given = {"body": answer.content, "headers": answer.headers, "status_code": answer.status_code}
    (found,) = QueryParser().parse(given, model.output_shape)["MetricAlarms"]
    return {key: found.get(key) for key in wanted} == wanted


# ------------------------------------------------------------------ WAF


def an_acl(aws: Client) -> tuple[str, str, str]:
    seen = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "probe"}
    made = aws("wafv2").create_web_acl(
        Name=name("acl"), Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen
    )["Summary"]
    return made["ARN"], made["Id"], made["Name"]


def log_group(group: str) -> str:
    return f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"


def an_acl_has_a_log(aws: Client) -> bool:
    waf, (arn, _, acl) = aws("wafv2"), an_acl(aws)
    wanted = {"ResourceArn": arn, "LogDestinationConfigs": [log_group(f"aws-waf-logs-{acl}")]}
    refused = code_of(
        waf.put_logging_configuration,
        LoggingConfiguration={**wanted, "LogDestinationConfigs": [log_group("logs")]},
    )
    waf.put_logging_configuration(LoggingConfiguration=wanted)
    found = waf.get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"]
    waf.delete_logging_configuration(ResourceArn=arn)
    gone = code_of(waf.get_logging_configuration, ResourceArn=arn)
    return (
        refused == "WAFInvalidParameterException"
        and {key: found.get(key) for key in wanted} == wanted
        and gone == "WAFNonexistentItemException"
    )


def an_acl_takes_a_new_description(aws: Client) -> bool:
    waf, (_, key, acl) = aws("wafv2"), an_acl(aws)
    found = waf.get_web_acl(Name=acl, Id=key, Scope="REGIONAL")
    same = {item: found["WebACL"][item] for item in ("DefaultAction", "VisibilityConfig")}
    token = found["LockToken"]
    waf.update_web_acl(Name=acl, Id=key, Scope="REGIONAL", Description="new", LockToken=token, **same)
    return bool(waf.get_web_acl(Name=acl, Id=key, Scope="REGIONAL")["WebACL"].get("Description") == "new")


def an_acl_in_use_stays(aws: Client) -> bool:
    waf, (arn, key, acl) = aws("wafv2"), an_acl(aws)
    balancer = f"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/{acl}/1"
    waf.associate_web_acl(WebACLArn=arn, ResourceArn=balancer)
    token = waf.get_web_acl(Name=acl, Id=key, Scope="REGIONAL")["LockToken"]
    refused = code_of(waf.delete_web_acl, Name=acl, Id=key, Scope="REGIONAL", LockToken=token)
    waf.disassociate_web_acl(ResourceArn=balancer)
    waf.delete_web_acl(Name=acl, Id=key, Scope="REGIONAL", LockToken=token)
    return refused == "WAFAssociatedItemException"


# ------------------------------------------------------------------ EC2


def a_rule_answers_its_prefix_list(aws: Client, *, egress: bool) -> bool:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.251.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName=name("group"), Description="probe", VpcId=vpc)["GroupId"]
    prefix = ec2.describe_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    lists = [{"PrefixListId": prefix, "Description": "To S3."}]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": lists}
    authorize = ec2.authorize_security_group_egress if egress else ec2.authorize_security_group_ingress
    (made,) = authorize(GroupId=group, IpPermissions=[rule])["SecurityGroupRules"]
    key = made["SecurityGroupRuleId"]
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[key])["SecurityGroupRules"]
    revoke = ec2.revoke_security_group_egress if egress else ec2.revoke_security_group_ingress
    revoke(GroupId=group, SecurityGroupRuleIds=[key])
    gone = ec2.describe_security_group_rules(SecurityGroupRuleIds=[key])["SecurityGroupRules"]
    answered = [(item.get("PrefixListId"), item.get("Description")) for item in [made, *found]]
    return answered == [(prefix, "To S3.")] * 2 and not gone


# ------------------------------------------------------------------ ElastiCache


def a_group(aws: Client, members: int = 1) -> str:
    cache, group = aws("elasticache"), name("group")
    cache.create_replication_group(
        ReplicationGroupId=group,
        ReplicationGroupDescription="probe",
        Engine="valkey",
        CacheNodeType="cache.t3.small",
        NumCacheClusters=members,
        AutomaticFailoverEnabled=members > 1,
    )
    wait(lambda: status_of(aws, group) == "available")
    return group


def status_of(aws: Client, group: str) -> str:
    found = aws("elasticache").describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"]
    return str(found[0]["Status"])


def wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def members_of(aws: Client, group: str) -> list[dict[str, Any]]:
    cache = aws("elasticache")
    found = cache.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]
    return [
        cache.describe_cache_clusters(CacheClusterId=member)["CacheClusters"][0]
        for member in found["MemberClusters"]
    ]


def members_follow_their_group(aws: Client) -> bool:
    group, cache = a_group(aws), aws("elasticache")
    alone = code_of(
        cache.modify_replication_group,
        ReplicationGroupId=group,
        AutomaticFailoverEnabled=True,
        ApplyImmediately=True,
    )
    cache.modify_replication_group(
        ReplicationGroupId=group,
        CacheNodeType="cache.m6g.large",
        SnapshotRetentionLimit=3,
        SnapshotWindow="01:00-02:00",
        PreferredMaintenanceWindow="mon:04:00-mon:05:00",
        ApplyImmediately=True,
    )
    wait(lambda: status_of(aws, group) == "available")
    fields = ("CacheNodeType", "SnapshotRetentionLimit", "SnapshotWindow", "PreferredMaintenanceWindow")
    found = [tuple(member[field] for field in fields) for member in members_of(aws, group)]
    cache.delete_replication_group(ReplicationGroupId=group)
    refused = alone == "InvalidParameterCombination"
    return refused and found == [("cache.m6g.large", 3, "01:00-02:00", "mon:04:00-mon:05:00")]


def replicas_come_and_go(aws: Client) -> bool:
    group, cache = a_group(aws), aws("elasticache")
    cache.increase_replica_count(ReplicationGroupId=group, NewReplicaCount=1, ApplyImmediately=True)
    wait(lambda: status_of(aws, group) == "available")
    more = [member["CacheNodeType"] for member in members_of(aws, group)]
    cache.modify_replication_group(
        ReplicationGroupId=group, AutomaticFailoverEnabled=True, ApplyImmediately=True
    )
    wait(lambda: status_of(aws, group) == "available")
    fewer = {"ReplicationGroupId": group, "NewReplicaCount": 0, "ApplyImmediately": True}
    needed = code_of(cache.decrease_replica_count, **fewer)
    cache.modify_replication_group(
        ReplicationGroupId=group, AutomaticFailoverEnabled=False, ApplyImmediately=True
    )
    wait(lambda: status_of(aws, group) == "available")
    cache.decrease_replica_count(**fewer)
    wait(lambda: status_of(aws, group) == "available")
    last = len(members_of(aws, group))
    cache.delete_replication_group(ReplicationGroupId=group)
    return more == ["cache.t3.small"] * 2 and needed == "InvalidParameterCombination" and last == 1


# ------------------------------------------------------------------ RDS


def storage_grows_by_a_tenth_once_and_never_shrinks(aws: Client) -> bool:
    rds, key = aws("rds"), name("db")
    rds.create_db_instance(
        DBInstanceIdentifier=key,
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        AllocatedStorage=100,
        MasterUsername="probe",
        MasterUserPassword=uuid.uuid4().hex,
    )

    def found() -> dict[str, Any]:
        instance: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=key)["DBInstances"][0]
        return instance

    def changed(size: int) -> str:
        return code_of(
            rds.modify_db_instance, DBInstanceIdentifier=key, AllocatedStorage=size, ApplyImmediately=True
        )

    try:
        wait(lambda: found()["DBInstanceStatus"] == "available")
        shrunk, grown = changed(50), changed(105)
        wait(lambda: found()["AllocatedStorage"] > 100)
        again, size = changed(200), found()["AllocatedStorage"]
        wait(lambda: found()["DBInstanceStatus"] in ("storage-optimization", "available"))
    finally:
        rds.delete_db_instance(DBInstanceIdentifier=key, SkipFinalSnapshot=True)
    refused = "InvalidParameterCombination"
    return (shrunk, grown, again, size) == (refused, "", refused, 110)


def a_proxy(aws: Client) -> str:
    """A new proxy's name."""
    ec2, rds, key = aws("ec2"), aws("rds"), name("proxy")
    vpc = ec2.create_vpc(CidrBlock="10.252.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.252.{zone}.0/24", AvailabilityZone=f"us-east-1{letter}")
        for zone, letter in enumerate("ab")
    ]
    rds.create_db_proxy(
        DBProxyName=key,
        EngineFamily="POSTGRESQL",
        RoleArn="arn:aws:iam::000000000000:role/probe",
        Auth=[{"SecretArn": "arn:aws:secretsmanager:us-east-1:000000000000:secret:probe-abcdef"}],
        VpcSubnetIds=[subnet["Subnet"]["SubnetId"] for subnet in subnets],
    )
    return key


def a_proxy_answers_where_connections_go(aws: Client) -> bool:
    (found,) = aws("rds").describe_db_proxies(DBProxyName=a_proxy(aws))["DBProxies"]
    return bool(found["Endpoint"] == "127.0.0.1")


def a_proxy_has_states(aws: Client, *, then: str = "") -> bool:
    """Whether a new proxy refuses a change, or a deleted one stays for a while."""
    rds, key = aws("rds"), a_proxy(aws)
    begun = rds.describe_db_proxies(DBProxyName=key)["DBProxies"][0]["Status"]
    group = {"DBProxyName": key, "TargetGroupName": "default"}
    calls: dict[str, Callable[[], str]] = {
        "modify": lambda: code_of(rds.modify_db_proxy, DBProxyName=key, DebugLogging=True),
        "group": lambda: code_of(rds.modify_db_proxy_target_group, **group),
        "target": lambda: code_of(
            rds.register_db_proxy_targets, DBProxyName=key, DBInstanceIdentifiers=["absent"]
        ),
        "delete": lambda: code_of(rds.delete_db_proxy, DBProxyName=key),
    }
    return begun == "creating" and calls[then]() == "InvalidDBProxyStateFault"


def a_group_of_an_instance_stays(aws: Client, *, of_subnets: bool) -> bool:
    """Whether it stays while the instance is there, and goes once it is not."""
    rds, ec2, key = aws("rds"), aws("ec2"), name("group")
    vpc = ec2.create_vpc(CidrBlock="10.247.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.247.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for n, zone in enumerate("ab")
    ]
    if of_subnets:
        rds.create_db_subnet_group(
            DBSubnetGroupName=key,
            DBSubnetGroupDescription="x",
            SubnetIds=[subnet["Subnet"]["SubnetId"] for subnet in subnets],
        )
        group, delete, code = {"DBSubnetGroupName": key}, rds.delete_db_subnet_group, "SubnetGroupStateFault"
    else:
        rds.create_db_parameter_group(
            DBParameterGroupName=key, DBParameterGroupFamily="mysql8.0", Description="x"
        )
        group, delete, code = {"DBParameterGroupName": key}, rds.delete_db_parameter_group, "GroupState"
    rds.create_db_instance(
        DBInstanceIdentifier=key,
        Engine="mysql",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="probe",
        MasterUserPassword=uuid.uuid4().hex,
        **group,
    )
    kept = code_of(delete, **group)
    rds.delete_db_instance(DBInstanceIdentifier=key, SkipFinalSnapshot=True)
    wait(lambda: code_of(rds.describe_db_instances, DBInstanceIdentifier=key) != "")
    return kept.startswith("InvalidDB") and kept.endswith(code) and code_of(delete, **group) == ""


# ------------------------------------------------------------------ EC2


def a_network(aws: Client, cidr: str = "10.249.0.0/16") -> tuple[str, str]:
    """A VPC and a subnet."""
    vpc = aws("ec2").create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    subnet = aws("ec2").create_subnet(VpcId=vpc, CidrBlock=cidr.replace("/16", "/24"))["Subnet"]["SubnetId"]
    return vpc, subnet


def a_nat_gateway(aws: Client) -> tuple[Any, str, str, str]:
    """A new NAT gateway, its VPC, and allocation and association of its address."""
    ec2, (vpc, subnet) = aws("ec2"), a_network(aws)
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]
    (address,) = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
    return made, vpc, allocation, address.get("AssociationId", "eipassoc-none")


def a_nat_gateway_is_pending(aws: Client) -> bool:
    made = a_nat_gateway(aws)[0]
    (found,) = aws("ec2").describe_nat_gateways(NatGatewayIds=[made["NatGatewayId"]])["NatGateways"]
    return bool(made["State"] == found["State"] == "pending")


def a_nat_gateway_leaves_slowly(aws: Client) -> bool:
    made = a_nat_gateway(aws)[0]
    aws("ec2").delete_nat_gateway(NatGatewayId=made["NatGatewayId"])
    (found,) = aws("ec2").describe_nat_gateways(NatGatewayIds=[made["NatGatewayId"]])["NatGateways"]
    return bool(found["State"] == "deleting")


def an_address_in_use_is_not_released(aws: Client) -> bool:
    allocation = a_nat_gateway(aws)[2]
    return code_of(aws("ec2").release_address, AllocationId=allocation) == "InvalidIPAddress.InUse"


def a_gateways_address_is_not_disassociated(aws: Client) -> bool:
    association = a_nat_gateway(aws)[3]
    return code_of(aws("ec2").disassociate_address, AssociationId=association) == "AuthFailure"


def an_endpoint_leaves_slowly(aws: Client) -> bool:
    ec2, (vpc, subnet) = aws("ec2"), a_network(aws)
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.ssm",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
    )["VpcEndpoint"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    left = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    return any(one["VpcEndpointId"] == made["VpcEndpointId"] and one["State"] == "deleting" for one in left)


def a_group_in_use_stays(aws: Client) -> bool:
    ec2, (vpc, subnet) = aws("ec2"), a_network(aws)
    group = ec2.create_security_group(GroupName="used", Description="x", VpcId=vpc)["GroupId"]
    ec2.create_network_interface(SubnetId=subnet, Groups=[group])
    return code_of(ec2.delete_security_group, GroupId=group) == "DependencyViolation"


def a_gateway_in_use_stays(aws: Client, *, attached: bool) -> bool:
    ec2 = aws("ec2")
    vpc = a_nat_gateway(aws)[1]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    if attached:
        return code_of(ec2.delete_internet_gateway, InternetGatewayId=gateway) == "DependencyViolation"
    return code_of(ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc) == "DependencyViolation"


# ------------------------------------------------------------------ Secrets Manager


def a_name_in_its_recovery_window_is_refused(aws: Client) -> bool:
    secrets, key = aws("secretsmanager"), name("secret")
    secrets.create_secret(Name=key, SecretString="a")
    secrets.delete_secret(SecretId=key)
    return code_of(secrets.create_secret, Name=key, SecretString="b") == "InvalidRequestException"


PROBES: dict[tuple[str, str], Probe] = {
    ("ec2", "CreateNatGateway"): a_nat_gateway_is_pending,
    ("ec2", "DescribeNatGateways"): a_nat_gateway_is_pending,
    ("ec2", "DeleteNatGateway"): a_nat_gateway_leaves_slowly,
    ("ec2", "ReleaseAddress"): an_address_in_use_is_not_released,
    ("ec2", "DisassociateAddress"): a_gateways_address_is_not_disassociated,
    ("ec2", "DeleteVpcEndpoints"): an_endpoint_leaves_slowly,
    ("ec2", "DeleteSecurityGroup"): a_group_in_use_stays,
    ("ec2", "DetachInternetGateway"): lambda aws: a_gateway_in_use_stays(aws, attached=False),
    ("ec2", "DeleteInternetGateway"): lambda aws: a_gateway_in_use_stays(aws, attached=True),
    ("secretsmanager", "CreateSecret"): a_name_in_its_recovery_window_is_refused,
    ("rds", "DeleteDBSubnetGroup"): lambda aws: a_group_of_an_instance_stays(aws, of_subnets=True),
    ("rds", "DeleteDBParameterGroup"): lambda aws: a_group_of_an_instance_stays(aws, of_subnets=False),
    ("rds", "ModifyDBProxy"): lambda aws: a_proxy_has_states(aws, then="modify"),
    ("rds", "ModifyDBProxyTargetGroup"): lambda aws: a_proxy_has_states(aws, then="group"),
    ("rds", "RegisterDBProxyTargets"): lambda aws: a_proxy_has_states(aws, then="target"),
    ("rds", "DeleteDBProxy"): lambda aws: a_proxy_has_states(aws, then="delete"),
    ("monitoring", "DescribeAlarms"): an_alarm_answers_its_settings,
    ("wafv2", "PutLoggingConfiguration"): an_acl_has_a_log,
    ("wafv2", "GetLoggingConfiguration"): an_acl_has_a_log,
    ("wafv2", "DeleteLoggingConfiguration"): an_acl_has_a_log,
    ("wafv2", "UpdateWebACL"): an_acl_takes_a_new_description,
    ("wafv2", "DeleteWebACL"): an_acl_in_use_stays,
    ("ec2", "DescribeSecurityGroupRules"): lambda aws: a_rule_answers_its_prefix_list(aws, egress=True),
    ("ec2", "AuthorizeSecurityGroupEgress"): lambda aws: a_rule_answers_its_prefix_list(aws, egress=True),
    ("ec2", "AuthorizeSecurityGroupIngress"): lambda aws: a_rule_answers_its_prefix_list(aws, egress=False),
    ("elasticache", "ModifyReplicationGroup"): members_follow_their_group,
    ("elasticache", "IncreaseReplicaCount"): replicas_come_and_go,
    ("elasticache", "DecreaseReplicaCount"): replicas_come_and_go,
    ("rds", "CreateDBProxy"): a_proxy_answers_where_connections_go,
    ("rds", "ModifyDBInstance"): storage_grows_by_a_tenth_once_and_never_shrinks,
}
"""By service and action, as the corrections are."""
