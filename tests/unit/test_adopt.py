from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nestctl.aws.inventory import EC2_LISTS, FINDERS, SET, Inventory
from nestctl.aws.session import Aws
from nestctl.report import NestctlError
from nestctl.runbook import adopt, adopt_unseen
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform.messages import Planned
from nestctl.terraform.root import Plan

THERE = {"nest-staging-db"}
KIND = "aws_db_instance"


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    def find(_inventory: Inventory, _kind: str, values: Any) -> str | None:
        return values["name"] if values["name"] in THERE else None

    monkeypatch.setattr(Inventory, "find", find)
    monkeypatch.setattr(Inventory, "wait_until_usable", lambda _inventory, _kind, name: found.append(name))
    return found


def planned(name: str, actions: list[str], reason: str | None = None, kind: str = KIND) -> dict[str, Any]:
    change = {"actions": actions, "after": {"name": name, "unset": None}}
    return {
        "address": f"thing.{name}",
        "mode": "managed",
        "type": kind,
        "change": change,
        **({"action_reason": reason} if reason else {}),
    }


def plan(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"resource_changes": list(changes)}


AWS = Aws("us-east-1")
TAINTED = "replace_because_tainted"


def test_what_is_there_is_imported_and_waited_for(waited: list[str]) -> None:
    found = adopt.orphans(AWS, plan(planned("nest-staging-db", ["create"]), planned("new", ["create"])))
    assert found == {"thing.nest-staging-db": "nest-staging-db"}
    assert waited == ["nest-staging-db"]


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inventory, "has_failed", lambda _inventory, _kind: False)


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("actions", [["create", "delete"], ["delete", "create"]])
def test_what_an_interrupted_run_was_waiting_for_is_kept(actions: list[str], waited: list[str]) -> None:
    tainted = planned("nest-staging-db", actions, TAINTED)
    assert adopt.half_made(AWS, plan(tainted)) == ["thing.nest-staging-db"]
    assert waited == ["nest-staging-db"]


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("kind", adopt.NAMED + adopt.VALUED)
def test_what_is_replaced_under_its_own_name_is_kept(kind: str) -> None:
    tainted = planned("nest-staging-db", ["create", "delete"], TAINTED, kind=kind)
    assert adopt.half_made(AWS, plan(tainted)) == ["thing.nest-staging-db"]


def test_what_replaces_itself_before_it_goes_is_kept_when_its_name_is_fixed() -> None:
    found = set()
    for file in (INFRASTRUCTURE / "modules").rglob("*.tf"):
        text = file.read_text(encoding="utf-8")
        blocks = re.findall(r'^resource "(\w+)" "\w+" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
        found |= {kind for kind, body in blocks if "create_before_destroy = true" in body}
    assert found - {"aws_acm_certificate"} == set(adopt.NAMED)  # certificates have no name to collide


def test_every_type_is_taken_over_or_set() -> None:
    """What neither is would be refused, or made twice, when the state does not know it."""
    texts = [path.read_text(encoding="utf-8") for path in INFRASTRUCTURE.rglob("*.tf")]
    kinds = {kind for text in texts for kind in re.findall(r'^resource "(\w+)"', text, re.MULTILINE)}
    found = {*EC2_LISTS, *FINDERS}
    assert kinds - found - set(SET) == set()
    assert found & set(SET) == set()
    assert (found | set(SET)) - kinds == set()


def test_what_aws_has_given_up_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inventory, "has_failed", lambda _inventory, _kind: True)
    tainted = planned("nest-staging-db", ["delete", "create"], TAINTED)
    assert adopt.half_made(AWS, plan(tainted)) == []


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(
    "change",
    [
        planned("nest-staging-db", ["delete", "create"], TAINTED, kind="aws_subnet"),
        planned("nest-staging-db", ["create", "delete"], "replace_because_cannot_update"),
        planned("nest-staging-db", ["create"]),
        planned("gone", ["create", "delete"], TAINTED),
    ],
)
def test_every_other_replacement_is_left_to_terraform(change: dict[str, Any]) -> None:
    assert adopt.half_made(AWS, plan(change)) == []


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("kind", adopt.HOLDING)
def test_what_holds_something_is_kept(kind: str) -> None:
    change = planned("nest-staging-db", ["delete", "create"], TAINTED, kind=kind)
    assert adopt.half_made(AWS, plan(change)) == ["thing.nest-staging-db"]


