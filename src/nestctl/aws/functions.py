"""Lambda releases: a version for each archive, checked before the alias moves to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nestctl.aws.session import Aws, error_code
from nestctl.report import NestctlError

ALIAS = "live"
"""What the load balancer and the function URL call."""

URL_STATEMENT = "function-url-invoke"
"""Statement of the alias's policy that nestctl adds, and the manual by hand."""

VERSION_SECONDS = 26 * 60
"""What botocore's waiter has for a new version, which it looks at every five seconds only."""

MISSING = "ResourceNotFoundException"


@dataclass(frozen=True)
class Configuration:
    """What a release runs with; everything that a version freezes."""

    name: str
    role: str
    runtime: str
    handler: str
    memory: int
    timeout: int
    environment: Mapping[str, str]
    subnets: Sequence[str]
    security_groups: Sequence[str]
    key_arn: str

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of CreateFunction and UpdateFunctionConfiguration."""
        return {
            "FunctionName": self.name,
            "Role": self.role,
            "Runtime": self.runtime,
            "Handler": self.handler,
            "MemorySize": self.memory,
            "Timeout": self.timeout,
            "Environment": {"Variables": dict(self.environment)},
            "VpcConfig": {
                "SubnetIds": sorted(self.subnets),
                "SecurityGroupIds": sorted(self.security_groups),
            },
            "KMSKeyArn": self.key_arn,
        }


def get_configuration(aws: Aws, name: str, qualifier: str | None = None) -> dict[str, Any] | None:
    """Return a version's configuration, ``None`` when function or qualifier is not there."""
    from botocore.exceptions import ClientError

    arguments = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
    try:
        found: dict[str, Any] = aws.client("lambda").get_function_configuration(**arguments)
    except ClientError as error:
        if error_code(error) == MISSING:
            return None
        raise
    return found


def differences(found: Mapping[str, Any], wanted: Configuration) -> list[str]:
    """Return the names of the settings in which a configuration differs from what is wanted."""
    differing = []
    for name, value in wanted.arguments().items():
        match name:
            case "FunctionName":
                continue
            case "VpcConfig":
                vpc = found.get("VpcConfig") or {}
                got: Any = {
                    "SubnetIds": sorted(vpc.get("SubnetIds", [])),
                    "SecurityGroupIds": sorted(vpc.get("SecurityGroupIds", [])),
                }
            case "Environment":
                got = {"Variables": (found.get("Environment") or {}).get("Variables", {})}
            case _:
                got = found.get(name)
        if got != value:
            differing.append(name)
    return differing


def put_code(aws: Aws, wanted: Configuration, bucket: str, key: str, tags: Mapping[str, str]) -> None:
    """Bring $LATEST to this archive and configuration, and wait after each change until it holds.

    Code and configuration cannot be changed at once; the version is published only after both.
    """
    client = aws.client("lambda")
    if get_configuration(aws, wanted.name) is None:
        client.create_function(
            **wanted.arguments(), Code={"S3Bucket": bucket, "S3Key": key}, Tags=dict(tags), Publish=False
        )
        client.get_waiter("function_active_v2").wait(FunctionName=wanted.name)
        return
    # A run may have been stopped while the function was being made, or changed.
    client.get_waiter("function_active_v2").wait(FunctionName=wanted.name)
    client.get_waiter("function_updated_v2").wait(FunctionName=wanted.name)
    client.update_function_configuration(**wanted.arguments())
    client.get_waiter("function_updated_v2").wait(FunctionName=wanted.name)
    client.update_function_code(FunctionName=wanted.name, S3Bucket=bucket, S3Key=key)
    client.get_waiter("function_updated_v2").wait(FunctionName=wanted.name)


def publish(aws: Aws, name: str, release: str) -> str:
    """Publish $LATEST as a version whose description is the release, and return its number.

    It can be called once :func:`wait_for_version` has returned.
    """
    latest = get_configuration(aws, name) or {}
    made = aws.client("lambda").publish_version(
        FunctionName=name, CodeSha256=latest["CodeSha256"], Description=release
    )
    return str(made["Version"])


def wait_for_version(aws: Aws, name: str, version: str) -> None:
    """Wait until a version can be called: new ones are pending for a while."""
    aws.client("lambda").get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 1, "MaxAttempts": VERSION_SECONDS}
    )


