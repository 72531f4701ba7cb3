"""Whether the policy of a VPC endpoint lets through what its users ask of the service."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

ASKED = {
    "s3": ("s3:GetObject", "arn:aws:s3:::prod-{region}-starport-layer-bucket/*"),
    "ecr.api": ("ecr:GetAuthorizationToken", "*"),
    "ecr.dkr": ("ecr:BatchGetImage", "*"),
    "logs": ("logs:PutLogEvents", "*"),
    "ssm": ("ssm:GetParametersByPath", "*"),
    "kms": ("kms:Decrypt", "*"),
    "secretsmanager": ("secretsmanager:GetSecretValue", "*"),
}
"""A call that each service's users make and the resource it is about. The bucket is the one in which ECR
keeps the layers of images (Amazon ECR user guide, "Minimum Amazon S3 bucket permissions for Amazon ECR")."""


def allows(policy: object, service: str, region: str) -> bool:
    """Tell whether a policy lets through the call that stands for a service.

    Args:
        policy: Policy as JSON; anything else means the policy that AWS gives, which lets everything through.
        service: Short name of the service.
        region: Region of the endpoint.
    """
    try:
        document = json.loads(str(policy))
        statements = _list(document["Statement"])
    except (ValueError, TypeError, KeyError):
        return True
    action, resource = ASKED.get(service, (f"{service}:*", "*"))
    resource = resource.format(region=region)
    fitting = [one for one in statements if _fits(one, action, resource)]
    denied = any(one["Effect"] == "Deny" and not one.get("Condition") for one in fitting)
    return not denied and any(one["Effect"] == "Allow" for one in fitting)


def _fits(statement: dict[str, Any], action: str, resource: str) -> bool:
    actions = [str(one).lower() for one in _list(statement.get("Action", ()))]
    resources = [str(one) for one in _list(statement.get("Resource", ()))]
    # A call on "*" is one on some resource: a policy that names any of them may let it through.
    fits = resource == "*" or any(fnmatchcase(resource, one) for one in resources)
    return fits and any(fnmatchcase(action.lower(), one) for one in actions)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, (str, dict)) else [value]
