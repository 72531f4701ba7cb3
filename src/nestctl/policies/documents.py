"""Policy documents."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

MANAGED_LIMIT = 6144
"""Characters of a managed policy without white space (IAM quotas)."""

ROLE_MANAGED_POLICIES = 10
"""Managed policies of a role, before a quota is raised (IAM quotas)."""

QUANTIFIERS = ("ForAllValues:", "ForAnyValue:")
IF_EXISTS = "IfExists"
VARIABLES_SINCE = "2012-10-17"
"""Version of the policy language in which ``${...}`` is a variable; in the one before it is text."""

STAR, QUESTION, DOLLAR = "\ue000", "\ue001", "\ue002"
"""Stand for characters that are meant literally, as ``${*}`` is."""

LITERALS = str.maketrans({STAR: "*", QUESTION: "?", DOLLAR: "$"})


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
    """A statement of a policy.

    Attributes:
        sid: Its name; empty when it has none.
        effect: ``Allow`` or ``Deny``.
        actions: Patterns of actions; empty when ``not_actions`` is used.
        not_actions: Patterns of actions that it is not about.
        resources: Patterns of ARNs; empty when ``not_resources`` is used.
        not_resources: Patterns of ARNs that it is not about.
        conditions: All must hold.
        principals: In a resource-based policy, whom it is about: ``("Service", "logs.amazonaws.com")``.
        not_principals: Whom it is not about.
    """

    sid: str
    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    principals: tuple[tuple[str, str], ...] = ()
    not_principals: tuple[tuple[str, str], ...] = ()

    @property
    def allows(self) -> bool:
        """Whether it allows."""
        return self.effect == "Allow"

    def is_about(self, action: str, resource: str, context: Mapping[str, Any] | None = None) -> bool:
        """Tell whether it speaks of this action on this resource, conditions aside.

        Args:
            action: ``s3:GetObject``.
            resource: ARN.
            context: Condition keys, for the variables in its patterns.
        """
        names, pattern = self._named
        named = action.lower() in names or (pattern is not None and pattern.fullmatch(action) is not None)
        if named == bool(self.not_actions):
            return False
        patterns = [fill(p, context or {}) for p in self.not_resources or self.resources]
        named = any(p is not None and matches(p, resource) for p in patterns)
        return not named if self.not_resources else named

    @functools.cached_property
    def _named(self) -> tuple[frozenset[str], re.Pattern[str] | None]:
        """The actions it names in full, in lower case, and one pattern for all that have ``*`` or ``?``."""
        named = self.not_actions or self.actions
        patterns = [name for name in named if "*" in name or "?" in name]
        whole = re.compile("|".join(map(_expression, patterns)), re.DOTALL | re.IGNORECASE)
        return frozenset(name.lower() for name in named if name not in patterns), whole if patterns else None


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
            if statement.sid == sid and action in statement.actions:
                found = True
                left = tuple(a for a in statement.actions if a != action)
                if left:
                    kept.append(replace(statement, actions=left))
            else:
                kept.append(statement)
        if not found:
            raise KeyError(f"{self.name} has no {action} in {sid}")
        return replace(self, statements=tuple(kept))


def parse(name: str, document: str | Mapping[str, Any], *, of_resource: bool = False) -> Policy:
    """Read a policy.

    Args:
        name: What to call it.
        document: The policy, as text or decoded.
        of_resource: Whether it is attached to a resource, and so names principals. A role's trust policy and
            a topic's or repository's need no ``Resource``: they are about what they are attached to.

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
    text = _texts if str(data.get("Version")) == VARIABLES_SINCE else _plain_texts
    return Policy(name, tuple(_statement(name, s, text, of_resource=of_resource) for s in statements), size)


Texts = Callable[[Any], tuple[str, ...]]


def _statement(name: str, data: Mapping[str, Any], texts: Texts, *, of_resource: bool) -> Statement:
    known = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
    pairs = [("Action", "NotAction"), ("Resource", "NotResource")]
    if of_resource:
        known |= {"Principal", "NotPrincipal"}
        pairs[1] = ("Principal", "NotPrincipal")
    if unknown := set(data) - known:
        raise ValueError(f"the policy {name} has {', '.join(sorted(unknown))}, which IAM does not know here")
    if data.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"the policy {name} has a statement whose Effect is neither Allow nor Deny")
    for positive, negative in pairs:
        if (positive in data) == (negative in data):
            raise ValueError(
                f"the policy {name} has both or none of {positive} and {negative} in a statement"
            )
    everything = ["*"] if of_resource and "NotResource" not in data else []
    return Statement(
        sid=str(data.get("Sid", "")),
        effect=data["Effect"],
        actions=_texts(data.get("Action", [])),
        not_actions=_texts(data.get("NotAction", [])),
        resources=texts(data.get("Resource", everything)),
        not_resources=texts(data.get("NotResource", [])),
        conditions=tuple(_conditions(data.get("Condition", {}), texts)),
        principals=tuple(_principals(data.get("Principal", {}))),
        not_principals=tuple(_principals(data.get("NotPrincipal", {}))),
    )


def _principals(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield "AWS", value
        return
    for kind, names in value.items():
        for name in _texts(names):
            yield str(kind), name


def _conditions(block: Mapping[str, Mapping[str, Any]], texts: Texts) -> Iterator[Condition]:
    for name, keys in block.items():
        quantifier = next((q for q in QUANTIFIERS if name.startswith(q)), "")
        operator = name.removeprefix(quantifier)
        if_exists = operator.endswith(IF_EXISTS)
        operator = operator.removesuffix(IF_EXISTS)
        for key, values in keys.items():
            yield Condition(operator, key, texts(values), quantifier.rstrip(":"), if_exists)


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in values)


def _plain_texts(value: Any) -> tuple[str, ...]:
    return tuple(text.replace("${", DOLLAR + "{") for text in _texts(value))


VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^']*)')?\}")
CHARACTERS = {"*": STAR, "?": QUESTION, "$": DOLLAR}


def fill(pattern: str, context: Mapping[str, Any]) -> str | None:
    """Put values for the variables of a pattern (IAM user guide, "Policy variables and tags").

    Args:
        pattern: ``arn:aws:s3:::home/${aws:username}/*``; ``${aws:PrincipalTag/team, 'none'}`` has a default.
        context: Condition keys of the request.

    Returns:
        The pattern, ``None`` when the request lacks a variable: it then matches nothing.
    """
    if "${" not in pattern:
        return pattern
    values = {key.lower(): value for key, value in context.items() if isinstance(value, str)}
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        if match[1] in CHARACTERS:
            return CHARACTERS[match[1]]
        found = values.get(match[1].strip().lower(), match[2])
        missing = missing or found is None
        return "".join(CHARACTERS.get(c, c) for c in found or "")

    filled = VARIABLE.sub(value, pattern)
    return None if missing else filled


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Tell whether a text fits a pattern with ``*`` and ``?``."""
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(_expression(pattern), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _expression(pattern: str) -> str:
    parts = [".*" if c == "*" else "." if c == "?" else re.escape(c.translate(LITERALS)) for c in pattern]
    return "".join(parts)
