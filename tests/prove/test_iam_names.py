"""The local cloud's authorizer finds the ARN that each permission of a deployment is scoped to.

Every action that a policy of the deploying identities allows on named resources is called, with parameters
made from botocore's model; what IAM would then be asked must be about a resource that the policy names.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.model import OperationModel, Shape
from ministack.services import waf

from nestctl.localcloud.control.authorization import actions
from nestctl.localcloud.control.authorization.requests import resources
from nestctl.localcloud.control.gateway import _call
from nestctl.localcloud.control.identify import identify, is_form, of_form, parse_form
from nestctl.localcloud.control.types import Call
from nestctl.policies import reference
from nestctl.policies.documents import Statement
from nestctl.prove.iam.principals import deploying
from nestctl.prove.roots import Plans
from nestctl.prove.stand_in import ACCOUNT_ID

REGION = "us-east-1"
NAME = "nest-staging-x"
STACK = "nest-staging"
CLIENTS = {"elasticloadbalancing": "elbv2", "tag": "resourcegroupstaggingapi"}
LEAST = 400
"""Operations that are looked at, roughly: far fewer would mean that they are not found."""

WITHOUT_OPERATION = {
    # Permissions that a call needs besides its own, and those that S3 asks for one version of an object.
    "iam:PassRole",
    "s3:DeleteObjectVersion",
    "s3:GetObjectVersion",
    # Of S3's other API, whose tags of a bucket are judged as the bucket's.
    "s3:ListTagsForResource",
    "s3:TagResource",
    "s3:UntagResource",
}

LISTS_ALL = {"DescribeBudgetNotificationsForAccount", "DescribeBudgets"}
"""Operations about everything, which need more than one resource."""

IDS = {
    "allocationid": "eipalloc",
    "associationid": "eipassoc",
    "egressonlyinternetgatewayid": "eigw",
    "flowlogids": "fl",
    "groupid": "sg",
    "imageid": "ami",
    "instanceid": "i",
    "instanceids": "i",
    "internetgatewayid": "igw",
    "natgatewayid": "nat",
    "networkaclid": "acl",
    "networkinterfaceid": "eni",
    "resourceid": "vpc",
    "resourceids": "vpc",
    "resources": "vpc",
    "routetableid": "rtb",
    "securitygroupruleid": "sgr",
    "subnetid": "subnet",
    "vpcendpointid": "vpce",
    "vpcendpointids": "vpce",
    "vpcid": "vpc",
}
"""First parts of EC2's identifiers by the parameter's name."""

NAMES = {
    "accountid": ACCOUNT_ID,
    "aliasname": f"alias/{STACK}",
    "awsservicename": "rds.amazonaws.com",
    "backupvaultname": STACK,
    "functionname": STACK,
    "keyid": "01234567-89ab-cdef-0123-456789abcdef",
    "loggroupname": f"/aws/lambda/{NAME}",
    "targetkeyid": "01234567-89ab-cdef-0123-456789abcdef",
    "url": "https://token.actions.githubusercontent.com",
}
FILLERS = ("x", "x/1", "x:1", "x/1/2/3", "distribution/x")
"""What a policy's wildcard may stand for in an ARN."""

LEFT_OUT = {"DryRun", "Filters", "Marker", "MaxResults", "NextToken", "TagSpecifications", "Tags", "tags"}
DEEP = 3


@pytest.fixture(scope="module")
def scoped(plans: Plans) -> dict[str, list[Statement]]:
    """Actions that are allowed on named resources only, and the statements."""
    found: dict[str, list[Statement]] = {}
    wide: set[str] = set()
    for principal in deploying(plans):
        for policy in principal.policies:
            for statement in policy:
                if not statement.allows:
                    continue
                for pattern in statement.actions:
                    for action in reference.expand(pattern):
                        if "*" in statement.resources:
                            wide.add(action)
                        found.setdefault(action, []).append(statement)
    return {action: statements for action, statements in found.items() if action not in wide}


@functools.cache
def _client(service: str) -> Any:
    make: Any = boto3.client
    return make(
        service,
        region_name=REGION,
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="AKIA",
        aws_secret_access_key="x",
        config=Config(s3={"addressing_style": "path"}, parameter_validation=False, inject_host_prefix=False),
    )


