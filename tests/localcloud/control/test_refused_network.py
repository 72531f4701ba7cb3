"""What AWS refuses of networks and load balancers, the local cloud refuses, with AWS's code and words."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

Client = Callable[[str], Any]
World = Mapping[str, str]
Given = dict[str, Any]
Case = tuple[str, str, Given, str, str]
"""Service, operation, what is given (``$name`` stands for an id of the world), code and words."""

REGION = "us-east-1"
FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "x"}}
networks = (f"10.{number}.0.0/16" for number in itertools.count(150))


def name(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def unchecked(endpoint: str) -> Client:
    """Clients that send what botocore itself would refuse."""

    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="TESTTESTTESTTESTTEST",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )

    return make


def a_network(aws: Client) -> tuple[str, list[str]]:
    """A network and its subnets: in zones a, b and again a."""
    ec2, cidr = aws("ec2"), next(networks)
    vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=cidr.replace("0.0/16", f"{number}.0/24"), AvailabilityZone=f"{REGION}{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("aba")
    ]
    return vpc, subnets


def attached(aws: Client, vpc: str) -> str:
    """A new internet gateway of a network."""
    gateway: str = aws("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws("ec2").attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return gateway


@pytest.fixture(scope="module")
def world(aws: Client) -> World:
    """What the cases name: a network with a gateway, a load balancer, a listener and a target group."""
    elb, (vpc, subnets), (other, others) = aws("elbv2"), a_network(aws), a_network(aws)
    found = {
        "vpc": vpc,
        "gateway": attached(aws, vpc),
        "other": other,
        "elsewhere": others[1],
        "elsewhere-too": others[0],
    }
    found |= dict(zip(("a", "b", "twin"), subnets, strict=True))
    balancer = elb.create_load_balancer(Name=name("refused"), Subnets=subnets[:2])["LoadBalancers"][0]
    found["balancer"] = balancer["LoadBalancerArn"]
    group = elb.create_target_group(
        Name=name("refused"), Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]
    found["targets"] = group["TargetGroupArn"]
    listener = elb.create_listener(
        LoadBalancerArn=found["balancer"], Port=80, Protocol="HTTP", DefaultActions=[FIXED]
    )["Listeners"][0]
    found["listener"] = listener["ListenerArn"]
    elb.create_listener(LoadBalancerArn=found["balancer"], Port=8080, Protocol="HTTP", DefaultActions=[FIXED])
    rule = elb.create_rule(
        ListenerArn=found["listener"], Priority=7, Conditions=[path("/a")], Actions=[FIXED]
    )
    found["wide"] = aws("ec2").create_vpc(CidrBlock="10.140.0.0/16")["Vpc"]["VpcId"]
    aws("ec2").create_subnet(VpcId=found["wide"], CidrBlock="10.140.0.0/24")
    found |= routed(aws)
    for kind, network in (("group", vpc), ("stranger", other)):
        given = {"GroupName": name(kind), "Description": "refused", "VpcId": network}
        found[kind] = aws("ec2").create_security_group(**given)["GroupId"]
    aws("ec2").authorize_security_group_ingress(
        GroupId=found["group"], IpPermissions=[ingress("192.168.0.0/16")]
    )
    found["rule"] = rule["Rules"][0]["RuleArn"]
    return found


def routed(aws: Client) -> World:
    """A route table with a route, a gateway of no network, and a network ACL with twenty entries."""
    ec2 = aws("ec2")
    network = ec2.create_vpc(CidrBlock="10.138.0.0/16")["Vpc"]["VpcId"]
    table = ec2.create_route_table(VpcId=network)["RouteTable"]["RouteTableId"]
    own = attached(aws, network)
    _, _, given = route("10.200.0.0/16", RouteTableId=table, GatewayId=own)
    for _ in range(2):  # the second is answered as made, and is not
        ec2.create_route(**given)
    loose = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    acl = ec2.create_network_acl(VpcId=network)["NetworkAcl"]["NetworkAclId"]
    for number in range(1, 21):
        _, _, given = entry(number=number, NetworkAclId=acl)
        ec2.create_network_acl_entry(**given)
    return {"table": table, "own": own, "loose": loose, "acl": acl}


def filled(value: Any, world: World) -> Any:
    """What is given, with the world's ids."""
    if isinstance(value, str) and value.startswith("$"):
        return world[value[1:]]
    if isinstance(value, (list, tuple)):
        return [filled(entry, world) for entry in value]
    if isinstance(value, dict):
        return {key: filled(entry, world) for key, entry in value.items()}
    return value


