from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from nestctl.build import backend, process_image, sources, toolchain
from nestctl.report import NestctlError


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
    runtime = process_image.Runtime("/app", ["python", "manage.py"], {"A": "${IMAGE_ROOT}/x"})
    images = [
        process_image.assemble([process_image.layer(process_image.tree(root, "app"))], runtime)
        for _ in range(2)
    ]
    assert images[0].digest == images[1].digest
    config = json.loads(images[0].blobs[0])
    assert config["config"]["Labels"][process_image.LABEL] == "1"
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
    backend.fill_settings(template, tmp_path / "out.json", {"one": "1", "many": ["p", "q"]})
    assert json.loads((tmp_path / "out.json").read_text()) == {
        "s": {"a": "x-1", "b": ["p", "q"], "n": 3, "l": ["1"]}
    }


@pytest.mark.parametrize(("text", "fragment"), [('{"a": "${unknown}"}', "unknown"), ("{", "not valid JSON")])
def test_a_template_that_cannot_be_filled_is_refused(tmp_path: Path, text: str, fragment: str) -> None:
    template = tmp_path / "t.json"
    template.write_text(text)
    with pytest.raises(NestctlError) as caught:
        backend.fill_settings(template, tmp_path / "out.json", {"one": "1"})
    assert caught.value.code == "zappa-template"
    assert fragment in caught.value.what
    assert not (tmp_path / "out.json").exists()


def test_the_functions_variables_follow_what_a_stage_extends(tmp_path: Path) -> None:
    (tmp_path / backend.TEMPLATE).write_text(
        '{"staging": {"aws_environment_variables": {"A": "1", "B": "1"}},'
        ' "production": {"extends": "staging", "aws_environment_variables": {"B": "2"}}}'
    )
    assert backend.lambda_environment(tmp_path, "production") == {"A": "1", "B": "2"}


def test_pruning_keeps_what_the_application_runs_with(tmp_path: Path) -> None:
    def distribution(name: str, *files: str) -> None:
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text("")
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))

    distribution("Django", "django/__init__.py", "django/tests/big.py")
    distribution("troposphere", "troposphere/__init__.py")
    distribution("zappa", "zappa/__init__.py", "zappa/cli.py", "zappa/handler.py")
    distribution("boto3", "boto3/__init__.py")
    backend.prune(tmp_path, {"django"})
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {"django/__init__.py", "zappa/__init__.py", "zappa/handler.py"}


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
    backend.precompile(tmp_path, interpreter)
    backend.drop_sources(tmp_path, interpreter, {Path("app/views.py"), Path("handler.py")})
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
    (tmp_path / backend.TEMPLATE).write_text(
        '{"staging": {"s3_bucket": "${bucket}", "vpc_config": {"SubnetIds": "${subnets}"},'
        ' "environment_variables": {"PATH_OF_PARAMETERS": "${path}"}}}'
    )
    build = backend.BackendBuild(tmp_path, tmp_path, "abc", toolchain.python())
    values: dict[str, backend.Value] = {"bucket": "one", "subnets": ["a"], "path": "/nest/staging/"}
    archive = build.archive("staging", values)
    assert build.archive("staging", {**values, "bucket": "two", "subnets": ["b"]}) == archive
    assert build.archive("staging", {**values, "path": "/nest/other/"}) != archive


def test_no_garbage_is_looked_for_while_the_application_loads(tmp_path: Path) -> None:
    handler = tmp_path / "handler.py"
    handler.write_text("import gc\nWHILE_LOADING = gc.isenabled()\n")
    backend.quicken(handler)
    program = "import gc, handler; print(handler.WHILE_LOADING, gc.isenabled(), gc.get_freeze_count() > 0)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "True"]