class OldRoot:
    """A root whose state names a database that is gone, where AWS has another one of that name."""

    name = "staging"
    folder = INFRASTRUCTURE / "staging"

    def __init__(self, after_forgetting: dict[str, Any]) -> None:
        self.forgotten: list[str] = []
        self._after = after_forgetting

    def plan(self, targets: Any) -> Plan:
        assert targets == ()
        replaces = self.forgotten and "delete" in self._after["change"]["actions"]
        planned_now = Planned("thing.nest-staging-db", "replace" if replaces else "create")
        return Plan(Path("plan"), (planned_now,), empty=False)

    def show(self, _plan: Plan) -> dict[str, Any]:
        return plan(self._after if self.forgotten else planned("nest-staging-db", ["create"]))

    def forget(self, addresses: list[str]) -> None:
        self.forgotten += addresses


def taken_over(actions: list[str]) -> dict[str, Any]:
    change = planned("nest-staging-db", actions)
    change["change"]["importing"] = {"id": "nest-staging-db"}
    return change


def test_what_an_older_state_names_and_is_gone_gives_way_to_what_aws_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root: Any = OldRoot(taken_over(["update"]))
    monkeypatch.setattr(adopt, "_view", lambda _root, _work, _imports: root.folder)
    monkeypatch.setattr(adopt, "replace", lambda found, **_: found)
    _, _, count = adopt.plan_and_adopt(AWS, root, tmp_path)
    assert root.forgotten == ["thing.nest-staging-db"]
    assert count == 1


def test_nothing_is_taken_over_in_order_to_destroy_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root: Any = OldRoot(taken_over(["delete", "create"]))
    monkeypatch.setattr(adopt, "_view", lambda _root, _work, _imports: root.folder)
    monkeypatch.setattr(adopt, "replace", lambda found, **_: found)
    with pytest.raises(NestctlError) as caught:
        adopt.plan_and_adopt(AWS, root, tmp_path)
    assert caught.value.code == "takeover-replaces"
    assert caught.value.next == "nestctl state versions staging"


def parameter(name: str, *, write_only: bool = True) -> dict[str, Any]:
    kind = "secret" if write_only else "plain"
    after = {"name": f"/nest/staging/{name}", "value_wo_version": 1 if write_only else None}
    return {
        "address": f'module.parameters.aws_ssm_parameter.{kind}["{name}"]',
        "module_address": "module.parameters",
        "mode": "managed",
        "type": "aws_ssm_parameter",
        "name": kind,
        "index": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": ["create"], "after": after},
    }


def test_a_secret_is_taken_over_without_its_value() -> None:
    """An import would read the value into the state, and the next apply would write another one."""
    there = {
        "module": "module.parameters",
        "mode": "managed",
        "type": "aws_ssm_parameter",
        "name": "secret",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{"index_key": "OLD"}],
    }
    state = {"serial": 3, "resources": [there]}
    found = adopt_unseen.with_records(state, [parameter("A"), parameter("B")])
    (resource,) = found["resources"]
    assert [item["index_key"] for item in resource["instances"]] == ["OLD", "A", "B"]
    assert resource["instances"][1]["attributes"] == {
        "id": "/nest/staging/A",
        "name": "/nest/staging/A",
        "has_value_wo": True,
        "value_wo_version": 1,
    }
    assert there["instances"] == [{"index_key": "OLD"}]  # what was read is not changed
    (made,) = adopt_unseen.with_records({"serial": 0, "resources": []}, [parameter("A")])["resources"]
    assert made["provider"] == there["provider"]
    assert made["module"] == "module.parameters"


def test_a_cache_is_taken_over_with_the_strategy_of_its_token() -> None:
    """An import lacks it, and the next update would send it with an empty token."""
    change = {
        "address": "module.cache.aws_elasticache_replication_group.this",
        "module_address": "module.cache",
        "mode": "managed",
        "type": "aws_elasticache_replication_group",
        "name": "this",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": ["create"],
            "after": {"replication_group_id": "nest-staging-cache", "apply_immediately": True},
        },
    }
    assert adopt_unseen.is_unseen(change)
    (resource,) = adopt_unseen.with_records({"serial": 0, "resources": []}, [change])["resources"]
    (instance,) = resource["instances"]
    assert "index_key" not in instance
    assert instance["attributes"] == {
        "id": "nest-staging-cache",
        "replication_group_id": "nest-staging-cache",
        "auth_token_update_strategy": "ROTATE",
        "apply_immediately": True,
    }


def test_only_parameters_with_a_write_only_value_are_unseen() -> None:
    assert adopt_unseen.is_unseen(parameter("A"))
    assert not adopt_unseen.is_unseen(parameter("A", write_only=False))
    assert not adopt_unseen.is_unseen(planned("nest-staging-db", ["create"]))
