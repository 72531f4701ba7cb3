"""What is a policy at all: AWS's grammar of policy documents, checked when one is put.

Source: IAM user guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy element reference". The
words are IAM's where they are known; other services say the same in their own.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from nestctl.policies.conditions import is_known
from nestctl.policies.documents import IF_EXISTS, QUANTIFIERS, matches


class Kind(StrEnum):
    """What a policy is attached to."""

    IDENTITY = "identity"
    TRUST = "trust"
    RESOURCE = "resource"


class Fault(NamedTuple):
    """Why a document is no policy.

    Attributes:
        element: The element that is wrong: ``Condition``; ``Policy`` for the document as a whole.
        message: IAM's words.
        value: What is wrong in it; empty when it is missing.
    """

    element: str
    message: str
    value: str = ""


SYNTAX = "Syntax errors in policy."
VERSIONS = ("2012-10-17", "2008-10-17")
DOCUMENT = frozenset({"Version", "Id", "Statement"})
STATEMENT = frozenset(
    {
        *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"),
        *("Principal", "NotPrincipal"),
    }
)
PRINCIPALS = frozenset({"AWS", "CanonicalUser", "Federated", "Service"})
ASSUMING = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagSession",
)
"""Actions that a trust policy can be about."""

SID = re.compile(r"[0-9A-Za-z]*")
ACTION = re.compile(r"[A-Za-z0-9-]+:[\w*?-]+", re.ASCII)
PARTITION = re.compile(r"aws(-[a-z-]+)?|\*|\$\{.*")
ACCOUNT = r"(?:\d{12})"
PRINCIPAL = re.compile(
    rf"\*|{ACCOUNT}"
    rf"|arn:aws(-[a-z-]+)?:iam::{ACCOUNT}:(root|(user|role)/[\w+=,.@/-]+)"
    rf"|arn:aws(-[a-z-]+)?:sts::{ACCOUNT}:(assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|federated-user/[\w+=,.@-]+)"
    r"|arn:aws(-[a-z-]+)?:iam::cloudfront:user/CloudFront Origin Access Identity \w+",
    re.ASCII,
)
SERVICE = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
ARN_PARTS = 6


def fault(document: str, kind: Kind, *, names_resources: bool = False) -> Fault | None:
    """Tell what is wrong with a policy document.

    Args:
        document: The policy as it is put.
        kind: What it is attached to.
        names_resources: Whether a resource-based policy has to name resources, as a bucket's and a key's do.

    Returns:
        The first fault; ``None`` when it is a policy.
    """
    try:
        data = json.loads(document, object_pairs_hook=_once, parse_constant=_refuse)
        json.dumps(data, ensure_ascii=False).encode()  # half a character cannot be answered either
    except (ValueError, RecursionError):
        return Fault("Policy", SYNTAX)
    return next(_faults(data, kind, names_resources=names_resources or kind is Kind.IDENTITY), None)


def statements(document: str) -> list[dict[str, Any]]:
    """Return the statements of a document that :func:`fault` found to be a policy."""
    found = json.loads(document)["Statement"]
    return [found] if isinstance(found, dict) else found


def texts(value: Any) -> list[Any]:
    """Return what stands alone or in a list as a list."""
    return value if isinstance(value, list) else [value]


def principals(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield whom a statement names or leaves out: ``("Service", "logs.amazonaws.com")``."""
    for element in ("Principal", "NotPrincipal"):
        value = statement.get(element, {})
        if isinstance(value, str):
            yield "AWS", value
            continue
        for kind, names in value.items():
            for name in texts(names):
                yield kind, name


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _faults(data: Any, kind: Kind, *, names_resources: bool) -> Iterator[Fault]:
    if not isinstance(data, dict):
        yield Fault("Policy", SYNTAX)
        return
    yield from (Fault(name, SYNTAX, name) for name in data.keys() - DOCUMENT)
    if data.get("Version", VERSIONS[0]) not in VERSIONS:
        yield Fault("Version", SYNTAX, str(data["Version"]))
    if not isinstance(data.get("Id", ""), str):
        yield Fault("Id", SYNTAX)
    found = data.get("Statement")
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        yield Fault("Statement", SYNTAX)
        return
    for statement in found:
        yield from _of_statement(statement, kind, names_resources=names_resources)
    sids = [statement["Sid"] for statement in found if statement.get("Sid")]
    if len(set(sids)) < len(sids):
        yield Fault("Sid", "Statement IDs (SID) in a single policy must be unique.")


def _of_statement(statement: dict[str, Any], kind: Kind, *, names_resources: bool) -> Iterator[Fault]:
    yield from (Fault(name, SYNTAX, name) for name in statement.keys() - STATEMENT)
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield Fault("Effect", SYNTAX, str(statement.get("Effect", "")))
    sid = statement.get("Sid", "")
    if not isinstance(sid, str):
        yield Fault("Sid", SYNTAX)
    elif kind is not Kind.RESOURCE and not SID.fullmatch(sid):
        words = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
        yield Fault("Sid", f"{words}expression [0-9A-Za-z]*", sid)
    yield from _of_principals(statement, kind)
    yield from _of_actions(statement, kind)
    yield from _of_resources(statement, kind, needed=names_resources)
    yield from _of_conditions(statement.get("Condition", {}))


