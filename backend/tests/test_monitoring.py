import logging

import pytest

from config import monitoring


@pytest.mark.parametrize(
    "dsn", ["hush", "https://hush", "https://key@hush.example/none", "http://[hush", "ftp://a@b/1"]
)
def test_a_mistyped_address_of_sentry_is_logged_without_it_and_ends_nothing(
    dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    monitoring.start(dsn, release="r", environment="e")
    (record,) = [record for record in caplog.records if record.name == "config.monitoring"]
    assert record.levelno == logging.ERROR
    assert "DJANGO_SENTRY_DSN cannot be used" in record.getMessage()
    assert "hush" not in caplog.text
    assert record.exc_info is None


def test_a_library_that_is_missing_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sentry_sdk", None)
    monitoring.start("https://0a@sentry.invalid/1", release="r", environment="e")


def test_a_level_that_is_none_is_info() -> None:
    assert monitoring.level("debug") == "DEBUG"
    assert monitoring.level("Loud") == "INFO"
    assert monitoring.level("") == "INFO"


def test_libraries_that_log_whole_answers_are_quiet() -> None:
    for name in ("botocore.parsers", "botocore.endpoint", "urllib3.connectionpool", "boto3.resources"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG), name
