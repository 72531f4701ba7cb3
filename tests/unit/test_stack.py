from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.aws.certificates import Certificate
from nestctl.aws.services import Service
from nestctl.releases.built import Built
from nestctl.releases.running import Running
from nestctl.runbook import stack
from nestctl.runbook.stack import FOUNDATION
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.settings.resolve import Setting


def module_folder(folder: Path, name: str) -> Path:
    """Return the folder that a module call leads to."""
    for file in sorted(folder.glob("*.tf")):
        found = re.search(rf'module "{name}" \{{.*?source\s*=\s*"([^"]+)"', file.read_text(), re.DOTALL)
        if found:
            return (folder / found[1]).resolve()
    raise AssertionError(f"{folder} calls no module {name}")


@pytest.mark.parametrize("address", FOUNDATION)
def test_every_address_of_the_small_apply_exists(address: str) -> None:
    """Terraform passes over a target that does not exist, so a renamed resource would be left out unseen."""
    folder = INFRASTRUCTURE / "staging"
    parts = address.split(".")
    while parts[0] == "module":
        folder = module_folder(folder, parts[1])
        parts = parts[2:]
    kind, name = parts
    text = "".join(file.read_text() for file in sorted(folder.glob("*.tf")))
    assert re.search(rf'^resource "{kind}" "{name}"', text, re.MULTILINE)


def built(sizes: dict[str, Any]) -> Built:
    """What sources make whose builds are called new."""

    class New(Built):
        backend: Any = SimpleNamespace(release="new")

        def frontend(self, _: str) -> Any:
            return SimpleNamespace(release="new")

    nothing: Any = None
    return New(nothing, nothing, nothing, sizes.get("cpu_architecture", "X86_64"))


class Site(Running):
    """A site whose function is live."""

    def has_function(self) -> bool:
        return True


def site_with(frontend: Service | None) -> Running:
    class Found(Site):
        def frontend(self) -> Service | None:
            return frontend

    nothing: Any = None
    return Found(nothing, "nest-staging")


def service(tag: str, desired: int) -> Service:
    return Service(tag, desired, desired, True, False, datetime.now(UTC), ())


@pytest.mark.parametrize(
    ("sizes", "running", "released", "tag", "count"),
    [
        # Nothing runs before the first release.
        ({}, None, False, "none", 0),
        ({"frontend_desired_count": 3}, service("none", 0), False, "none", 0),
        ({"frontend_autoscaling": {"min": 2, "max": 4}}, service("none", 0), False, "none", 0),
        # What runs goes on until the new release is wanted; the number is nest.toml's, else the root's own.
        ({}, service("old", 1), False, "old", None),
        ({}, service("old", 1), True, "new", None),
        ({"frontend_desired_count": 3}, service("old", 1), False, "old", 3),
        ({"frontend_desired_count": 3}, service("old", 1), True, "new", 3),
        # Whoever asks for no tasks gets none, and the same plan in each step.
        ({"frontend_desired_count": 0}, service("old", 0), False, "old", 0),
        ({"frontend_desired_count": 0}, service("old", 0), True, "new", 0),
        # Scaling decides how many there are, once there are any.
        ({"frontend_autoscaling": {"min": 2, "max": 4}}, service("old", 3), False, "old", 3),
        (
            {"frontend_autoscaling": {"min": 2, "max": 4}, "frontend_desired_count": 2},
            service("old", 3),
            True,
            "new",
            3,
        ),
        ({"frontend_autoscaling": {"min": 2, "max": 4}}, service("none", 0), True, "new", None),
    ],
)
def test_image_and_number_of_the_frontends_tasks(
    monkeypatch: pytest.MonkeyPatch,
    sizes: dict[str, Any],
    running: Service | None,
    released: bool,
    tag: str,
    count: int | None,
) -> None:
    monkeypatch.setattr(stack, "asset_prefix", lambda _: "")
    monkeypatch.setattr(stack, "domains", lambda *_, **__: {"domain_name": "x"})
    monkeypatch.setattr(stack, "outputs", lambda _: {})
    context: Any = SimpleNamespace(
        settings=SimpleNamespace(
            sizes=sizes, domain=Setting("x", "flag"), manifest=SimpleNamespace(application=dict)
        ),
        target=SimpleNamespace(region="us-east-1"),
        environment="staging",
        project="nest",
        stack="nest-staging",
        function_name="nest-staging",
        built=built(sizes),
        running=site_with(running),
        root=lambda *_, variables, **__: variables,
    )
    found: Any = stack.root(context, released=released)
    assert found["frontend_image_tag"] == tag
    assert found.get("frontend_desired_count") == count
    scaled = sizes.get("frontend_autoscaling") if tag != "none" else None
    assert found.get("frontend_autoscaling") == scaled