def _one_of(statement: dict[str, Any], element: str, missing: str, *, needed: bool = True) -> Iterator[Fault]:
    """Tell whether an element or its negation stands there, once, with one text or a list of some."""
    present = [name for name in (element, f"Not{element}") if name in statement]
    if len(present) > 1:
        yield Fault(element, SYNTAX)
    if not present and needed:
        yield Fault(element, missing)
    for name in present:
        values = texts(statement[name])
        if not all(isinstance(value, str) for value in values):
            yield Fault(name, SYNTAX)
        elif not values or not all(values):
            yield Fault(name, missing)


def _of_actions(statement: dict[str, Any], kind: Kind) -> Iterator[Fault]:
    yield from _one_of(statement, "Action", "Policy statement must contain actions.")
    for action in texts(statement.get("Action", statement.get("NotAction"))):
        if action != "*" and not ACTION.fullmatch(action):
            vendor, colon, _ = action.partition(":")
            if not colon:
                words = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            elif not re.fullmatch(r"[A-Za-z0-9-]+", vendor):
                words = f"Vendor {vendor} is not valid"
            else:
                words = SYNTAX
            yield Fault("Action", words, action)
        if kind is Kind.TRUST and not _assumes(action):
            words = "AssumeRole policy may only specify STS AssumeRole actions."
            yield Fault("Action", words, action)


def _assumes(action: str) -> bool:
    own = action.lower().startswith("sts:")
    return own and any(matches(action, known, ignore_case=True) for known in ASSUMING)


def _of_resources(statement: dict[str, Any], kind: Kind, *, needed: bool) -> Iterator[Fault]:
    if kind is Kind.TRUST:
        yield from (
            Fault(name, f"Has prohibited field {name}")
            for name in ("Resource", "NotResource")
            if name in statement
        )
        return
    yield from _one_of(statement, "Resource", "Policy statement must contain resources.", needed=needed)
    for resource in texts(statement.get("Resource", statement.get("NotResource", []))):
        if resource == "*":
            continue
        parts = resource.split(":", ARN_PARTS - 1)
        if parts[0] != "arn" or len(parts) < ARN_PARTS:
            yield Fault("Resource", f'Resource {resource} must be in ARN format or "*".', resource)
        elif not PARTITION.fullmatch(parts[1]):
            words = f'Partition "{parts[1]}" is not valid for resource "{resource}".'
            yield Fault("Resource", words, resource)


def _of_principals(statement: dict[str, Any], kind: Kind) -> Iterator[Fault]:
    present = [name for name in ("Principal", "NotPrincipal") if name in statement]
    if kind is Kind.IDENTITY:
        if present:
            yield Fault(present[0], "Policy document should not specify a principal.")
        return
    if len(present) != 1:
        missing = "AssumeRole policy must contain principals." if kind is Kind.TRUST else SYNTAX
        yield Fault("Principal", SYNTAX if present else missing)
        return
    value = statement[present[0]]
    if value == "*":
        return
    if not isinstance(value, dict) or not value:
        shown = value if isinstance(value, str) else ""
        words = f'Invalid principal in policy: "STAR":"{shown}"' if shown else SYNTAX
        yield Fault("Principal", words, shown)
        return
    for of, names in value.items():
        if of not in PRINCIPALS:
            yield Fault("Principal", SYNTAX, of)
        if not (values := texts(names)) or not all(isinstance(name, str) and name for name in values):
            yield Fault("Principal", SYNTAX)
        form = {"AWS": PRINCIPAL, "Service": SERVICE}.get(of)
        yield from (invalid(of, name) for name in values if form and not form.fullmatch(name))


def invalid(kind: str, name: str) -> Fault:
    """Return the fault of a principal that AWS does not know."""
    return Fault("Principal", f'Invalid principal in policy: "{kind.upper()}":"{name}"', name)


# ------------------------------------------------------------------ conditions


def _of_conditions(block: Any) -> Iterator[Fault]:
    if not isinstance(block, dict):
        yield Fault("Condition", SYNTAX)
        return
    for name, keys in block.items():
        quantifier = next((q for q in QUANTIFIERS if name.startswith(q)), "")
        operator = name.removeprefix(quantifier)
        if operator != f"Null{IF_EXISTS}":  # IAM user guide: any operator but Null
            operator = operator.removesuffix(IF_EXISTS)
        if not is_known(operator):
            yield Fault("Condition", SYNTAX, name)
            return
        if not isinstance(keys, dict):
            yield Fault("Condition", SYNTAX, name)
            return
        for key, given in keys.items():
            if ":" not in key:
                words = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                yield Fault("Condition", words, key)
            values = texts(given)
            if not values or not all(isinstance(value, str | bool | int | float) for value in values):
                yield Fault("Condition", SYNTAX, key)
            if form := _form(operator):
                wrong = (str(value) for value in values if not _has_form(value, form))
                yield from (Fault("Condition", SYNTAX, value) for value in wrong)


Form = Callable[[str], object]


def _form(operator: str) -> Form | None:
    plain = operator.replace("Not", "")
    if operator == "Null" or plain == "Bool":
        return _truth
    return next((form for start, form in FORMS.items() if plain.startswith(start)), None)


def _has_form(value: Any, form: Form) -> bool:
    text = str(value)
    if "${" in text:  # not known before there is a request
        return True
    try:
        form(text)
    except (ValueError, binascii.Error):
        return False
    return True


def _truth(text: str) -> None:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)


def _date(text: str) -> None:
    try:
        float(text)
    except ValueError:
        datetime.fromisoformat(text)


FORMS: Mapping[str, Form] = {
    "Binary": lambda text: base64.b64decode(text, validate=True),
    "Date": _date,
    "IpAddress": lambda text: ipaddress.ip_network(text, strict=False),
    "Numeric": float,
}
