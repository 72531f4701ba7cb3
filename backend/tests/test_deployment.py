"""What the deployment reads: the Zappa template, and the entry point it names."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEMPLATE = (ROOT / "zappa_settings.template.json").read_text(encoding="utf-8")


@pytest.fixture(params=["staging", "production"])
def stage(request: pytest.FixtureRequest) -> dict:
    stages = json.loads(TEMPLATE)
    chosen = stages[request.param]
    return {**stages.get(chosen.get("extends"), {}), **chosen, "name": request.param}


def test_the_placeholders_are_those_that_the_documentation_names() -> None:
    used = set(re.findall(r"\$\{(\w+)\}", TEMPLATE))
    documented = set(re.findall(r"`\$\{(\w+)\}`", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert used == documented
    assert {"vpc_id", "private_subnet_ids", "lambda_security_group_id", "lambda_role_arn"} <= used


def test_zappa_manages_neither_rights_nor_addresses(stage: dict) -> None:
    assert stage["manage_roles"] is False
    assert stage["role_arn"] == "${lambda_role_arn}"
    for name in ("apigateway_enabled", "keep_warm", "debug", "touch", "slim_handler"):
        assert stage[name] is False
    assert not {"function_url_enabled", "alb_enabled"} & set(stage)
    assert stage["log_level"] == "INFO"
    assert stage["environment_variables"]["NEST_ENVIRONMENT"] == stage["name"]


def test_no_secret_goes_into_the_archive(stage: dict) -> None:
    assert set(stage["environment_variables"]) == {"NEST_ENVIRONMENT", "NEST_PARAMETERS_PATH", "NEST_RELEASE"}


def test_the_entry_point_answers(stage: dict) -> None:
    module, name = stage["app_function"].rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), name))


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that a start loads."""
    code = "import sys, config.wsgi; print(*sys.modules)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["boto3", "botocore", "sentry_sdk", "zappa", "requests", "yaml"])
def test_starting_does_not_load(module: str, loaded: set[str]) -> None:
    # Each of them would cost every cold start, and some are not in the archive at all.
    assert "config.wsgi" in loaded
    assert module not in loaded
