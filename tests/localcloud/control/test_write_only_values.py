"""What the provider sends when an attribute beside a write-only value changes: seen, not assumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import patient
import pytest

from nestctl.localcloud import LocalCloud
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform import write_only
from nestctl.terraform.root import Root

Client = Callable[[str], Any]
VALUE = "a-value-that-terraform-does-not-keep"
LATER = "a-value-that-somebody-has-set-since"
PATH = "/write-only/"

BESIDE: dict[str, tuple[Any, Any]] = {
    "allowed_pattern": (None, ".*"),
    "description": ("one", "two"),
    "key_id": ("alias/write-only-1", "alias/write-only-2"),
    "overwrite": (None, True),
    "tags": ({"Owner": "one"}, {"Owner": "two"}),
    "tier": ("Standard", "Advanced"),
}
"""Attributes of a parameter: before and after."""

SEND_AN_EMPTY_VALUE = {*BESIDE} - {"overwrite", "tags"}
"""Those whose change is sent with a value, of which Terraform knows none; modules/parameters ignores them."""


def write(folder: Path, now: int) -> None:
    parameters = {
        name: {
            "name": f"{PATH}{name}",
            "type": "SecureString",
            "value_wo": VALUE,
            "value_wo_version": 1,
            **({name: values[now]} if values[now] is not None else {}),
        }
        for name, values in BESIDE.items()
    }
    ignored = [*sorted(SEND_AN_EMPTY_VALUE), "data_type", "type", "value_wo_version"]
    kept = {
        **parameters["description"],
        "name": f"{PATH}kept",
        "tags": BESIDE["tags"][now],
        "lifecycle": {"ignore_changes": ignored},
    }
    secret = {"name": "write-only", "description": f"number {now}", "recovery_window_in_days": 0}
    version = {"secret_id": "${aws_secretsmanager_secret.it.id}", "secret_string_wo": VALUE}
    root = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}}},
        "provider": {"aws": {}},
        "resource": {
            "aws_ssm_parameter": {**parameters, "kept": kept},
            "aws_secretsmanager_secret": {"it": secret},
            "aws_secretsmanager_secret_version": {"it": version | {"secret_string_wo_version": 1}},
        },
    }
    (folder / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")


def errors(log: Path) -> dict[str, str]:
    """Return what Terraform said of each resource that failed in its last run."""
    said = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line[:1] == "{"]
    wrong = (line["diagnostic"] for line in said if line.get("@level") == "error" and "diagnostic" in line)
    return {item["address"].rpartition(".")[2]: item["summary"] for item in wrong if item.get("address")}


def test_no_change_beside_a_value_reaches_the_value(tmp_path: Path, running: LocalCloud, aws: Client) -> None:
    for number in (1, 2):
        key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
        aws("kms").create_alias(AliasName=f"alias/write-only-{number}", TargetKeyId=key)
    lock = INFRASTRUCTURE / "staging" / ".terraform.lock.hcl"
    (tmp_path / lock.name).write_bytes(lock.read_bytes())
    write(tmp_path, 0)
    root = Root("write-only", tmp_path, tmp_path / "data", running.env())
    root.apply(root.plan())
    # Somebody sets other values: what Terraform sends after that can be told from what it had.
    for name in (*BESIDE, "kept"):
        aws("ssm").put_parameter(Name=f"{PATH}{name}", Value=LATER, Type="SecureString", Overwrite=True)
    aws("secretsmanager").put_secret_value(SecretId="write-only", SecretString=LATER)

    write(tmp_path, 1)
    plan = root.plan(refresh=False)
    assert {change.address.rpartition(".")[2] for change in plan.changes} >= {*BESIDE, "kept", "it"}
    with pytest.raises(Exception, match="terraform apply"):
        root.apply(plan)
    failed = errors(root.log)
    assert set(failed) == SEND_AN_EMPTY_VALUE, failed
    # AWS takes no empty value; what is sent along is never the value that was set.
    assert all("validation" in words.lower() for words in failed.values()), failed
    found = aws("ssm").get_parameters_by_path(Path=PATH, WithDecryption=True)["Parameters"]
    assert {item["Name"].removeprefix(PATH): item["Value"] for item in found} == dict.fromkeys(
        (*BESIDE, "kept"), LATER
    )
    tags = aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=f"{PATH}kept")["TagList"]
    assert tags == [{"Key": "Owner", "Value": "two"}]
    secret = aws("secretsmanager").describe_secret(SecretId="write-only")
    assert secret["Description"] == "number 1"
    assert aws("secretsmanager").get_secret_value(SecretId="write-only")["SecretString"] == LATER


def test_a_value_whose_maker_was_interrupted_is_not_read_later(
    tmp_path: Path, running: LocalCloud, aws: Client
) -> None:
    """The provider notes that a value is write-only when it reads what it has made: that read fails."""
    lock = INFRASTRUCTURE / "staging" / ".terraform.lock.hcl"
    (tmp_path / lock.name).write_bytes(lock.read_bytes())
    aws("secretsmanager").create_secret(Name="interrupted")
    parameter = {
        "name": f"{PATH}interrupted",
        "type": "SecureString",
        "value_wo": VALUE,
        "value_wo_version": 1,
    }
    secret = {"secret_id": "interrupted", "secret_string_wo": VALUE, "secret_string_wo_version": 1}
    root = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}}},
        "provider": {"aws": {}},
        "resource": {
            "aws_ssm_parameter": {"it": {**parameter, "for_each": '${toset(["one"])}'}},
            "aws_secretsmanager_secret_version": {"it": secret},
        },
    }
    (tmp_path / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")
    made = Root("interrupted", tmp_path, tmp_path / "data", running.env())
    plan = made.plan()
    faults = [
        {"service": service, "action": action, "count": 1, "status": 400, "error": "AccessDeniedException"}
        for service, action in (("ssm", "GetParameter"), ("secretsmanager", "GetSecretValue"))
    ]
    patient.put(f"{running.env()['AWS_ENDPOINT_URL']}/_local/faults", json=faults).raise_for_status()
    with pytest.raises(Exception, match="terraform apply"):
        made.apply(plan)
    wanted = ['aws_ssm_parameter.it["one"]', "aws_secretsmanager_secret_version.it"]
    assert sorted(write_only.unnoted(made.pull())) == sorted(wanted)

    assert write_only.read_already(made.pull()) == {}

    # As an earlier plan has left it, whose refresh read the values.
    state = made.pull()
    for resource in state["resources"]:
        names = write_only.WRITE_ONLY[resource["type"]]
        for instance in resource["instances"]:
            instance["attributes"][names.value] = VALUE
    made.push({**state, "serial": state["serial"] + 1})
    logged = made.log.read_text(encoding="utf-8").count(VALUE)  # in Terraform's error, from the root's file
    assert write_only.read_already(made.pull()) == dict.fromkeys(wanted, VALUE)
    assert sorted(write_only.note(made)) == sorted(wanted)
    assert made.log.read_text(encoding="utf-8").count(VALUE) == logged
    assert VALUE not in json.dumps(made.pull())
    assert made.plan().empty
    shown = made.plan(destroy=True)
    planned = made.show(shown)
    assert len(planned["resource_changes"]) == len(wanted)
    assert VALUE not in json.dumps([planned[part] for part in ("prior_state", "resource_changes")])
    made.apply(shown)
    assert VALUE not in (tmp_path / "terraform.tfstate.backup").read_text(encoding="utf-8")
