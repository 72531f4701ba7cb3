from __future__ import annotations

import json
import os
import pwd
import socket
import stat
import sys
from pathlib import Path

import pytest

from nestctl.report import NestctlError
from nestctl.terraform import binary, garbage, locks, mirror
from nestctl.terraform.messages import Applying, Diagnostic, Planned, Summary, parse
from nestctl.terraform.root import Root


def test_the_stream_is_typed_and_chatter_is_passed_over() -> None:
    resource = {"addr": "module.a.aws_vpc.this"}
    lines = [
        "plugin says hello",
        json.dumps({"type": "version", "terraform": "1.11.4"}),
        json.dumps({"type": "planned_change", "change": {"resource": resource, "action": "create"}}),
        json.dumps(
            {
                "type": "apply_progress",
                "hook": {"resource": resource, "action": "create", "elapsed_seconds": 10},
            }
        ),
        json.dumps(
            {"type": "change_summary", "changes": {"operation": "apply", "add": 2, "change": 1, "remove": 0}}
        ),
        json.dumps(
            {
                "type": "diagnostic",
                "diagnostic": {
                    "severity": "error",
                    "summary": "Broken",
                    "detail": "because",
                    "range": {"filename": "main.tf", "start": {"line": 7}},
                },
            }
        ),
    ]
    planned, applying, summary, fault = parse(lines)
    assert planned == Planned("module.a.aws_vpc.this", "create")
    assert applying == Applying("progress", "module.a.aws_vpc.this", "create", 10.0)
    assert isinstance(summary, Summary)
    assert summary.total == 3
    assert isinstance(fault, Diagnostic)
    assert "main.tf:7" in str(fault)


def fake_terraform(folder: Path, version: str) -> Path:
    path = folder / "terraform"
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary.find_terraform.cache_clear()
    monkeypatch.setattr(binary, "EMBEDDED", tmp_path / "none")
    monkeypatch.delenv("NESTCTL_TERRAFORM", raising=False)


@pytest.mark.usefixtures("no_cache")
def test_an_old_terraform_is_refused_with_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(fake_terraform(tmp_path, "1.9.8").parent))
    with pytest.raises(NestctlError) as caught:
        binary.find_terraform()
    assert caught.value.code == "terraform-old"
    assert "1.9.8" in caught.value.why
    binary.find_terraform.cache_clear()


@pytest.mark.usefixtures("no_cache")
def test_a_missing_terraform_is_refused_with_the_way_to_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NestctlError) as caught:
        binary.find_terraform()
    assert caught.value.code == "terraform-missing"
    assert "make install" in caught.value.next
    binary.find_terraform.cache_clear()


@pytest.mark.usefixtures("no_cache")
def test_a_new_enough_terraform_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fake_terraform(tmp_path, "1.11.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binary.find_terraform() == binary.Binary(path, "1.11.0")
    binary.find_terraform.cache_clear()


def test_a_mirror_is_used_for_the_provider_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mirror"
    (folder / mirror.PROVIDER).mkdir(parents=True)
    monkeypatch.setenv("NESTCTL_PROVIDER_MIRROR", str(folder))
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "absent"))
    path = mirror.cli_config(tmp_path / "work")
    assert path is not None
    assert f'path    = "{folder}"' in path.read_text()
    assert "exclude" in path.read_text()


def test_without_a_mirror_terraform_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NESTCTL_PROVIDER_MIRROR", str(tmp_path / "empty"))
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "absent"))
    path = mirror.cli_config(tmp_path)
    assert path is not None
    assert path.read_text() == "provider_installation {\n  direct {}\n}\n"


def test_rules_that_may_not_be_read_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "folder"))
    assert mirror.cli_config(tmp_path / "work") is not None


def test_the_users_own_installation_rules_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "terraformrc"
    own.write_text("provider_installation {\n  direct {}\n}\n")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(own))
    assert mirror.cli_config(tmp_path) is None


def test_a_lock_of_this_machine_is_told_from_anothers() -> None:
    fields = {
        "ID": "1",
        "Who": f"{pwd.getpwuid(os.getuid()).pw_name}@{socket.gethostname()}",
        "Operation": "OperationTypeApply",
        "Created": "now",
    }
    assert locks.Lock.parse(json.dumps(fields)).is_of_this_user_and_machine
    other = locks.Lock.parse(json.dumps({**fields, "Who": "ann@elsewhere"}))
    assert not other.is_of_this_user_and_machine
    assert "ann@elsewhere" in locks.held_by_another(other, "staging", "s3://b/k.tflock").what


@pytest.mark.skipif(sys.platform != "linux", reason="needs another process's environment, which macOS hides")
def test_a_living_terraform_is_found_by_its_data_folder(tmp_path: Path) -> None:
    import subprocess

    script = tmp_path / "terraform"
    script.write_text("import time\ntime.sleep(60)\n")
    child = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "TF_DATA_DIR": str(tmp_path / "data"), "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
    )
    try:
        assert [p.pid for p in locks.writers(tmp_path / "data")] == [child.pid]
        assert locks.writers(tmp_path / "other") == []
        assert child.pid in [p.pid for p in locks.living("http://127.0.0.1:1")]
        assert child.pid not in [p.pid for p in locks.living("http://127.0.0.1:2")]
    finally:
        child.kill()
        child.wait()
    assert locks.writers(tmp_path / "data") == []


@pytest.mark.parametrize(
    ("environ", "available", "wanted"),
    [
        ({}, garbage.ENOUGH, {"GOGC": "400"}),
        ({}, garbage.ENOUGH - 1, {}),
        ({"GOGC": "50"}, garbage.ENOUGH, {}),
        ({"GOGC": ""}, garbage.ENOUGH, {}),
    ],
)
def test_memory_is_tidied_less_often_where_there_is_enough_and_the_user_says_nothing(
    environ: dict[str, str], available: int, wanted: dict[str, str]
) -> None:
    assert garbage.settings(environ, available) == wanted


def test_terraform_gets_what_the_user_has_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Root("state", tmp_path, tmp_path / "data", {})
    monkeypatch.setattr(garbage, "ENOUGH", 0)
    monkeypatch.delenv("GOGC", raising=False)
    assert root.environment()["GOGC"] == "400"
    monkeypatch.setenv("GOGC", "70")
    assert root.environment()["GOGC"] == "70"
