from __future__ import annotations

import re
from pathlib import Path

import pytest

from nestctl.report import ExitCode, NestctlError
from nestctl.settings.manifest import FACTS, line_of, load_manifest
from nestctl.settings.paths import CHECKOUT

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


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        ("schema = 1", "schema = 2", "schema", "Input should be 1"),
        ('name = "nest" ', 'name = "Nest!" ', "project.name", "match pattern"),
        ("memory = 1024 ", "memory = 64 ", "backend.memory", "greater than or equal to 128"),
        ("timeout = 30 ", "timeout = 901 ", "backend.timeout", "less than or equal to 900"),
        ('"/csrf/*"', '"csrf/*"', "backend.paths.1", "match pattern"),
        ("port = 3000", "port = 70000", "frontend.port", "less than or equal to 65535"),
        ('expect = "<h1"', 'expect = "("', "site.probes.0", "no regular expression"),
        ('expect = "<h1"', 'body = "{}"', "site", "only reads"),
        ('expect = "<h1"', 'csrf = "/csrf/"', "site", "only reads"),
        ('"/csrf/*"', '"/*/csrf/*"', "backend.paths.1", "match pattern"),
        ("[environments.production]", "[environments.production-europe]", "the manifest", "longer than 16"),
        ("{site_url}", "{site}", "parameters.DJANGO_CSRF_TRUSTED_ORIGINS", "unknown facts {site}"),
        ("{static_host}", "{database_host}", "security", "unknown facts {database_host}"),
        ("object-src 'none'", "x" * 1000, "security.content_security_policy", "at most 1000 characters"),
        ("[tasks.migrate]", "[tasks.prepare]", "the manifest", "task named migrate"),
        ("[tasks.migrate]", "[tasks.Migrate]", "the manifest", "small letters"),
        ("[parameters.GITHUB_TOKEN]", "[parameters.github_token]", "the manifest", "capitals"),
        ('use = "cache_auth_token"\n', "", "the manifest", "exactly one parameter"),
        ('value = "{site_url}"', "", "parameters.DJANGO_CSRF_TRUSTED_ORIGINS", "`value` goes with"),
        ('without = "the Slack bot does not answer"', "", "parameters.DJANGO_SLACK_BOT_TOKEN", "`without`"),
        ('kind = "generated"', 'kind = "made"', "parameters.DJANGO_SECRET_KEY.kind", "Input should be"),
        ("[frontend.image]", "[frontend.picture]", "frontend.picture", "Extra inputs"),
    ],
)
def test_every_fault_names_its_line(tmp_path: Path, old: str, new: str, where: str, message: str) -> None:
    assert old in SHIPPED
    text = SHIPPED.replace(old, new, 1)
    error = refused(tmp_path, text)
    assert error.code == "manifest-invalid"
    assert f": {where}: " in error.why
    assert message in error.why


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


def test_terraform_knows_every_fact() -> None:
    text = "".join(path.read_text() for path in (CHECKOUT / "infrastructure/modules/platform").glob("*.tf"))
    assert {fact for fact in FACTS if not re.search(rf"^\s+{fact}\s+=", text, re.MULTILINE)} == set()
