"""What is written down of a release: which sources, which commit, in which order."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.releases import commit, records
from nestctl.releases.built import Built
from nestctl.releases.release import LaterFormatError, Release
from nestctl.report import NestctlError

RELEASE = Release(
    backend="0a1b2c3d4e5f",
    frontend="f5e4d3c2b1a0",
    commit="c" * 40,
    dirty=True,
    by="arn:aws:iam::123456789012:user/ann",
    at=datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC),
    migrations=("catalog.0001_extensions", "catalog.0002_tables"),
)


# ---------------------------------------------------------------------- format


def test_a_release_is_read_as_it_was_written() -> None:
    assert Release.parse(RELEASE.as_json()) == RELEASE


def test_a_field_of_a_later_nestctl_is_passed_over() -> None:
    later = json.loads(RELEASE.as_json()) | {"something": "new"}
    assert Release.parse(json.dumps(later).encode()) == RELEASE


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b'{"version": 1}', b"\xff", b"null", b'"a"'])
def test_what_is_no_record_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Release.parse(text)
    assert not isinstance(caught.value, LaterFormatError)


def test_a_later_format_is_told_as_that() -> None:
    with pytest.raises(LaterFormatError, match="format 2"):
        Release.parse(b'{"version": 2}')


# ---------------------------------------------------------------------- commit


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "a repository"
    for name in ("backend", "docs"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text("1")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def test_sources_are_of_the_commit_that_is_checked_out(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    assert commit.of(repository) == commit.of(repository / "backend") == commit.Commit(head, dirty=False)


@pytest.mark.parametrize("change", ["an edit", "a new file", "a deletion", "a staged edit"])
def test_sources_that_differ_from_their_commit_are_dirty(repository: Path, change: str) -> None:
    file = repository / "backend" / "file"
    if change == "a deletion":
        file.unlink()
    else:
        (file.with_name("new") if change == "a new file" else file).write_text("2")
    if change == "a staged edit":
        git(repository, "add", ".")
    assert commit.of(repository, "backend").dirty
    assert not commit.of(repository, "docs").dirty


def test_the_variables_of_a_hook_lead_nowhere_else(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = commit.of(repository)
    monkeypatch.setenv("GIT_DIR", str(repository / "nowhere"))
    assert commit.of(repository) == expected


def test_without_a_repository_or_git_there_is_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit.of(tmp_path) == commit.Commit()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit.of(tmp_path) == commit.Commit()


def test_a_repository_without_a_commit_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert commit.of(tmp_path) == commit.Commit()


# ---------------------------------------------------------------------- migrations


def test_migrations_are_named_as_django_names_them(tmp_path: Path) -> None:
    for name in (
        "shop/migrations/__init__.py",
        "shop/migrations/0002_more.py",
        "shop/migrations/0001_initial.py",
        "apps/blog/migrations/0001_initial.py",
        "shop/migrations/helpers.py",
        "shop/migrations/data/0001_rows.json",
        "shop/0001_no_migration.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    class Found(Built):
        backend: Any = SimpleNamespace(source=tmp_path)

    nothing: Any = None
    built = Found(nothing, nothing, nothing, "X86_64")
    assert built.migrations() == ("blog.0001_initial", "shop.0001_initial", "shop.0002_more")


# ---------------------------------------------------------------------- records


class Bucket:
    """Objects by key, as S3 keeps them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.objects: dict[str, bytes] = {}
        self.rival: Release | None = None
        monkeypatch.setattr(records.s3, "keys", lambda *_: set(self.objects))
        monkeypatch.setattr(records.s3, "read", lambda _aws, _bucket, key: self.objects.get(key))
        monkeypatch.setattr(records.s3, "create", self.create)

    def create(self, _aws: Any, _bucket: str, key: str, data: bytes) -> bool:
        if self.rival is not None:
            self.objects[key], self.rival = self.rival.as_json(), None
        return self.objects.setdefault(key, data) is data


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return Bucket(monkeypatch)


AWS: Any = None


def test_releases_are_numbered_in_their_order(bucket: Bucket) -> None:
    assert records.latest(AWS, "b") is None
    second = replace(RELEASE, backend="another")
    assert [records.add(AWS, "b", one).number for one in (RELEASE, second, RELEASE)] == [1, 2, 3]
    assert records.latest(AWS, "b") == records.Record(3, RELEASE)
    assert set(bucket.objects) == {f"releases/records/00000{n}.json" for n in (1, 2, 3)}


def test_what_is_recorded_already_is_not_recorded_again(bucket: Bucket) -> None:
    first = records.add(AWS, "b", RELEASE)
    again = replace(RELEASE, at=datetime.now(UTC), by="somebody else")
    assert records.add(AWS, "b", again) == first
    assert len(bucket.objects) == 1


def test_two_at_once_get_a_number_each_and_overwrite_nothing(bucket: Bucket) -> None:
    bucket.rival = replace(RELEASE, backend="theirs")
    assert records.add(AWS, "b", RELEASE).number == len(bucket.objects) == 2
    assert Release.parse(bucket.objects["releases/records/000001.json"]).backend == "theirs"


def test_two_who_record_the_same_make_one_record(bucket: Bucket) -> None:
    bucket.rival = replace(RELEASE, by="somebody else")
    assert records.add(AWS, "b", RELEASE).release.by == "somebody else"
    assert len(bucket.objects) == 1


def test_whoever_is_never_first_is_told(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records.s3, "create", lambda *_: False)
    with pytest.raises(NestctlError, match="could not be recorded"):
        records.add(AWS, "b", RELEASE)
    assert not bucket.objects


@pytest.mark.parametrize(
    ("text", "next_"),
    [(b"{}", "nestctl aws s3api delete-object"), (b'{"version": 2}', "git pull")],
)
def test_a_record_that_cannot_be_read_is_named(bucket: Bucket, text: bytes, next_: str) -> None:
    bucket.objects["releases/records/000007.json"] = text
    with pytest.raises(NestctlError) as caught:
        records.add(AWS, "b", RELEASE)
    assert "s3://b/releases/records/000007.json" in caught.value.what
    assert next_ in caught.value.next
    assert len(bucket.objects) == 1


def test_other_objects_beside_the_records_do_not_count(bucket: Bucket) -> None:
    bucket.objects |= {"releases/records/readme.txt": b"", "releases/records/0000001.json": b""}
    assert records.add(AWS, "b", RELEASE).number == 1
