"""What enters the frontend's build is declared; nothing else does."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from nestctl.build import frontend as build
from nestctl.build import surroundings
from nestctl.report import NestctlError
from nestctl.settings.manifest import Frontend

NODE = Path("/somewhere/node")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app" / "frontend").mkdir(parents=True)
    (tmp_path / "app" / "frontend" / "page.tsx").write_text("page")
    return tmp_path / "app"


def described(**more: object) -> Frontend:
    fields = {"root": "frontend", "health_path": "/", "command": ["node"], "image": {"dockerfile": "x"}}
    return Frontend.model_validate({**fields, **more})


@pytest.mark.parametrize(
    "name",
    [
        "NEXT_PUBLIC_SECRET",
        "NODE_OPTIONS",
        "NODE_ENV",
        "DEBUG",
        "GITHUB_SHA",
        "AWS_PROFILE",
        "npm_config_omit",
    ],
)
def test_no_variable_of_the_caller_enters(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "planted")
    seen = {**surroundings.environment(NODE, tmp_path), **surroundings.registry_access(tmp_path)}
    assert "planted" not in seen.values()


def test_home_and_path_are_not_the_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/planted")
    seen = surroundings.environment(NODE, tmp_path / "home")
    assert seen["HOME"] == str(tmp_path / "home")
    assert seen["PATH"].startswith("/somewhere:")
    assert "planted" not in seen["PATH"]
    assert seen["NPM_CONFIG_USERCONFIG"] != seen["NPM_CONFIG_GLOBALCONFIG"]  # npm ends at once otherwise


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "NODE_EXTRA_CA_CERTS"])
def test_the_way_to_the_network_stays(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "there")
    assert surroundings.environment(NODE, tmp_path)[name] == "there"


def test_of_npms_settings_only_the_way_to_packages_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.lower().startswith("npm_config_")]:
        monkeypatch.delenv(name)
    (tmp_path / ".npmrc").write_text(
        "registry=https://packages.example.org/\n//packages.example.org/:_authToken=${TOKEN}\n"
        "@ours:registry=https://ours.example.org/\nca[]=abc\nomit=dev\nignore-scripts=true\n"
        "legacy-peer-deps=true\nscript-shell=/bin/zsh\nnode-options=--inspect\n; a comment\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TOKEN", "t")
    monkeypatch.setenv("npm_config_registry", "https://first.example.org/")
    monkeypatch.setenv("npm_config_omit", "dev")
    folder = tmp_path / "for-npm"
    folder.mkdir()
    seen = surroundings.registry_access(folder)
    assert seen == {
        "npm_config_registry": "https://first.example.org/",
        "NPM_CONFIG_USERCONFIG": str(folder / "npmrc"),
        "TOKEN": "t",
    }
    assert (folder / "npmrc").stat().st_mode & 0o777 == 0o600  # it may hold a token
    assert (folder / "npmrc").read_text().splitlines() == [
        "registry=https://packages.example.org/",
        "//packages.example.org/:_authToken=${TOKEN}",
        "@ours:registry=https://ours.example.org/",
        "ca[]=abc",
    ]


@pytest.mark.parametrize("name", surroundings.DOTENV)
def test_a_file_that_next_would_read_is_refused(name: str, app: Path, tmp_path: Path) -> None:
    (app / "frontend" / name).write_text("NEXT_PUBLIC_X=1")
    with pytest.raises(NestctlError, match=name) as caught:
        build.describe(app, described(), "", tmp_path / "builds")
    assert caught.value.code == "frontend-undeclared"
    assert "build_environment" in caught.value.next
    # As it is told.
    to, file = re.findall(r"rename the file to (\S+), .*: (\S+)$", caught.value.next)[0]
    Path(file).rename(app / "frontend" / to)
    build.describe(app, described(build_environment={"NEXT_PUBLIC_X": "1"}), "", tmp_path / "builds")


@pytest.mark.parametrize("name", [".env.example", ".env.development.local", ".env.test"])
def test_a_file_that_next_does_not_read_is_let_be(name: str, app: Path, tmp_path: Path) -> None:
    before = build.describe(app, described(), "", tmp_path / "builds").release
    (app / "frontend" / name).write_text("NEXT_PUBLIC_X=1")
    assert build.describe(app, described(), "", tmp_path / "builds").release == before


@pytest.mark.parametrize("name", surroundings.ABOVE)
def test_what_lies_above_the_build_is_refused(name: str, app: Path, tmp_path: Path) -> None:
    (tmp_path / "cache" / "builds").mkdir(parents=True)
    (tmp_path / "cache" / name).touch()
    with pytest.raises(NestctlError, match=name) as caught:
        build.describe(app, described(), "", tmp_path / "cache" / "builds")
    assert caught.value.code == "frontend-undeclared"
    Path(re.findall(r"Move it away: (\S+)$", caught.value.next)[0]).unlink()
    build.describe(app, described(), "", tmp_path / "cache" / "builds")


def test_what_is_declared_is_in_the_digest(app: Path, tmp_path: Path) -> None:
    def release(**variables: str) -> str:
        return build.describe(app, described(build_environment=variables), "", tmp_path / "builds").release

    assert len({release(), release(A="1"), release(A="2"), release(B="1"), release(A="1", B="1")}) == 5
    assert release(A="1", B="2") == release(B="2", A="1")
    made = build.describe(app, described(build_environment={"A": "1"}), "", tmp_path / "builds")
    assert made.variables == {"A": "1"}


@pytest.mark.parametrize(
    "name", ["NODE_ENV", "PATH", "NEST_RELEASE", "NEXT_PUBLIC_ASSET_PREFIX", "lower", "A B", ""]
)
def test_what_nestctl_sets_is_not_for_the_manifest(name: str) -> None:
    with pytest.raises(ValueError, match="build_environment"):
        described(build_environment={name: "x"})


def test_another_machine_makes_the_same_release(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = build.describe(app, described(), "", tmp_path / "builds").release
    clone = tmp_path / "another place" / "app"
    shutil.copytree(app, clone)
    for path in clone.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    monkeypatch.setattr(build.platform, "machine", lambda: "another")
    monkeypatch.setattr(build, "node_version", lambda: "v99.0.0")
    assert build.describe(clone, described(), "", tmp_path / "other builds").release == here


def test_another_machine_builds_anew_what_lies_in_a_shared_folder(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[list[str]] = []

    def npm(argv: list[str], cwd: Path, *_: object) -> None:  # noqa: ARG001 - the signature is the product's
        done.append(argv[:2])

    monkeypatch.setattr(build, "_npm", npm)
    (app / "frontend" / "package-lock.json").write_text("{}")
    wanted = build.describe(app, described(), "", tmp_path / "builds")
    for machine in ("one", "one", "other"):
        monkeypatch.setattr(build.platform, "machine", lambda machine=machine: machine)
        build.build(wanted, tmp_path / "log", lambda _: None)
    assert done == [["ci", "--no-audit"], ["run", "build"]] * 2
