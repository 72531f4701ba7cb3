from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nestctl.aws import functions, services
from nestctl.report import NestctlError
from nestctl.runbook import stack
from nestctl.runbook.routes import Routes

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
NAME = "(service nest-staging-frontend-service)"
WRONG = "ResourceInitializationError: unable to pull secrets: invalid ssm parameters: /nest/staging/A"
EVENTS = (
    f"{NAME} has reached a steady state.",
    f"{NAME} has started 2 tasks: (task 7) (task 8).",
    f"{NAME} rolling back to (deployment ecs-svc/1).",
    f"{NAME} (deployment ecs-svc/2) deployment failed: tasks failed to start.",
    f"{NAME} (task 6) stopped: {WRONG}",
    f"{NAME} has started 1 tasks: (task 6).",
    f"{NAME} (task 5) stopped: {WRONG}",
)
"""Newest first, as DescribeServices has them."""


class Ecs:
    """Stands for ECS after it has rolled a deployment back."""

    def describe_services(self, **_: Any) -> dict[str, Any]:
        deployment = {"status": "PRIMARY", "rolloutState": "COMPLETED", "createdAt": WHEN}
        service = {
            "status": "ACTIVE",
            "taskDefinition": "frontend:2",
            "deployments": [deployment],
            "desiredCount": 2,
            "runningCount": 2,
            "events": [{"message": text} for text in EVENTS],
        }
        return {"services": [service]}

    def describe_task_definition(self, **_: Any) -> dict[str, Any]:
        return {"taskDefinition": {"containerDefinitions": [{"image": "registry/frontend:before"}]}}


def rolled_back() -> services.Service:
    found = services.describe(cast("Any", SimpleNamespace(client=lambda _name: Ecs())), "cluster", "service")
    assert found is not None
    return found


def test_of_many_messages_those_are_shown_that_say_what_went_wrong_each_kind_once() -> None:
    why = services.failure("the-service", rolled_back(), "/aws/ecs/nest-staging/frontend").why
    assert why.splitlines() == [EVENTS[4], EVENTS[3], EVENTS[2]]


def test_a_message_that_comes_again_is_as_new_as_its_last() -> None:
    names = [str(number) for number in range(services.SHOWN + 1)]
    newest_first = (f"{names[0]} failed.", *(f"{name} failed." for name in reversed(names)))
    why = replace(rolled_back(), events=newest_first).why
    assert why.splitlines() == [f"{name} failed." for name in [*names[2:], names[0]]]


@pytest.mark.parametrize(("wanted", "code"), [("after", "service-failed"), ("before", "plan-not-empty")])
def test_a_release_that_ecs_took_back_is_told_as_that(
    monkeypatch: pytest.MonkeyPatch, wanted: str, code: str
) -> None:
    plan = SimpleNamespace(empty=False, changes=(SimpleNamespace(action="update", address="x"),))
    context: Any = SimpleNamespace(
        deployer=None,
        function_name="f",
        stack="nest-staging",
        environment="staging",
        plan=lambda *_: plan,
        running=SimpleNamespace(frontend=rolled_back),
    )
    said = {"lambda_function_url": "u", "frontend_service_name": "nest-staging-frontend-service"}
    monkeypatch.setattr(functions, "url_is_permitted", lambda *_: True)
    monkeypatch.setattr(stack, "outputs", lambda *_: said)
    monkeypatch.setattr(stack, "root", lambda *_, **__: None)
    monkeypatch.setattr(stack, "frontend_image", lambda *_: wanted)
    with pytest.raises(NestctlError) as caught:
        Routes().verify(context, lambda _: None)
    assert caught.value.code == code
