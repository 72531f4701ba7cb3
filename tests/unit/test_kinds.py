"""A parameter that gets another kind keeps its value, or is left for the refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nestctl.aws.inventory import Inventory
from nestctl.runbook import adopt, kinds
from nestctl.terraform.messages import Planned
from nestctl.terraform.root import Plan

STORED = {"/nest/staging/A": "stored", "/nest/staging/UNSET": "to-be-set-in-aws-console"}
AWS: Any = None


@pytest.fixture(autouse=True)
def _store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds.parameters, "get_value", lambda _aws, name: STORED[name])


def address(kind: str, name: str = "A") -> str:
    return f'module.parameters.aws_ssm_parameter.{kind}["{name}"]'


def change(kind: str, action: str, name: str = "A", value: str | None = None) -> dict[str, Any]:
    """A change as Terraform's JSON shows it; no value means that it is not known yet."""
    shown: dict[str, Any] = {"name": f"/nest/staging/{name}"}
    shown |= {"value": value} if kind == "plain" and value else {}
    shown |= {"value_wo_version": None if kind == "plain" else 1}
    sides = {"before": None, "after": shown} if action == "create" else {"before": shown, "after": None}
    return {
        "address": address(kind, name),
        "mode": "managed",
        "type": kinds.KIND,
        "change": {"actions": [action], **sides},
    }


@pytest.mark.parametrize(
    ("changes", "forgotten"),
    [
        # The stored value stays, whoever knows it.
        ([change("plain", "delete"), change("secret", "create")], ["plain"]),
        ([change("plain", "delete"), change("generated", "create")], ["plain"]),
        ([change("secret", "delete"), change("generated", "create")], ["secret"]),
        ([change("generated", "delete"), change("secret", "create")], ["generated"]),
        # To plain: with the value that is stored, and no other.
        ([change("secret", "delete"), change("plain", "create", value="stored")], ["secret"]),
        ([change("secret", "delete"), change("plain", "create", value="other")], []),
        ([change("secret", "delete"), change("plain", "create")], []),
        # No other change is one of kind.
        ([change("secret", "delete"), change("plain", "create", "B", value="stored")], []),
        ([change("secret", "delete")], []),
        ([change("plain", "create", value="stored")], []),
        ([], []),
    ],
)
def test_the_old_resource_is_forgotten_where_the_value_stays(
    changes: list[dict[str, Any]], forgotten: list[str]
) -> None:
    assert kinds.outdated(AWS, {"resource_changes": changes}) == [address(kind) for kind in forgotten]


def test_what_nobody_has_set_may_become_plain_with_any_value() -> None:
    changes = [change("secret", "delete", "UNSET"), change("plain", "create", "UNSET", value="new")]
    assert kinds.outdated(AWS, {"resource_changes": changes}) == [address("secret", "UNSET")]


class Root:
    """A root whose second plan no longer shows the old resource."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def plan(self, targets: Any) -> Plan:
        assert targets == ()
        left = [Planned(address("plain"), "create")]
        return Plan(Path("plan"), tuple(left if self.forgotten else self.changed()), empty=False)

    @staticmethod
    def changed() -> list[Planned]:
        return [Planned(address("secret"), "delete"), Planned(address("plain"), "create")]

    def show(self, plan: Plan) -> dict[str, Any]:
        both = [change("secret", "delete"), change("plain", "create", value="stored")]
        return {"resource_changes": both[-len(plan.changes) :]}

    def forget(self, addresses: list[str]) -> None:
        self.forgotten += addresses


def test_it_is_forgotten_before_anything_is_taken_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Otherwise both would stand in one state for one parameter, and the apply would delete it."""
    looked: list[str] = []
    monkeypatch.setattr(Inventory, "find", lambda _self, kind, _values: looked.append(kind))
    root: Any = Root()
    owner: Any = object()
    _, plan, count = adopt.plan_and_adopt(AWS, root, tmp_path, owner=owner)
    assert root.forgotten == [address("secret")]
    assert [(c.address, c.action) for c in plan.changes] == [(address("plain"), "create")]
    assert (looked, count) == ([kinds.KIND], 0)