def path(*values: str) -> Given:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


def balancer(**options: Any) -> tuple[str, str, Given]:
    return "elbv2", "create_load_balancer", {"Name": name("lb"), "Subnets": ["$a", "$b"], **options}


def listener(**options: Any) -> tuple[str, str, Given]:
    given = {"LoadBalancerArn": "$balancer", "Port": 81, "Protocol": "HTTP", "DefaultActions": [FIXED]}
    return "elbv2", "create_listener", given | options


def rule(**options: Any) -> tuple[str, str, Given]:
    given = {"ListenerArn": "$listener", "Priority": 9, "Conditions": [path("/b")], "Actions": [FIXED]}
    return "elbv2", "create_rule", given | options


def targets(**options: Any) -> tuple[str, str, Given]:
    given = {"Name": name("tg"), "Protocol": "HTTP", "Port": 80, "VpcId": "$vpc", "TargetType": "ip"}
    return "elbv2", "create_target_group", given | options


def attribute(kind: str, key: str, value: str) -> tuple[str, str, Given]:
    of = {"load_balancer": "$balancer", "target_group": "$targets"}[kind]
    field = f"{kind.title().replace('_', '')}Arn"
    return "elbv2", f"modify_{kind}_attributes", {field: of, "Attributes": [{"Key": key, "Value": value}]}


NOWHERE = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/none/0123456789abcdef"
FORWARD = {"Type": "forward", "TargetGroupArn": NOWHERE}
CERTIFICATE = [{"CertificateArn": "arn:aws:iam::000000000000:server-certificate/x"}]
INVALID = "ValidationError"

