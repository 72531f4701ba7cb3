"""What EC2, load balancing and CloudFront take time for, and what they refuse meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from people import unique
from watching import refused, states_until

Client = Callable[[str], Any]
pytestmark = pytest.mark.pace(0.7)
NEEDED = "DependencyViolation"


@pytest.fixture(scope="module")
def network(aws: Client) -> dict[str, Any]:
    """A network with a gateway, two subnets and two security groups."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.250.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.250.{n}.0/24", AvailabilityZone=f"us-east-1{z}")[
            "Subnet"
        ]["SubnetId"]
        for n, z in enumerate("ab")
    ]
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in "ab"
    ]
    return {"vpc": vpc, "gateway": gateway, "subnets": subnets, "groups": groups}


def test_a_nat_gateway_comes_and_goes_and_keeps_its_address_until_then(
    aws: Client, network: dict[str, Any]
) -> None:
    ec2, subnet = aws("ec2"), network["subnets"][0]
    address = ec2.allocate_address(Domain="vpc")
    allocation = address["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]
    name = made["NatGatewayId"]

    def found() -> dict[str, Any]:
        """As the list of all gateways has it."""
        (one,) = (n for n in ec2.describe_nat_gateways()["NatGateways"] if n["NatGatewayId"] == name)
        return dict(one)

    assert made["State"] == "pending"
    assert made["NatGatewayAddresses"] == [{"AllocationId": allocation}]
    assert states_until("available", lambda: found()["State"]) == ["pending", "available"]
    (shown,) = found()["NatGatewayAddresses"]
    assert (shown["AllocationId"], shown["PublicIp"]) == (allocation, address["PublicIp"])
    (listed,) = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
    assert listed["AssociationId"] == shown["AssociationId"]

    other = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]["NatGatewayId"]
    in_use = "InvalidIPAddress.InUse"
    assert refused(ec2.release_address, AllocationId=allocation)[0] == in_use
    assert refused(ec2.disassociate_address, AssociationId=shown["AssociationId"]) == (
        "AuthFailure",
        "You do not have permission to access the specified resource.",
    )
    assert refused(ec2.delete_subnet, SubnetId=subnet)[0] == NEEDED
    mapped = refused(ec2.detach_internet_gateway, InternetGatewayId=network["gateway"], VpcId=network["vpc"])
    assert mapped[0] == NEEDED
    assert "has some mapped public address(es)" in mapped[1]
    ec2.delete_nat_gateway(NatGatewayId=name)
    assert refused(ec2.release_address, AllocationId=allocation)[0] == in_use
    assert refused(ec2.delete_subnet, SubnetId=subnet)[0] == NEEDED
    assert states_until("deleted", lambda: found()["State"]) == ["deleting", "deleted"]
    assert refused(ec2.release_address, AllocationId=allocation) == ("", "")
    (failed,) = ec2.describe_nat_gateways(NatGatewayIds=[other])["NatGateways"]
    assert (failed["State"], failed["FailureCode"]) == ("failed", "Resource.AlreadyAssociated")
    gone = refused(ec2.create_nat_gateway, SubnetId=subnet, AllocationId=allocation)
    assert gone[0] == "InvalidAllocationID.NotFound"


def test_an_endpoint_comes_and_goes_and_holds_its_subnet_and_group(
    aws: Client, network: dict[str, Any]
) -> None:
    ec2, subnet, group = aws("ec2"), network["subnets"][1], network["groups"][0]
    made = ec2.create_vpc_endpoint(
        VpcId=network["vpc"],
        ServiceName="com.amazonaws.us-east-1.ssm",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
    )["VpcEndpoint"]

    def state() -> str:
        listed = ec2.describe_vpc_endpoints()["VpcEndpoints"]
        return next((e["State"] for e in listed if e["VpcEndpointId"] == made["VpcEndpointId"]), "gone")

    assert made["State"] == "pending"
    assert states_until("available", state) == ["pending", "available"]
    assert refused(ec2.delete_subnet, SubnetId=subnet) == (
        NEEDED,
        f"The subnet '{subnet}' has dependencies and cannot be deleted.",
    )
    assert refused(ec2.delete_security_group, GroupId=group) == (
        NEEDED,
        f"resource {group} has a dependent object",
    )
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    assert refused(ec2.delete_subnet, SubnetId=subnet)[0] == NEEDED
    assert states_until("gone", state) == ["deleting", "gone"]
    table = ec2.create_vpc_endpoint(VpcId=network["vpc"], ServiceName="com.amazonaws.us-east-1.s3")
    assert table["VpcEndpoint"]["State"] == "available"


