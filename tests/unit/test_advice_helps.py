"""What is told to do next helps: it is done as it is told, and the same failure is not met again."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner
from worlds import copy_app

from nestctl.cli import advice, session
from nestctl.cli.app import app
from nestctl.doctor import Finding
from nestctl.report import ExitCode, NestctlError
from nestctl.settings.paths import CHECKOUT
from nestctl.settings.resolve import Settings, resolve

REACHED = "reached"
"""Code of the failure that ends a command where it would begin to work with AWS."""


@dataclass
class Shell:
    """A person at a command line, who does what is advised.

    Attributes:
        monkeypatch: Sets what he exports.
        reached: Settings of every command that came as far as AWS.
        fails: What such a command fails with.
    """

    monkeypatch: pytest.MonkeyPatch
    reached: list[Settings] = field(default_factory=list)
    fails: NestctlError = field(default_factory=lambda: NestctlError(REACHED, "It got there."))

    def type(self, *words: str) -> dict[str, Any]:
        """Run ``nestctl`` with these words and return its failure, or an empty code when it did not fail."""
        self.monkeypatch.setattr(sys, "argv", ["nestctl", *words])
        done = CliRunner().invoke(app, [*words, *([] if "--json" in words else ["--json"])])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        errors = json.loads(done.stdout)["errors"]
        return dict(errors[0]) if errors else {"code": "", "next": ""}

    def follow(self, next_: str, *words: str) -> dict[str, Any]:
        """Do what is advised after a command of these words, and return what comes of it."""
        again = list(words)
        for name, value in re.findall(r"export (\w+)=(\S+)", next_):
            self.monkeypatch.setenv(name, value)
        for name in re.findall(r"unset (\w+)", next_):
            self.monkeypatch.delenv(name)
        if corrected := re.search(r"the same command with (--\w+) (\S+)", next_):
            again = [*_without(again, corrected[1]), *corrected.groups()]
        elif run := advice.COMMAND.search(next_):
            again = shlex.split(run[1])
        return self.type(*again)

    def wrong(self, code: str, *words: str) -> str:
        """Run a command that must fail so, and return its advice."""
        found = self.type(*words)
        assert found["code"] == code, found
        return str(found["next"])


def _without(words: list[str], option: str) -> list[str]:
    place = words.index(option) if option in words else len(words)
    return words[:place] + words[place + 2 :]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """A shell in which every command ends where it would ask AWS; the doctor is content there."""
    shell = Shell(monkeypatch)

    def reach(settings: Settings, *_: Any, **__: Any) -> None:
        shell.reached.append(settings)
        raise shell.fails

    monkeypatch.setattr(session.targets, "reach", reach)
    monkeypatch.setattr("nestctl.doctor.examine", lambda *_, **__: [Finding("all", "well")])
    for name in ("NESTCTL_REGION", "NESTCTL_DOMAIN", "NESTCTL_ENV", "NESTCTL_TARGET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("nestctl.settings.paths.WORK", tmp_path / "work")
    return shell


# ---------------------------------------------------------------------- wrong words


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("up --env stagin", "unknown-environment"),
        ("status --env stagin", "unknown-environment"),
        ("destroy --env stagin --confirm nest-staging", "unknown-environment"),
        ("plan state --region us-est-1", "bad-region"),
        ("status --region nowhere", "bad-region"),
        ("doctor --domain http://x", "bad-domain"),
        ("destroy --domain -x- --confirm nest-staging", "bad-domain"),
        ("status --target moon", "unknown-target"),
        ("up --until platfrom", "unknown-step"),
        ("up --until platfrom --env production", "unknown-step"),
        ("plan stagin", "unknown-root"),
        ("apply stagin --yes", "unknown-root"),
        ("state versions stagin --env production", "unknown-root"),
        ("destroy", "not-confirmed"),
        ("destroy --env production --all", "not-confirmed"),
        ("destroy --env=production --confirm nest-staging", "not-confirmed"),
        ("state restore a b c", "bad-arguments"),
    ],
)
def test_a_word_that_is_wrong_is_put_right_as_told(shell: Shell, words: str, code: str) -> None:
    typed = words.split()
    next_ = shell.wrong(code, *typed)
    after = shell.follow(next_, *typed)
    assert after["code"] == REACHED, (next_, after)
    assert shell.reached[-1].environment == ("production" if "production" in words else "staging")


def test_what_was_to_be_destroyed_is_what_is_advised_to_be(shell: Shell) -> None:
    assert shell.wrong("not-confirmed", "destroy", "--all", "-e", "production") == (
        "nestctl destroy --confirm nest-production --all --env production"
    )


def test_a_command_that_does_not_begin_the_right_one_is_never_advised(shell: Shell) -> None:
    """Who asks for the state of a site does not want one to be brought up."""
    for words in ("status --env stagin", "destroy --region x --confirm y", "doctor --app /nowhere"):
        found = shell.type(*words.split())
        assert "nestctl up" not in found["next"], found


@pytest.mark.parametrize("name", ["region", "domain"])
def test_a_bad_variable_is_set_right_as_told(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A flag would help one run only."""
    monkeypatch.setenv(f"NESTCTL_{name.upper()}", "no where")
    next_ = shell.wrong(f"bad-{name}", "status")
    assert shell.follow(next_, "status")["code"] == REACHED, next_


