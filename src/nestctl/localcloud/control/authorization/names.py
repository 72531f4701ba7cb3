"""The ARNs that a request names, from its parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from nestctl.localcloud.control.authorization import attached
from nestctl.localcloud.control.types import Call

ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]*:[a-z0-9-]*:\d*:[^\s{}\"]+")

EC2_TYPES = {
    "acl": "network-acl",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eipassoc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""First parts of EC2's identifiers, and the resource types that they are of."""

EC2_ID = re.compile(r"([a-z]+)-[0-9a-f]{8,17}")
NOT_TARGETS = ("IpPermissions.", "Filter.", "ClientToken")
"""Fields of EC2's requests that refer to something without acting on it."""

# Parameter names and what they stand for, by service. A slash or colon ends what AWS fixes.
NAMED: Mapping[str, Mapping[str, str]] = {
    "cloudtrail": {"Name": "trail/{}", "TrailName": "trail/{}"},
    "ecr": {"repositoryName": "repository/{}", "repositoryNames": "repository/{}"},
    "elasticache": {
        "CacheClusterId": "cluster:{}",
        "CacheParameterGroupName": "parametergroup:{}",
        "CacheSubnetGroupName": "subnetgroup:{}",
        "FinalSnapshotIdentifier": "snapshot:{}",
        "ReplicationGroupId": "replicationgroup:{}",
        "SnapshotName": "snapshot:{}",
    },
    "logs": {
        "logGroupIdentifier": "log-group:{}",
        "logGroupIdentifiers": "log-group:{}",
        "logGroupName": "log-group:{}",
    },
    "rds": {
        "DBInstanceIdentifier": "db:{}",
        "DBParameterGroupName": "pg:{}",
        "DBSnapshotIdentifier": "snapshot:{}",
        "DBSubnetGroupName": "subgrp:{}",
        "FinalDBSnapshotIdentifier": "snapshot:{}",
        "OptionGroupName": "og:{}",
    },
    "secretsmanager": {"Name": "secret:{}-*", "SecretId": "secret:{}-*"},
}

ECS_NAMES = {
    "cluster": "cluster/{}",
    "clusterName": "cluster/{}",
    "clusters": "cluster/{}",
    "family": "task-definition/{}",
    "service": "service/{cluster}/{}",
    "serviceName": "service/{cluster}/{}",
    "services": "service/{cluster}/{}",
    "task": "task/{cluster}/{}",
    "taskDefinition": "task-definition/{}",
    "tasks": "task/{cluster}/{}",
}

CLOUDFRONT_FOLDERS = ("distribution", "origin-access-control", "response-headers-policy", "cache-policy")
PATH_NAME = 4

LOOKS_UP_WEB_ACL = "GetWebACLForResource"
"""Names a load balancer, and is about its web ACL, where it has one."""

PUBLIC_PARAMETERS = "/aws/service/"
"""AWS's own parameters, which belong to no account (Systems Manager user guide, "Working with public
parameters")."""


class Place:
    """Where the requests of a call go: fills region and account into ARNs."""

    def __init__(self, call: Call, account: str) -> None:
        self.region = call.region
        self.account = account

    def arn(self, service: str, resource: str) -> str:
        """Return a regional ARN."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def everywhere(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of a service without regions."""
        return f"arn:aws:{service}::{self.account}:{resource}"


def named(call: Call, account: str) -> list[str]:
    """Return every ARN that a request names, those that it only refers to among them."""
    place = Place(call, account)
    special = SPECIAL.get(call.service)
    found = list(special(call, place)) if special else []
    if call.service == "s3":  # whose body, where it is JSON, is the object itself
        return found
    for name, form in NAMED.get(call.service, {}).items():
        for value in _texts(call.params, name):
            found.append(value if ARN.fullmatch(value) else place.arn(call.service, form.format(value)))
    found += [text for text in _leaves(call.params) if ARN.fullmatch(text)]
    # REST services have the ARN of what is tagged in the path or in the query.
    found += [m[0] for text in (call.path, unquote(call.query)) if (m := ARN.search(text.replace("&", " ")))]
    return list(dict.fromkeys(found))


def _texts(params: Mapping[str, Any], name: str) -> list[str]:
    value = params.get(name)
    values = value if isinstance(value, list) else [value]
    return [v for v in values if isinstance(v, str) and v]


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


# ------------------------------------------------------------------ services whose names have more to them


def _ec2(call: Call, place: Place) -> Iterator[str]:
    for name, value in call.params.items():
        match = EC2_ID.fullmatch(value) if isinstance(value, str) else None
        if match and match[1] in EC2_TYPES and not name.startswith(NOT_TARGETS):
            own = attached.associated_address(value) if match[1] == "eipassoc" else ""
            yield place.arn("ec2", f"{EC2_TYPES[match[1]]}/{own or value}")


def _ecs(call: Call, place: Place) -> Iterator[str]:
    cluster = (_texts(call.params, "cluster") or ["default"])[0].rpartition("/")[2]
    for name, form in ECS_NAMES.items():
        for value in _texts(call.params, name):
            if ARN.fullmatch(value):
                continue
            whole = value if ":" in value or name not in ("taskDefinition", "family") else f"{value}:*"
            yield place.arn("ecs", form.format(whole, cluster=cluster))


