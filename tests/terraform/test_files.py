"""What must hold of the files themselves: formatted, locked, explained, and equal to the manifest."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT, INFRASTRUCTURE

ROOTS = sorted(file.parent.name for file in INFRASTRUCTURE.glob("*/providers.tf"))
ENVIRONMENTS = ("production", "staging")
PLATFORMS = 14
"""Archives of the AWS provider 5.100.0, as its SHA256SUMS lists them; one `zh:` digest each."""


def test_the_roots_are_those_of_the_manual() -> None:
    assert ROOTS == ["bootstrap", "production", "staging", "state"]


def test_every_file_is_formatted(terraform: Callable[..., str]) -> None:
    assert terraform(INFRASTRUCTURE, "fmt", "-check", "-recursive").strip() == ""


def test_every_readme_says_what_the_files_say() -> None:
    checked = subprocess.run(
        [sys.executable, str(CHECKOUT / "scripts" / "terraform_docs.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("root", ROOTS)
def test_the_provider_is_locked_for_every_platform(root: str) -> None:
    text = (INFRASTRUCTURE / root / ".terraform.lock.hcl").read_text(encoding="utf-8")
    providers = re.findall(r'provider "([^"]+)" \{(.*?)\n\}', text, re.DOTALL)
    assert [name for name, _ in providers] == ["registry.terraform.io/hashicorp/aws"]
    body = providers[0][1]
    assert re.search(r'version\s+= "5\.100\.0"', body)
    archives = set(re.findall(r'"zh:([0-9a-f]{64})"', body))
    assert len(archives) >= PLATFORMS
    assert re.search(r'"h1:[A-Za-z0-9+/]{43}="', body), "an unpacked mirror is compared by its h1 digest"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_application_is_that_of_the_manifest(environment: str) -> None:
    written = INFRASTRUCTURE / environment / "application.auto.tfvars.json"
    found = json.loads(written.read_text(encoding="utf-8"))
    assert found == {"application": load_manifest(CHECKOUT).application()}


def test_no_state_plan_or_answer_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "infrastructure"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(listed) > 100
    private = re.compile(r"\.tfstate|\.tfplan|terraform\.tfvars$|terraform\.tfbackend$|/\.terraform/")
    assert [name for name in listed if private.search(name)] == []
    assert Path(INFRASTRUCTURE / "staging" / "terraform.tfvars.example").is_file()
