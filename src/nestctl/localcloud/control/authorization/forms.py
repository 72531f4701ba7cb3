"""ARNs of what a call names, from AWS's own forms of ARNs and from the call's own parameters.

``arn:aws:sns:…:${TopicName}`` with ``Name=alarms`` in ``CreateTopic``; the placeholders are those of the
service authorization reference, the names of parameters those of botocore's models, of REST paths, too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from nestctl.localcloud.control.identify import MODELS
from nestctl.localcloud.control.types import Call
from nestctl.policies import reference

DEFAULTS = {"groupname": "default", "eventbusname": "default"}
"""What AWS takes where a call leaves a name out."""

MADE_BY_AWS = frozenset(
    {
        ("application-autoscaling", "resourceid"),
        ("rds", "dbproxyid"),
        ("rds", "dbproxyendpointid"),
        ("rds", "targetgroupid"),
    }
)
"""Placeholders that look like a parameter and are an identifier of AWS's."""

MODEL_NAMES = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "email": "ses"}
LIST_FIELD = re.compile(r"(.+?)\.(?:member\.)?\d+")
DEEP = 2
MOST = 50


def arns(call: Call, type_: str, form: str, region: str, account: str) -> list[str]:
    """Return the ARNs of one resource type that a call names; ``*`` stands for what it does not tell.

    Args:
        call: The call.
        type_: Resource type: ``topic``.
        form: Its form of ARN.
        region: Region of the call.
        account: Account.
    """
    fixed = {"partition": "aws", "region": region, "account": account}
    placeholders = reference.PLACEHOLDER.findall(form)
    wanted = [_plain(p) for p in placeholders if _plain(p) not in fixed]
    given = fields(call)
    service = form.split(":")[2]
    choices = []
    for number, placeholder in enumerate(wanted):
        is_own = number == len(wanted) - 1 or "name" in placeholder
        values = (
            [] if (service, placeholder) in MADE_BY_AWS else _values(given, placeholder, type_, is_own=is_own)
        )
        choices.append(values or [DEFAULTS.get(placeholder, "*")])
    found = []
    for combination in product(*choices):
        filled = iter(combination)
        values = [fixed[name] if (name := _plain(p)) in fixed else next(filled) for p in placeholders]
        parts = reference.PLACEHOLDER.split(form)
        found.append("".join(part + value for part, value in zip(parts, [*values, ""], strict=True)))
        if len(found) >= MOST:
            break
    return found


def names_any(call: Call, type_: str, form: str) -> bool:
    """Tell whether a call has a parameter for the last placeholder of a form."""
    placeholders = [_plain(p) for p in reference.PLACEHOLDER.findall(form)]
    fixed = {"partition", "region", "account"}
    own = [p for p in placeholders if p not in fixed]
    return bool(own) and any(_values(fields(call), p, type_, is_own=False) for p in own)


def _values(fields: Mapping[str, list[str]], placeholder: str, type_: str, *, is_own: bool) -> list[str]:
    stem = re.sub(r"(withpath|name|identifier|id)$", "", placeholder)
    kind = re.sub(r"[^a-z0-9]", "", type_.partition("/")[0].lower())
    ends = ("", "name", "id", "identifier", "names", "ids", "identifiers")
    names = [placeholder, f"{placeholder}s", *(f"{stem}{end}" for end in ends)]
    if is_own and stem in (kind, ""):
        names += ["id", "name"] if placeholder.endswith("id") else ["name", "id"]
    for name in names:
        if name and (values := [v for v in fields.get(name, []) if not v.startswith("arn:")]):
            return values
    return []


def fields(call: Call) -> dict[str, list[str]]:
    """Texts of a call by the plain name of their parameter: of path, query, form and two levels of JSON."""
    found: dict[str, list[str]] = {}
    for name, value in [*_of_path(call), *parse_qsl(call.query), *_of_body(call.params, 1)]:
        listed = LIST_FIELD.fullmatch(name)
        texts = found.setdefault(_plain(listed[1] if listed else name), [])
        if value not in texts:
            texts.append(value.lower() if _plain(name) == "scope" else value)
    return found


def _of_body(params: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        if isinstance(value, str) and value:
            yield name, value
        elif isinstance(value, list):
            yield from ((name, text) for text in value if isinstance(text, str) and text)
        elif isinstance(value, Mapping) and depth < DEEP:
            yield from _of_body(value, depth + 1)


def _of_path(call: Call) -> Iterator[tuple[str, str]]:
    template = _templates(call.service).get(call.action)
    match = template[0].fullmatch(call.path) if template else None
    if template and match:
        yield from ((name, unquote(value)) for name, value in zip(template[1], match.groups(), strict=True))


@functools.cache
def _templates(service: str) -> dict[str, tuple[re.Pattern[str], tuple[str, ...]]]:
    """Paths of a REST service: by operation, a pattern and the names of its groups."""
    name = MODELS.get(service, MODEL_NAMES.get(service, service))
    if service == "s3":
        return {}
    try:
        model = Loader().load_service_model(name, "service-2")
    except UnknownServiceError:
        return {}
    if not str(model["metadata"].get("protocol", "")).startswith("rest"):
        return {}
    found = {}
    for action, operation in model["operations"].items():
        # Some models end in a slash that not every SDK sends.
        path = operation["http"]["requestUri"].partition("?")[0].rstrip("/")
        parts = re.split(r"(\{[^}]+\})", path)
        pattern = "".join(
            "(.+)" if part.endswith("+}") else "([^/]+)" if part.startswith("{") else re.escape(part)
            for part in parts
        )
        names = tuple(part.strip("{}+") for part in parts if part.startswith("{"))
        found[action] = (re.compile(pattern + "/?"), names)
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
