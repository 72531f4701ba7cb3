from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import typer
from pydantic import TypeAdapter

from nestctl import process
from nestctl.aws import parameters
from nestctl.cli import frame
from nestctl.report import NestctlError, Note, Progress, RunStarted, StepFinished, StepStarted, redaction
from nestctl.report.console import make_reporter, print_envelope, print_error
from nestctl.report.redaction import INSTEAD, Redactor
from nestctl.settings import shapes
from nestctl.settings.shapes import SHAPES

VALUE = 'planted <"käse"> & value/of+a=test'


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> Redactor:
    """A redactor of the test's own, in every place that uses the one of the process."""
    own = Redactor()
    own.learn(VALUE)
    monkeypatch.setattr(redaction._redactor, "_known", own._known)
    monkeypatch.setattr(redaction._redactor, "_pattern", own._pattern)
    return own


FORMS = {
    "raw": VALUE,
    "url": quote(VALUE, safe=""),
    "json": json.dumps(VALUE, ensure_ascii=False),
    "ascii json": json.dumps(VALUE),
    "repr": repr(VALUE),
    "base64": base64.b64encode(VALUE.encode()).decode(),
    "inside base64": base64.b64encode(b"user:" + VALUE.encode() + b"!").decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_known_value_is_replaced_in_every_form(planted: Redactor, form: str) -> None:
    text = planted.redact(f"before {FORMS[form]} after")
    assert INSTEAD in text
    assert "planted" not in text
    assert base64.b64encode(VALUE.encode()[3:24]).decode() not in text
    assert text.startswith("before ")
    assert text.endswith(" after")


def test_each_line_of_a_value_of_several_is_replaced(planted: Redactor) -> None:
    planted.learn("-----BEGIN-----\nMIIabcdefgh\nshort\n")
    assert planted.redact("read MIIabcdefgh") == f"read {INSTEAD}"
    assert planted.redact("short") == "short"


def test_what_is_too_short_stays(planted: Redactor) -> None:
    planted.learn("true", "1234567", "")
    assert planted.redact("it is true: 1234567") == "it is true: 1234567"


def test_secrets_of_the_environment_are_known(planted: Redactor) -> None:
    planted.learn_environment(
        {
            "GITHUB_TOKEN": "token-of-the-user",
            "AWS_SECRET_ACCESS_KEY": "key-of-the-user-1",
            "HTTPS_PROXY": "http://me:hushhush@proxy.example:3128",
            "PATH": "/usr/bin/of-the-user",
            "TOKEN_FILE": "/home/me/token-file",
            "MY_PASSWORD": "password",
        }
    )
    words = "token-of-the-user key-of-the-user-1 hushhush /usr/bin/of-the-user /home/me/token-file password"
    left = f"{INSTEAD} {INSTEAD} {INSTEAD} /usr/bin/of-the-user /home/me/token-file password"
    assert planted.redact(words) == left


@pytest.mark.parametrize("options", [{}, {"verbose": True}, {"quiet": True}])
def test_no_reporter_shows_it(
    options: dict[str, bool], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal, raising=False)
        reporter = make_reporter(**options)
        reporter.emit(RunStarted(f"title {VALUE}", ("secrets",)))
        reporter.emit(StepStarted("secrets", f"title {VALUE}"))
        reporter.emit(Progress(f"reading {VALUE}"))
        reporter.emit(Note(f"look: {VALUE}", "warning"))
        reporter.emit(StepFinished("secrets", "failed", f"because of {VALUE}", 1.0, {"a": [VALUE]}))
        reporter.close()
    said = capsys.readouterr()
    assert "planted" not in said.out + said.err
    assert INSTEAD in said.err


def test_no_result_and_no_failure_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    failure = NestctlError("code", f"what {VALUE}", f"why {VALUE}", f"next {VALUE}")
    print_error(failure)
    print_envelope("up", {"found": [VALUE]}, errors=[failure])
    said = capsys.readouterr()
    assert "planted" not in said.out + said.err
    assert json.loads(said.out)["data"] == {"found": [INSTEAD]}


def test_no_child_log_holds_it_and_the_caller_still_reads_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = f"import sys; print({VALUE!r}); print({VALUE!r}, file=sys.stderr); sys.exit(int(sys.argv[1]))"
    argv = [sys.executable, "-X", "utf8", "-c", code]
    more: dict[str, Any] = {"cwd": tmp_path, "env": {}, "log": log, "code": "c", "what": "w", "next_": "n"}
    assert process.run([*argv, "0"], **more).strip() == VALUE
    with pytest.raises(NestctlError) as caught:
        process.run([*argv, "1"], **more)
    assert "planted" not in log.read_text(encoding="utf-8")
    assert "planted" not in redaction.redact(str(caught.value))


def test_no_report_of_a_fault_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(frame, "WORK", tmp_path)

    def fail() -> None:
        raise RuntimeError(VALUE)

    with pytest.raises(typer.Exit):
        frame.run_command("up", True, fail, print)
    said = capsys.readouterr()
    assert "planted" not in said.out + said.err
    assert INSTEAD in (tmp_path / "report.txt").read_text(encoding="utf-8")


class Store:
    """Answers as Parameter Store does."""

    def __init__(self, **values: str) -> None:
        self._items = [
            {
                "Name": f"/p/{name}",
                "Value": value,
                "Type": "SecureString",
                "Version": 1,
                "LastModifiedDate": 0,
            }
            for name, value in values.items()
        ]

    def client(self, _: str) -> Store:
        return self

    def get_paginator(self, _: str) -> Store:
        return self

    def paginate(self, **_: object) -> list[dict[str, object]]:
        return [{"Parameters": self._items}]

    def get_parameter(self, **_: object) -> dict[str, object]:
        return {"Parameter": self._items[0]}

    def put_parameter(self, **_: object) -> None:
        pass


def test_what_is_read_from_parameter_store_or_written_there_is_known() -> None:
    store: Any = Store(A="read-from-the-store")
    parameters.list_parameters(store, "/p/")
    parameters.set_secret(store, "/p/B", "written-to-the-store", "key")
    parameters.get_value(Store(A="read-by-its-name"), "/p/A")  # type: ignore[arg-type]
    parameters.may_be_shown(["HOST"])
    parameters.list_parameters(Store(HOST="https://site.example"), "/p/")  # type: ignore[arg-type]
    assert redaction.redact("at https://site.example") == "at https://site.example"
    for value in ("read-from-the-store", "written-to-the-store", "read-by-its-name"):
        assert redaction.redact(value) == INSTEAD


GOOD = {
    "sentry-dsn": [
        "https://0123456789abcdef0123456789abcdef@o1.ingest.de.sentry.io/45",
        "http://k@h:9000/a/1",
    ],
    "slack-bot-token": ["-".join(("xoxb", "1" * 11, "abcDEF"))],
    "github-token": ["_".join(("github", "pat", "1" * 22)), "_".join(("ghp", "a" * 36)), "a1" * 20],
    "openai-key": ["-".join(("sk", "proj", "a" * 40))],
}
BAD = {
    "sentry-dsn": ["https://o1.ingest.sentry.io/45", "https://k@host/", "https://k@host/x", "k@host/1", "k"],
    "slack-bot-token": ["xoxp-1234567890123", "xoxb-", '"xoxb-12345678901"'],
    "github-token": ["ghp_", "Bearer ghp_aaaaaaaaaaaaaaaaaaaaaaaaa"],
    "openai-key": ["sk-", "key"],
    "url": ["nest.example", "https://"],
    "algolia-key": ["x", "0" * 31],
}


def test_every_name_of_a_shape_has_one_and_its_sample_fits() -> None:
    names = TypeAdapter(shapes.Name).json_schema()["enum"]
    assert sorted(names) == sorted(SHAPES)
    for shape in SHAPES.values():
        assert shape.fits(shape.sample)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in GOOD.items() for v in values])
def test_a_value_of_its_service_has_the_shape(name: shapes.Name, value: str) -> None:
    assert shapes.fault(value, name) == ""


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in BAD.items() for v in values])
def test_a_slip_of_the_hand_is_told_without_the_value(name: shapes.Name, value: str) -> None:
    store: Any = Store(A=value, B=parameters.PLACEHOLDER, C="", D="anything")
    found = parameters.faults(store, "/p/", {"A": name, "B": name, "C": name, "D": None})
    assert list(found) == ["A"]
    assert len(value) < 9 or value not in found["A"]
    assert SHAPES[name].words in found["A"]


@pytest.mark.parametrize("value", [" value", "value\n", "\tvalue"])
def test_a_blank_around_a_value_is_told_whatever_it_is(value: str) -> None:
    assert "begins or ends with a blank" in shapes.fault(value, None)


def test_output_is_a_stream_of_text(planted: Redactor) -> None:
    assert planted.redact_all({"a": (VALUE, 1, None), VALUE: [True]}) == {
        "a": (INSTEAD, 1, None),
        INSTEAD: [True],
    }
    assert io.StringIO(planted.redact("plain")).read() == "plain"