def test_a_load_balancer_is_provisioned_and_what_it_needs_is_kept(
    aws: Client, network: dict[str, Any]
) -> None:
    ec2, elb, name = aws("ec2"), aws("elbv2"), unique("lb")
    group = network["groups"][1]
    made = elb.create_load_balancer(Name=name, Subnets=network["subnets"], SecurityGroups=[group])[
        "LoadBalancers"
    ][0]
    arn = made["LoadBalancerArn"]

    def state() -> str:
        listed = elb.describe_load_balancers()["LoadBalancers"]
        return next(b["State"]["Code"] for b in listed if b["LoadBalancerArn"] == arn)

    assert made["State"]["Code"] == "provisioning"
    assert states_until("active", state) == ["provisioning", "active"]
    targets = elb.create_target_group(
        Name=name, Protocol="HTTP", Port=80, VpcId=network["vpc"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=targets, Targets=[{"Id": "127.0.0.1", "Port": 9}])
    elb.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )
    (health,) = elb.describe_target_health(TargetGroupArn=targets)["TargetHealthDescriptions"]
    assert health["TargetHealth"]["State"] == "initial"
    assert refused(elb.delete_target_group, TargetGroupArn=targets)[0] == "ResourceInUse"
    assert refused(ec2.delete_security_group, GroupId=group)[0] == NEEDED
    protection = {"Key": "deletion_protection.enabled", "Value": "true"}
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[protection])
    assert refused(elb.delete_load_balancer, LoadBalancerArn=arn)[0] == "OperationNotPermitted"
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{**protection, "Value": "false"}])
    assert refused(elb.delete_load_balancer, LoadBalancerArn=arn) == ("", "")
    assert refused(elb.delete_target_group, TargetGroupArn=targets) == ("", "")


def test_a_group_that_another_names_and_an_attached_gateway_are_kept(
    aws: Client, network: dict[str, Any]
) -> None:
    ec2, (one, other) = aws("ec2"), network["groups"]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [{"GroupId": one}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    assert refused(ec2.delete_security_group, GroupId=one)[0] == NEEDED
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[rule])
    for group in (one, other):
        assert refused(ec2.delete_security_group, GroupId=group) == ("", "")
    attached = {"InternetGatewayId": network["gateway"]}
    assert refused(ec2.delete_internet_gateway, **attached)[0] == NEEDED
    assert refused(ec2.delete_vpc, VpcId=network["vpc"])[0] == NEEDED
    ec2.detach_internet_gateway(VpcId=network["vpc"], **attached)
    assert refused(ec2.delete_internet_gateway, **attached) == ("", "")
    for subnet in network["subnets"]:
        assert refused(ec2.delete_subnet, SubnetId=subnet) == ("", "")


def test_a_distribution_is_in_progress_and_goes_only_disabled_and_deployed(aws: Client) -> None:
    cdn = aws("cloudfront")
    config = {
        "CallerReference": uuid.uuid4().hex,
        "Comment": "",
        "Enabled": True,
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "x",
                    "DomainName": "x.s3.amazonaws.com",
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "x",
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
    }
    made = cdn.create_distribution(DistributionConfig=config)
    name, tag = made["Distribution"]["Id"], made["ETag"]

    def state() -> str:
        listed = cdn.list_distributions()["DistributionList"]["Items"]
        return next(one["Status"] for one in listed if one["Id"] == name)

    enabled = "DistributionNotDisabled"
    assert made["Distribution"]["Status"] == "InProgress"
    assert states_until("Deployed", state) == ["InProgress", "Deployed"]
    assert refused(cdn.delete_distribution, Id=name, IfMatch=tag)[0] == enabled
    off = {**config, "Enabled": False}
    stale = refused(cdn.update_distribution, Id=name, IfMatch="E2QWRUHEXAMPLE", DistributionConfig=off)
    assert stale[0] == "PreconditionFailed"
    missing = refused(cdn.update_distribution, Id=name, DistributionConfig=off)
    assert missing[0] == "InvalidIfMatchVersion"
    changed = cdn.update_distribution(Id=name, IfMatch=tag, DistributionConfig=off)
    assert changed["Distribution"]["Status"] == "InProgress"
    assert refused(cdn.delete_distribution, Id=name, IfMatch=changed["ETag"]) == (
        enabled,
        "The distribution you are trying to delete has not been disabled.",
    )
    assert cdn.get_distribution(Id=name)["Distribution"]["Status"] == "InProgress"
    assert states_until("Deployed", state) == ["InProgress", "Deployed"]
    assert refused(cdn.delete_distribution, Id=name, IfMatch=tag)[0] == "PreconditionFailed"
    assert refused(cdn.delete_distribution, Id=name, IfMatch=changed["ETag"]) == ("", "")