@pytest.mark.parametrize("kind", ["empty", "circle"])
def test_a_folder_without_a_manifest_is_named_as_told(shell: Shell, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "app"
    folder.mkdir() if kind == "empty" else folder.symlink_to(folder)
    words = ["doctor", "--app", str(folder)]
    next_ = shell.wrong("manifest-missing", *words)
    assert "the same command with --app and the folder" in next_
    assert shell.type("doctor", "--app", str(CHECKOUT))["code"] == REACHED


def test_a_proof_that_there_is_not_is_put_right_as_told(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_ = shell.wrong("unknown-proof", "prove", "netwrok", "--env", "production")
    chosen: list[Any] = []
    monkeypatch.setattr("nestctl.cli.prove._prove", lambda *given: chosen.append(given) or {"reports": []})
    monkeypatch.setattr("nestctl.cli.prove._show", lambda _: None)
    shell.follow(next_)
    assert chosen[0][:2] == (["network"], "production")


@pytest.mark.parametrize(
    "words", ["local start --port 0", "local start --delay -1", "local start --delay 9999"]
)
def test_a_bad_start_of_the_local_cloud_is_put_right_as_told(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    class Info:
        endpoint_url = account_id = site_url = ""

    monkeypatch.setattr("nestctl.cli.local._with_progress", lambda *_: Info)
    found = shell.type(*words.split())
    assert found["code"] in ("bad-port", "bad-delay")
    assert shell.follow(found["next"])["code"] == ""


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_file_of_variables_is_written_as_told(shell: Shell, tmp_path: Path, text: str) -> None:
    file = tmp_path / "wanted.json"
    file.write_text(text)
    words = ["prove", "network", "--var-file", str(file)]
    next_ = shell.wrong("var-file", *words)
    example = re.search(r"\{.*\}", next_)
    file.write_text(example[0] if example else "{}")
    assert shell.type(*words[:1], "netwrok", *words[2:])["code"] == "unknown-proof"
    from nestctl.cli.prove import _variables

    assert isinstance(_variables(file), dict)


# ---------------------------------------------------------------------- what a command works on


@pytest.mark.parametrize(
    ("words", "next_", "told"),
    [
        ("status --env production", "nestctl up", "nestctl up --env production"),
        ("status -e production", "nestctl up, or nestctl status", None),
        ("up -eproduction", "nestctl status", "nestctl status --env production"),
        (
            "apply production --env=production --domain a.example.org --yes",
            "nestctl up --until platform",
            "nestctl up --until platform --env production --domain a.example.org",
        ),
        ("up --env production", "nestctl aws ssm describe-parameters", "nestctl aws ssm describe-parameters"),
        ("up --env production", "nestctl local status", "nestctl local status"),
        (
            "up --region eu-central-1",
            "To move: nestctl destroy --env staging --region us-east-1 --confirm nest-staging --all, then",
            "To move: nestctl destroy --env staging --region us-east-1 --confirm nest-staging --all, then",
        ),
        ("status --app '/a b'", "nestctl up.", "nestctl up --app '/a b'."),
        ("up --app '/a b' --env x", "Free some space, then go on: nestctl up --app '/a b' --env x", "same"),
        ("prove cost --var-file v.json", "nestctl prove cost --env staging", None),
        ("state versions --env production", "nestctl state restore bootstrap 3H", None),
        ("up", "nestctl status", "nestctl status"),
        ("up --env x", "npm said: nestctl up \\", "same"),
        (
            """up --app "/a's, b" --env x""",
            "nestctl state restore staging v1 --app '/a'\"'\"'s, b', then the same command again",
            "nestctl state restore staging v1 --app '/a'\"'\"'s, b' --env x, then the same command again",
        ),
    ],
)
def test_an_advised_command_works_on_what_the_failed_one_did(
    words: str, next_: str, told: str | None
) -> None:
    found = advice.complete(next_, shlex.split(words))
    if told is not None:
        assert found == (next_ if told == "same" else told)
        return
    typed = dict(re.findall(r"(--env|--var-file|-e)[ =]?(\S+)", words))
    for value in typed.values():
        assert found.count(value) == len(advice.COMMAND.findall(found)), found


def test_an_address_is_part_of_a_command() -> None:
    said = "Ask ann; if that run is dead: nestctl aws s3 rm s3://a/b.tflock, then the same command again"
    assert advice.COMMAND.findall(said) == [" aws s3 rm s3://a/b.tflock"]


def test_what_is_advised_of_another_environment_is_done_there(shell: Shell, tmp_path: Path) -> None:
    """A missing service of another application's production is made there, not in the checkout's staging."""
    other = copy_app(tmp_path / "another app")
    shell.fails = NestctlError("service-missing", "There is none.", "", "nestctl up --until platform")
    words = ["status", "--env", "production", "--app", str(other)]
    next_ = shell.wrong("service-missing", *words)
    shell.follow(next_)
    looked, did = shell.reached
    assert (did.environment, did.app, did.region) == (looked.environment, looked.app, looked.region)
    assert did.app == other
    assert did.environment == "production"


def test_what_is_told_after_a_success_works_on_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from nestctl.cli import status, up

    monkeypatch.setattr(sys, "argv", ["nestctl", "up", "--dry-run", "--env", "production"])
    assert up._summary({"steps": []}, dry_run=True).endswith("nestctl up --env production")
    said: list[str] = []
    monkeypatch.setattr(status, "say", said.append)
    status._show({"running": False})
    assert said[0].endswith("nestctl up --env production")


def test_the_run_that_is_busy_is_named_and_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nestctl.settings.paths.WORK", tmp_path / "work")
    settings = resolve()
    with session.run_lock(settings):
        with pytest.raises(NestctlError) as caught, session.run_lock(settings):
            pass
        (pid,) = re.findall(r"ps -fp (\d+)", caught.value.next)
        assert psutil.Process(int(pid)).is_running()
        assert int(pid) == os.getpid()
    with session.run_lock(settings):
        pass


# ---------------------------------------------------------------------- the local cloud


def test_a_failure_of_the_local_cloud_tells_its_own_next_command() -> None:
    """Each says what helps against it, and only once."""
    import ast

    lacking = []
    for path in sorted((CHECKOUT / "src/nestctl/localcloud").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "LocalCloudError":
                said = ast.unparse(call.args[0])
                if "nestctl local" in said:
                    lacking.append(f"{path.name}:{call.lineno}: {said}")
    assert lacking == []


@pytest.mark.parametrize(
    ("words", "told"),
    [(["aws", "s3", "ls"], "nestctl local start"), (["local", "env"], "nestctl local start")],
)
def test_a_stopped_cloud_is_started_as_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], told: str
) -> None:
    monkeypatch.setenv("NESTCTL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(sys, "argv", ["nestctl", *words])
    done = CliRunner().invoke(app, words)
    assert done.exit_code == ExitCode.FAILED
    assert f"next: {told}" in done.stderr.replace(str(Path(sys.argv[0])), "nestctl")