def find_version(aws: Aws, name: str, release: str) -> str | None:
    """Return the newest version whose description is ``release``."""
    from botocore.exceptions import ClientError

    try:
        pages = aws.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=name)
        versions = [v for page in pages for v in page["Versions"] if v["Version"] != "$LATEST"]
    except ClientError as error:
        if error_code(error) == MISSING:
            return None
        raise
    matching = [int(v["Version"]) for v in versions if v.get("Description") == release]
    return str(max(matching)) if matching else None


def alias_version(aws: Aws, name: str) -> str | None:
    """Return the version that the alias points at, ``None`` when there is no alias yet."""
    from botocore.exceptions import ClientError

    try:
        return str(aws.client("lambda").get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"])
    except ClientError as error:
        if error_code(error) == MISSING:
            return None
        raise


def move_alias(aws: Aws, name: str, version: str) -> None:
    """Point the alias at ``version``; this is the moment a release becomes live, and the way back too."""
    client = aws.client("lambda")
    if alias_version(aws, name) is None:
        client.create_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
    else:
        client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)


def url_is_permitted(aws: Aws, name: str) -> bool:
    """Tell whether the alias has the permission that :func:`permit_url` gives."""
    from botocore.exceptions import ClientError

    try:
        text = aws.client("lambda").get_policy(FunctionName=name, Qualifier=ALIAS)["Policy"]
    except ClientError as error:
        if error_code(error) == MISSING:
            return False
        raise
    return any(entry.get("Sid") == URL_STATEMENT for entry in json.loads(text)["Statement"])


def permit_url(aws: Aws, name: str) -> None:
    """Let everyone call the alias by its URL, and by nothing else.

    Since October 2025 a URL wants this permission beside ``lambda:InvokeFunctionUrl`` (Lambda developer
    guide, "Control access to Lambda function URLs"). The provider has no argument for it before 6.28.
    """
    if not url_is_permitted(aws, name):
        aws.client("lambda").add_permission(
            FunctionName=name,
            Qualifier=ALIAS,
            StatementId=URL_STATEMENT,
            Action="lambda:InvokeFunction",
            Principal="*",
            InvokedViaFunctionUrl=True,
        )


@dataclass(frozen=True)
class Answer:
    """An HTTP answer that the function gave to a load-balancer event."""

    status: int
    headers: Mapping[str, Sequence[str]]
    body: str


def request(
    aws: Aws,
    name: str,
    qualifier: str,
    path: str,
    *,
    host: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str = "",
) -> Answer:
    """Invoke one version with an HTTP request as the load balancer would send it.

    Raises:
        NestctlError: ``function-error`` when the handler failed, with the end of its log.
    """
    sent = {"host": host, "x-forwarded-proto": "https", "x-forwarded-port": "443", **(headers or {})}
    event = {
        "requestContext": {"elb": {"targetGroupArn": f"arn:aws:elasticloadbalancing:{aws.region}:0:nestctl"}},
        "httpMethod": method,
        "path": path.partition("?")[0],
        "multiValueQueryStringParameters": _query(path.partition("?")[2]),
        "multiValueHeaders": {key.lower(): [value] for key, value in sent.items()},
        "body": body,
        "isBase64Encoded": False,
    }
    answer = aws.client("lambda").invoke(
        FunctionName=name, Qualifier=qualifier, LogType="Tail", Payload=json.dumps(event).encode()
    )
    payload = answer["Payload"].read()
    if answer.get("FunctionError"):
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        raise NestctlError(
            "function-error",
            f"Version {qualifier} of {name} failed on {method} {path}.",
            f"{payload.decode(errors='replace')[:2000]}\n{log}",
            "Correct the code and run the same command again; the alias still points at the old version.",
        )
    fields = json.loads(payload)
    content = fields.get("body") or ""
    if fields.get("isBase64Encoded"):
        content = base64.b64decode(content).decode(errors="replace")
    multi = fields.get("multiValueHeaders") or {k: [v] for k, v in (fields.get("headers") or {}).items()}
    return Answer(int(fields["statusCode"]), {k.lower(): v for k, v in multi.items()}, content)


def _query(text: str) -> dict[str, list[str]]:
    """Return a query as a load balancer hands it over: by name, and undecoded."""
    values: dict[str, list[str]] = {}
    for name, _, value in (part.partition("=") for part in text.split("&") if part):
        values.setdefault(name, []).append(value)
    return values
