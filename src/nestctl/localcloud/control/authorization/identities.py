"""Users, roles and policies as IAM knows them: a change is known some seconds after it is made.

IAM user guide, "Changes that I make are not always immediately visible". What was there before a change stays
what is known for as long as :func:`~nestctl.localcloud.pace.seconds` says.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.services import iam

from nestctl.localcloud import pace
from nestctl.localcloud.control.types import Call

USER, ROLE, GROUP, POLICY, KEYS = "user", "role", "group", "policy", "keys"
NAMED = {"UserName": USER, "RoleName": ROLE, "GroupName": GROUP}
READING = ("Get", "List", "Simulate", "Generate")


@dataclass(frozen=True)
class Entity:
    """A user, role or group.

    Attributes:
        arn: Its ARN.
        inline: Names and documents of its own policies.
        attached: ARNs of its managed policies.
        boundary: ARN of its permissions boundary; empty when it has none.
        trust: Trust policy of a role.
        tags: Its tags.
        members: Names of the users in a group.
    """

    arn: str
    inline: tuple[tuple[str, str], ...] = ()
    attached: tuple[str, ...] = ()
    boundary: str = ""
    trust: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    members: tuple[str, ...] = ()


Fact = Entity | str | frozenset[str] | None


class Identities:
    """What IAM knows."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, str], list[tuple[float, Fact]]] = {}

    def heed(self, call: Call, account: str) -> None:
        """Remember what is known before a call of IAM changes it."""
        if call.service != "iam" or call.action.startswith(READING) or not pace.seconds():
            return
        until = time.monotonic() + pace.seconds()
        for kind, name in _touched(call, account):
            known = _live(kind, name)
            self._before.setdefault((kind, name), []).append((until, known))

    def entity(self, kind: str, name: str) -> Entity | None:
        """Return a user, role or group as it is known; ``None`` when it is not."""
        found = self._known(kind, name)
        return found if isinstance(found, Entity) else None

    @staticmethod
    def present(kind: str, name: str) -> Entity | None:
        """Return a user, role or group as it is: what IAM itself judges a call about it by."""
        found = _live(kind, name)
        return found if isinstance(found, Entity) else None

    def document(self, arn: str) -> str | None:
        """Return the default version of a managed policy as it is known."""
        found = self._known(POLICY, arn)
        return found if isinstance(found, str) else None

    def groups_of(self, user: str) -> list[Entity]:
        """Return the groups of a user."""
        names = [*iam._groups.keys(), *(name for kind, name in self._before if kind == GROUP)]  # noqa: SLF001
        found = [self.entity(GROUP, name) for name in dict.fromkeys(names)]
        return [group for group in found if group is not None and user in group.members]

    def holder(self, access_key: str) -> str | None:
        """Return the name of the user who has an access key; ``None`` when no user is known to."""
        record = iam._access_keys.get(access_key)  # noqa: SLF001 - its only table
        name = str(record["UserName"]) if record and record.get("Status", "Active") == "Active" else None
        for kind, user in list(self._before):
            if kind == KEYS and isinstance(found := self._known(kind, user), frozenset):
                if access_key in found:
                    return user
                if name == user and self._is_late(kind, user):
                    return None
        return name

    def _is_late(self, kind: str, name: str) -> bool:
        return any(until > time.monotonic() for until, _ in self._before.get((kind, name), []))

    def _known(self, kind: str, name: str) -> Fact:
        waiting = self._before.get((kind, name))
        if waiting:
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                waiting.pop(0)
            if waiting:
                return waiting[0][1]
            del self._before[kind, name]
        return _live(kind, name)


KNOWN = Identities()
"""What IAM of this process's local cloud knows."""


def _touched(call: Call, account: str) -> list[tuple[str, str]]:
    params = call.params
    found = [(kind, str(params[name])) for name, kind in NAMED.items() if params.get(name)]
    if call.action.endswith("AccessKey"):
        found = [(KEYS, name) for kind, name in found if kind == USER]
    if call.action == "CreatePolicy":
        path = str(params.get("Path") or "/")
        found.append((POLICY, f"arn:aws:iam::{account}:policy{path}{params.get('PolicyName', '')}"))
    elif "Policy" in call.action and "PolicyArn" in params and not found:
        found.append((POLICY, str(params["PolicyArn"])))
    return found


def _live(kind: str, name: str) -> Fact:
    match kind:
        case "policy":
            policy = iam._policies.get(name) or iam._aws_managed_policies.get(name)  # noqa: SLF001
            return _text(policy["Versions"][policy["DefaultVersionId"]]["Document"]) if policy else None
        case "keys":
            keys = iam._access_keys.items()  # noqa: SLF001
            return frozenset(key for key, record in keys if record["UserName"] == name)
        case "role":
            record = iam._roles.get(name)  # noqa: SLF001
            inline = (record or {}).get("InlinePolicies") or {}
        case "group":
            record = iam._groups.get(name)  # noqa: SLF001
            inline = iam._group_inline_policies.get(name) or {}  # noqa: SLF001
        case _:
            record = iam._users.get(name)  # noqa: SLF001
            inline = iam._user_inline_policies.get(name) or {}  # noqa: SLF001
    return _entity(record, inline) if record else None


def _entity(record: Mapping[str, Any], inline: Mapping[str, Any]) -> Entity:
    tags = record.get("Tags") or []
    pairs = tags.items() if isinstance(tags, Mapping) else ((t["Key"], t.get("Value", "")) for t in tags)
    boundary = record.get("PermissionsBoundary") or ""
    if isinstance(boundary, Mapping):
        boundary = boundary.get("PermissionsBoundaryArn", "")
    return Entity(
        arn=str(record.get("Arn", "")),
        inline=tuple((name, _text(document)) for name, document in inline.items()),
        attached=tuple(_arn(entry) for entry in record.get("AttachedPolicies", [])),
        boundary=str(boundary),
        trust=_text(record.get("AssumeRolePolicyDocument") or ""),
        tags={str(key): str(value) for key, value in pairs},
        members=tuple(record.get("Users", ())),
    )


def _arn(entry: Any) -> str:
    return str(entry.get("PolicyArn", "")) if isinstance(entry, Mapping) else str(entry)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)
