"""Bad input at the command line: refused within seconds, with exit status 2, before anything is started."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from worlds import World, copy_app

from nestctl.doctor import refusals
from nestctl.doctor.found import Faulty
from nestctl.settings.paths import CHECKOUT
from nestctl.settings.resolve import resolve

SHIPPED = (CHECKOUT / "nest.toml").read_text(encoding="utf-8")
SIZES = "[environments.staging.sizes]"

COMMANDS = (
    ("up",),
    ("up", "--dry-run"),
    ("plan", "staging"),
    ("apply", "staging", "--yes"),
    ("doctor",),
)


def refused(world: World, *words: str) -> str:
    done = world.nestctl(*words, status=2, seconds=120)
    assert "Traceback" not in done.stderr
    assert "fault of its own" not in done.stderr
    assert re.search(r"^error: .+ \[[a-z-]+\]$", done.stderr, re.MULTILINE), done
    assert re.search(r"^next: .+$", done.stderr, re.MULTILINE), done
    return done.stderr


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_looks_before_it_starts_anything(tmp_path: Path, words: tuple[str, ...]) -> None:
    app = copy_app(tmp_path / "app")
    (app / "docker" / "backend" / "Dockerfile").unlink()
    template = app / "backend" / "zappa_settings.template.json"
    template.write_text(template.read_text().replace("${release}", "${relase}"))
    # What it cannot be planned without is missing, so that no test waits for a plan.
    world = World(tmp_path, app)
    said = refused(world, *words)
    assert "docker/backend/Dockerfile" in said
    assert "${relase} is filled by nothing; did you mean 'release'?" in said
    assert not world.state.exists()
    assert not world.work.exists()


@pytest.mark.parametrize("words", [*COMMANDS, ("status",), ("destroy", "--dry-run")], ids=" ".join)
def test_a_work_folder_that_is_a_file_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    world = World(tmp_path)
    world.work.write_text("")
    assert "NESTCTL_WORK_DIR" in refused(world, *words)
    assert not world.state.exists()


@pytest.mark.parametrize(
    "words", [*COMMANDS, ("status",), ("local", "start"), ("local", "status"), ("local", "env")], ids=" ".join
)
def test_a_state_folder_that_is_a_file_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    world = World(tmp_path)
    world.state.write_text("")
    assert "NESTCTL_STATE_DIR" in refused(world, *words)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NESTCTL_REGION", "us-east-9", "not an AWS region"),
        ("NESTCTL_DOMAIN", "nest", "not a domain name"),
        ("NESTCTL_ENV", "stagging", "did you mean 'staging'?"),
        ("NESTCTL_TARGET", "lokal", "There is no target"),
        ("NESTCTL_REGON", "us-east-1", "did you mean 'NESTCTL_REGION'?"),
        ("NESTCTL_TERRAFORM", "/nowhere/terraform", "Terraform"),
    ],
)
def test_a_variable_is_looked_at_as_a_flag_is(tmp_path: Path, name: str, value: str, said: str) -> None:
    world = World(tmp_path)
    world.env[name] = value
    done = world.nestctl("up", "--dry-run", status=None, seconds=120)
    assert done.status == (1 if name == "NESTCTL_TERRAFORM" else 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_json_lists_every_failure(tmp_path: Path) -> None:
    app = copy_app(tmp_path / "app")
    (app / "frontend" / "package.json").write_text("{")
    (app / "docker" / "frontend" / "Dockerfile").unlink()
    done = World(tmp_path, app).nestctl("doctor", "--json", status=2, seconds=120)
    codes = [error["code"] for error in done.envelope["errors"]]
    assert sorted(codes) == ["application-incomplete", "application-unfit"]
    assert all(error["next"] for error in done.envelope["errors"])


# ---------------------------------------------------------------------- Terraform's own checks

REFUSED = [
    ("db_allocated_storage", "5", "between 20 and"),
    ("frontend_desired_count", "-1", "from 0 to 5000"),
    ("frontend_desired_count", "5001", "from 0 to 5000"),
    ("nat_gateway_mode", '"two"', "single"),
    ("log_retention_days", "17", "CloudWatch Logs"),
    ("vpc_cidr", '"10.0.0.0/33"', "IPv4"),
    ("availability_zone_count", "1", "2"),
    ("db_backup_retention_days", "99", "35"),
    ("cpu_architecture", '"MIPS"', "ARM64"),
    ("cache_snapshot_retention_days", "-2", "0"),
    ("monthly_budget", "-5", "budget"),
    ("max_retries", "0", "1 or more"),
]


@pytest.mark.slow
def test_terraform_judges_all_sizes_in_one_plan_and_each_is_placed_in_the_manifest(tmp_path: Path) -> None:
    text = SHIPPED
    for name, value, _ in REFUSED:
        # What the shipped manifest sets already is set to another value, the rest is added.
        text = re.sub(rf"(?m)^{name} = .*\n", "", text).replace(SIZES, f"{SIZES}\n{name} = {value}", 1)
    (tmp_path / "nest.toml").write_text(text)
    with pytest.raises(Faulty) as caught:
        refusals.look(resolve(app=tmp_path))
    told = {fault.where: fault.what for fault in caught.value.faults}
    for name, _, said in REFUSED:
        assert said in told[("environments", "staging", "sizes", name)]


@pytest.mark.slow
def test_what_was_passed_once_is_not_planned_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(refusals, "PASSED", tmp_path)
    assert refusals.look(resolve()) == "passed"
    monkeypatch.setattr(refusals.offline, "refusals", lambda *_: pytest.fail("it was planned again"))
    assert refusals.look(resolve()) == "passed before"
    with pytest.raises(pytest.fail.Exception):
        refusals.look(resolve(domain="other.example"))
