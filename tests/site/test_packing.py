"""Archive and image hold what the application is; what cannot be packed is refused by its name."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import odd_app
import pytest
from odd_app import Packed, manifest, package

from nestctl.build import application, archive, backend, locked, proving
from nestctl.report import NestctlError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LEFT_TO_THE_RUNTIME = {"zappa", "werkzeug", "markupsafe", "durationpy"}
"""What the archive holds beside the application: Zappa's handler and what it imports."""


def test_image_and_archive_hold_what_the_virtual_environment_and_the_sources_hold(
    packed: Packed, tmp_path: Path
) -> None:
    content = packed.unpack(tmp_path)
    inside = [PurePosixPath(path.relative_to(content).as_posix()) for path in content.rglob("*.*")]
    own = [PurePosixPath(path.as_posix()) for path in packed.listed.files]
    dependencies = packed.listed.dependency_files
    modules = set(application.modules([*own, *dependencies]))
    wanted = {"by_path.integrations.boto3", "by_path.tests", "by_git.bin", "by_index", "odd.bin"}
    assert wanted <= modules
    left_out = tuple(place.replace("/", ".") for place in odd_app.LEFT_OUT)
    modules = {
        name for name in modules if not f"{name}.".startswith(tuple(f"{place}." for place in left_out))
    }
    archived = set(application.modules(inside))
    assert modules - archived == set()
    beside = {name for name in archived - modules if name.partition(".")[0] not in LEFT_TO_THE_RUNTIME}
    assert beside == {"handler", "zappa_settings", "nestctl_function", "django_zappa_app"}
    imaged = [PurePosixPath(name).relative_to("opt/site-packages") for name in packed.image if "opt/" in name]
    imaged += [PurePosixPath(name).relative_to("app") for name in packed.image if name.startswith("app/")]
    assert set(application.modules(imaged)) == set(application.modules([*own, *dependencies]))
    # Data: every byte of it.
    for file in [*dependencies, *own]:
        if file.suffix == ".py" or file.name == "RECORD":
            continue
        source = (packed.listed.packages if file in dependencies else packed.root) / file
        place = f"opt/site-packages/{file}" if file in dependencies else f"app/{file}"
        assert packed.image[place] == source.read_bytes(), place
        if not any(_below(file, place) for place in odd_app.LEFT_OUT):
            assert (content / file).read_bytes() == source.read_bytes(), file


def test_what_a_link_leads_to_is_packed_and_counts(packed: Packed, tmp_path: Path) -> None:
    assert packed.image["app/odd/shared.py"] == b"WORD = 1\n"
    assert packed.image["app/odd/linked/note.txt"] == b"by a link"
    root = _copy(packed.root, tmp_path)
    before = backend.describe(root.parent, manifest(root), tmp_path).release
    (root.parent / "libs" / "shared.py").write_text("WORD = 2\n")
    changed = backend.describe(root.parent, manifest(root), tmp_path).release
    (root.parent / "libs" / "by path" / "by_path" / "data" / "words.txt").write_text("other words")
    assert len({before, changed, backend.describe(root.parent, manifest(root), tmp_path).release}) == 3


def test_a_changed_folder_is_installed_again(packed: Packed, tmp_path: Path) -> None:
    root = _copy(packed.root, tmp_path)
    log = tmp_path / "log"
    build = backend.describe(root.parent, manifest(root), tmp_path / "cache")
    for words in ("first", "second"):
        (root.parent / "libs" / "by path" / "by_path" / "data" / "words.txt").write_text(words)
        listed = backend.contents(build, "runtime", [], log)
        assert (listed.packages / "by_path/data/words.txt").read_text() == words


def test_nothing_tells_where_it_was_built(packed: Packed, tmp_path: Path) -> None:
    content = packed.unpack(tmp_path)
    telling = [path for path in content.rglob("*") if path.is_file() and str(packed.root) in _text(path)]
    assert telling == []
    assert not [name for name, data in packed.image.items() if str(packed.root).encode() in data]


