"""A proof that fails is told in full, on stdout as one that holds, and its command runs it again."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from nestctl.cli.app import app
from nestctl.prove import proofs
from nestctl.prove.report import Finding, Report

FAILING = [
    Report("cost", "$5.00 a month", "state", lines=("a bar",)),
    Report(
        "cost", "$9.00 a month", "staging", (Finding("It has no price.", "Add it.", "aws_x.y", "main.tf", 3),)
    ),
    Report("cost", "$14.00 a month in all"),
]


@pytest.fixture(autouse=True)
def _proof(monkeypatch: pytest.MonkeyPatch) -> None:
    failing: Any = SimpleNamespace(name="cost", title="what it costs", prove=lambda _: FAILING)
    monkeypatch.setattr(proofs, "choose", lambda _: [failing])


def test_the_report_is_on_stdout_when_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["nestctl", "prove", "cost"])
    done = CliRunner().invoke(app, ["prove", "cost"])
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "cost (state): holds - $5.00 a month"
    assert "cost (staging): FAILS - $9.00 a month" in lines
    assert {"    It has no price.", "    fix: Add it.", "  main.tf:3: aws_x.y"} <= set(lines)
    assert "cost: holds - $14.00 a month in all" in lines
    assert lines[-1].startswith("total: 1 proof, it fails; ")
    assert "proof-failed" in done.stderr
    assert "proof-failed" not in done.stdout


def test_what_is_advised_makes_the_same_proof_of_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["prove", "cost", "--env", "production", "--json"]
    monkeypatch.setattr(sys, "argv", ["nestctl", *words])
    done = CliRunner().invoke(app, words)
    (error,) = json.loads(done.stdout)["errors"]
    assert error["next"] == "nestctl prove cost --env production"
