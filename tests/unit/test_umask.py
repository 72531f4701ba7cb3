"""Folders and programs of the local cloud under the umasks of careful machines."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from nestctl.build import surroundings
from nestctl.localcloud.data import binaries
from nestctl.localcloud.layout import Layout, default_state_dir
from nestctl.prove.cost.prices import user_file
from nestctl.settings.paths import CHECKOUT
from nestctl.terraform.mirror import find_mirror


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


def test_a_user_without_a_home_keeps_things_in_the_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A container may run as a user whom no list of users has."""

    def nobody(_: int) -> None:
        raise KeyError

    for name in (
        "HOME",
        "XDG_STATE_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "PYENV_ROOT",
        "NESTCTL_STATE_DIR",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(RuntimeError):
        Path.home()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)  # root's state has a place of the system's
    assert default_state_dir(CHECKOUT).is_relative_to(CHECKOUT / ".nest")
    found = surroundings.environment(Path("/usr/bin/node"), tmp_path)
    assert found["NPM_CONFIG_CACHE"].startswith(str(CHECKOUT / ".nest"))
    assert surroundings.registry_access(tmp_path) is not None
    assert user_file("us-east-1").is_relative_to(CHECKOUT / ".nest")
    find_mirror()
