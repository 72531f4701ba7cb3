"""EC2: VPC endpoints that AWS refuses.

Sources: EC2 API reference, CreateVpcEndpoint and "Error codes"; AWS PrivateLink guide, "AWS services that
integrate with AWS PrivateLink"; words as AWS is known to answer.
"""

from __future__ import annotations

import functools

from botocore.loaders import Loader
from ministack.services import ec2

from nestctl.localcloud.control import form
from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.ec2_ids import missing
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

GATEWAYS = ("s3", "dynamodb", "s3express")
"""Services with gateway endpoints."""
OTHERS = (
    "aps-workspaces",
    "bedrock-agent",
    "bedrock-agent-runtime",
    "bedrock-runtime",
    "cassandra",
    "cloudtrail",
    "cognito-idp",
    "ebs",
    "ec2messages",
    "ecs-agent",
    "ecs-telemetry",
    "eks-auth",
    "elasticfilesystem",
    "elasticloadbalancing",
    "elasticmapreduce",
    "email",
    "email-smtp",
    "emr-containers",
    "emr-serverless",
    "emrwal-prod",
    "events",
    "execute-api",
    "git-codecommit",
    "kinesis-firehose",
    "kinesis-streams",
    "monitoring",
    "pipes-data",
    "redshift-data",
    "rum-dataplane",
    "s3-global",
    "s3-outposts",
    "servicecatalog-appregistry",
    "ssmmessages",
    "states",
    "storagegateway",
    "sync-states",
    "tagging",
    "vpc-lattice",
)
"""First labels of services that botocore calls otherwise."""


@functools.cache
def _services() -> frozenset[str]:
    return frozenset((*OTHERS, *GATEWAYS, *Loader().list_available_services("service-2")))


@limits("ec2", "CreateVpcEndpoint")
def service(call: Call) -> Refused | None:
    """Refuse services that have no endpoint in the region."""
    name = str(call.params.get("ServiceName", ""))
    begin = f"com.amazonaws.{call.region}."
    if not name or (name.startswith(begin) and name.removeprefix(begin).split(".")[0] in _services()):
        return None
    if name.startswith((f"aws.api.{call.region}.", f"aws.sagemaker.{call.region}.")):
        return None
    return Refused("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")


@limits("ec2", "CreateVpcEndpoint")
def place(call: Call) -> Refused | None:
    """Refuse networks, subnets, groups and route tables that are not there."""
    vpc = str(call.params.get("VpcId", ""))
    if missing(vpc, ec2._vpcs):  # noqa: SLF001 - the emulator's own
        return Refused("InvalidVpcId.NotFound", f"The Vpc Id {vpc} does not exist")
    for field, store, code, words in (
        ("SubnetId", ec2._subnets, "InvalidSubnetId.NotFound", "subnet ID"),  # noqa: SLF001
        ("SecurityGroupId", ec2._security_groups, "InvalidSecurityGroupId.NotFound", "security group ID"),  # noqa: SLF001
        ("RouteTableId", ec2._route_tables, "InvalidRouteTableId.NotFound", "route table ID"),  # noqa: SLF001
    ):
        for name in form.members(call.params, field):
            if missing(name, store):
                return Refused(code, f"The {words} '{name}' does not exist")
    subnets = [ec2._subnets.get(name) or {} for name in form.members(call.params, "SubnetId")]  # noqa: SLF001
    zones = [subnet["AvailabilityZone"] for subnet in subnets if subnet]
    if len(set(zones)) < len(zones):
        words = "Found more than one subnet in the same availability zone."
        return Refused("DuplicateSubnetsInSameZone", words)
    return None


@limits("ec2", "CreateVpcEndpoint", "ModifyVpcEndpoint")
def private_names(call: Call) -> Refused | None:
    """Refuse private names in a network that resolves none."""
    if not form.is_true(call.params.get("PrivateDnsEnabled")):
        return None
    known = ec2._vpc_endpoints.get(str(call.params.get("VpcEndpointId", ""))) or {}  # noqa: SLF001
    vpc = str(call.params.get("VpcId") or known.get("VpcId", ""))
    network = ec2._vpcs.get(vpc)  # noqa: SLF001
    if network is None:
        return None
    hostnames = network.get("EnableDnsHostnames", network.get("IsDefault", False))
    if hostnames and network.get("EnableDnsSupport", True):
        return None
    words = (
        "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to "
        f"true for {vpc}"
    )
    return Refused("InvalidParameter", words)