def _balancers(call: Call, place: Place) -> Iterator[str]:
    kinds = {"CreateLoadBalancer": "loadbalancer/app/{}/*", "CreateTargetGroup": "targetgroup/{}/*"}
    if form := kinds.get(call.action):
        yield place.arn("elasticloadbalancing", form.format(call.params.get("Name", "*")))


def _iam(call: Call, place: Place) -> Iterator[str]:
    params = call.params
    path = str(params.get("Path", "/"))
    names = {"RoleName": "role", "UserName": "user"}
    if call.action.startswith("CreatePolicy") and "PolicyArn" not in params:
        names = {"PolicyName": "policy"}
    for name, kind in names.items():
        for value in _texts(params, name):
            yield place.everywhere("iam", f"{kind}{path}{value}")
    for value in _texts(params, "AWSServiceName"):
        yield place.everywhere("iam", f"role/aws-service-role/{value}/*")
    for value in _texts(params, "Url"):
        yield place.everywhere("iam", f"oidc-provider/{value.partition('://')[2]}")


def _kms(call: Call, place: Place) -> Iterator[str]:
    # An alias stands for its key, whose policy decides; where it is changed itself, it is a resource, too.
    for name in ("KeyId", "TargetKeyId", "AliasName"):
        for value in _texts(call.params, name):
            key = attached.key_of(value, place.region, place.account)
            if ":key/" in key:
                yield key
            if name == "AliasName" or ":key/" not in key:
                yield value if ARN.fullmatch(value) else place.arn("kms", value)


def _lambda(call: Call, place: Place) -> Iterator[str]:
    if tagged := re.search(r"/tags/(.+)", call.path):
        yield unquote(tagged[1])
        return
    match = re.search(r"/functions/([^/]+)(?:/aliases/([^/]+))?", call.path)
    name = unquote(match[1]) if match else str(call.params.get("FunctionName", ""))
    if not name:
        return
    if ARN.fullmatch(name):
        yield name
        return
    qualifier = parse_qs(call.query).get("Qualifier", [""])[0]
    yield place.arn("lambda", f"function:{name}" + (f":{qualifier}" if qualifier else ""))


def _logs(call: Call, place: Place) -> Iterator[str]:
    for group in _texts(call.params, "logGroupName"):
        for stream in _texts(call.params, "logStreamName"):
            yield place.arn("logs", f"log-group:{group}:log-stream:{stream}")
    for arn in _texts(call.params, "resourceArn"):
        yield arn.removesuffix(":*")


def _s3(call: Call, place: Place) -> Iterator[str]:  # noqa: ARG001 - one signature for all
    bucket, _, key = call.path.lstrip("/").partition("/")
    if call.action == "DeleteObjects":
        key = "*"
    if bucket:
        yield f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _scheduler(call: Call, place: Place) -> Iterator[str]:
    if match := re.fullmatch(r"/schedules/([^/]+)", call.path):
        group = parse_qs(call.query).get("groupName") or _texts(call.params, "GroupName") or ["default"]
        yield place.arn("scheduler", f"schedule/{group[0]}/{unquote(match[1])}")


def _ssm(call: Call, place: Place) -> Iterator[str]:
    for name in ("Name", "Names", "Path", "ResourceId"):
        for value in _texts(call.params, name):
            if value.startswith(PUBLIC_PARAMETERS):
                yield f"arn:aws:ssm:{place.region}::parameter{value}"
            elif not ARN.fullmatch(value):
                yield place.arn("ssm", f"parameter/{value.strip('/')}")


def _cloudfront(call: Call, place: Place) -> Iterator[str]:
    parts = call.path.split("/")
    if len(parts) >= PATH_NAME and parts[2] in CLOUDFRONT_FOLDERS:
        yield place.everywhere("cloudfront", f"{parts[2]}/{parts[3]}")
    yield from parse_qs(call.query).get("Resource", [])


def _events(call: Call, place: Place) -> Iterator[str]:
    bus = (_texts(call.params, "EventBusName") or ["default"])[0].rpartition("/")[2]
    for name in ("Name", "Rule"):
        for value in _texts(call.params, name) if "Rule" in call.action or "Target" in call.action else ():
            yield place.arn("events", f"rule/{value}" if bus == "default" else f"rule/{bus}/{value}")


def _wafv2(call: Call, place: Place) -> Iterator[str]:  # noqa: ARG001
    if call.action == LOOKS_UP_WEB_ACL and (tied := attached.web_acl_of(str(call.params.get("ResourceArn")))):
        yield tied


SPECIAL: Mapping[str, Callable[[Call, Place], Iterator[str]]] = {
    "cloudfront": _cloudfront,
    "ec2": _ec2,
    "ecs": _ecs,
    "elasticloadbalancing": _balancers,
    "events": _events,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "scheduler": _scheduler,
    "ssm": _ssm,
    "wafv2": _wafv2,
}
