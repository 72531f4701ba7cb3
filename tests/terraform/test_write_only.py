"""What has a write-only value is never updated in another attribute: an empty value would go along."""

from __future__ import annotations

import re

import pytest

from nestctl.settings.paths import INFRASTRUCTURE

SENDS_ITS_VALUE = {
    "aws_ssm_parameter": {
        *("allowed_pattern", "data_type", "description", "key_id", "overwrite", "tier", "type"),
        "value_wo_version",
    }
}
"""Attributes by type whose update sends the value along, but for tags and the name.

Seen in tests/localcloud/control/test_write_only_values.py.
"""

HARMLESS = {"aws_db_instance", "aws_secretsmanager_secret_version"}
"""Types whose write-only value is sent only together with another version of it."""


def blocks() -> dict[str, str]:
    found = {}
    for file in sorted(INFRASTRUCTURE.rglob("*.tf")):
        text = file.read_text(encoding="utf-8")
        for kind, name, body in re.findall(
            r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL
        ):
            if re.search(r"^\s+\w+_wo\s+=", body, re.MULTILINE):
                found[f"{kind}.{name}"] = body
    return found


def test_there_are_write_only_values() -> None:
    assert {address.split(".")[0] for address in blocks()} == {*SENDS_ITS_VALUE, *HARMLESS}


@pytest.mark.parametrize("address", [a for a in blocks() if a.split(".")[0] in SENDS_ITS_VALUE])
def test_no_update_sends_a_value_that_terraform_does_not_know(address: str) -> None:
    ignored = re.search(r"ignore_changes = \[([^\]]*)\]", blocks()[address])
    assert ignored
    assert set(re.findall(r"\w+", ignored[1])) == SENDS_ITS_VALUE[address.split(".", maxsplit=1)[0]]
