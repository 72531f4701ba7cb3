from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nestctl.report import ExitCode, NestctlError
from nestctl.settings.fargate import FARGATE_MEMORY, size_fault
from nestctl.settings.paths import CHECKOUT
from nestctl.settings.resolve import resolve


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NESTCTL_REGION", "NESTCTL_DOMAIN"):
        monkeypatch.delenv(name, raising=False)


def refused(**arguments: Any) -> NestctlError:
    with pytest.raises(NestctlError) as caught:
        resolve(**arguments)
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.next
    return caught.value


def test_a_flag_wins_over_the_environment_and_both_over_the_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve().region.source == "nest.toml"
    monkeypatch.setenv("NESTCTL_REGION", "eu-central-1")
    assert (resolve().region.value, resolve().region.source) == ("eu-central-1", "environment")
    chosen = resolve(region="eu-west-1").region
    assert (chosen.value, chosen.source) == ("eu-west-1", "flag")


def test_names_follow_from_project_and_environment() -> None:
    assert resolve().stack == "nest-staging"
    assert resolve(environment="production").stack == "nest-production"


@pytest.mark.parametrize("region", ["mars-east-1", "us-east", "US-EAST-1", "us-east-1a", "us east 1"])
def test_a_bad_region_is_refused(region: str) -> None:
    assert refused(region=region).code == "bad-region"


@pytest.mark.parametrize(
    "domain",
    [
        "https://nest.owasp.org",
        "nest",
        "nest.owasp.org:443",
        "nest.owasp.org/",
        "-a.org",
        "a..org",
        "Nest.org",
    ],
)
def test_a_bad_domain_is_refused(domain: str) -> None:
    error = refused(domain=domain)
    assert error.code == "bad-domain"
    assert "flag" in error.what


def test_an_unknown_environment_is_refused_with_the_known_ones() -> None:
    error = refused(environment="test")
    assert error.code == "unknown-environment"
    assert "staging" in error.why


@pytest.mark.parametrize(
    ("cpu", "memory"), [("512", "512"), ("256", "4096"), ("300", "1024"), ("x", "1"), ("1024", "1500")]
)
def test_a_pair_that_fargate_lacks_is_refused(cpu: str, memory: str) -> None:
    assert f"no task of {cpu} CPU units" in (size_fault(cpu, memory) or "")


@pytest.mark.parametrize("cpu", FARGATE_MEMORY)
def test_every_pair_that_fargate_has_is_taken(cpu: int) -> None:
    for memory in FARGATE_MEMORY[cpu]:
        assert size_fault(str(cpu), str(memory)) is None
        assert size_fault(cpu, memory) is None


def test_a_bad_size_in_the_manifest_is_refused(tmp_path: Path) -> None:
    text = (CHECKOUT / "nest.toml").read_text(encoding="utf-8")
    (tmp_path / "nest.toml").write_text(
        text.replace('frontend_task_memory = "1024"', 'frontend_task_memory = "600"')
    )
    error = refused(app=tmp_path)
    assert error.code == "manifest-invalid"
    assert "environments.staging.sizes.frontend_task_memory: Fargate has no task" in error.why
