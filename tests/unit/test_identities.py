from __future__ import annotations

from pathlib import Path

from nestctl.aws.identities import read_profile, write_profile


def test_a_profile_is_set_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "aws" / "config"
    write_profile(file, "profile one", {"region": "us-east-1"})
    write_profile(file, "profile two", {"external_id": "a%b"})
    write_profile(file, "profile one", {"region": "eu-west-1"})
    assert read_profile(file, "profile one") == {"region": "eu-west-1"}
    assert read_profile(file, "profile two") == {"external_id": "a%b"}
    assert file.stat().st_mode & 0o077 == 0
    assert [p.name for p in file.parent.iterdir()] == ["config"]


def test_a_profile_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_profile(tmp_path / "none", "profile one") == {}