BALANCING: dict[str, Case] = {
    "balancer-alone": (*balancer(Subnets=["$a"]), INVALID, "At least two subnets in two different"),
    "balancer-left-alone": (
        "elbv2",
        "set_subnets",
        {"LoadBalancerArn": "$balancer", "Subnets": ["$b"]},
        INVALID,
        "At least two subnets in two different Availability Zones must be specified",
    ),
    "balancer-no-gateway": (
        *balancer(Subnets=["$elsewhere", "$elsewhere-too"]),
        "InvalidSubnet",
        "has no internet gateway",
    ),
    "balancer-twin": (
        *balancer(Subnets=["$a", "$twin"]),
        "InvalidConfigurationRequest",
        "multiple subnets in the same Availability Zone",
    ),
    "balancer-networks": (
        *balancer(Subnets=["$a", "$elsewhere"]),
        "InvalidConfigurationRequest",
        "must belong to the same VPC",
    ),
    "balancer-subnet": (
        *balancer(Subnets=["$a", "subnet-0123456789abcdef0"]),
        "SubnetNotFound",
        "The subnet ID 'subnet-0123456789abcdef0' does not exist",
    ),
    "balancer-group": (
        *balancer(SecurityGroups=["sg-0123456789abcdef0"]),
        "InvalidSecurityGroup",
        "Security group 'sg-0123456789abcdef0' does not exist",
    ),
    "balancer-moved": (
        "elbv2",
        "set_subnets",
        {"LoadBalancerArn": "$balancer", "Subnets": ["$a", "$twin"]},
        "InvalidConfigurationRequest",
        "multiple subnets in the same Availability Zone",
    ),
    "balancer-groups": (
        "elbv2",
        "set_security_groups",
        {"LoadBalancerArn": "$balancer", "SecurityGroups": ["sg-0123456789abcdef0"]},
        "InvalidSecurityGroup",
        "does not exist",
    ),
    "balancer-attribute": (
        *attribute("load_balancer", "idle_time", "60"),
        INVALID,
        "Load balancer attribute key 'idle_time' is not recognized",
    ),
    "balancer-idle": (
        *attribute("load_balancer", "idle_timeout.timeout_seconds", "4001"),
        INVALID,
        "must be between '1' and '4000'",
    ),
    "listener-port": (
        *listener(Port=80, DefaultActions=[{**FIXED, "FixedResponseConfig": {"StatusCode": "201"}}]),
        "DuplicateListener",
        "A listener already exists on this port for this load balancer",
    ),
    "listener-certificate": (
        *listener(Port=443, Protocol="HTTPS"),
        INVALID,
        "A certificate must be specified for HTTPS listeners",
    ),
    "listener-moved": (
        "elbv2",
        "modify_listener",
        {"ListenerArn": "$listener", "Port": 8080},
        "DuplicateListener",
        "A listener already exists on this port for this load balancer",
    ),
    "listener-becomes-https": (
        "elbv2",
        "modify_listener",
        {"ListenerArn": "$listener", "Protocol": "HTTPS"},
        INVALID,
        "A certificate must be specified for HTTPS listeners",
    ),
    "listener-policy": (
        *listener(Port=443, Protocol="HTTPS", Certificates=CERTIFICATE, SslPolicy="ELBSecurityPolicy-2099"),
        "SSLPolicyNotFound",
        "SSL policy 'ELBSecurityPolicy-2099' not found",
    ),
    "listener-targets": (
        *listener(DefaultActions=[FORWARD]),
        "TargetGroupNotFound",
        f"Target groups '{NOWHERE}' not found",
    ),
    "rule-targets": (*rule(Actions=[FORWARD]), "TargetGroupNotFound", "not found"),
    "rule-targets-later": (
        "elbv2",
        "modify_rule",
        {"RuleArn": "$rule", "Actions": [FORWARD]},
        "TargetGroupNotFound",
        "not found",
    ),
    "rule-priority": (*rule(Priority=7), "PriorityInUse", "Priority '7' is currently in use"),
    "rule-conditions": (*rule(Conditions=[]), INVALID, "A condition must be specified"),
    "rule-values": (
        *rule(Conditions=[path("/1", "/2", "/3"), path("/4", "/5", "/6")]),
        INVALID,
        "A rule can only have '5' condition values",
    ),
    "rule-path": (*rule(Conditions=[path("/" * 129)]), INVALID, "'128' characters"),
    "targets-time": (
        *targets(HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=10),
        INVALID,
        "Health check interval must be greater than the timeout.",
    ),
    "targets-time-later": (
        "elbv2",
        "modify_target_group",
        {"TargetGroupArn": "$targets", "HealthCheckTimeoutSeconds": 30},
        INVALID,
        "Health check interval must be greater than the timeout.",
    ),
    "targets-path": (*targets(HealthCheckPath="health"), INVALID, "must begin with a '/' character"),
    "targets-matcher": (*targets(Matcher={"HttpCode": "2xx"}), INVALID, "'200-499' inclusive"),
    "targets-code": (*targets(Matcher={"HttpCode": "200-500"}), INVALID, "'200-499' inclusive"),
    "targets-network": (
        *targets(VpcId="vpc-0123456789abcdef0"),
        INVALID,
        "The VPC ID 'vpc-0123456789abcdef0' is not found",
    ),
    "targets-attribute": (
        *attribute("target_group", "slow_start", "30"),
        INVALID,
        "Target group attribute key 'slow_start' is not recognized",
    ),
    "targets-delay": (
        *attribute("target_group", "deregistration_delay.timeout_seconds", "3601"),
        INVALID,
        "must be between '0' and '3600'",
    ),
}


def ingress(cidr: str = "10.0.0.0/8", protocol: str = "tcp", **options: Any) -> Given:
    ports = {"FromPort": 22, "ToPort": 22}
    return {"IpProtocol": protocol, **ports, "IpRanges": [{"CidrIp": cidr}], **options}


def authorized(*rules: Given) -> tuple[str, str, Given]:
    return "ec2", "authorize_security_group_ingress", {"GroupId": "$group", "IpPermissions": list(rules)}


