"""An environment lives in one region of an account."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.report import NestctlError
from nestctl.runbook import destroy_all, regions
from nestctl.runbook.context import Context


def context(region: str = "eu-central-1") -> Any:
    made = object.__new__(Context)
    values = {
        "settings": SimpleNamespace(
            environment="staging",
            project="nest",
            stack="nest-staging",
            manifest=SimpleNamespace(environments=["staging", "production"]),
        ),
        "target": SimpleNamespace(region=region),
        "caller": SimpleNamespace(account_id="123456789012"),
    }
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Buckets by name, and whether the state in each describes anything."""
    buckets: dict[str, bool] = {"somebody-elses": True}
    monkeypatch.setattr(regions.s3, "buckets", lambda _: set(buckets))
    monkeypatch.setattr(regions.states, "describes", lambda _, bucket: buckets[bucket])
    monkeypatch.setattr(regions.states, "holds", lambda *_: False)
    return buckets


def test_every_region_of_aws_is_known() -> None:
    assert {"us-east-1", "eu-central-1", "ap-southeast-2", "sa-east-1"} < regions.known()


@pytest.mark.parametrize("root", ["staging", "bootstrap"])
def test_a_region_that_was_changed_is_refused_with_what_to_do(account: dict[str, bool], root: str) -> None:
    account[context("us-east-1").state_bucket(root)] = True
    with pytest.raises(NestctlError) as caught:
        regions.only_here(context())
    assert caught.value.code == "other-region"
    assert "nest-staging is deployed in us-east-1" in caught.value.what
    assert (
        "nestctl destroy --env staging --region us-east-1 --confirm nest-staging --all" in caught.value.next
    )
    assert "--region us-east-1, or" in caught.value.next
    regions.only_here(context("us-east-1"))


def test_what_was_destroyed_elsewhere_holds_nobody_up(account: dict[str, bool]) -> None:
    account[context("us-east-1").state_bucket("staging")] = False
    account[context("us-east-1").state_bucket("bootstrap")] = False
    regions.only_here(context())


def test_other_environments_may_be_elsewhere(account: dict[str, bool]) -> None:
    account[context("us-east-1").state_bucket("production", "production")] = True
    regions.only_here(context())
    assert regions.elsewhere(context(), "production") == "us-east-1"


def test_the_users_stay_while_an_environment_elsewhere_needs_them(account: dict[str, bool]) -> None:
    account[context("us-east-1").state_bucket("production", "production")] = True
    with pytest.raises(NestctlError) as caught:
        destroy_all.look(context())
    assert caught.value.code == "state-in-use"
    assert "nest-production in us-east-1" in caught.value.what
    assert "--env production --region us-east-1" in caught.value.next
