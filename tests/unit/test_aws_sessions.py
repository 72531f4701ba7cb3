"""Sessions of boto3: what they share, and what is each one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nestctl.aws.session import Aws, session
from nestctl.report import NestctlError

CONFIG = """
[profile first]
region = eu-west-1
aws_access_key_id = AKIAFIRST
aws_secret_access_key = one
[profile second]
region = eu-west-1
aws_access_key_id = AKIASECOND
aws_secret_access_key = two
"""


@pytest.fixture(autouse=True)
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two profiles, and nothing of the machine's own."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


def key(aws: Aws) -> str:
    return str(aws.client("sts")._request_signer._credentials.access_key)


def test_sessions_share_models_and_nothing_of_who_calls() -> None:
    first, second = Aws("eu-central-1", "first"), Aws("us-west-2", "second")

    assert (key(first), key(second)) == ("AKIAFIRST", "AKIASECOND")
    assert [aws.client("sts").meta.region_name for aws in (first, second)] == ["eu-central-1", "us-west-2"]
    models = [aws.client("sts")._loader for aws in (first, second)]
    assert models[0] is models[1]


def test_a_callers_own_models_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = session("eu-west-1", "first")
    (tmp_path / "models" / "nothing" / "2026-01-01").mkdir(parents=True)
    (tmp_path / "models" / "nothing" / "2026-01-01" / "service-2.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / "models"))

    assert "nothing" in session("eu-west-1", "first").get_available_services()
    assert "nothing" not in plain.get_available_services()


def test_a_profile_that_is_not_there_is_named() -> None:
    with pytest.raises(NestctlError, match="no AWS profile 'third'"):
        Aws("eu-west-1", "third").client("sts")
