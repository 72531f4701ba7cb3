"""AWS's service authorization reference: which actions, resource types and condition keys there are.

``reference.json`` is derived by ``scripts/authorization_reference.py``, which names its source.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from nestctl.policies.documents import matches

PERMISSIONS = "Permissions management"
EVERYWHERE = frozenset({"lambda:sourcefunctionarn"})
"""Keys that a service adds to the calls which its code makes to others (Lambda developer guide)."""

PLACEHOLDER = re.compile(r"\$\{[^}]+\}")


@dataclass(frozen=True)
class Action:
    """An action.

    Attributes:
        name: ``CreateVpc``.
        access: ``List``, ``Read``, ``Write``, ``Tagging`` or ``Permissions management``.
        resources: Resource types that it can be scoped to; empty when only ``*`` works.
        required: Those that every request names.
        depends: Actions that it may need besides.
    """

    name: str
    access: str
    resources: frozenset[str]
    required: frozenset[str]
    depends: frozenset[str]


@dataclass(frozen=True)
class Service:
    """A service's part of the reference.

    Attributes:
        prefix: ``ec2``.
        actions: By name in lower case: IAM does not heed case there.
        resources: Resource types: name to ARN with placeholders.
        conditions: Condition keys; ``${TagKey}`` stands for any tag.
    """

    prefix: str
    actions: dict[str, Action] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()

    def types_of(self, arn: str) -> set[str]:
        """Return the resource types whose ARNs can look like this pattern."""
        return {name for name, form in self._forms.items() if _overlap(form, arn)}

    @functools.cached_property
    def _forms(self) -> dict[str, str]:
        """ARNs of the resource types with ``*`` for each placeholder."""
        return {name: PLACEHOLDER.sub("*", form) for name, form in self.resources.items()}


def source() -> dict[str, str]:
    """Return where the reference comes from and when it was taken."""
    table = _table()
    return {"source": table["source"], "date": table["date"]}


def service(prefix: str) -> Service | None:
    """Return a service, ``None`` when the reference has none of this prefix."""
    return _services().get(prefix.lower())


def action(name: str) -> Action | None:
    """Return an action by its whole name: ``ec2:CreateVpc``."""
    prefix, _, own = name.partition(":")
    found = service(prefix)
    return found.actions.get(own.lower()) if found else None


def expand(pattern: str) -> list[str]:
    """Return the actions that a pattern names, as AWS spells them."""
    prefix, _, own = pattern.partition(":")
    found = service(prefix)
    if found is None:
        return []
    names = [a.name for a in found.actions.values() if matches(own, a.name, ignore_case=True)]
    return [f"{found.prefix}:{name}" for name in sorted(names)]


def has_condition(prefix: str, key: str) -> bool:
    """Tell whether a service knows a condition key. Global keys (``aws:...``) are known to all."""
    if key.lower().startswith("aws:") or key.lower() in EVERYWHERE:
        return True
    found = service(prefix)
    wanted = key.lower()
    for known in found.conditions if found else ():
        form = PLACEHOLDER.sub("*", known.lower().replace("<key>", "*"))
        if matches(form, wanted):
            return True
    return False


def _overlap(form: str, pattern: str) -> bool:
    """Tell whether some text fits both patterns, each with ``*`` and ``?``."""
    is_text = "*" not in pattern and "?" not in pattern
    return matches(form, pattern) if is_text else _patterns_overlap(form, pattern)


@functools.lru_cache(maxsize=4096)  # the patterns of a policy are few, are asked for again, and take long
def _patterns_overlap(form: str, pattern: str) -> bool:
    # By rows: whether the rest of one can fit the rest of the other. Some ARNs are too long for a recursion.
    below = [False] * (len(pattern) + 1)
    for i in range(len(form), -1, -1):
        row = [False] * (len(pattern) + 1)
        for j in range(len(pattern), -1, -1):
            left, right = form[i : i + 1], pattern[j : j + 1]
            if not left and not right:
                row[j] = True
            elif left == "*":
                row[j] = below[j] or (bool(right) and row[j + 1])
            elif right == "*":
                row[j] = row[j + 1] or (bool(left) and below[j])
            elif left and right and (left == right or "?" in (left, right)):
                row[j] = below[j + 1]
        below = row
    return below[0]


@functools.cache
def _table() -> dict[str, Any]:
    text = resources.files("nestctl.policies").joinpath("reference.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@functools.cache
def _services() -> dict[str, Service]:
    found = {}
    for prefix, entry in _table()["services"].items():
        actions = {name.lower(): _action(prefix, name, data) for name, data in entry["actions"].items()}
        found[prefix] = Service(prefix, actions, entry["resources"], tuple(entry["conditions"]))
    return found


def _unlisted(prefix: str, name: str) -> list[str]:
    """Resource types that AWS's refusals name although its reference lists none.

    CloudFront judges ``CreateOriginAccessControl`` on ``origin-access-control/*`` and so on.
    """
    if prefix != "cloudfront" or not name.startswith("Create"):
        return []
    types = _table()["services"][prefix]["resources"]
    return [t for t in types if t.replace("-", "") == name.removeprefix("Create").lower()]


def _action(prefix: str, name: str, data: dict[str, Any]) -> Action:
    types = data.get("resources") or [f"{t}*" for t in _unlisted(prefix, name)]
    return Action(
        name,
        data["access"],
        frozenset(t.rstrip("*") for t in types),
        frozenset(t[:-1] for t in types if t.endswith("*")),
        frozenset(data.get("depends", [])),
    )
