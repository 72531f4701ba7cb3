"""Every validation is tripped by a test of its own folder, every precondition by a change of the files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from validations import Folder, read

from nestctl.prove import offline
from nestctl.prove.roots import EXTERNAL_ID
from nestctl.report import NestctlError
from nestctl.settings.paths import INFRASTRUCTURE

pytestmark = pytest.mark.slow

Terraform = Callable[..., str]

FOLDERS = sorted(
    file.parent.relative_to(INFRASTRUCTURE).as_posix()
    for file in INFRASTRUCTURE.rglob("variables.tf")
    if ".terraform" not in file.parts
)
BY_PLAN = ("production", "staging")
"""Terraform's tests cannot mock the ephemeral values of these roots; they are planned below instead."""

WRONG = {"aws_region": "us east 1", "max_retries": 0, "next_domain_name": "https://nest.example.org"}


@pytest.mark.parametrize("folder", [name for name in FOLDERS if name not in BY_PLAN])
def test_every_validation_is_tripped(folder: str, terraform: Terraform, tmp_path: Path) -> None:
    missing = Folder(INFRASTRUCTURE / folder).untripped(terraform, tmp_path / "scratch")
    assert missing == [], (
        f"No run in infrastructure/{folder}/tests trips these validations alone (variable/number). "
        f"Add one with expect_failures = [var.<variable>]."
    )


def test_a_validation_that_nothing_trips_is_found(terraform: Terraform, tmp_path: Path) -> None:
    folder = tmp_path / "kms"
    shutil.copytree(INFRASTRUCTURE / "modules" / "kms", folder)
    with (folder / "variables.tf").open("a") as file:
        file.write('variable "new" {\n  type = string\n  default = "a"\n  validation {\n')
        file.write('    condition = startswith(var.new, "a")\n    error_message = "A."\n  }\n')
        file.write(
            '  validation {\n    condition = endswith(var.new, "a")\n    error_message = "A."\n  }\n}\n'
        )
    assert Folder(folder).untripped(terraform, tmp_path / "first") == ["new/0", "new/1"]
    with (folder / "tests" / "validation.tftest.hcl").open("a") as file:
        file.write('run "both" {\n  command = plan\n  expect_failures = [var.new]\n')
        file.write('  variables {\n    new = "b"\n  }\n}\n')
        file.write('run "the_second" {\n  command = plan\n  expect_failures = [var.new]\n')
        file.write('  variables {\n    new = "ab"\n  }\n}\n')
    assert Folder(folder).untripped(terraform, tmp_path / "second") == ["new/0"]


@pytest.mark.parametrize("root", BY_PLAN)
def test_the_environments_refuse_wrong_values(root: str, tmp_path: Path) -> None:
    assert {key.partition("/")[0] for key in Folder(INFRASTRUCTURE / root).conditions()} == set(WRONG)
    values = {"domain_name": "nest.example.org", "backend_image_tag": "1", "frontend_image_tag": "1", **WRONG}
    with pytest.raises(NestctlError) as caught:
        offline.plan(root, values, tmp_path)
    for name in WRONG:
        assert f"{name} is " in caught.value.why


PRECONDITIONS = {
    "bootstrap/main.tf": (
        "bootstrap",
        "bootstrap/policies.tf",
        "policy_size_limit = 6144",
        "policy_size_limit = 100",
        "characters; IAM takes",
    ),
    "modules/platform/outputs.tf": (
        "staging",
        "modules/platform/facts.tf",
        "    site_url             = local.site_url\n",
        "",
        "do not list the same facts",
    ),
}
"""By file: root to plan, file to change, text, its replacement, words of the error."""

BY_OWN_TEST = {
    "modules/networking/main.tf": "aws_vpc.this",
    "modules/storage/modules/s3-bucket/main.tf": "aws_s3_bucket.this",
}
"""By file: what a run of the folder's own tests expects to fail."""


def test_every_precondition_is_known() -> None:
    found = [
        file.relative_to(INFRASTRUCTURE).as_posix()
        for file in sorted(INFRASTRUCTURE.rglob("*.tf"))
        if ".terraform" not in file.parts
        for block in read(file.read_text())
        for inner in [block, *block.inner("lifecycle")]
        for _ in inner.inner("precondition") + inner.inner("postcondition")
    ]
    assert found == sorted([*PRECONDITIONS, *BY_OWN_TEST])
    for place, address in BY_OWN_TEST.items():
        tests = Folder((INFRASTRUCTURE / place).parent).tests()
        expected = [b.attributes().get("expect_failures", "") for t in tests.values() for b in read(t)]
        assert f"[{address}]" in expected


@pytest.mark.parametrize("place", PRECONDITIONS)
def test_every_precondition_is_tripped(place: str, tmp_path: Path) -> None:
    root, file, old, new, words = PRECONDITIONS[place]
    copy = tmp_path / "infrastructure"
    shutil.copytree(INFRASTRUCTURE, copy, ignore=shutil.ignore_patterns(".terraform"))
    text = (copy / file).read_text()
    assert text.count(old) == 1
    (copy / file).write_text(text.replace(old, new))
    values = {"domain_name": "nest.example.org", "backend_image_tag": "1", "frontend_image_tag": "1"}
    values = {"aws_role_external_id": EXTERNAL_ID} if root == "bootstrap" else values
    with pytest.raises(NestctlError) as caught:
        offline.plan(root, values, tmp_path, infrastructure=copy)
    assert words in caught.value.why
