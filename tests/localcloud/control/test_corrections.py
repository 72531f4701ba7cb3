"""Each correction works, and the emulator is still wrong without it: when it is right, it can go."""

from __future__ import annotations

import base64
import contextlib
import itertools
import re
import socket
import uuid
from collections.abc import Callable
from typing import Any

import correction_probes as updates
import pytest
from botocore.exceptions import ClientError
from botocore.exceptions import ConnectionError as NoAnswer
from people import document, quicker, soon, working_role

from nestctl.localcloud.control.registry import CORRECTIONS
from nestctl.localcloud.supervise.supervisor import load_corrections

Client = Callable[[str], Any]
Probe = Callable[[Client], bool]
SERVICES = {
    "monitoring",
    "wafv2",
    "ssm",
    "sts",
    "acm",
    "application-autoscaling",
    "cloudtrail",
    "ec2",
    "elasticache",
    "rds",
    "secretsmanager",
}
networks = (f"10.{number}.0.0/16" for number in itertools.count(1))


def name(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def subnet_with_acls(aws: Client) -> tuple[str, str, str]:
    """A subnet, its VPC's default network ACL and another one."""
    ec2, network = aws("ec2"), next(networks)
    vpc = ec2.create_vpc(CidrBlock=network)["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=network.replace("/16", "/24"))["Subnet"]["SubnetId"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
    default = ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
    return subnet, default, ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]


def acls_of(aws: Client, subnet: str) -> list[Any]:
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    return list(aws("ec2").describe_network_acls(Filters=filters)["NetworkAcls"])


def a_subnet_has_its_vpcs_default_acl(aws: Client) -> bool:
    subnet, default, _ = subnet_with_acls(aws)
    return [acl["NetworkAclId"] for acl in acls_of(aws, subnet)] == [default]


def a_replaced_association_keeps_its_subnet(aws: Client) -> bool:
    subnet, _, other = subnet_with_acls(aws)
    old = [item for acl in acls_of(aws, subnet) for item in acl["Associations"] if item["SubnetId"] == subnet]
    if not old:
        return False
    aws("ec2").replace_network_acl_association(
        AssociationId=old[0]["NetworkAclAssociationId"], NetworkAclId=other
    )
    return [acl["NetworkAclId"] for acl in acls_of(aws, subnet)] == [other]


def a_deleted_subnet_leaves_its_acl(aws: Client) -> bool:
    subnet, default, _ = subnet_with_acls(aws)
    before = len(acls_of(aws, subnet))
    aws("ec2").delete_subnet(SubnetId=subnet)
    left = aws("ec2").describe_network_acls(NetworkAclIds=[default])["NetworkAcls"][0]["Associations"]
    return before == 1 and left == []


def acl_rule(aws: Client, *, replaced: bool) -> bool:
    _, _, acl = subnet_with_acls(aws)
    rule = {"NetworkAclId": acl, "RuleNumber": 110, "Protocol": "6", "RuleAction": "allow", "Egress": True}
    aws("ec2").create_network_acl_entry(**rule, CidrBlock="0.0.0.0/0", PortRange={"From": 443, "To": 443})
    if replaced:
        aws("ec2").replace_network_acl_entry(**rule, CidrBlock="0.0.0.0/0", PortRange={"From": 80, "To": 81})
    entries = aws("ec2").describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
    found = [entry.get("PortRange") for entry in entries if entry["RuleNumber"] == 110]
    return found == [{"From": 80, "To": 81} if replaced else {"From": 443, "To": 443}]


def a_flow_log_answers_its_settings(aws: Client) -> bool:
    vpc = aws("ec2").create_vpc(CidrBlock=next(networks))["Vpc"]["VpcId"]
    wanted = {
        "DeliverLogsPermissionArn": working_role(aws, "flow"),
        "LogGroupName": "flow",
        "MaxAggregationInterval": 60,
        "LogFormat": "${version} ${start}",
    }
    made = soon(
        lambda: aws("ec2").create_flow_logs(
            ResourceIds=[vpc],
            ResourceType="VPC",
            TrafficType="ALL",
            TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "a", "Value": "b"}]}],
            **wanted,
        )
    )["FlowLogIds"]
    (found,) = aws("ec2").describe_flow_logs(FlowLogIds=made)["FlowLogs"]
    return all(found.get(key) == value for key, value in wanted.items()) and found["Tags"] == [
        {"Key": "a", "Value": "b"}
    ]