def described(text: str) -> tuple[str, str, Given]:
    return authorized(ingress(IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": text}]))


def from_group(group: str) -> tuple[str, str, Given]:
    return authorized(ingress(IpRanges=[], UserIdGroupPairs=[{"GroupId": group}]))


def group(**options: Any) -> tuple[str, str, Given]:
    given = {"GroupName": name("group"), "Description": "x", "VpcId": "$vpc"}
    return "ec2", "create_security_group", given | options


VALUE = "InvalidParameterValue"
VALID = (
    "Valid descriptions are strings less than 256 characters from the following set:  "
    "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
)

GROUPS: dict[str, Case] = {
    "group-name": (*group(GroupName="sg-x"), VALUE, "Group names may not be in the format sg-*"),
    "group-default": (*group(GroupName="default"), VALUE, "Cannot use reserved security group name: default"),
    "group-long": (*group(GroupName="g" * 256), VALUE, "Invalid security group name"),
    "group-description": (*group(Description="it's"), VALUE, f"Invalid security group description. {VALID}"),
    "group-network": (
        *group(VpcId="vpc-0123456789abcdef0"),
        "InvalidVpcID.NotFound",
        "The vpc ID 'vpc-0123456789abcdef0' does not exist",
    ),
    "rule-duplicate": (
        *authorized(ingress("192.168.0.0/16")),
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 192.168.0.0/16, TCP, from port: 22, to port: 22, ALLOW" already exists',
    ),
    "rule-duplicate-spelt-otherwise": (
        *authorized(ingress("192.168.3.4/16", "6")),
        "InvalidPermission.Duplicate",
        "already exists",
    ),
    "rule-duplicate-flat": (
        "ec2",
        "authorize_security_group_ingress",
        {"GroupId": "$group", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "192.168.0.0/16"},
        "InvalidPermission.Duplicate",
        "already exists",
    ),
    "rule-duplicate-egress": (
        "ec2",
        "authorize_security_group_egress",
        {"GroupId": "$group", "IpPermissions": [ingress("0.0.0.0/0", "-1")]},
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists',
    ),
    "rule-twice": (
        *authorized(ingress(), ingress()),
        VALUE,
        "The same permission must not appear multiple times",
    ),
    "rule-reversed": (
        *authorized(ingress(FromPort=80, ToPort=79)),
        VALUE,
        "Invalid TCP/UDP port range (80:79)",
    ),
    "rule-port": (*authorized(ingress(ToPort=65536)), VALUE, "TCP/UDP port (65536) out of range"),
    "rule-ports": (
        *authorized({"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}),
        VALUE,
        "Must specify both from and to ports with TCP/UDP.",
    ),
    "rule-cidr": (*authorized(ingress("here")), VALUE, "CIDR block here is malformed"),
    "rule-address": (*authorized(ingress("10.0.0.1")), VALUE, "CIDR block 10.0.0.1 is malformed"),
    "rule-prefix": (*authorized(ingress("10.0.0.0/33")), VALUE, "CIDR block 10.0.0.0/33 is malformed"),
    "rule-version": (*authorized(ingress("::/0")), VALUE, "CIDR block ::/0 is malformed"),
    "rule-protocol": (
        *authorized(ingress(protocol="http")),
        VALUE,
        "Invalid value 'http' for IP protocol. Unknown protocol.",
    ),
    "rule-source": (
        *from_group("sg-0123456789abcdef0"),
        "InvalidGroup.NotFound",
        "The security group 'sg-0123456789abcdef0' does not exist",
    ),
    "rule-source-elsewhere": (
        *from_group("$stranger"),
        "InvalidGroup.NotFound",
        "You have specified two resources that belong to different networks.",
    ),
    "rule-description": (*described("it's"), VALUE, f"Invalid rule description. {VALID}"),
    "rule-long-description": (*described("x" * 256), VALUE, "Invalid rule description."),
    "rule-sixty": (
        *authorized(*(ingress(f"10.1.{number}.0/24") for number in range(60))),
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    ),
    "rule-absent": (
        "ec2",
        "revoke_security_group_ingress",
        {"GroupId": "$group", "IpPermissions": [ingress("10.99.0.0/16")]},
        "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.",
    ),
    "rule-absent-egress": (
        "ec2",
        "revoke_security_group_egress",
        {"GroupId": "$group", "IpPermissions": [{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]},
        "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.",
    ),
}


def vpc(cidr: str) -> tuple[str, str, Given]:
    return "ec2", "create_vpc", {"CidrBlock": cidr}


def subnet(cidr: str, **options: Any) -> tuple[str, str, Given]:
    return "ec2", "create_subnet", {"VpcId": "$wide", "CidrBlock": cidr, **options}


RANGES: dict[str, Case] = {
    **{
        f"vpc-{cidr}": (*vpc(cidr), "InvalidVpc.Range", f"The CIDR '{cidr}' is invalid.")
        for cidr in ("10.0.0.0/15", "10.0.0.0/29", "127.0.0.0/16", "169.254.1.0/24", "224.0.0.0/16")
    }
    | {
        f"vpc-{cidr}": (*vpc(cidr), "InvalidVpc.Range", "is invalid")
        for cidr in ("239.0.0.0/16", "0.0.0.0/16")
    },
    "vpc-none": (
        *vpc("10.0.0.0"),
        VALUE,
        "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
    ),
    "subnet-overlaps": (
        *subnet("10.140.0.128/25"),
        "InvalidSubnet.Conflict",
        "The CIDR '10.140.0.128/25' conflicts with another subnet",
    ),
    "subnet-outside": (
        *subnet("10.141.1.0/24"),
        "InvalidSubnet.Range",
        "The CIDR '10.141.1.0/24' is invalid.",
    ),
    "subnet-wider": (*subnet("10.140.0.0/15"), "InvalidSubnet.Range", "is invalid"),
    "subnet-narrow": (*subnet("10.140.1.0/29"), "InvalidSubnet.Range", "is invalid"),
    "subnet-none": (*subnet("10.140.1.0/x"), VALUE, "This is not a valid CIDR block."),
    "subnet-zone": (
        *subnet("10.140.1.0/24", AvailabilityZone="us-east-1g"),
        VALUE,
        "in the following availability zones: us-east-1a, us-east-1b, us-east-1c, us-east-1d,",
    ),
    "subnet-network": (
        *subnet("10.140.1.0/24", VpcId="vpc-0123456789abcdef0"),
        "InvalidVpcID.NotFound",
        "The vpc ID 'vpc-0123456789abcdef0' does not exist",
    ),
}


def route(cidr: str = "172.16.0.0/12", **options: Any) -> tuple[str, str, Given]:
    return "ec2", "create_route", {"RouteTableId": "$table", "DestinationCidrBlock": cidr, **options}


def gateway(operation: str, **options: Any) -> tuple[str, str, Given]:
    return (
        "ec2",
        f"{operation}_internet_gateway",
        {"InternetGatewayId": "$gateway", "VpcId": "$vpc", **options},
    )


def entry(operation: str = "create", number: int = 200, **options: Any) -> tuple[str, str, Given]:
    given = {"NetworkAclId": "$acl", "RuleNumber": number, "Egress": False, "Protocol": "6"}
    whole = {**given, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 1, "To": 2}}
    return "ec2", f"{operation}_network_acl_entry", whole | options


def endpoint_of(service: str, **options: Any) -> tuple[str, str, Given]:
    given = {"VpcId": "$vpc", "VpcEndpointType": "Interface", "ServiceName": service, "SubnetIds": ["$a"]}
    return "ec2", "create_vpc_endpoint", given | options


MORE_SPECIFIC = "is equal to or more specific than one of this VPC's CIDR blocks."
SSM = "com.amazonaws.us-east-1.ssm"

ROUTES: dict[str, Case] = {
    "route-again": (
        *route("10.200.0.0/16", NatGatewayId="nat-1"),
        "RouteAlreadyExists",
        "The route identified by 10.200.0.0/16 already exists.",
    ),
    "route-own": (*route("10.138.0.0/16", GatewayId="$gateway"), VALUE, MORE_SPECIFIC),
    "route-within": (*route("10.138.5.0/24", NatGatewayId="nat-1"), VALUE, MORE_SPECIFIC),
    "route-none": (
        *route("there", GatewayId="$gateway"),
        VALUE,
        "Value (there) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.",
    ),
    "route-elsewhere": (
        *route(GatewayId="$gateway"),
        VALUE,
        "belong to different networks",
    ),
    "route-loose": (*route(GatewayId="$loose"), VALUE, "belong to different networks"),
    "route-gateway": (
        *route(GatewayId="igw-0123456789abcdef0"),
        "InvalidGatewayID.NotFound",
        "The gateway ID 'igw-0123456789abcdef0' does not exist",
    ),
    "route-nat": (
        *route(NatGatewayId="nat-0123456789abcdef0"),
        "InvalidNatGatewayID.NotFound",
        "The natGateway ID 'nat-0123456789abcdef0' does not exist",
    ),
    "route-interface": (
        *route(NetworkInterfaceId="eni-0123456789abcdef0"),
        "InvalidNetworkInterfaceID.NotFound",
        "The networkInterface ID 'eni-0123456789abcdef0' does not exist",
    ),
    "gateway-second": (
        *gateway("attach", InternetGatewayId="$loose"),
        VALUE,
        "already has an internet gateway attached",
    ),
    "gateway-taken": (*gateway("attach", VpcId="$other"), "Resource.AlreadyAssociated", "already attached"),
    "gateway-nowhere": (
        *gateway("attach", InternetGatewayId="$loose", VpcId="vpc-0123456789abcdef0"),
        "InvalidVpcID.NotFound",
        "The vpc ID 'vpc-0123456789abcdef0' does not exist",
    ),
    "gateway-loose": (
        *gateway("detach", InternetGatewayId="$loose"),
        "Gateway.NotAttached",
        "is not attached to network",
    ),
    "gateway-absent": (
        *gateway("detach", InternetGatewayId="igw-0123456789abcdef0"),
        "InvalidInternetGatewayID.NotFound",
        "does not exist",
    ),
    "entry-zero": (*entry(number=0), VALUE, "Value (0) for parameter ruleNumber is invalid."),
    "entry-last": (*entry(number=32767), VALUE, "Value (32767) for parameter ruleNumber is invalid."),
    "entry-range": (*entry(CidrBlock="0.0.0.0/33"), VALUE, "This is not a valid CIDR block."),
    "entry-again": (
        *entry(number=1),
        "NetworkAclEntryAlreadyExists",
        "The network acl entry identified by 1 already exists.",
    ),
    "entry-many": (
        *entry(),
        "NetworkAclEntryLimitExceeded",
        "The maximum number of network acl entries has been reached.",
    ),
    "entry-absent": (
        *entry("replace"),
        "InvalidNetworkAclEntry.NotFound",
        "The network acl entry identified by 200 does not exist.",
    ),
    "entry-gone": (
        "ec2",
        "delete_network_acl_entry",
        {"NetworkAclId": "$acl", "RuleNumber": 1, "Egress": True},
        "InvalidNetworkAclEntry.NotFound",
        "The network acl entry identified by 1 does not exist.",
    ),
    "endpoint-service": (
        *endpoint_of("com.amazonaws.us-east-1.nothing"),
        "InvalidServiceName",
        "The Vpc Endpoint Service 'com.amazonaws.us-east-1.nothing' does not exist",
    ),
    "endpoint-region": (*endpoint_of("com.amazonaws.eu-west-1.ssm"), "InvalidServiceName", "does not exist"),
    "endpoint-subnet": (
        *endpoint_of(SSM, SubnetIds=["subnet-0123456789abcdef0"]),
        "InvalidSubnetId.NotFound",
        "The subnet ID 'subnet-0123456789abcdef0' does not exist",
    ),
    "endpoint-group": (
        *endpoint_of(SSM, SecurityGroupIds=["sg-0123456789abcdef0"]),
        "InvalidSecurityGroupId.NotFound",
        "does not exist",
    ),
    "endpoint-names": (
        *endpoint_of(SSM, PrivateDnsEnabled=True),
        "InvalidParameter",
        "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to",
    ),
    "endpoint-twin": (
        *endpoint_of(SSM, SubnetIds=["$a", "$twin"]),
        "DuplicateSubnetsInSameZone",
        "same availability zone",
    ),
}
REFUSED: dict[str, Case] = {**BALANCING, **GROUPS, **RANGES, **ROUTES}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_code_and_words_of_aws(unchecked: Client, world: World, case: str) -> None:
    service, operation, given, code, words = REFUSED[case]
    with pytest.raises(ClientError) as refusal:
        getattr(unchecked(service), operation)(**filled(given, world))
    error = refusal.value.response["Error"]
    assert error["Code"] == code
    assert words in error["Message"]


def test_the_same_listener_is_answered_again(aws: Client, world: World) -> None:
    elb = aws("elbv2")
    again = elb.create_listener(
        LoadBalancerArn=world["balancer"], Port=80, Protocol="HTTP", DefaultActions=[FIXED]
    )
    assert [entry["ListenerArn"] for entry in again["Listeners"]] == [world["listener"]]
    listed = elb.describe_listeners(LoadBalancerArn=world["balancer"])["Listeners"]
    assert sorted(entry["Port"] for entry in listed) == [80, 8080]


def test_five_values_and_priorities_that_change_places_are_taken(aws: Client, world: World) -> None:
    five = path("/1", "/2", "/3", "/4", "/" * 128)
    given = filled(rule(Priority=8, Conditions=[five])[2], world)
    made = aws("elbv2").create_rule(**given)["Rules"][0]["RuleArn"]
    swapped = [{"RuleArn": world["rule"], "Priority": 8}, {"RuleArn": made, "Priority": 7}]
    aws("elbv2").set_rule_priorities(RulePriorities=swapped)
    with pytest.raises(ClientError, match="Priority '8' is currently in use"):
        aws("elbv2").set_rule_priorities(RulePriorities=[{"RuleArn": made, "Priority": 8}])
    aws("elbv2").delete_rule(RuleArn=made)
    aws("elbv2").set_rule_priorities(RulePriorities=[{"RuleArn": world["rule"], "Priority": 7}])


def test_rules_that_aws_takes_are_taken(aws: Client, world: World) -> None:
    ec2, key = aws("ec2"), {"GroupId": world["group"]}
    text = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
    ranges = [
        {"CidrIp": "10.2.0.0/16", "Description": text},
        {"CidrIp": "10.3.0.0/16", "Description": "x" * 255},
    ]
    taken = [
        ingress(IpRanges=ranges),
        ingress(IpRanges=[], Ipv6Ranges=[{"CidrIpv6": "::/0"}]),
        ingress(IpRanges=[], UserIdGroupPairs=[key]),
        ingress("10.4.0.0/16", "udp", FromPort=0, ToPort=65535),
        ingress("10.4.0.0/16", "icmp", FromPort=-1, ToPort=-1),
        ingress("10.4.0.0/16", "50"),
        *(ingress(f"10.5.{number}.0/24") for number in range(50)),
    ]
    ec2.authorize_security_group_ingress(**key, IpPermissions=taken)
    ec2.revoke_security_group_ingress(**key, IpPermissions=taken)
    ec2.revoke_security_group_egress(**key, IpPermissions=[ingress("0.0.0.0/0", "-1", FromPort=0, ToPort=0)])
    ec2.authorize_security_group_egress(**key, IpPermissions=[ingress("0.0.0.0/0", "-1")])


def test_the_widest_and_the_narrowest_range_are_taken(aws: Client) -> None:
    ec2 = aws("ec2")
    made = ec2.create_vpc(CidrBlock="10.139.0.0/16")["Vpc"]["VpcId"]
    ec2.create_subnet(VpcId=made, CidrBlock="10.139.0.0/28", AvailabilityZone=f"{REGION}f")
    ec2.create_subnet(VpcId=made, CidrBlock="10.139.0.16/28")
    other = ec2.create_vpc(CidrBlock="10.139.0.0/28")["Vpc"]["VpcId"]
    ec2.create_subnet(VpcId=other, CidrBlock="10.139.0.0/28")


def test_a_route_that_is_there_already_is_answered_as_made(aws: Client, world: World) -> None:
    (table,) = aws("ec2").describe_route_tables(RouteTableIds=[world["table"]])["RouteTables"]
    found = [one["GatewayId"] for one in table["Routes"] if one["DestinationCidrBlock"] == "10.200.0.0/16"]
    assert found == [world["own"]]


def test_entries_outward_count_for_themselves(aws: Client, world: World) -> None:
    _, _, given = filled(entry(number=1, Egress=True), world)
    aws("ec2").create_network_acl_entry(**given)
    aws("ec2").replace_network_acl_entry(**given)
    aws("ec2").delete_network_acl_entry(NetworkAclId=world["acl"], RuleNumber=1, Egress=True)


@pytest.mark.parametrize("service", ["ecr.api", "ecr.dkr", "logs", "ssm", "ssmmessages", "monitoring", "kms"])
def test_services_that_have_endpoints_are_taken(aws: Client, world: World, service: str) -> None:
    _, operation, given = filled(endpoint_of(f"com.amazonaws.us-east-1.{service}"), world)
    getattr(aws("ec2"), operation)(**given)


def test_an_internal_load_balancer_needs_no_gateway(aws: Client, world: World) -> None:
    _, operation, given = filled(balancer(Subnets=["$elsewhere", "$elsewhere-too"], Scheme="internal"), world)
    getattr(aws("elbv2"), operation)(**given)


def test_private_names_are_taken_where_the_network_resolves_them(aws: Client) -> None:
    ec2, (vpc, subnets) = aws("ec2"), a_network(aws)
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    ec2.create_vpc_endpoint(
        VpcId=vpc, VpcEndpointType="Interface", ServiceName=SSM, SubnetIds=subnets[:1], PrivateDnsEnabled=True
    )
