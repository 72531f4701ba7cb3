"""The proof ``policy`` around checkov's own words (data/checkov.json, recorded from version 3.3.30)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.prove import policy
from nestctl.prove.policy import checkov
from nestctl.prove.policy.exceptions import FILE, Exemption, judge, read_exceptions
from nestctl.prove.source import HEAD
from nestctl.report import NestctlError
from nestctl.settings.paths import INFRASTRUCTURE

RECORDED = (Path(__file__).parent / "data" / "checkov.json").read_text(encoding="utf-8")
REASON = "A reason that says why this is not followed here."


@pytest.fixture
def infrastructure(tmp_path: Path) -> Path:
    """The files that the record is about, as long as they were."""
    folder = tmp_path / "infrastructure"
    for name, line, text in (
        ("modules/kms/policy.tf", 20, "  statement {"),
        ("modules/cache/main.tf", 59, "  transit_encryption_enabled = true"),
        ("modules/database/main.tf", 64, 'resource "aws_db_instance" "this" {'),
        ("state/keys.tf", 2, "  statement {"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("\n" * (line - 1) + text + "\n" * 100)
    return folder


@pytest.fixture
def failures(infrastructure: Path) -> tuple[checkov.Failure, ...]:
    return checkov.read(json.loads(RECORDED), infrastructure).failures


def exemption(*places: str, check: str = "CKV_AWS_109", reason: str = REASON) -> Exemption:
    return Exemption(check, places, reason, 1)


ALL = (
    exemption(
        "modules/kms/policy.tf aws_iam_policy_document.key", "state/keys.tf aws_iam_policy_document.key"
    ),
    exemption("modules/database/main.tf aws_db_instance.this", check="CKV_AWS_161"),
    exemption("modules/cache/main.tf aws_elasticache_replication_group.this", check="CKV_AWS_31"),
)


def test_the_record_is_read_each_block_once(failures: tuple[checkov.Failure, ...]) -> None:
    assert [(f.check, f.file, f.line, f.address) for f in failures] == [
        ("CKV_AWS_109", "modules/kms/policy.tf", 20, "aws_iam_policy_document.key"),
        ("CKV_AWS_109", "state/keys.tf", 2, "aws_iam_policy_document.key"),
        ("CKV_AWS_161", "modules/database/main.tf", 64, "aws_db_instance.this"),
        ("CKV_AWS_31", "modules/cache/main.tf", 59, "aws_elasticache_replication_group.this"),
    ]
    assert failures[3].resource == "module.platform.module.cache.aws_elasticache_replication_group.this"


def test_files_that_checkov_could_not_read_are_an_error(infrastructure: Path) -> None:
    said = json.loads(RECORDED)
    said["summary"]["parsing_errors"] = 1
    with pytest.raises(KeyError, match="could not be parsed"):
        checkov.read(said, infrastructure)


def test_nothing_is_found_where_everything_is_listed(failures: tuple[checkov.Failure, ...]) -> None:
    assert judge(failures, ALL) == ([], list(ALL))


@pytest.mark.parametrize("left_out", range(3))
def test_a_failure_that_is_not_listed_is_found(failures: tuple[checkov.Failure, ...], left_out: int) -> None:
    kept = [entry for number, entry in enumerate(ALL) if number != left_out]
    findings, used = judge(failures, kept)
    assert used == kept
    assert {(f.what.partition(":")[0], f.place) for f in findings} == {
        (failure.check, f"infrastructure/{failure.file}:{failure.line}")
        for failure in failures
        if failure.check == ALL[left_out].check
    }
    for finding in findings:
        assert f'check = "{ALL[left_out].check}"' in finding.fix


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (exemption("modules/alb/main.tf aws_lb.this"), "Nothing fails CKV_AWS_109 at modules/alb/main.tf"),
        (exemption(*ALL[1].places, check="CKV_AWS_157"), "Nothing fails CKV_AWS_157"),
        (ALL[1], "CKV_AWS_161 is listed twice"),
    ],
)
def test_an_exception_that_nothing_needs_is_found(
    failures: tuple[checkov.Failure, ...], more: Exemption, words: str
) -> None:
    (finding,) = judge(failures, [*ALL, more])[0]
    assert words in finding.what
    assert finding.file == f"infrastructure/{FILE}"


@pytest.mark.parametrize("reason", ["", "not needed"])
def test_an_exception_without_a_reason_is_found(failures: tuple[checkov.Failure, ...], reason: str) -> None:
    (finding,) = judge(failures, [replace(ALL[0], reason=reason), *ALL[1:]])[0]
    assert finding.what == "CKV_AWS_109 has no reason."


@pytest.mark.parametrize(
    "text",
    [
        "exception",
        '[[exception]]\ncheck = "CKV_AWS_1"\nplaces = ["a b"]\n',
        '[[exception]]\ncheck = "CKV_AWS_1"\nplaces = ["a b"]\nreason = 1\n',
        '[[exception]]\ncheck = "CKV_AWS_1"\nplaces = ["a b"]\nreason = "r"\nuntil = "never"\n',
    ],
)
def test_a_list_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(NestctlError) as caught:
        read_exceptions(tmp_path / FILE)
    assert caught.value.code == "policy-exceptions"


def test_the_shipped_exceptions_name_blocks_that_exist_and_their_reasons() -> None:
    shipped = read_exceptions(INFRASTRUCTURE / FILE)
    lines = (INFRASTRUCTURE / FILE).read_text(encoding="utf-8").splitlines()
    assert len(shipped) > 20
    for entry in shipped:
        assert len(entry.reason) >= 20
        assert lines[entry.line - 1] == "[[exception]]"
        for place in entry.places:
            file, _, address = place.partition(" ")
            heads = map(HEAD.match, (INFRASTRUCTURE / file).read_text(encoding="utf-8").splitlines())
            assert address in {f"{head[2]}.{head[3]}" for head in heads if head}, place


# ------------------------------------------------------------------------------- the program itself


@pytest.fixture
def plans(tmp_path: Path) -> Any:
    return SimpleNamespace(work=tmp_path / "work")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in checkov's place: notes how it was called, and says what lies in ``answer``."""
    environment = tmp_path / "audit"
    monkeypatch.setattr(checkov, "ENVIRONMENT", environment)
    (environment / "bin").mkdir(parents=True)
    (tmp_path / "answer").write_text(RECORDED)
    script = environment / "bin" / "checkov"
    script.write_text(
        f'#!/bin/sh\nenv > "{tmp_path}/env"\necho "$@" > "{tmp_path}/arguments"\n'
        f'find "$2" -type f > "{tmp_path}/scanned"\n'
        f'cat "{tmp_path}/answer"\nexit $(cat "{tmp_path}/status")\n'
    )
    script.chmod(0o755)
    (tmp_path / "status").write_text("0")
    return tmp_path


