from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nestctl.build import archive, backend, locked, process_image, sources, toolchain, zappa
from nestctl.report import NestctlError
from nestctl.settings.manifest import Backend


def make_tree(root: Path) -> Path:
    for name, text in {
        "manage.py": "run()",
        "app/models.py": "class A: ...",
        ".venv/lib/x.py": "not ours",
        "node_modules/y.js": "not ours",
        "app/__pycache__/models.pyc": "made",
        ".env": "SECRET=1",
        "zappa_settings.json": "{}",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_only_sources_count(tmp_path: Path) -> None:
    root = make_tree(tmp_path)
    assert [p.as_posix() for p in sources.source_files(root)] == ["app/models.py", "manage.py"]


def test_the_digest_follows_content_names_and_salt(tmp_path: Path) -> None:
    root = make_tree(tmp_path)
    first = sources.digest(root)
    assert len(first) == sources.DIGITS
    (root / ".env").write_text("SECRET=2")
    assert sources.digest(root) == first
    assert sources.digest(root, ["x"]) != first
    (root / "manage.py").rename(root / "other.py")
    assert sources.digest(root) != first


def test_a_copy_loses_what_the_sources_lost_and_keeps_what_it_is_told(tmp_path: Path) -> None:
    root, goal = make_tree(tmp_path / "a"), tmp_path / "b"
    goal.mkdir()
    (goal / "old.py").write_text("gone")
    (goal / "node_modules").mkdir()
    sources.copy_sources(root, goal, keep=["node_modules"])
    assert not (goal / "old.py").exists()
    assert (goal / "node_modules").is_dir()
    assert (goal / "app" / "models.py").read_text() == "class A: ..."
    assert not (goal / ".env").exists()


def test_an_image_is_the_same_bytes_for_the_same_content(tmp_path: Path) -> None:
    root = make_tree(tmp_path)
    runtime = process_image.Runtime("/app", ["python", "manage.py"], "app", {"A": "${IMAGE_ROOT}/x"})
    images = [
        process_image.assemble([process_image.layer(process_image.tree(root, "app"))], runtime)
        for _ in range(2)
    ]
    assert images[0].digest == images[1].digest
    config = json.loads(images[0].blobs[0])
    assert config["config"]["Labels"][process_image.LABEL] == "1"
    assert config["config"]["User"] == "app"
    assert config["config"]["Env"] == ["A=${IMAGE_ROOT}/x"]
    manifest = json.loads(images[0].manifest)
    assert manifest["layers"][0]["size"] == len(images[0].blobs[1])


def test_a_layer_keeps_modes_and_links(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    (tmp_path / "link").symlink_to("run.sh")
    data = process_image.layer(process_image.tree(tmp_path, "app"))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = {m.name: m for m in archive.getmembers()}
    assert members["app/run.sh"].mode == 0o755
    assert members["app/link"].linkname == "run.sh"


def test_placeholders_are_filled_and_lists_stay_lists(tmp_path: Path) -> None:
    template = tmp_path / "t.json"
    template.write_text('{"s": {"a": "x-${one}", "b": "${many}", "n": 3, "l": ["${one}"]}}')
    zappa.fill_settings(template, tmp_path / "out.json", {"one": "1", "many": ["p", "q"]})
    stage = json.loads((tmp_path / "out.json").read_text())["s"]
    assert {name: stage[name] for name in "abnl"} == {"a": "x-1", "b": ["p", "q"], "n": 3, "l": ["1"]}


@pytest.mark.parametrize(
    ("wanted", "level"),
    [
        *((level, "INFO") for level in (None, "DEBUG", "debug", "NOTSET", "10", 10, "info")),
        ("WARNING", "WARNING"),
        ("Error", "ERROR"),
    ],
)
def test_no_template_makes_a_function_log_what_libraries_log_at_debug(
    tmp_path: Path, wanted: object, level: str
) -> None:
    template = tmp_path / "t.json"
    template.write_text(json.dumps({"s": {"log_level": wanted} if wanted else {}}))
    zappa.fill_settings(template, tmp_path / "out.json", {})
    stage = json.loads((tmp_path / "out.json").read_text())["s"]
    assert stage["log_level"] == level
    assert (stage["exclude"], stage["slim_handler"]) == (["*"], False)


@pytest.mark.parametrize(("text", "fragment"), [('{"a": "${unknown}"}', "unknown"), ("{", "not valid JSON")])
def test_a_template_that_cannot_be_filled_is_refused(tmp_path: Path, text: str, fragment: str) -> None:
    template = tmp_path / "t.json"
    template.write_text(text)
    with pytest.raises(NestctlError) as caught:
        zappa.fill_settings(template, tmp_path / "out.json", {"one": "1"})
    assert caught.value.code == "zappa-template"
    assert fragment in caught.value.what
    assert not (tmp_path / "out.json").exists()


def test_the_functions_variables_follow_what_a_stage_extends(tmp_path: Path) -> None:
    (tmp_path / zappa.TEMPLATE).write_text(
        '{"staging": {"aws_environment_variables": {"A": "1", "B": "1"}},'
        ' "production": {"extends": "staging", "aws_environment_variables": {"B": "2"}}}'
    )
    assert zappa.lambda_environment(tmp_path, "production") == {"A": "1", "B": "2"}


def test_a_name_is_left_out_at_the_top_and_a_pattern_everywhere(tmp_path: Path) -> None:
    for name in (
        "boto3/__init__.py",
        "reports/integrations/boto3.py",
        "reports/integrations/boto3/__init__.py",
        "locale/de.mo",
        "reports/locale/de.mo",
        "data/x",
        "reports/data/x",
        "handler.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    archive.leave_out(tmp_path, ["boto3", "*.mo", "handler.py"], ["data", "/etc", "../*"])
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {
        "reports/integrations/boto3.py",
        "reports/integrations/boto3/__init__.py",
        "reports/data/x",
        "handler.py",
    }


def test_a_stage_has_the_settings_of_what_it_extends(tmp_path: Path) -> None:
    stages = {
        "a": {"exclude": ["x"], "extends": "b"},
        "b": {"exclude": ["y"], "exclude_glob": ["z"], "extends": "a"},
    }
    (tmp_path / zappa.TEMPLATE).write_text(json.dumps(stages))
    assert zappa.setting(tmp_path, "a", "exclude") == ["x"]
    assert zappa.setting(tmp_path, "a", "exclude_glob") == ["z"]
    assert zappa.setting(tmp_path, "a", "debug") is None


def test_a_link_counts_as_what_it_leads_to(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "a")
    beside = tmp_path / "shared.py"
    beside.write_text("A = 1")
    (root / "app" / "shared.py").symlink_to(beside)
    (root / "linked").symlink_to(root / "app")
    found = [p.as_posix() for p in sources.source_files(root)]
    assert found == ["app/models.py", "app/shared.py", "linked/models.py", "linked/shared.py", "manage.py"]
    before = sources.digest(root)
    beside.write_text("A = 2")
    assert sources.digest(root) != before
    sources.copy_sources(root, tmp_path / "b")
    assert (tmp_path / "b" / "linked" / "shared.py").read_text() == "A = 2"
    assert not (tmp_path / "b" / "app" / "shared.py").is_symlink()


def _dangling(folder: Path) -> None:
    (folder / "odd").symlink_to("nowhere")


def _loop(folder: Path) -> None:
    (folder / "odd").symlink_to("..")


def _itself(folder: Path) -> None:
    (folder / "odd").symlink_to("odd")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "odd")


def _bytes(folder: Path) -> None:
    (folder / os.fsdecode(b"odd\xff.txt")).write_text("")


@pytest.mark.parametrize("spoil", [_dangling, _loop, _itself, _pipe, _bytes])
def test_what_cannot_be_packed_is_refused_by_its_name(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    root = make_tree(tmp_path)
    spoil(root / "app")
    with pytest.raises(NestctlError) as caught:
        sources.digest(root)
    assert caught.value.code == "source-unpackable"
    assert f"{root / 'app' / 'odd'}" in caught.value.what


def test_a_package_may_be_called_venv_and_an_environment_is_none(tmp_path: Path) -> None:
    for name in ("a/venv/__init__.py", "venv/pyvenv.cfg", "venv/lib/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert [p.as_posix() for p in sources.source_files(tmp_path)] == ["a/venv/__init__.py"]


@pytest.mark.parametrize(
    ("version", "here", "platform"),
    [
        ("3.13", ("glibc", "2.36"), "manylinux_2_34"),
        ("3.12", ("glibc", "2.41"), "manylinux_2_34"),
        ("3.12", ("glibc", "2.31"), "manylinux_2_31"),
        ("3.11", ("glibc", "2.36"), "manylinux_2_17"),
        ("3.13", ("", ""), None),
    ],
)
def test_wheels_are_chosen_for_lambdas_c_library(
    monkeypatch: pytest.MonkeyPatch, version: str, here: tuple[str, str], platform: str | None
) -> None:
    monkeypatch.setattr(toolchain.sys, "platform", "linux")
    monkeypatch.setattr(toolchain.platform, "libc_ver", lambda: here)
    monkeypatch.setattr(toolchain.platform, "machine", lambda: "aarch64")
    found = toolchain.Interpreter(Path("python"), version).platform
    assert found == (f"aarch64-{platform}" if platform else None)


def test_a_library_stays_only_as_what_python_loads(tmp_path: Path) -> None:
    content = {
        "app/views.py": "import library.part\nANSWER = library.part.ANSWER\n",
        "library/__init__.py": "",
        "library/part.py": "ANSWER = 42\n",
        "library/broken.py": "this is no Python\n",
        "library/data.txt": "read by the library\n",
        "handler.py": "",
    }
    for name, text in content.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    interpreter = toolchain.python()
    archive.precompile(tmp_path, interpreter)
    archive.drop_sources(tmp_path, interpreter, {Path("app/views.py"), Path("handler.py")})
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    tag = f"cpython-{interpreter.version.replace('.', '')}"
    assert left == {
        "app/views.py",
        f"app/__pycache__/views.{tag}.pyc",
        "library/__init__.pyc",
        "library/part.pyc",
        "library/broken.py",
        "library/data.txt",
        "handler.py",
        f"__pycache__/handler.{tag}.pyc",
    }
    done = subprocess.run(
        [interpreter.path, "-c", "import app.views; print(app.views.ANSWER)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "42\n"


def test_an_archive_serves_every_account_and_no_other_settings(tmp_path: Path) -> None:
    (tmp_path / zappa.TEMPLATE).write_text(
        '{"staging": {"s3_bucket": "${bucket}", "vpc_config": {"SubnetIds": "${subnets}"},'
        ' "environment_variables": {"PATH_OF_PARAMETERS": "${path}"}}}'
    )
    build = backend.BackendBuild(tmp_path, tmp_path, "abc", toolchain.python())
    values: dict[str, zappa.Value] = {"bucket": "one", "subnets": ["a"], "path": "/nest/staging/"}
    archive = build.archive("staging", values)
    assert build.archive("staging", {**values, "bucket": "two", "subnets": ["b"]}) == archive
    assert build.archive("staging", {**values, "path": "/nest/other/"}) != archive


def test_another_machine_makes_the_same_release_and_another_runtime_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another patch of Python, C library, clone and umask are the machine's; Lambda's runtime is not."""
    wanted = Backend.model_validate(
        {"root": "backend", "wsgi": "a.b", "paths": ["/"], "image": {"dockerfile": "x"}}
    )

    def release(clone: str, python: str, c_library: str, version: str = "3.12") -> str:
        source = make_tree(tmp_path / clone / "backend")
        (source / locked.LOCK).write_text("")
        for path in source.rglob("*"):
            path.chmod(0o755 if clone == "one" else 0o700)
        interpreter = toolchain.Interpreter(Path(python), version)
        monkeypatch.setattr(backend, "python", lambda _: interpreter)
        monkeypatch.setattr(toolchain.platform, "libc_ver", lambda: ("glibc", c_library))
        return backend.describe(tmp_path / clone, wanted, tmp_path / clone / "builds").release

    here = release("one", "/opt/3.12.1/python", "2.36")
    assert release("another place", "/usr/bin/python3.12", "2.28") == here
    assert release("one", "/opt/3.12.1/python", "2.36", "3.13") != here


def test_no_garbage_is_looked_for_while_the_application_loads(tmp_path: Path) -> None:
    handler = tmp_path / "handler.py"
    handler.write_text("import gc\nWHILE_LOADING = gc.isenabled()\nclass LambdaHandler: ...\n")
    shutil.copy(archive.SHIPPED, tmp_path)
    archive.finish_handler(handler)
    program = "import gc, handler; print(handler.WHILE_LOADING, gc.isenabled(), gc.get_freeze_count() > 0)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "True"]


def test_a_folder_that_the_lock_file_names_counts_with_its_content_and_not_with_its_builds(
    tmp_path: Path,
) -> None:
    project, library = tmp_path / "app", tmp_path / "library"
    for folder in (project, library):
        folder.mkdir()
    (library / "module.py").write_text("A = 1")
    (project / locked.LOCK).write_text(
        '[[package]]\nname = "app"\nsource = { virtual = "." }\n'
        '[[package]]\nname = "library"\nsource = { directory = "../library" }\n'
        '[[package]]\nname = "gone"\nsource = { editable = "../gone" }\n'
    )
    (found,) = locked.local(project)
    assert (found.name, found.path) == ("library", library.resolve())
    before = found.digest()
    for name in ("build/lib/module.py", "library.egg-info/PKG-INFO", "dist/x.whl", "__pycache__/m.pyc"):
        (library / name).parent.mkdir(parents=True)
        (library / name).write_text("made")
    assert found.digest() == before
    (library / "module.py").write_text("A = 2")
    assert found.digest() != before


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("django>=5.2,<5.3", "django"),
        ("psycopg[binary] >=3 ; python_version > '3'", "psycopg"),
        (" a.b_c ", "a.b_c"),
    ],
)
def test_the_direct_dependencies_are_what_the_project_writes(tmp_path: Path, line: str, name: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = 'x'\ndependencies = [\"{line}\"]\n")
    assert locked.direct(tmp_path) == [name]
