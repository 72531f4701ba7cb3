"""Plans without an account, made once for all proofs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nestctl.prove.plan import Plan
from nestctl.prove.roots import Plans
from nestctl.settings.resolve import resolve


@pytest.fixture(scope="session")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """The roots of staging."""
    settings = resolve(environment="staging")
    return Plans(replace(settings, work=tmp_path_factory.mktemp("prove")))


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """The roots of production."""
    settings = resolve(environment="production")
    return Plans(replace(settings, work=tmp_path_factory.mktemp("production")))


@pytest.fixture(scope="session")
def staging(plans: Plans) -> Plan:
    """The plan of the root staging, as a first deployment makes it."""
    return plans.environment()
