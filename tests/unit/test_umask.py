"""Folders and programs of the local cloud under the umasks of careful machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nestctl.localcloud.data import binaries
from nestctl.localcloud.layout import Layout


@pytest.fixture(params=[0o022, 0o027, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_the_state_folder_is_passable_for_postgresql_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "mit leer" / "größe" / "state")
    layout.prepare()
    wanted = 0o711 if os.geteuid() == 0 else 0o700
    for folder in (layout.root, layout.root.parent, layout.root.parent.parent):
        assert folder.stat().st_mode & 0o777 == wanted
    assert layout.ca.stat().st_mode & 0o777 == 0o755
    assert layout.emulator.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("umask")
def test_the_programs_of_the_database_can_be_read_by_its_user(tmp_path: Path) -> None:
    def fill(new: Path) -> None:
        (new / "bin").mkdir()
        (new / "bin" / "postgres").write_text("")
        (new / "bin" / "postgres").chmod(0o700)
        (new / "share").mkdir()
        (new / "share" / "text").write_text("")

    binaries._build(tmp_path / "made", fill)
    made = tmp_path / "made"
    assert all(
        path.stat().st_mode & 0o555 == 0o555 for path in (made, made / "bin", made / "bin" / "postgres")
    )
    assert (made / "share" / "text").stat().st_mode & 0o444 == 0o444
