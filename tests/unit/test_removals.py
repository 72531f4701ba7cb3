"""A plan that would delete a value which nobody could bring back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nestctl.runbook import removals
from nestctl.terraform.messages import Planned
from nestctl.terraform.root import Plan

PREFIX = "module.platform.module.parameters.aws_ssm_parameter"
SET = {"/nest/staging/TOKEN", "/nest/staging/DB_PASSWORD", "/nest/staging/HOST"}


@pytest.fixture(autouse=True)
def _store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removals.parameters, "is_set", lambda _aws, name: name in SET)


@pytest.mark.parametrize(
    ("address", "action", "lost"),
    [
        (f'{PREFIX}.secret["TOKEN"]', "delete", ["TOKEN"]),
        (f'{PREFIX}.secret["TOKEN"]', "replace", ["TOKEN"]),
        (f'{PREFIX}.generated["DB_PASSWORD"]', "delete", ["DB_PASSWORD"]),
        (f'{PREFIX}.secret["TOKEN"]', "update", []),
        (f'{PREFIX}.secret["TOKEN"]', "create", []),
        (f'{PREFIX}.secret["UNSET"]', "delete", []),
        (f'{PREFIX}.plain["HOST"]', "delete", []),
        ("module.platform.aws_s3_bucket.this", "delete", []),
    ],
)
def test_only_what_is_set_and_unknown_to_terraform_is_lost(
    address: str, action: str, lost: list[str]
) -> None:
    aws: Any = None
    plan = Plan(Path("plan"), (Planned(address, action),), empty=False)
    assert removals.lost(aws, plan, "/nest/staging/") == lost


def test_what_only_changes_between_the_kinds_without_a_known_value_is_kept() -> None:
    aws: Any = None
    changes = (
        Planned(f'{PREFIX}.secret["TOKEN"]', "delete"),
        Planned(f'{PREFIX}.generated["TOKEN"]', "create"),
    )
    assert removals.lost(aws, Plan(Path("plan"), changes, empty=False), "/nest/staging/") == []
    plain = (changes[0], Planned(f'{PREFIX}.plain["TOKEN"]', "create"))
    assert removals.lost(aws, Plan(Path("plan"), plain, empty=False), "/nest/staging/") == ["TOKEN"]


def test_the_refusal_names_parameter_and_command() -> None:
    error = removals.refusal(["TOKEN"], "/nest/staging/")
    assert error.code == "parameter-value-lost"
    assert "nestctl aws ssm delete-parameter --name /nest/staging/TOKEN" in error.next