def endpoint_of(aws: Client) -> Any:
    vpc = aws("ec2").create_vpc(CidrBlock=next(networks))["Vpc"]["VpcId"]
    aws("ec2").modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    return aws("ec2").create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.us-east-1.ssm",
        SecurityGroupIds=["sg-1"],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]


def a_new_endpoint_answers_its_groups(aws: Client) -> bool:
    made = endpoint_of(aws)
    return [group["GroupId"] for group in made.get("Groups", [])] == ["sg-1"]


def a_described_endpoint_answers_its_groups(aws: Client) -> bool:
    ids = [endpoint_of(aws)["VpcEndpointId"]]
    (found,) = aws("ec2").describe_vpc_endpoints(VpcEndpointIds=ids)["VpcEndpoints"]
    groups = [group["GroupId"] for group in found.get("Groups", [])]
    return groups == ["sg-1"] and found.get("PrivateDnsEnabled") is True and "PolicyDocument" in found


def a_modified_endpoint_answers_its_groups(aws: Client) -> bool:
    made = endpoint_of(aws)["VpcEndpointId"]
    aws("ec2").modify_vpc_endpoint(
        VpcEndpointId=made, AddSecurityGroupIds=["sg-2"], RemoveSecurityGroupIds=["sg-1"]
    )
    (found,) = aws("ec2").describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"]
    return [group["GroupId"] for group in found.get("Groups", [])] == ["sg-2"]


