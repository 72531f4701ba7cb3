"""The local cloud's answers have the fields and errors that AWS's recorded answers have.

`recorded.json` holds what was recorded, and where; `scripts/recorded_answers.py` writes it. What the local
cloud leaves out stands in `recorded_exceptions.toml`, each field with its reason.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
import time
import tomllib
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from people import quicker

from nestctl.settings.paths import CHECKOUT

HERE = Path(__file__).parent
RECORDED: dict[str, Any] = json.loads((HERE / "recorded.json").read_text())["operations"]
EXCEPTIONS: dict[str, dict[str, str]] = tomllib.loads((HERE / "recorded_exceptions.toml").read_text())
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":'
    '{"Service":["lambda.amazonaws.com","ecs-tasks.amazonaws.com"]}}]}'
)
POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
    '"Resource":"arn:aws:s3:::%s/*"}]}'
)
OWN_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
)
WAIT_SECONDS = 120
IAM_SECONDS = 30
DOCUMENTS = ("AssumeRolePolicyDocument", "Document")
TAG = {"Key": "k", "Value": "v"}


def kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "timestamp" if isinstance(value, dt.datetime) else "string"


def fields_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and type of every field of an answer."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from fields_of(entry, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for entry in value:
            yield from fields_of(entry, f"{path}[]")
    elif value is not None:
        yield path, kind_of(value)


def plain(parsed: dict[str, Any]) -> dict[str, Any]:
    """An answer without what botocore adds, and with the policy documents that it has decoded as text."""

    def text(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: json.dumps(part) if key in DOCUMENTS and isinstance(part, dict) else text(part)
                for key, part in value.items()
                if key != "ResponseMetadata"
            }
        return [text(part) for part in value] if isinstance(value, list) else value

    found: dict[str, Any] = text(parsed)
    return found


class Answers:
    """Clients whose answers are kept: types by field, and errors, by operation."""

    def __init__(self, endpoint: str) -> None:
        self.fields: dict[str, dict[str, set[str]]] = {}
        self.errors: dict[str, set[tuple[int, str]]] = defaultdict(set)
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._clients:
            session = boto3.Session()
            client: Any = session.client(  # type: ignore[call-overload]
                service,
                endpoint_url=self._endpoint,
                region_name="us-east-1",
                aws_access_key_id="TESTTESTTESTTESTTEST",
                aws_secret_access_key="test",
                config=Config(
                    retries={"total_max_attempts": 1},
                    s3={"addressing_style": "path"},
                    parameter_validation=False,
                    read_timeout=120,
                ),
            )
            client.meta.events.register("after-call", self._keep)
            self._clients[service] = client
        return self._clients[service]

    def _keep(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        name = f"{model.service_model.service_name}:{model.name}"
        status = parsed["ResponseMetadata"]["HTTPStatusCode"]
        if "Error" in parsed:
            self.errors[name].add((status, parsed["Error"]["Code"]))
            return
        kept = self.fields.setdefault(name, {})
        for path, kind in fields_of(plain(parsed)):
            kept.setdefault(path, set()).add(kind)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.3)


def refused(call: Callable[..., Any], **given: Any) -> None:
    with suppress(ClientError):
        call(**given)


def network(aws: Answers) -> tuple[list[str], str]:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")[
            "Subnet"
        ]["SubnetId"]
        for number, zone in enumerate("abc")
    ]
    ec2.create_tags(Resources=[vpc], Tags=[TAG])
    group = ec2.create_security_group(GroupName="recorded", Description="x", VpcId=vpc)["GroupId"]
    rule = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=rule)
    ec2.describe_security_groups(GroupIds=[group])
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rule)
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=rule)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.describe_internet_gateways(InternetGatewayIds=[gateway])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.describe_nat_gateways(NatGatewayIds=[nat])
    ec2.describe_addresses(AllocationIds=[address])
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway", RouteTableIds=[table]
    )["VpcEndpoint"]["VpcEndpointId"]
    ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.describe_route_tables(RouteTableIds=[table])
    ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    ec2.describe_prefix_lists()
    ec2.describe_subnets(SubnetIds=subnets)
    ec2.describe_vpcs(VpcIds=[vpc])
    ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")
    interface = ec2.create_network_interface(SubnetId=subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.9.0.0/16", NetworkInterfaceId=interface)
    ec2.describe_route_tables(RouteTableIds=[table])
    ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    writer = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}}
    statement = {**writer, "Action": "sts:AssumeRole"}
    aws("iam").create_role(
        RoleName="recorded-flow",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    flow = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="recorded-flow",
        DeliverLogsPermissionArn="arn:aws:iam::000000000000:role/recorded-flow",
    )["FlowLogIds"]
    ec2.describe_flow_logs(FlowLogIds=flow)
    ec2.delete_flow_logs(FlowLogIds=flow)
    ec2.delete_nat_gateway(NatGatewayId=nat)
    refused(ec2.release_address, AllocationId=address)
    refused(ec2.create_tags, Resources=[], Tags=[])
    for describe, kind, name in (
        ("describe_addresses", "AllocationIds", "eipalloc-0123456789abcdef0"),
        ("describe_internet_gateways", "InternetGatewayIds", "igw-0123456789abcdef0"),
        ("describe_network_interfaces", "NetworkInterfaceIds", "eni-0123456789abcdef0"),
        ("describe_security_groups", "GroupIds", "sg-0a1b2c3d4e5f60718"),
    ):
        refused(getattr(ec2, describe), **{kind: [name]})
    refused(ec2.release_address, AllocationId="eipalloc-0123456789abcdef0")
    refused(ec2.delete_security_group, GroupId="sg-0a1b2c3d4e5f60718")
    other = ec2.create_security_group(GroupName="gone", Description="x", VpcId=vpc)["GroupId"]
    ec2.delete_security_group(GroupId=other)
    second = ec2.create_vpc(CidrBlock="10.78.0.0/16")["Vpc"]["VpcId"]
    ec2.delete_subnet(
        SubnetId=ec2.create_subnet(VpcId=second, CidrBlock="10.78.0.0/24")["Subnet"]["SubnetId"]
    )
    ec2.delete_vpc(VpcId=second)
    return subnets, group


def identities(aws: Answers) -> str:
    iam = aws("iam")
    role = iam.create_role(RoleName="recorded", AssumeRolePolicyDocument=TRUST, Tags=[TAG])["Role"]["Arn"]
    policy = iam.create_policy(PolicyName="recorded", PolicyDocument=OWN_POLICY, Description="x")["Policy"]
    iam.attach_role_policy(RoleName="recorded", PolicyArn=policy["Arn"])
    iam.get_role(RoleName="recorded")
    iam.get_policy(PolicyArn=policy["Arn"])
    iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")
    iam.list_policy_versions(PolicyArn=policy["Arn"])
    iam.list_attached_role_policies(RoleName="recorded")
    iam.list_role_policies(RoleName="recorded")
    iam.list_instance_profiles_for_role(RoleName="recorded")
    iam.detach_role_policy(RoleName="recorded", PolicyArn=policy["Arn"])
    iam.delete_policy(PolicyArn=policy["Arn"])
    refused(iam.get_policy, PolicyArn=policy["Arn"])
    refused(iam.get_role, RoleName="none")
    refused(iam.list_instance_profiles_for_role, RoleName="none")
    linked = iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]["RoleName"]
    refused(iam.delete_role, RoleName=linked)
    iam.create_role(RoleName="recorded-gone", AssumeRolePolicyDocument=TRUST)
    iam.delete_role(RoleName="recorded-gone")
    principal = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [principal]})
    iam.create_role(RoleName="assumed", AssumeRolePolicyDocument=trust)
    arn = "arn:aws:iam::000000000000:role/assumed"
    deadline = time.monotonic() + IAM_SECONDS
    while True:
        try:
            aws("sts").assume_role(RoleArn=arn, RoleSessionName="recorded")
            return str(role)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied" or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def keys_and_values(aws: Answers) -> None:
    kms, ssm, logs = aws("kms"), aws("ssm"), aws("logs")
    key = kms.create_key(Description="x")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/recorded", TargetKeyId=key)
    kms.describe_key(KeyId=key)
    kms.enable_key_rotation(KeyId=key)
    kms.get_key_policy(KeyId=key, PolicyName="default")
    kms.get_key_rotation_status(KeyId=key)
    kms.list_aliases()
    kms.list_resource_tags(KeyId=key)
    kms.delete_alias(AliasName="alias/recorded")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    ssm.put_parameter(Name="/recorded/a", Value="x", Type="String")
    ssm.describe_parameters()
    logs.create_log_group(logGroupName="/recorded")
    logs.put_retention_policy(logGroupName="/recorded", retentionInDays=30)
    logs.describe_log_groups(logGroupNamePrefix="/recorded")
    logs.delete_log_group(logGroupName="/recorded")


def buckets(aws: Answers) -> str:
    s3 = aws("s3")
    bucket, other = f"recorded-{uuid.uuid4().hex[:8]}", f"recorded-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    refused(s3.create_bucket, Bucket=bucket)
    s3.create_bucket(Bucket=other)
    refused(s3.get_bucket_policy, Bucket=bucket)
    refused(s3.get_bucket_replication, Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=POLICY % bucket)
    s3.get_bucket_policy(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    s3.get_bucket_acl(Bucket=bucket)
    default = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=default)
    s3.get_bucket_encryption(Bucket=bucket)
    for name in (bucket, other):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    target = {"LoggingEnabled": {"TargetBucket": other, "TargetPrefix": "log/"}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=target)
    s3.get_bucket_logging(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [TAG]})
    s3.get_bucket_tagging(Bucket=bucket)
    s3.get_bucket_versioning(Bucket=bucket)
    rule = {"ID": "r", "Prefix": "", "Status": "Enabled", "Destination": {"Bucket": f"arn:aws:s3:::{other}"}}
    replication = {"Role": "arn:aws:iam::000000000000:role/recorded", "Rules": [rule]}
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=replication)
    s3.get_bucket_replication(Bucket=bucket)
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.get_bucket_website(Bucket=bucket)
    for key in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.head_object(Bucket=bucket, Key="a")
    s3.delete_object(Bucket=bucket, Key="b")
    s3.list_object_versions(Bucket=bucket)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}]})
    empty = f"recorded-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=empty)
    s3.delete_bucket(Bucket=empty)
    return bucket


def trails(aws: Answers, bucket: str) -> None:
    trail = aws("cloudtrail")
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    aws("s3").put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    trail.create_trail(Name="recorded", S3BucketName=bucket)
    trail.describe_trails()
    trail.start_logging(Name="recorded")
    trail.get_trail_status(Name="recorded")
    trail.delete_trail(Name="recorded")
    refused(trail.delete_trail, Name="recorded")


def certificates_and_distributions(aws: Answers, bucket: str) -> None:
    acm, cdn = aws("acm"), aws("cloudfront")
    arn = acm.request_certificate(DomainName="recorded.example", ValidationMethod="DNS", Tags=[TAG])[
        "CertificateArn"
    ]
    until(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED")
    acm.list_tags_for_certificate(CertificateArn=arn)
    acm.delete_certificate(CertificateArn=arn)
    config = {
        "CallerReference": "recorded",
        "Comment": "x",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "PriceClass": "PriceClass_100",
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "o",
                    "DomainName": f"{bucket}.s3.amazonaws.com",
                    "OriginPath": "",
                    "CustomHeaders": {"Quantity": 0},
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "o",
            "ViewerProtocolPolicy": "redirect-to-https",
            "ForwardedValues": {
                "QueryString": False,
                "Cookies": {"Forward": "none"},
                "Headers": {"Quantity": 0},
                "QueryStringCacheKeys": {"Quantity": 0},
            },
            "MinTTL": 0,
            "DefaultTTL": 0,
            "MaxTTL": 0,
            "Compress": True,
            "SmoothStreaming": False,
            "TrustedSigners": {"Enabled": False, "Quantity": 0},
            "LambdaFunctionAssociations": {"Quantity": 0},
            "AllowedMethods": {
                "Quantity": 2,
                "Items": ["GET", "HEAD"],
                "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
            },
        },
        "Aliases": {"Quantity": 0},
        "CacheBehaviors": {"Quantity": 0},
        "CustomErrorResponses": {"Quantity": 0},
        "HttpVersion": "http2",
        "IsIPV6Enabled": True,
        "WebACLId": "",
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
        "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
        "ViewerCertificate": {
            "CloudFrontDefaultCertificate": True,
            "MinimumProtocolVersion": "TLSv1",
            "CertificateSource": "cloudfront",
        },
    }
    made = cdn.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config, "Tags": {"Items": [TAG]}}
    )
    cdn.list_tags_for_resource(Resource=made["Distribution"]["ARN"])
    cdn.update_distribution(Id=made["Distribution"]["Id"], IfMatch=made["ETag"], DistributionConfig=config)


def functions(aws: Answers, role: str, subnets: list[str], group: str) -> None:
    client, name = aws("lambda"), "recorded"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return 1\n")
    client.create_function(
        FunctionName=name,
        Role=role,
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Handler="app.handler",
        Code={"ZipFile": buffer.getvalue()},
        VpcConfig={"SubnetIds": subnets, "SecurityGroupIds": [group]},
    )

    def settled() -> bool:
        found = client.get_function_configuration(FunctionName=name)
        return found["State"] == "Active" and found["LastUpdateStatus"] == "Successful"

    until(settled)
    client.get_function(FunctionName=name)
    permission = {"Action": "lambda:InvokeFunction", "Principal": "elasticloadbalancing.amazonaws.com"}
    client.add_permission(FunctionName=name, StatementId="s", **permission)
    client.get_policy(FunctionName=name)
    client.remove_permission(FunctionName=name, StatementId="s")
    refused(client.get_policy, FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST", Description="x")
    refused(client.get_alias, FunctionName=name, Name="none")
    refused(client.get_function, FunctionName="none")
    client.invoke(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=buffer.getvalue())
    until(settled)
    client.update_function_configuration(FunctionName=name, Timeout=5)
    until(settled)
    client.delete_function(FunctionName=name)


def tasks(aws: Answers, role: str, subnets: list[str], group: str) -> None:
    ecs, cluster = aws("ecs"), "recorded"
    ecs.create_cluster(clusterName=cluster)
    options = {
        "awslogs-group": "/recorded/tasks",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "x",
        "awslogs-create-group": "true",
    }
    definition = ecs.register_task_definition(
        family="recorded",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=role,
        taskRoleArn=role,
        containerDefinitions=[
            {
                "name": "main",
                "image": "busybox",
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.describe_task_definition(taskDefinition=definition)
    ecs.list_task_definitions()
    place = {
        "awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group], "assignPublicIp": "DISABLED"}
    }
    given = {"cluster": cluster, "taskDefinition": definition, "launchType": "FARGATE"}
    task = ecs.run_task(**given, networkConfiguration=place)["tasks"][0]["taskArn"]
    ecs.list_tasks(cluster=cluster)
    ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")
    until(lambda: ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]["lastStatus"] == "STOPPED")
    ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")
    ecs.create_service(**given, serviceName="recorded", desiredCount=0, networkConfiguration=place)
    ecs.update_service(cluster=cluster, service="recorded", desiredCount=0, forceNewDeployment=True)
    until(
        lambda: bool(
            ecs.describe_services(cluster=cluster, services=["recorded"])["services"][0].get("events")
        )
    )
    ecs.describe_clusters(clusters=[cluster])
    ecs.delete_service(cluster=cluster, service="recorded", force=True)
    ecs.deregister_task_definition(taskDefinition=definition)


def databases(aws: Answers, subnets: list[str], group: str) -> None:
    rds, name = aws("rds"), "recorded"
    rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="x", SubnetIds=subnets)
    rds.describe_db_subnet_groups(DBSubnetGroupName=name)
    family = {"DBParameterGroupFamily": "postgres16", "Description": "x"}
    rds.create_db_parameter_group(DBParameterGroupName=name, **family)
    rds.describe_db_parameter_groups(DBParameterGroupName=name)
    changes = [{"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}]
    rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=changes)
    rds.describe_db_parameters(DBParameterGroupName=name)
    arn = rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="16.4",
        AllocatedStorage=20,
        MasterUsername="recorded",
        MasterUserPassword="long-enough-1",
        DBSubnetGroupName=name,
        DBParameterGroupName=name,
        VpcSecurityGroupIds=[group],
        StorageEncrypted=True,
        Tags=[TAG],
    )["DBInstance"]["DBInstanceArn"]

    def status() -> str:
        return str(rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DBInstanceStatus"])

    until(lambda: status() == "available")
    rds.list_tags_for_resource(ResourceName=arn)
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    refused(rds.describe_db_instances, DBInstanceIdentifier="none")
    refused(rds.describe_db_parameter_groups, DBParameterGroupName="none")
    rds.create_db_parameter_group(DBParameterGroupName="gone", **family)
    rds.delete_db_parameter_group(DBParameterGroupName="gone")
    rds.create_db_subnet_group(DBSubnetGroupName="gone", DBSubnetGroupDescription="x", SubnetIds=subnets)
    rds.delete_db_subnet_group(DBSubnetGroupName="gone")


def caches(aws: Answers, subnets: list[str], group: str) -> None:
    cache, name = aws("elasticache"), "recorded"
    cache.create_cache_subnet_group(
        CacheSubnetGroupName=name, CacheSubnetGroupDescription="x", SubnetIds=subnets
    )
    cache.describe_cache_subnet_groups(CacheSubnetGroupName=name)
    arn = cache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="x",
        Engine="valkey",
        CacheNodeType="cache.t4g.micro",
        CacheSubnetGroupName=name,
        SecurityGroupIds=[group],
        NumCacheClusters=1,
        Tags=[TAG],
    )["ReplicationGroup"]["ARN"]

    def status() -> str:
        found = cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]
        return str(found["Status"])

    until(lambda: status() == "available")
    cache.describe_cache_clusters()
    cache.list_tags_for_resource(ResourceName=arn)
    cache.modify_replication_group(ReplicationGroupId=name, ReplicationGroupDescription="y")
    until(lambda: status() == "available")
    cache.delete_replication_group(ReplicationGroupId=name)


@pytest.fixture(scope="module")
def answers(endpoint: str) -> Answers:
    """Call every recorded operation once, and more often where an answer depends on the time."""
    aws = Answers(endpoint)
    # What takes time is looked at elsewhere; here it would only be waited for.
    with quicker(endpoint, 0):
        subnets, group = network(aws)
        role = identities(aws)
        keys_and_values(aws)
        bucket = buckets(aws)
        trails(aws, bucket)
        certificates_and_distributions(aws, bucket)
        functions(aws, role, subnets, group)
        tasks(aws, role, subnets, group)
        databases(aws, subnets, group)
        caches(aws, subnets, group)
    return aws


def missing(answers: Answers, operation: str) -> dict[str, str]:
    """Fields that an answer has not, or has with another type, each with what it has."""
    answered = answers.fields.get(operation, {})
    return {
        path: ", ".join(sorted(answered.get(path, {"nothing"})))
        for path, kinds in RECORDED[operation]["fields"].items()
        if not answered.get(path, set()) & set(kinds)
    }


def test_every_recorded_operation_was_called(answers: Answers) -> None:
    called = answers.fields.keys() | answers.errors.keys()
    assert not RECORDED.keys() - called


@pytest.mark.parametrize("operation", RECORDED)
def test_an_answer_has_the_recorded_fields_or_a_reason(answers: Answers, operation: str) -> None:
    found = missing(answers, operation)
    excused = EXCEPTIONS.get(operation, {})
    assert all(reason.strip() for reason in excused.values())
    assert {path: has for path, has in found.items() if path not in excused} == {}
    assert not excused.keys() - found.keys() - {"errors"}, "answered by now: take these exceptions away"


@pytest.mark.parametrize("operation", [name for name, entry in RECORDED.items() if entry["errors"]])
def test_an_error_has_the_recorded_code(answers: Answers, operation: str) -> None:
    recorded = {(status, code) for status, code in RECORDED[operation]["errors"]}
    left = recorded - answers.errors[operation]
    if "errors" in EXCEPTIONS.get(operation, {}):
        assert left, "answered by now: take this exception away"
        return
    assert not left, f"answered: {answers.errors[operation]}"


def test_the_figure_is_the_references(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    fields = sum(len(entry["fields"]) for entry in RECORDED.values())
    left = sum(len(missing(answers, operation)) for operation in RECORDED)
    figure = f"{fields - left} of {fields} fields in {len(RECORDED)} operations are answered"
    with capsys.disabled():
        sys.stdout.write(f"\nAs AWS was recorded to answer: {figure}.\n")
    assert figure in (CHECKOUT / "docs" / "reference" / "local-cloud.md").read_text()


def test_exceptions_are_of_recorded_operations() -> None:
    assert not EXCEPTIONS.keys() - RECORDED.keys()