def certificate(domain: str, status: str) -> Certificate:
    return Certificate(f"arn:{domain}", domain, status)


@pytest.mark.parametrize(
    ("served", "requested", "released", "expected"),
    [
        pytest.param(None, None, False, ("new", None, False), id="nothing is there"),
        pytest.param(None, "PENDING_VALIDATION", False, ("new", None, False), id="the first is pending"),
        pytest.param(None, "ISSUED", False, ("new", None, True), id="the first is issued"),
        pytest.param("new", "ISSUED", False, ("new", None, True), id="it serves"),
        pytest.param("new", "EXPIRED", False, ("new", None, True), id="a listener is not taken away"),
        pytest.param("old", None, False, ("old", "new", True), id="another domain is asked for"),
        pytest.param("old", "PENDING_VALIDATION", False, ("old", "new", True), id="the other is pending"),
        pytest.param("old", "FAILED", False, ("old", "new", True), id="the other has failed"),
        pytest.param("old", "ISSUED", False, ("old", "new", True), id="no version answers to both yet"),
        pytest.param("old", "ISSUED", True, ("new", None, True), id="the other is issued"),
        pytest.param("old", "PENDING_VALIDATION", True, ("old", "new", True), id="released, still pending"),
    ],
)
def test_a_site_keeps_its_domain_until_the_next_ones_certificate_is_issued(
    monkeypatch: pytest.MonkeyPatch,
    served: str | None,
    requested: str | None,
    released: bool,
    expected: tuple[str, str | None, bool],
) -> None:
    monkeypatch.setattr(
        stack.certificates, "serving", lambda *_: served and certificate(served, requested or "ISSUED")
    )
    monkeypatch.setattr(stack, "requested", lambda _: requested and certificate("new", requested))
    context: Any = SimpleNamespace(
        settings=SimpleNamespace(domain=Setting("new", "flag")), deployer=None, stack="nest-staging"
    )
    found = stack.domains(context, released=released)
    assert (found["domain_name"], found.get("next_domain_name"), found["certificate_issued"]) == expected