def machine_of(aws: Client) -> tuple[str, str]:
    """An instance as Terraform's provider starts one, and its subnet."""
    subnet, _, _ = subnet_with_acls(aws)
    disk = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 9, "VolumeType": "gp3", "Encrypted": True}}
    made = aws("ec2").run_instances(
        ImageId="ami-0c2023a1b2c3d4e5f",
        InstanceType="t4g.nano",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=["sg-1"],
        UserData="#!/bin/sh",
        EbsOptimized=True,
        MetadataOptions={"HttpTokens": "required"},
        BlockDeviceMappings=[disk],
        TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    return made["Instances"][0]["InstanceId"], subnet


def interface_of(aws: Client, instance: str) -> Any:
    (found,) = aws("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    return (found.get("NetworkInterfaces") or [{}])[0]


def volumes_of(aws: Client, instance: str) -> list[Any]:
    volumes = aws("ec2").describe_volumes()["Volumes"]
    return [one for one in volumes if instance in {a["InstanceId"] for a in one["Attachments"]}]


def an_instance_answers_its_settings(aws: Client) -> bool:
    made, subnet = machine_of(aws)
    (found,) = aws("ec2").describe_instances(InstanceIds=[made])["Reservations"][0]["Instances"]
    (volume,) = volumes_of(aws, made)
    interface = interface_of(aws, made)
    metadata = found.get("MetadataOptions", {})
    return (
        found.get("EbsOptimized") is True
        and (metadata.get("HttpTokens"), metadata.get("HttpProtocolIpv6")) == ("required", "disabled")
        and not found.get("PublicIpAddress")
        and (volume["Encrypted"], volume["Size"]) == (True, 9)
        and volume["Tags"] == [{"Key": "a", "Value": "b"}]
        and interface["SubnetId"] == subnet
        and interface["Attachment"]["DeviceIndex"] == 0
    )


def an_instance_answers_its_user_data(aws: Client) -> bool:
    made, _ = machine_of(aws)
    found = aws("ec2").describe_instance_attribute(InstanceId=made, Attribute="userData")
    return base64.b64decode(found["UserData"].get("Value", "")) == b"#!/bin/sh"


def an_instance_forwards_for_others(aws: Client) -> bool:
    made, _ = machine_of(aws)
    aws("ec2").modify_instance_attribute(InstanceId=made, SourceDestCheck={"Value": False})
    found = aws("ec2").describe_instance_attribute(InstanceId=made, Attribute="sourceDestCheck")
    return found["SourceDestCheck"]["Value"] is False and interface_of(aws, made)["SourceDestCheck"] is False


def disk_and_interface_go_with_the_instance(aws: Client) -> bool:
    made, _ = machine_of(aws)
    before = interface_of(aws, made).get("NetworkInterfaceId"), volumes_of(aws, made)
    aws("ec2").terminate_instances(InstanceIds=[made])
    left = {
        one["NetworkInterfaceId"] for one in aws("ec2").describe_network_interfaces()["NetworkInterfaces"]
    }
    return all(before) and before[0] not in left and volumes_of(aws, made) == []


def a_route_leads_to_an_interface(aws: Client, *, replaced: bool) -> bool:
    ec2, network = aws("ec2"), next(networks)
    vpc = ec2.create_vpc(CidrBlock=network)["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=network)["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    if replaced:
        ec2.create_route(**route, NatGatewayId="nat-1")
        ec2.replace_route(**route, NetworkInterfaceId=interface)
    else:
        ec2.create_route(**route, NetworkInterfaceId=interface)
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    (found,) = [one for one in routes if one["DestinationCidrBlock"] == "0.0.0.0/0"]
    return found.get("NetworkInterfaceId") == interface and "GatewayId" not in found


def arm64_has_an_image(aws: Client) -> bool:
    public = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    found = aws("ssm").get_parameter(Name=public)["Parameter"]
    images = aws("ec2").describe_images(ImageIds=[found["Value"]])["Images"]
    return found["Name"] == public and bool(images[0]["RootDeviceName"])


def a_trail_keeps_its_tags(aws: Client) -> bool:
    bucket = name("trail")
    aws("s3").create_bucket(Bucket=bucket)
    where = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    writer = {"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*", "Resource": where}
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=document(writer))
    made = aws("cloudtrail").create_trail(
        Name=name("trail"), S3BucketName=bucket, TagsList=[{"Key": "Name", "Value": "trail"}]
    )["TrailARN"]
    (found,) = aws("cloudtrail").list_tags(ResourceIdList=[made])["ResourceTagList"]
    return bool(found["TagsList"] == [{"Key": "Name", "Value": "trail"}])


def targets_and_policies_are_kept(aws: Client) -> bool:
    scaling, service = aws("application-autoscaling"), f"service/cluster/{name('web')}"
    key = {"ServiceNamespace": "ecs", "ResourceId": service, "ScalableDimension": "ecs:service:DesiredCount"}
    try:
        arn = scaling.register_scalable_target(**key, MinCapacity=1, MaxCapacity=4, Tags={"a": "b"})[
            "ScalableTargetARN"
        ]
    except ClientError:
        return False
    scaling.put_scaling_policy(**key, PolicyName="cpu", PolicyType="TargetTrackingScaling")
    scaling.tag_resource(ResourceARN=arn, Tags={"c": "d"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    asked = {"ServiceNamespace": "ecs", "ResourceIds": [service]}
    (target,) = scaling.describe_scalable_targets(**asked)["ScalableTargets"]
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=service)[
        "ScalingPolicies"
    ]
    tags = scaling.list_tags_for_resource(ResourceARN=arn)["Tags"]
    scaling.delete_scaling_policy(**key, PolicyName="cpu")
    scaling.deregister_scalable_target(**key)
    left = scaling.describe_scalable_targets(**asked)["ScalableTargets"]
    return (
        (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
        and [policy["PolicyName"] for policy in policies] == ["cpu"]
        and tags == {"c": "d"}
        and left == []
    )


def answers(address: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=2):
        return True
    return False


def instance_of(aws: Client, wait: bool = True) -> Any:
    db = name("db")
    aws("rds").create_db_instance(
        DBInstanceIdentifier=db,
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="master",
        MasterUserPassword="a-password-for-tests",
        EnableCloudwatchLogsExports=["postgresql"],
    )
    if wait:
        aws("rds").get_waiter("db_instance_available").wait(
            DBInstanceIdentifier=db, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    return aws("rds").describe_db_instances(DBInstanceIdentifier=db)["DBInstances"][0]


def an_instance_is_a_server(aws: Client) -> bool:
    found = instance_of(aws)
    running = answers(found["Endpoint"]["Address"], found["Endpoint"]["Port"])
    aws("rds").delete_db_instance(DBInstanceIdentifier=found["DBInstanceIdentifier"], SkipFinalSnapshot=True)
    return running and not answers(found["Endpoint"]["Address"], found["Endpoint"]["Port"])


def a_restored_instance_is_a_server(aws: Client) -> bool:
    rds, found, waiting = aws("rds"), instance_of(aws), {"Delay": 1, "MaxAttempts": 60}
    original, restored, snapshot = found["DBInstanceIdentifier"], name("db"), name("snapshot")
    rds.create_db_snapshot(DBInstanceIdentifier=original, DBSnapshotIdentifier=snapshot)
    rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=snapshot, WaiterConfig=waiting)
    rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=restored, DBSnapshotIdentifier=snapshot)
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=restored, WaiterConfig=waiting)
    place = rds.describe_db_instances(DBInstanceIdentifier=restored)["DBInstances"][0]["Endpoint"]
    running = answers(place["Address"], place["Port"])
    rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)
    for item in (original, restored):
        rds.delete_db_instance(DBInstanceIdentifier=item, SkipFinalSnapshot=True)
    return running


def instances_are_found_by_resource_id(aws: Client) -> bool:
    found, other = instance_of(aws, wait=False), instance_of(aws, wait=False)
    filters = [{"Name": "dbi-resource-id", "Values": [found["DbiResourceId"]]}]
    listed = aws("rds").describe_db_instances(Filters=filters)["DBInstances"]
    for item in (found, other):
        aws("rds").delete_db_instance(
            DBInstanceIdentifier=item["DBInstanceIdentifier"], SkipFinalSnapshot=True
        )
    identifiers = [item["DBInstanceIdentifier"] for item in listed]
    return identifiers == [found["DBInstanceIdentifier"]] and found.get("EnabledCloudwatchLogsExports") == [
        "postgresql"
    ]


def group_of(aws: Client) -> Any:
    group = name("cache")
    aws("elasticache").create_replication_group(
        ReplicationGroupId=group,
        ReplicationGroupDescription="of a test",
        TransitEncryptionEnabled=True,
        AtRestEncryptionEnabled=True,
        KmsKeyId="arn:aws:kms:us-east-1:000000000000:key/k",
        AutoMinorVersionUpgrade=False,
    )
    aws("elasticache").get_waiter("replication_group_available").wait(
        ReplicationGroupId=group, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    return aws("elasticache").describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]


def a_group_is_a_server(aws: Client) -> bool:
    found = group_of(aws)
    place = found["NodeGroups"][0]["PrimaryEndpoint"]
    running = answers(place["Address"], place["Port"])
    aws("elasticache").delete_replication_group(ReplicationGroupId=found["ReplicationGroupId"])
    return running and not answers(place["Address"], place["Port"])


def a_group_answers_its_key(aws: Client) -> bool:
    found = group_of(aws)
    aws("elasticache").delete_replication_group(ReplicationGroupId=found["ReplicationGroupId"])
    return found.get("KmsKeyId") == "arn:aws:kms:us-east-1:000000000000:key/k"


def a_member_answers_its_upgrade_setting(aws: Client) -> bool:
    found = group_of(aws)
    member = found["MemberClusters"][0]
    (cluster,) = aws("elasticache").describe_cache_clusters(CacheClusterId=member)["CacheClusters"]
    aws("elasticache").delete_replication_group(ReplicationGroupId=found["ReplicationGroupId"])
    return cluster.get("AutoMinorVersionUpgrade") is False


def parameters_are_filtered_by_source(aws: Client) -> bool:
    group = name("parameters")
    aws("elasticache").create_cache_parameter_group(
        CacheParameterGroupName=group, CacheParameterGroupFamily="redis7", Description="of a test"
    )
    aws("elasticache").modify_cache_parameter_group(
        CacheParameterGroupName=group,
        ParameterNameValues=[{"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}],
    )
    found = aws("elasticache").describe_cache_parameters(CacheParameterGroupName=group, Source="user")[
        "Parameters"
    ]
    return [item["ParameterName"] for item in found] == ["maxmemory-policy"]


def a_certificate_waits_for_its_records(aws: Client) -> bool:
    acm = aws("acm")
    made = acm.request_certificate(
        DomainName="example.org", SubjectAlternativeNames=["*.example.org"], ValidationMethod="DNS"
    )["CertificateArn"]
    if acm.describe_certificate(CertificateArn=made)["Certificate"]["Status"] != "PENDING_VALIDATION":
        return False
    acm.get_waiter("certificate_validated").wait(CertificateArn=made, WaiterConfig={"Delay": 1})
    found = acm.describe_certificate(CertificateArn=made)["Certificate"]
    records = {tuple(option["ResourceRecord"].items()) for option in found["DomainValidationOptions"]}
    record = dict(next(iter(records)))
    return (
        found["Status"] == "ISSUED"
        and len(records) == 1
        and bool(re.fullmatch(r"_[0-9a-f]{32}\.example\.org\.", record["Name"]))
        and bool(re.fullmatch(r"_[0-9a-f]{32}\.\w+\.acm-validations\.aws\.", record["Value"]))
    )


def a_policy_answers_only_what_it_has(aws: Client) -> bool:
    config = {"Name": name("headers"), "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}}}
    cloudfront, empty = aws("cloudfront"), {"CustomHeadersConfig", "RemoveHeadersConfig"}
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
    key = made["ResponseHeadersPolicy"]["Id"]
    changed = cloudfront.update_response_headers_policy(
        Id=key, IfMatch=made["ETag"], ResponseHeadersPolicyConfig=config
    )
    found = cloudfront.get_response_headers_policy(Id=key)
    answers = [
        item["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"] for item in (made, changed, found)
    ]
    return all("SecurityHeadersConfig" in answer and not empty & set(answer) for answer in answers)


def a_group_loses_its_rule_for_everything(aws: Client) -> bool:
    vpc = aws("ec2").create_vpc(CidrBlock=next(networks))["Vpc"]["VpcId"]
    group = aws("ec2").create_security_group(GroupName=name("group"), Description="probe", VpcId=vpc)[
        "GroupId"
    ]
    everything = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    aws("ec2").revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
    found = aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    return not found["IpPermissionsEgress"]


def a_role_asks_for_its_external_id(aws: Client) -> bool:
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"},'
        ' "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "right"}}}]}'
    )
    arn = aws("iam").create_role(RoleName=name("role"), AssumeRolePolicyDocument=trust)["Role"]["Arn"]

    def given(**arguments: str) -> bool:
        try:
            aws("sts").assume_role(RoleArn=arn, RoleSessionName="probe", **arguments)
        except ClientError as error:
            return error.response["Error"]["Code"] != "AccessDenied"
        return True

    # A role is known a moment after it is made.
    soon(lambda: aws("sts").assume_role(RoleArn=arn, RoleSessionName="probe", ExternalId="right"))
    return not given(ExternalId="wrong") and not given()


def a_new_value_keeps_its_key(aws: Client) -> bool:
    ssm, parameter = aws("ssm"), name("/probe")
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    ssm.put_parameter(Name=parameter, Value="1", Type="SecureString", KeyId=key)
    ssm.put_parameter(Name=parameter, Value="2", Type="SecureString", Overwrite=True)
    wanted = [{"Key": "Name", "Option": "Equals", "Values": [parameter]}]
    return bool(ssm.describe_parameters(ParameterFilters=wanted)["Parameters"][0]["KeyId"] == key)


def zones_can_be_left_out(aws: Client) -> bool:
    zones = aws("ec2").describe_availability_zones()["AvailabilityZones"]
    ids = {zone["ZoneName"]: zone["ZoneId"] for zone in zones}
    return ids == {f"us-east-1{letter}": f"use1-az{n}" for n, letter in enumerate("abcdef", start=1)}


PROBES: dict[tuple[str, str], Probe] = {
    **updates.PROBES,
    ("ec2", "DescribeAvailabilityZones"): zones_can_be_left_out,
    ("ec2", "CreateSubnet"): a_subnet_has_its_vpcs_default_acl,
    ("ec2", "DeleteSubnet"): a_deleted_subnet_leaves_its_acl,
    ("ec2", "ReplaceNetworkAclAssociation"): a_replaced_association_keeps_its_subnet,
    ("ec2", "DescribeNetworkAcls"): a_subnet_has_its_vpcs_default_acl,
    ("ec2", "CreateNetworkAclEntry"): lambda aws: acl_rule(aws, replaced=False),
    ("ec2", "ReplaceNetworkAclEntry"): lambda aws: acl_rule(aws, replaced=True),
    ("ec2", "RevokeSecurityGroupEgress"): a_group_loses_its_rule_for_everything,
    ("sts", "AssumeRole"): a_role_asks_for_its_external_id,
    ("ssm", "PutParameter"): a_new_value_keeps_its_key,
    ("ec2", "CreateFlowLogs"): a_flow_log_answers_its_settings,
    ("ec2", "DescribeFlowLogs"): a_flow_log_answers_its_settings,
    ("ec2", "CreateVpcEndpoint"): a_new_endpoint_answers_its_groups,
    ("ec2", "ModifyVpcEndpoint"): a_modified_endpoint_answers_its_groups,
    ("ec2", "DescribeVpcEndpoints"): a_described_endpoint_answers_its_groups,
    ("ec2", "RunInstances"): an_instance_answers_its_settings,
    ("ec2", "DescribeInstances"): an_instance_answers_its_settings,
    ("ec2", "DescribeInstanceAttribute"): an_instance_answers_its_user_data,
    ("ec2", "ModifyInstanceAttribute"): an_instance_forwards_for_others,
    ("ec2", "TerminateInstances"): disk_and_interface_go_with_the_instance,
    ("ec2", "CreateRoute"): lambda aws: a_route_leads_to_an_interface(aws, replaced=False),
    ("ec2", "ReplaceRoute"): lambda aws: a_route_leads_to_an_interface(aws, replaced=True),
    ("ssm", "GetParameter"): arm64_has_an_image,
    **{
        ("acm", action): a_certificate_waits_for_its_records
        for action in (
            "RequestCertificate",
            "DescribeCertificate",
            "ListCertificates",
            "GetCertificate",
            "DeleteCertificate",
        )
    },
    ("cloudtrail", "CreateTrail"): a_trail_keeps_its_tags,
    ("rds", "CreateDBInstance"): an_instance_is_a_server,
    ("rds", "DeleteDBInstance"): an_instance_is_a_server,
    ("rds", "StartDBInstance"): an_instance_is_a_server,
    ("rds", "StopDBInstance"): an_instance_is_a_server,
    ("rds", "RebootDBInstance"): an_instance_is_a_server,
    ("rds", "CreateDBSnapshot"): a_restored_instance_is_a_server,
    ("rds", "DeleteDBSnapshot"): a_restored_instance_is_a_server,
    ("rds", "RestoreDBInstanceFromDBSnapshot"): a_restored_instance_is_a_server,
    ("rds", "DescribeDBInstances"): instances_are_found_by_resource_id,
    ("elasticache", "CreateReplicationGroup"): a_group_is_a_server,
    ("elasticache", "DeleteReplicationGroup"): a_group_is_a_server,
    ("elasticache", "DescribeReplicationGroups"): a_group_answers_its_key,
    ("elasticache", "DescribeCacheClusters"): a_member_answers_its_upgrade_setting,
    ("elasticache", "DescribeCacheParameters"): parameters_are_filtered_by_source,
    **{
        ("cloudfront", action): a_policy_answers_only_what_it_has
        for action in (
            "CreateResponseHeadersPolicy",
            "GetResponseHeadersPolicy",
            "UpdateResponseHeadersPolicy",
        )
    },
    **{
        ("application-autoscaling", action): targets_and_policies_are_kept
        for action in (
            "RegisterScalableTarget",
            "DescribeScalableTargets",
            "DeregisterScalableTarget",
            "PutScalingPolicy",
            "DescribeScalingPolicies",
            "DeleteScalingPolicy",
            "ListTagsForResource",
            "TagResource",
            "UntagResource",
        )
    },
}
# Several actions are corrected for one reason.
EACH = sorted(set(PROBES.values()), key=list(PROBES.values()).index)


def label(probe: Probe) -> str:
    return next(f"{service}-{action}" for (service, action), found in PROBES.items() if found is probe)


def test_every_correction_has_a_probe_and_says_until_when() -> None:
    load_corrections()
    ours = {key for key in CORRECTIONS if key[0] in SERVICES or "HeadersPolicy" in key[1]}
    assert ours == set(PROBES)
    assert all(entry.until for entry in CORRECTIONS.values())


@pytest.mark.parametrize("probe", EACH, ids=label)
def test_the_local_cloud_is_right(probe: Probe, aws: Client, endpoint: str) -> None:
    with quicker(endpoint, 0.5):
        assert probe(aws)


@pytest.mark.parametrize("probe", EACH, ids=label)
def test_the_emulator_alone_is_still_wrong(probe: Probe, raw: Client) -> None:
    """When this fails, the emulator has learnt it: remove the corrections that its "until" names."""
    with contextlib.suppress(ClientError, NoAnswer):
        assert not probe(raw)