def operations(action: str) -> Iterator[OperationModel]:
    """The API operations that need an action."""
    prefix = action.partition(":")[0]
    model = _client(CLIENTS.get(prefix, prefix)).meta.service_model
    for operation in model.operation_names:
        plain = Call(model.signing_name, operation, REGION, "POST", "/", "", {}, b"", {})
        if actions.action(plain).lower() == action.lower():
            yield model.operation_model(operation)


class _StoppedError(Exception):
    """The request is made, and must not leave."""


def captured(action: str, model: OperationModel, resource: str, filler: str) -> Call:
    """What the gateway makes of a call that names a resource."""
    service = CLIENTS.get(action.partition(":")[0], action.partition(":")[0])
    client = _client(service)
    found: list[Any] = []

    def keep(request: Any, **_: Any) -> None:
        found.append(request)
        raise _StoppedError

    client.meta.events.register("before-send", keep)
    try:
        name = resource.rpartition("/")[2].rpartition(":")[2].replace("*", filler)
        sampler = _Sampler(resource.replace("*", filler), name if "nest" in name else NAME)
        parameters = sampler.sample(model.input_shape, "", 0) if model.input_shape else {}
        with pytest.raises(_StoppedError):
            getattr(client, xform_name(model.name))(**parameters)
    finally:
        client.meta.events.unregister("before-send", keep)
    request = found[0]
    url = urlsplit(request.url)
    headers = {
        name.lower(): v.decode() if isinstance(v, bytes) else str(v) for name, v in request.headers.items()
    }
    path = unquote(url.path)
    who = identify(request.method, path, url.query, headers)
    # Botocore sends the slash that some models end in, and other SDKs do not.
    bare = path.rstrip("/") or "/"
    assert identify(request.method, bare, url.query, headers) == who, model.name
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    form = parse_form(body) if is_form(headers) and who.service != "s3" else {}
    who = of_form(who, form) if form else who
    return _call({"method": request.method, "path": bare}, who, url.query, headers, body, form)


class _Sampler:
    """Makes parameters from a model, so that they name one resource."""

    def __init__(self, arn: str, name: str) -> None:
        self._arn = arn
        self._name = name

    def sample(self, shape: Shape, name: str, depth: int) -> Any:
        kind = shape.type_name
        if kind == "structure":
            members = shape.members.items() if depth < DEEP else ()
            return {
                key: self.sample(member, key, depth + 1) for key, member in members if key not in LEFT_OUT
            }
        if kind == "list":
            return [self.sample(shape.member, name, depth + 1)]
        plain = {"map": {}, "blob": b"x", "boolean": False, "timestamp": 0, "float": 1.0, "double": 1.0}
        return plain.get(kind, 1) if kind != "string" else self._word(shape, name.lower())

    def _word(self, shape: Shape, name: str) -> str:
        service, resource = self._arn.split(":", 5)[2], self._arn.split(":", 5)[-1]
        if service == "s3" and name in ("bucket", "key"):
            bucket, _, key = resource.partition("/")
            return bucket if name == "bucket" else key or "x"
        if service == "ec2" and name in IDS:
            return f"{IDS[name]}-0123456789abcdef0"
        if service == "ssm":
            return resource.removeprefix("parameter")
        # What has no name but its ARN is one that the policy names.
        if name.endswith(("arn", "arns")) or name in (
            "resource",
            "resourceid",
            "resourceidentifier",
            "resourceidlist",
            "resourcename",
        ):
            return self._arn
        if enum := getattr(shape, "enum", None):
            return "REGIONAL" if "REGIONAL" in enum else str(enum[0])
        return NAMES.get(name, self._name)


def resolved(action: str, model: OperationModel, statements: list[Statement]) -> tuple[bool, list[str]]:
    """Whether some call of an operation is judged on a resource that the policies name; the last tried."""
    asked: list[str] = []
    for statement in statements:
        for resource in statement.resources:
            for filler in FILLERS:
                asked = resources(captured(action, model, resource, filler), action, ACCOUNT_ID)
                if any(s.is_about(action, arn) for s in statements for arn in asked):
                    return True, asked
    return False, asked