def test_without_checkov_nothing_is_known_and_the_way_to_it_is_said(
    plans: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkov, "ENVIRONMENT", tmp_path / "none")
    (report,) = policy.prove(plans)
    assert not report.holds
    assert report.findings[0].fix.startswith("make audit")


def test_it_is_run_without_keys_network_or_answers_of_the_user(
    plans: Any, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BC_API_KEY", "key")
    monkeypatch.setenv("CKV_SKIP_CHECK", "CKV_AWS_109")
    (report,) = policy.prove(plans)
    env = (program / "env").read_text()
    assert "BC_API_KEY" not in env
    assert "CKV_" not in env
    assert "HTTPS_PROXY=http://127.0.0.1:9" in env
    arguments = (program / "arguments").read_text().split()
    assert {"--skip-download", "--compact"} <= set(arguments)
    assert arguments[arguments.index("--download-external-modules") + 1] == "false"
    scanned = (program / "scanned").read_text().splitlines()
    assert any(name.endswith("/staging/main.tf") for name in scanned)
    assert not [name for name in scanned if "/tests/" in name or "/.terraform/" in name or "tfstate" in name]
    # The record is about fewer files than there are: what else is listed is needed by nothing in it.
    assert report.facts["checkov"] == "3.3.30"
    assert {f.resource for f in report.findings} == {
        entry.check
        for entry in read_exceptions(INFRASTRUCTURE / FILE)
        if entry.check not in {"CKV_AWS_109", "CKV_AWS_161", "CKV_AWS_31"}
    }


@pytest.mark.parametrize(
    ("answer", "status"),
    [("no JSON", "0"), ("{}", "0"), (RECORDED, "2")],
    ids=["no JSON", "nothing in it", "another status"],
)
def test_a_checkov_that_fails_is_an_error(plans: Any, program: Path, answer: str, status: str) -> None:
    (program / "answer").write_text(answer)
    (program / "status").write_text(status)
    with pytest.raises(NestctlError) as caught:
        policy.prove(plans)
    assert caught.value.code == "prove-policy"
