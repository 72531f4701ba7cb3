from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from nestctl.localcloud.archives import guard


def archive_of(name: str) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize("filters", [True, False])
@pytest.mark.parametrize("name", ["../outside", "a/../../outside"])
def test_nothing_is_unpacked_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, filters: bool
) -> None:
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    folder = tmp_path / "folder"
    folder.mkdir()

    def unpack() -> None:
        with tarfile.open(fileobj=archive_of(name)) as archive:
            guard(archive, "data")
            archive.extractall(folder)  # noqa: S202 - that is the point

    with pytest.raises(tarfile.TarError):
        unpack()
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("filters", [True, False])
def test_the_rest_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: bool) -> None:
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    with tarfile.open(fileobj=archive_of("a/b")) as archive:
        guard(archive, "data")
        archive.extractall(tmp_path)  # noqa: S202
    assert (tmp_path / "a" / "b").read_bytes() == b"x"