@dataclass(frozen=True)
class Trial:
    """A package of the odd application without Django's own modules among what is proven: that takes long."""

    packed: Packed
    content: Path

    def prove(self, settings: dict[str, str]) -> int:
        archive.pack(self.content, self.content.with_suffix(".zip"))
        subject = proving.Subject(
            self.content.with_suffix(".zip"),
            self.packed.listed,
            "odd.wsgi",
            settings,
            self.packed.listed.packages.parents[2] / "bin" / "python",
            self.packed.build.interpreter,
        )
        return proving.prove(subject, self.content.parent)


@pytest.fixture
def trial(packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    monkeypatch.setattr(locked, "direct", lambda _: ["by_path", "by-git", "by-index"])
    return Trial(packed, packed.unpack(tmp_path / "content"))


def test_what_is_left_out_and_imported_when_an_optional_setting_is_set_is_told(trial: Trial) -> None:
    archive.leave_out(trial.content, [], ["by_path/integrations/boto3.*"])
    assert trial.prove({}) > 10, "nothing imports it while the setting is absent"
    with pytest.raises(NestctlError) as caught:
        trial.prove(odd_app.OPTIONAL)
    assert caught.value.code == "package-incomplete"
    assert "odd.wsgi: ModuleNotFoundError: No module named 'by_path.integrations.boto3'" in caught.value.why


def test_a_direct_dependency_that_is_left_out_is_told(trial: Trial) -> None:
    archive.leave_out(trial.content, ["by_git*"], [])
    with pytest.raises(NestctlError) as caught:
        trial.prove({})
    assert "by-git: the whole distribution is left out" in caught.value.why


def test_a_broken_handler_is_told(trial: Trial) -> None:
    for path in trial.content.glob("werkzeug/wrappers/*"):
        path.unlink()
    with pytest.raises(NestctlError) as caught:
        trial.prove({})
    assert "handler: " in caught.value.why


def test_a_module_that_ends_the_process_is_told(trial: Trial) -> None:
    shutil.rmtree(trial.content / "odd" / "__pycache__")
    (trial.content / "odd" / "shared.py").write_text("import os\nos._exit(3)\n")
    with pytest.raises(NestctlError, match="ended the process") as caught:
        trial.prove({})
    assert "Status 3" in caught.value.why


def test_what_fails_where_nothing_was_packed_either_is_no_fault_of_the_package(trial: Trial) -> None:
    broken = "raise SystemExit('not here')\n"
    module = trial.content / "by_path" / "tests" / "needs_more.py"
    module.write_text(broken)
    source = trial.packed.listed.packages / "by_path" / "tests" / "needs_more.py"
    source.write_text(broken)
    entry = trial.packed.listed.distributions["by-path"]
    more = (*entry.files, PurePosixPath("by_path/tests/needs_more.py"))
    listed = replace(
        trial.packed.listed,
        distributions={**trial.packed.listed.distributions, "by-path": replace(entry, files=more)},
    )
    try:
        count = Trial(replace(trial.packed, listed=listed), trial.content).prove({})
    finally:
        source.unlink()
    assert count == trial.prove({}), "it counts neither as imported nor as lost"


def test_a_name_in_front_of_the_application_is_refused(packed: Packed, tmp_path: Path) -> None:
    listed = replace(packed.listed, files=(*packed.listed.files, Path("handler.py")))
    with pytest.raises(NestctlError) as caught:
        archive.lay_out(tmp_path / "content", listed, listed, {"handler.py": b""})
    assert (caught.value.code, "handler.py" in caught.value.what) == ("archive-name", True)


def test_a_dependency_that_no_wheel_of_lambda_fits_is_refused_by_its_name(
    packed: Packed, tmp_path: Path, compiled: Callable[[int], bytes]
) -> None:
    platform = packed.build.interpreter.platform
    if platform is None:
        pytest.fail("this machine's wheels do not run in Lambda: its tests run on Linux with glibc")
    machine = platform.partition("-")[0]
    packages = tmp_path / "packages"
    for minor, fits in ((17, True), (99, False)):
        odd_app.wheel(tmp_path / "wheels", f"native_{minor}", {"native/__init__.py": ""})
        info = packages / f"native_{minor}-1.dist-info"
        info.mkdir(parents=True)
        (packages / f"part_{minor}.so").write_bytes(compiled(minor))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: native-{minor}\nVersion: 1\n")
        (info / "RECORD").write_text(f"part_{minor}.so,,\n")
        found = application._distribution(packages, info)
        listed = application.Application(tmp_path, (), packages, {found.name: found})
        if fits:
            application.refuse_foreign(listed, packed.build.interpreter)
            continue
        with pytest.raises(NestctlError) as caught:
            application.refuse_foreign(listed, packed.build.interpreter)
        assert (caught.value.code, caught.value.what) == (
            "dependency-unpackable",
            "native-99 cannot be packed for Lambda.",
        )
        assert "part_99.so needs version 2.99 of the C library" in caught.value.why
        assert machine in caught.value.next


@pytest.fixture
def compiled(packed: Packed) -> Callable[[int], bytes]:
    """The head of a library of this machine that asks for some version of the C library."""
    machine = (packed.build.interpreter.platform or "").partition("-")[0]
    number = next((n for n, name in application.MACHINES.items() if name == machine), 0)

    def make(minor: int) -> bytes:
        return b"\x7fELF" + bytes(14) + number.to_bytes(2, "little") + b"\0GLIBC_2.%d\0" % minor

    return make


def test_the_same_sources_give_the_same_bytes_and_what_fails_its_proof_is_no_package(
    packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever they are built: the environments are made anew in another folder."""

    def fail(subject: proving.Subject, work: Path) -> int:
        raise NestctlError("package-incomplete", f"{subject.archive.name} in {work.name}")

    monkeypatch.setattr(proving, "prove", fail)
    build = backend.describe(packed.root.parent, manifest(packed.root), tmp_path / "cache")
    assert build.release == packed.build.release
    with pytest.raises(NestctlError, match="partial in backend"):
        package(build, tmp_path / "log")
    assert not list(build.work.glob("*.zip"))
    (made,) = build.work.glob("*.partial")
    assert _digest(made) == _digest(packed.archive)


def test_what_is_too_large_is_told_before_it_is_made_and_what_is_left_out_does_not_count(
    packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice is followed: what the function does without is left out, and then it is small enough."""
    root = _copy(packed.root, tmp_path)
    (root / "odd" / "tables").mkdir()
    (root / "odd" / "tables" / "large.bin").write_bytes(bytes(2**20))
    wanted = replace(packed.build, source=root)
    python = packed.listed.packages.parents[2] / "bin" / "python"
    monkeypatch.setattr(backend, "contents", lambda *_: application.describe(root, python))
    present = sum(
        (packed.listed.packages / file).stat().st_size
        for file in packed.listed.dependency_files
        if not any(_below(file, place) for place in odd_app.LEFT_OUT)
    )
    # Beside it lie small files of the application, and the data that its settings leave out.
    monkeypatch.setattr(archive, "LIMIT", present + 2**20)
    with pytest.raises(NestctlError) as caught:
        backend.measure(wanted, "staging", tmp_path / "log")
    assert caught.value.code == "package-size"
    assert "odd: 1 MiB" in caught.value.why
    assert "exclude_glob in zappa_settings.template.json" in caught.value.next
    template = root / "zappa_settings.template.json"
    found = json.loads(template.read_text())
    stage = found["staging"]
    stage["exclude_glob"] = [*stage["exclude_glob"], "odd/tables"]
    template.write_text(json.dumps(found))
    backend.measure(wanted, "staging", tmp_path / "log")
    assert not (wanted.work / "measured").exists()


def _below(file: PurePosixPath, place: str) -> bool:
    return any(parent.match(place) for parent in file.parents)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _copy(root: Path, to: Path) -> Path:
    shutil.copytree(root.parent, to / "app", symlinks=True)
    linked = to / "app" / "backend" / "odd" / "linked"
    linked.unlink()
    linked.symlink_to("../../libs/linked")
    return to / "app" / "backend"


def _text(path: Path) -> str:
    return path.read_bytes().decode("latin-1")
