"""Tells which AWS API action a request is."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from nestctl.localcloud.layout import REGION

UNKNOWN = "Unknown"
REGISTRY_PATH = "/v2/"
REGISTRY_ACTION = "Registry"
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]*)/([^/]+)/aws4_request")
# Where the name in a signature differs from the folder of botocore's model, among services with REST APIs.
MODELS = {
    "access-analyzer": "accessanalyzer",
    "elasticfilesystem": "efs",
    "execute-api": "apigateway",
    "s3express": "s3",
}
# Requests that carry no signature: AWS accepts them, too.
UNSIGNED_ACTIONS = {"AssumeRoleWithWebIdentity": "sts", "AssumeRoleWithSAML": "sts"}


@dataclass(frozen=True)
class Identity:
    """What a request's line and headers say.

    Attributes:
        service: Name in the request's signature: ``ec2``, ``ecs``, ``lambda``; empty when it has none.
        action: API action; ``Unknown`` when it cannot be told, or is named in the body.
        region: Region of the signature.
        access_key: Access key id of the signature.
    """

    service: str
    action: str
    region: str
    access_key: str


@dataclass(frozen=True)
class _Route:
    action: str
    method: str
    path: re.Pattern[str]
    literals: int
    query: tuple[tuple[str, str], ...]


def identify(method: str, path: str, query: str, headers: Mapping[str, str]) -> Identity:
    """Read service, action and region from a request without its body.

    Args:
        method: HTTP method.
        path: Decoded path.
        query: Raw query string.
        headers: Header names in lower case.
    """
    access_key, region, service = _signature(query, headers)
    if path == REGISTRY_PATH.rstrip("/") or (path.startswith(REGISTRY_PATH) and service in ("", "ecr")):
        return Identity("ecr", REGISTRY_ACTION, region, access_key)
    if target := headers.get("x-amz-target"):
        return Identity(service, target.rsplit(".", 1)[-1], region, access_key)
    if cbor := re.fullmatch(r"/service/[^/]+/operation/(\w+)", path):
        return Identity(service, cbor[1], region, access_key)
    arguments = parse_qsl(query, keep_blank_values=True)
    if action := next((value for key, value in arguments if key == "Action"), ""):
        return Identity(service, action, region, access_key)
    if is_form(headers):
        return Identity(service, UNKNOWN, region, access_key)
    return Identity(
        service or "s3", _route(service or "s3", method, path, dict(arguments), headers), region, access_key
    )


def of_form(identity: Identity, form: Mapping[str, str]) -> Identity:
    """Complete an identity with the action that a form body names."""
    action = form.get("Action", UNKNOWN)
    service = identity.service or UNSIGNED_ACTIONS.get(action, "")
    return Identity(service, action, identity.region, identity.access_key)


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether the body is a form, as in the Query protocol."""
    return headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def parse_form(body: bytes) -> dict[str, str]:
    """The fields of a form body; the last of equal names."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _signature(query: str, headers: Mapping[str, str]) -> tuple[str, str, str]:
    text = headers.get("authorization", "")
    if "X-Amz-Credential=" in query:
        text = "Credential=" + parse_qs(query)["X-Amz-Credential"][0]
    match = CREDENTIAL.search(text)
    return (match[1], match[2] or REGION, match[3]) if match else ("", REGION, "")


def _route(
    service: str, method: str, path: str, arguments: Mapping[str, str], headers: Mapping[str, str]
) -> str:
    # The SDKs for Go and JavaScript name the action of REST requests themselves.
    if named := arguments.get("x-id"):
        return named
    for route in _routes(service):
        if (
            route.method == method
            and route.path.fullmatch(path)
            and all(key in arguments and value in ("", arguments[key]) for key, value in route.query)
        ):
            return _by_copy_source(route.action, headers)
    return UNKNOWN


def _by_copy_source(action: str, headers: Mapping[str, str]) -> str:
    # botocore's S3 model gives both actions of each pair the same method and path.
    copy = "x-amz-copy-source" in headers
    pairs = {"CopyObject": "PutObject", "UploadPartCopy": "UploadPart"}
    if copy:
        return {plain: copied for copied, plain in pairs.items()}.get(action, action)
    return pairs.get(action, action)


def prepare() -> None:
    """Read the routes of the services that are called most: the first call would wait a tenth of a second."""
    for service in ("s3", "lambda", "cloudfront", "scheduler"):
        _routes(service)


@functools.cache
def _routes(service: str) -> tuple[_Route, ...]:
    """Routes of a REST service, the most specific first."""
    try:
        model = Loader().load_service_model(MODELS.get(service, service), "service-2")
    except UnknownServiceError:
        return ()
    routes = []
    for name, operation in model["operations"].items():
        path, _, query = operation["http"]["requestUri"].partition("?")
        # Some models end in a slash that not every SDK sends.
        parts = re.split(r"(\{[^}]+\})", path.rstrip("/"))
        pattern = "".join(
            ".+" if part.endswith("+}") else "[^/]+" if part.startswith("{") else re.escape(part)
            for part in parts
        )
        literals = sum(len(part) for part in parts if not part.startswith("{"))
        required = _required_query(model, operation)
        pairs = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True)] + required
        routes.append(
            _Route(name, operation["http"]["method"], re.compile(pattern + "/?"), literals, tuple(pairs))
        )
    return tuple(sorted(routes, key=lambda route: (-len(route.query), -route.literals, route.action)))


def _required_query(model: Mapping[str, object], operation: Mapping[str, object]) -> list[tuple[str, str]]:
    """Query arguments that an action always has, such as a multipart upload's part number."""
    shapes: dict[str, dict[str, object]] = model["shapes"]  # type: ignore[assignment]
    reference: dict[str, str] = operation.get("input", {})  # type: ignore[assignment]
    shape = shapes.get(reference.get("shape", ""), {})
    members: dict[str, dict[str, str]] = shape.get("members", {})  # type: ignore[assignment]
    required: list[str] = shape.get("required", [])  # type: ignore[assignment]
    return [
        (members[name]["locationName"], "")
        for name in required
        if members[name].get("location") == "querystring"
    ]