@pytest.mark.parametrize(
    ("definitions", "tag", "architecture"),
    [
        ({"migrate": {"arn": "migrate:3"}}, "old", "X86_64"),
        ({"migrate": {"arn": "migrate:4"}}, "old-arm64", "ARM64"),
        ({}, "none", None),
        (None, "none", None),
    ],
)
def test_a_plan_by_hand_keeps_the_images_that_run(
    monkeypatch: pytest.MonkeyPatch, definitions: dict[str, Any] | None, tag: str, architecture: str | None
) -> None:
    """The sources were edited and nothing built: no registry has their image, and none is asked for.

    The context has no builds, so that whoever looks at them fails.
    """
    monkeypatch.setattr(stack, "domains", lambda *_, **__: {})
    monkeypatch.setattr(stack, "outputs", lambda _: {"static_url": "x", "task_definitions": definitions})
    monkeypatch.setattr("nestctl.aws.identities.external_id", lambda *_: "id")
    monkeypatch.setattr("nestctl.runbook.identities.role_name", lambda _: "role")
    known = {"migrate:3": "old", "migrate:4": "old-arm64"}
    monkeypatch.setattr("nestctl.aws.tasks.image_tag", lambda _aws, arn: known[arn])
    context: Any = SimpleNamespace(
        caller=None,
        deployer=None,
        settings=SimpleNamespace(
            sizes={}, domain=Setting("x", "flag"), manifest=SimpleNamespace(application=dict)
        ),
        target=SimpleNamespace(region="us-east-1"),
        environment="staging",
        project="nest",
        stack="nest-staging",
        function_name="nest-staging",
        running=site_with(service("old", 1)),
        root=lambda *_, variables, **__: variables,
    )
    found: Any = stack.deployed_root(context)
    assert (found["backend_image_tag"], found["frontend_image_tag"]) == (tag, "old")
    assert found.get("cpu_architecture") == architecture


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("wanted", [None, False, True])
@pytest.mark.parametrize("there", [None, "nest-staging-db-proxy"])
def test_a_database_proxy_stays_until_a_version_without_it_is_live(
    monkeypatch: pytest.MonkeyPatch, there: str | None, wanted: bool | None, released: bool
) -> None:
    sizes = {} if wanted is None else {"db_proxy_enabled": wanted}
    outputs = {"database_proxy_name": there}
    found = variables(monkeypatch, sizes, "old", outputs, released=released)
    assert found["db_proxy_kept"] == (bool(there) and not wanted and not released)


@pytest.mark.parametrize(
    ("wanted", "running", "released", "backend", "frontend", "kept"),
    [
        (None, "old", False, "new", "old", "X86_64"),
        (None, "old", True, "new", "new", "X86_64"),
        ("ARM64", "old", False, "new-arm64", "old", "X86_64"),
        ("ARM64", "old", True, "new-arm64", "new-arm64", "ARM64"),
        ("ARM64", "old-arm64", False, "new-arm64", "old-arm64", "ARM64"),
        # The tasks that run keep their architecture while the frontend's image is the old one.
        ("X86_64", "old-arm64", False, "new", "old-arm64", "ARM64"),
        ("X86_64", "old-arm64", True, "new", "new", "X86_64"),
    ],
)
def test_an_image_is_built_for_the_architecture_of_its_tasks(
    monkeypatch: pytest.MonkeyPatch,
    wanted: str | None,
    running: str,
    released: bool,
    backend: str,
    frontend: str,
    kept: str | None,
) -> None:
    found = variables(monkeypatch, {"cpu_architecture": wanted} if wanted else {}, running, released=released)
    assert (found["backend_image_tag"], found["frontend_image_tag"]) == (backend, frontend)
    assert found.get("frontend_cpu_architecture") == kept


@pytest.mark.parametrize("wanted", [None, "X86_64", "ARM64"])
def test_one_plan_serves_both_steps_once_the_release_runs(
    monkeypatch: pytest.MonkeyPatch, wanted: str | None
) -> None:
    sizes = {"cpu_architecture": wanted} if wanted else {}
    running = "new-arm64" if wanted == "ARM64" else "new"
    before = variables(monkeypatch, sizes, running, released=False)
    assert before == variables(monkeypatch, sizes, running, released=True)


def variables(
    monkeypatch: pytest.MonkeyPatch,
    sizes: dict[str, Any],
    running: str,
    outputs: dict[str, Any] | None = None,
    **how: Any,
) -> dict[str, Any]:
    """What the root of a site that runs gets."""
    monkeypatch.setattr(stack, "asset_prefix", lambda _: "")
    monkeypatch.setattr(stack, "domains", lambda *_, **__: {})
    monkeypatch.setattr(stack, "outputs", lambda _: outputs or {})
    context: Any = SimpleNamespace(
        settings=SimpleNamespace(sizes=sizes, manifest=SimpleNamespace(application=dict)),
        target=SimpleNamespace(region="us-east-1"),
        environment="staging",
        project="nest",
        function_name="nest-staging",
        built=built(sizes),
        running=site_with(service(running, 1)),
        root=lambda *_, variables, **__: variables,
        stack="nest-staging",
    )
    found: Any = stack.root(context, **how)
    values: dict[str, Any] = found
    return values
