"""Policy documents."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

MANAGED_LIMIT = 6144
"""Characters of a managed policy without white space (IAM quotas)."""

USER_INLINE_LIMIT = 2048
"""Characters of all inline policies of one user without white space (IAM quotas)."""

ROLE_MANAGED_POLICIES = 10
"""Managed policies of a role, before a quota is raised (IAM quotas)."""

QUANTIFIERS = ("ForAllValues:", "ForAnyValue:")
IF_EXISTS = "IfExists"


@dataclass(frozen=True)
class Condition:
    """One key of a condition block.

    Attributes:
        operator: Without quantifier and ``IfExists``: ``StringEquals``.
        key: Condition key: ``aws:ResourceTag/Project``.
        values: What the policy names.
        quantifier: ``ForAllValues``, ``ForAnyValue`` or empty.
        if_exists: Whether it holds when the request lacks the key.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False


@dataclass(frozen=True)
class Statement:
    """A statement of an identity-based policy.

    Attributes:
        sid: Its name; empty when it has none.
        effect: ``Allow`` or ``Deny``.
        actions: Patterns of actions; empty when ``not_actions`` is used.
        not_actions: Patterns of actions that it is not about.
        resources: Patterns of ARNs; empty when ``not_resources`` is used.
        not_resources: Patterns of ARNs that it is not about.
        conditions: All must hold.
    """

    sid: str
    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def allows(self) -> bool:
        """Whether it allows."""
        return self.effect == "Allow"

    def is_about(self, action: str, resource: str) -> bool:
        """Tell whether it speaks of this action on this resource, conditions aside."""
        if self.not_actions:
            about = not any(matches(p, action, ignore_case=True) for p in self.not_actions)
        else:
            about = any(matches(p, action, ignore_case=True) for p in self.actions)
        if not about:
            return False
        if self.not_resources:
            return not any(matches(p, resource) for p in self.not_resources)
        return any(matches(p, resource) for p in self.resources)


@dataclass(frozen=True)
class Policy:
    """A policy document with a name.

    Attributes:
        name: Where it comes from: name of the policy.
        statements: In their order.
        size: Characters without white space, as IAM counts them.
    """

    name: str
    statements: tuple[Statement, ...]
    size: int = 0

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.statements)

    def without(self, sid: str, action: str) -> Policy:
        """Return the policy without one entry of a statement's list of actions; an emptied statement goes.

        Raises:
            KeyError: It has no such entry.
        """
        kept, found = [], False
        for statement in self.statements:
            actions = statement.actions
            if statement.sid == sid and action in actions:
                found = True
                actions = tuple(a for a in actions if a != action)
            if actions or statement.not_actions:
                kept.append(replace(statement, actions=actions))
        if not found:
            raise KeyError(f"{self.name} has no {action} in {sid}")
        return replace(self, statements=tuple(kept))


def parse(name: str, document: str | Mapping[str, Any]) -> Policy:
    """Read an identity-based policy.

    Raises:
        ValueError: It is none: the message says why.
    """
    try:
        data = json.loads(document) if isinstance(document, str) else document
    except ValueError as error:
        raise ValueError(f"the policy {name} is not JSON: {error}") from error
    if not isinstance(data, Mapping) or "Statement" not in data:
        raise ValueError(f"the policy {name} has no Statement")
    statements = data["Statement"]
    statements = [statements] if isinstance(statements, Mapping) else statements
    size = len(re.sub(r"\s", "", document if isinstance(document, str) else json.dumps(document)))
    return Policy(name, tuple(_statement(name, s) for s in statements), size)


def _statement(name: str, data: Mapping[str, Any]) -> Statement:
    known = {
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
    if unknown := set(data) - known:
        raise ValueError(f"the policy {name} has {', '.join(sorted(unknown))}, which IAM does not know here")
    if data.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"the policy {name} has a statement whose Effect is neither Allow nor Deny")
    for positive, negative in (("Action", "NotAction"), ("Resource", "NotResource")):
        if (positive in data) == (negative in data):
            raise ValueError(
                f"the policy {name} has both or none of {positive} and {negative} in a statement"
            )
    return Statement(
        sid=str(data.get("Sid", "")),
        effect=data["Effect"],
        actions=_texts(data.get("Action", [])),
        not_actions=_texts(data.get("NotAction", [])),
        resources=_texts(data.get("Resource", [])),
        not_resources=_texts(data.get("NotResource", [])),
        conditions=tuple(_conditions(data.get("Condition", {}))),
    )


def _conditions(block: Mapping[str, Mapping[str, Any]]) -> Iterator[Condition]:
    for name, keys in block.items():
        quantifier = next((q for q in QUANTIFIERS if name.startswith(q)), "")
        operator = name.removeprefix(quantifier)
        if_exists = operator.endswith(IF_EXISTS)
        operator = operator.removesuffix(IF_EXISTS)
        for key, values in keys.items():
            yield Condition(operator, key, _texts(values), quantifier.rstrip(":"), if_exists)


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in values)


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Tell whether a text fits a pattern with ``*`` and ``?``."""
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts = [".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern]
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))
