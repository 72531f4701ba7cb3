"""Functions and tasks write where they can on AWS, and nowhere else."""

from __future__ import annotations

import io
import json
import os
import pwd
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nestctl.localcloud.archives import protect, remove
from nestctl.localcloud.compute import confine, packages

WRITES = """
import json, os
def tried(path, size):
    try:
        with open(path, "wb") as file:
            file.write(b"x" * size)
        os.remove(path)
        return "written"
    except OSError as error:
        return error.strerror
def handler(event, context):
    if event.get("leave"):
        open("/tmp/left", "w").close()
    return {"folder": os.getcwd(), "tmp": sorted(os.listdir("/tmp")),
            "tried": {path: tried(path, size) for path, size in event.get("paths", {}).items()}}
"""
MB = 1024 * 1024
TMP = confine.TMP
READ_ONLY = "Read-only file system"


@pytest.fixture
def namespaces(cloud: Any) -> None:
    """Root on Linux is sure to have them; others may."""
    if not confine.is_possible(cloud.state_dir):
        assert not (sys.platform == "linux" and os.geteuid() == 0)
        pytest.skip("this machine gives its users no mount namespaces")


def invoke(functions: Any, name: str, event: dict[str, Any]) -> Any:
    answer = functions.client.invoke(FunctionName=name, Payload=json.dumps(event))
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())


@pytest.mark.usefixtures("namespaces")
def test_a_function_writes_to_its_tmp_only(cloud: Any, functions: Any) -> None:
    functions.create("confined", WRITES)
    folder = invoke(functions, "confined", {})["folder"]
    paths = [
        f"{folder}/app.py",
        f"{folder}/new",
        "/etc/new",
        f"{cloud.state_dir}/new",
    ]
    tried = invoke(functions, "confined", {"paths": dict.fromkeys((*paths, f"{TMP}/new"), 1)})["tried"]
    assert tried == {**dict.fromkeys(paths, READ_ONLY), f"{TMP}/new": "written"}
    assert Path(folder, "app.py").exists()


@pytest.mark.usefixtures("namespaces")
def test_tmp_has_the_size_of_the_setting(functions: Any) -> None:
    functions.create("small", WRITES)
    tried = invoke(functions, "small", {"paths": {f"{TMP}/a": 500 * MB, f"{TMP}/b": 513 * MB}})["tried"]
    assert tried == {f"{TMP}/a": "written", f"{TMP}/b": "No space left on device"}
    functions.create("larger", WRITES, EphemeralStorage={"Size": 600})
    tried = invoke(functions, "larger", {"paths": {f"{TMP}/b": 590 * MB, f"{TMP}/c": 601 * MB}})["tried"]
    assert tried == {f"{TMP}/b": "written", f"{TMP}/c": "No space left on device"}


@pytest.mark.usefixtures("namespaces")
def test_tmp_stays_while_a_sandbox_is_warm_and_belongs_to_it(functions: Any) -> None:
    functions.create("leaves", WRITES)
    invoke(functions, "leaves", {"leave": True})
    assert "left" in invoke(functions, "leaves", {})["tmp"]
    assert not Path(f"{TMP}/left").exists()
    functions.create("another", WRITES)
    assert "left" not in invoke(functions, "another", {})["tmp"]


def test_confined_processes_of_a_plain_user(open_folder: Any) -> None:
    """Who is not root has namespaces where the kernel lets him; else the code's permissions protect it."""
    folder: Path = open_folder("plain")
    (folder / "own").mkdir()
    (folder / "own" / "app.py").write_text("x")
    protect(folder / "own")
    run: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (folder, folder / "own", folder / "own" / "app.py"):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        run = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    shell = shutil.which("sh") or "sh"
    for words in ("echo y > own/app.py", "touch own/new"):
        done = subprocess.run([shell, "-c", words], cwd=folder, check=False, capture_output=True, **run)
        assert done.returncode != 0
        assert b"Permission denied" in done.stderr or b"cannot create" in done.stderr
    remove(folder / "own")
    assert not (folder / "own").exists()


def test_without_namespaces_unpacked_code_is_protected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("package/app.py", "x")
    monkeypatch.setattr(confine, "is_possible", lambda _: False)
    root = packages.unpack(buffer.getvalue(), "0" * 64, tmp_path)
    for path in (root, root / "package", root / "package" / "app.py"):
        assert not path.stat().st_mode & 0o222, path
    os.utime(root, (0, 0))
    packages.prune(tmp_path / "functions", set())
    assert not root.exists()
