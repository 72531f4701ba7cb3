from __future__ import annotations

import re
from pathlib import Path

import pytest

from nestctl.report import ExitCode, NestctlError
from nestctl.settings.faults import line_of
from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT
from nestctl.settings.rules.facts import FACTS

SHIPPED = (CHECKOUT / "nest.toml").read_text(encoding="utf-8")


def write(folder: Path, text: str) -> Path:
    (folder / "nest.toml").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, text: str) -> NestctlError:
    with pytest.raises(NestctlError) as caught:
        load_manifest(write(folder, text))
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value


def test_the_shipped_manifest_is_whole() -> None:
    manifest = load_manifest(CHECKOUT)
    assert manifest.project.name == "nest"
    assert {"migrate", "load-data", "index-data"} <= set(manifest.tasks)
    application = manifest.application()
    assert application["parameters"]["DJANGO_DB_PASSWORD"]["use"] == "database_password"
    assert "without" not in application["parameters"]["GITHUB_TOKEN"]


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(NestctlError) as caught:
        load_manifest(tmp_path)
    assert caught.value.code == "manifest-missing"
    assert "--app" in caught.value.next


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    error = refused(tmp_path, "schema = 1\n[project\nname = 'nest'\n")
    assert error.code == "manifest-syntax"
    assert f"{tmp_path / 'nest.toml'}:2" in error.what


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "nest.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NestctlError) as caught:
        load_manifest(tmp_path)
    assert caught.value.code == "manifest-unreadable"


def test_use_needs_a_generated_parameter(tmp_path: Path) -> None:
    text = SHIPPED.replace(
        'kind = "generated"\nuse = "cache_auth_token"',
        'kind = "plain"\nvalue = "x"\nuse = "cache_auth_token"',
    )
    assert "goes with kind" in refused(tmp_path, text).why


def test_the_line_is_that_of_the_key() -> None:
    text = "a = 1\n[tasks.migrate]\ncpu = 1\n\n[tasks.load]\ncpu = 2\n"
    assert line_of(text, ["tasks", "load", "cpu"]) == 6
    assert line_of(text, ["tasks", "load", "memory"]) == 5
    assert line_of(text, ["elsewhere"]) == 1
    text = "[[site.probes]]\npath = 1\n[[site.probes]]\npath = 2\n"
    assert line_of(text, ["site", "probes", "1", "path"]) == 4


def test_terraform_knows_every_fact() -> None:
    text = "".join(path.read_text() for path in (CHECKOUT / "infrastructure/modules/platform").glob("*.tf"))
    assert {fact for fact in FACTS if not re.search(rf"^\s+{fact}\s+=", text, re.MULTILINE)} == set()


def test_a_policy_with_a_nonce_reaches_the_frontend_and_one_without_does_not(tmp_path: Path) -> None:
    text = (CHECKOUT / "nest.toml").read_text(encoding="utf-8")
    (tmp_path / "nest.toml").write_text(text, encoding="utf-8")
    parameter = load_manifest(tmp_path).parameters["CONTENT_SECURITY_POLICY"]
    assert (parameter.kind, parameter.services) == ("plain", ["frontend"])
    assert parameter.value == load_manifest(tmp_path).security.content_security_policy
    (tmp_path / "nest.toml").write_text(text.replace("'nonce-{nonce}'", ""), encoding="utf-8")
    assert "CONTENT_SECURITY_POLICY" not in load_manifest(tmp_path).parameters