def test_a_public_parameter_belongs_to_no_account() -> None:
    """The deploying role may read the image of the NAT instance there, and its own stack's parameters."""
    public = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"

    def asked(name: str) -> list[str]:
        call = Call("ssm", "GetParameter", REGION, "POST", "/", "", {}, b"", {"Name": name})
        return resources(call, "ssm:GetParameter", ACCOUNT_ID)

    assert asked(public) == [f"arn:aws:ssm:{REGION}::parameter{public}"]
    assert asked("/nest/staging/X") == [f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:parameter/nest/staging/X"]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "action", "expected"),
    [
        ("rds", "CreateDBProxy", {"DBProxyName": NAME}, "rds:AddTagsToResource", "db-proxy:*"),
        (
            *("rds", "DeregisterDBProxyTargets"),
            {"DBProxyName": NAME, "DBInstanceIdentifiers.member.1": NAME},
            *("rds:DeregisterDBProxyTargets", f"cluster:* db:{NAME} db-proxy:* target-group:*"),
        ),
        ("rds", "CreateDBInstance", {"DBInstanceIdentifier": NAME}, "rds:AddTagsToResource", f"db:{NAME}"),
    ],
)
def test_what_a_call_is_about_is_told_by_its_name_and_parameters(
    service: str, operation: str, parameters: dict[str, str], action: str, expected: str
) -> None:
    call = Call(service, operation, REGION, "POST", "/", "", {}, b"", parameters)
    wanted = {f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{resource}" for resource in expected.split()}
    assert set(resources(call, action, ACCOUNT_ID)) == wanted


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [("i", "instance"), ("vol", "volume"), ("nat", "natgateway"), ("sg", "security-group")],
)
def test_what_of_ec2_is_tagged_is_told_by_its_id(prefix: str, kind: str) -> None:
    """Terraform tags the disk of an instance after it is made, and only logs it when that is refused."""
    id_ = f"{prefix}-0123456789abcdef0"
    parameters = {"ResourceId.1": id_, "Tag.1.Key": "Name", "Tag.1.Value": "x"}
    call = Call("ec2", "CreateTags", REGION, "POST", "/", "", {}, b"", parameters)
    assert resources(call, "ec2:CreateTags", ACCOUNT_ID) == [
        f"arn:aws:ec2:{REGION}:{ACCOUNT_ID}:{kind}/{id_}"
    ]


def test_a_firewall_is_looked_up_by_its_load_balancer(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS judges by both; the call names one of them."""
    balancer = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT_ID}:loadbalancer/app/{STACK}-alb/1"
    acl = f"arn:aws:wafv2:{REGION}:{ACCOUNT_ID}:regional/webacl/{STACK}-alb/1"
    call = Call("wafv2", "GetWebACLForResource", REGION, "POST", "/", "", {}, b"", {"ResourceArn": balancer})
    assert resources(call, "wafv2:GetWebACLForResource", ACCOUNT_ID) == [balancer]
    monkeypatch.setitem(waf._associations, balancer, acl)
    assert set(resources(call, "wafv2:GetWebACLForResource", ACCOUNT_ID)) == {balancer, acl}


@pytest.mark.slow
def test_each_scoped_permission_is_asked_for_on_a_resource_that_the_policy_names(
    scoped: dict[str, list[Statement]],
) -> None:
    wrong, silent, tried = [], set(), 0
    for action, statements in sorted(scoped.items()):
        known = reference.action(action)
        if known is None or not known.resources:
            continue
        explicit = any(action in s.actions for s in statements)
        found = [model for model in operations(action) if model.name not in LISTS_ALL]
        if not found and explicit:
            silent.add(action)
        for model in found:
            tried += 1
            fits, asked = resolved(action, model, statements)
            # A wildcard in the policy takes in actions on other kinds of resources.
            if asked == ["*"] or (explicit and not fits):
                wrong.append(f"{action} ({model.name}): {asked}")
    assert wrong == []
    assert silent == WITHOUT_OPERATION
    assert tried > LEAST
