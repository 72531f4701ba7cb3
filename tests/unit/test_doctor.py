"""What the doctor knows before AWS is asked: the application's files, the machine, Terraform's own checks."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from worlds import copy_app

from nestctl.build import toolchain
from nestctl.doctor import application, classes, examine, machine, packages, python_project, refusals, zappa
from nestctl.report import ExitCode, NestctlError
from nestctl.runbook import release
from nestctl.settings.paths import CHECKOUT, INFRASTRUCTURE
from nestctl.settings.resolve import resolve
from nestctl.settings.rules.schedules import past_fault
from nestctl.terraform.messages import Diagnostic

Break = Callable[[Path], object]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_app(tmp_path_factory.mktemp("shipped"))


@pytest.fixture
def app(shipped: Path, tmp_path: Path) -> Path:
    """A copy of the application that a test may break; its files are the shipped ones until then."""
    to = tmp_path / "app"
    shutil.copytree(shipped, to, symlinks=True)
    return to


def replace(name: str, old: str, new: str) -> Break:
    def broken(app: Path) -> None:
        path = app / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return broken


def write(name: str, content: str | bytes) -> Break:
    raw = content.encode() if isinstance(content, str) else content
    return lambda app: (app / name).write_bytes(raw)


def remove(name: str) -> Break:
    return lambda app: (app / name).unlink()


def folder(name: str) -> Break:
    def broken(app: Path) -> None:
        (app / name).unlink()
        (app / name).mkdir()

    return broken


def link(name: str, to: str) -> Break:
    def broken(app: Path) -> None:
        path = app / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        path.symlink_to(to)

    return broken


def settings_of(key: str, value: object) -> Break:
    def broken(app: Path) -> None:
        path = app / TEMPLATE
        found = json.loads(path.read_text())
        found["staging"][key] = value
        path.write_text(json.dumps(found))

    return broken


MANIFEST, PYPROJECT, LOCK = "nest.toml", "backend/pyproject.toml", "backend/uv.lock"
TEMPLATE, PACKAGE, NPM_LOCK = (
    "backend/zappa_settings.template.json",
    "frontend/package.json",
    "frontend/package-lock.json",
)
INVALID, INCOMPLETE, UNFIT, ZAPPA = (
    "manifest-invalid",
    "application-incomplete",
    "application-unfit",
    "zappa-template",
)
BIG = "x" * 4000


def scheduled(text: str) -> Break:
    return replace(MANIFEST, "[tasks.load-data]\n", f'[tasks.load-data]\nschedule = "{text}"\n')


CASES: list[tuple[Break, str, str]] = [
    (remove("docker/backend/Dockerfile"), INCOMPLETE, "docker/backend/Dockerfile"),
    (remove("docker/frontend/Dockerfile"), INCOMPLETE, "docker/frontend/Dockerfile"),
    (folder("docker/backend/Dockerfile"), INCOMPLETE, "docker/backend/Dockerfile"),
    (remove(PYPROJECT), INCOMPLETE, PYPROJECT),
    (remove(LOCK), INCOMPLETE, LOCK),
    (remove(TEMPLATE), INCOMPLETE, TEMPLATE),
    (remove(PACKAGE), INCOMPLETE, PACKAGE),
    (remove(NPM_LOCK), INCOMPLETE, NPM_LOCK),
    (replace(MANIFEST, 'root = "backend" ', 'root = "behind" '), INCOMPLETE, "behind/pyproject.toml"),
    (replace(MANIFEST, 'root = "frontend" ', 'root = "größe/x y" '), INCOMPLETE, "größe/x y/package.json"),
    (
        replace(MANIFEST, 'fixture_command = ["python", "manage.py", "dump_data"]\n', ""),
        INCOMPLETE,
        "backend/data/nest.dump",
    ),
    (replace(MANIFEST, '"data/nest.dump"', '"config"'), INVALID, "config is a folder: name the file"),
    (replace(MANIFEST, '"data/nest.dump"', '"manage.py/x"'), INVALID, "manage.py is a file, and a fixture"),
    (scheduled("at(2024-01-31T03:00:00)"), INVALID, "tasks.load-data.schedule: 'at(2024-01-31T03:00:00)' is"),
    (scheduled("cron(0 3 * * ? 2020-2024)"), INVALID, "is in the past, and the task would never run"),
    (scheduled("cron(0 3 ? JAN MON#1 2024)"), INVALID, "is in the past"),
    (scheduled("cron(0 3 L 1-3 ? 2024,2025)"), INVALID, "is in the past"),
    (link("backend", "/usr"), INVALID, "backend.root: backend is a link that leads out"),
    (link("frontend", "../.."), INVALID, "frontend.root: frontend is a link that leads out"),
    (
        link("docker/backend/Dockerfile", "/etc/hostname"),
        INVALID,
        "backend.image.dockerfile: docker/backend/D",
    ),
    (link("docker/backend/Dockerfile", "Dockerfile"), INVALID, "backend.image.dockerfile: docker/backend/D"),
    (replace(MANIFEST, '"config.wsgi.app', '"config.wsgy.app'), INVALID, "no module config.wsgy"),
    (
        replace(MANIFEST, '"config.wsgi.application"', '"config.wsgi.aplication"'),
        INVALID,
        "defines no aplication; did you mean 'application'?",
    ),
    (write("backend/config/wsgi.py", "def"), INVALID, "is no Python"),
    (replace(MANIFEST, '["container"]', '["contaner"]'), INVALID, "did you mean 'container'?"),
    (write(PYPROJECT, "[project"), UNFIT, "pyproject.toml: "),
    (write(PYPROJECT, b"\xff\xfe"), UNFIT, "not UTF-8"),
    (write(PYPROJECT, "[tool.x]\n"), UNFIT, "no [project]"),
    (replace(PYPROJECT, "deploy = [", "other = ["), UNFIT, "no dependency group 'deploy'"),
    (
        replace(PYPROJECT, '"django>=5.2,<5.3",', '"django>=5.2,<5.3",\n  "flask>=3",'),
        UNFIT,
        "lacks flask",
    ),
    (replace(PYPROJECT, "container = [", 'more = ["django"]\ncontainer = ['), UNFIT, "lacks the groups more"),
    (replace(PYPROJECT, ">=3.11,<3.14", "three"), UNFIT, "requires-python"),
    (replace(PYPROJECT, ">=3.11,<3.14", ">=3.99"), "python-version", "wants Python >=3.99"),
    (replace(PYPROJECT, ">=3.11,<3.14", "<3.9"), "python-version", "wants Python <3.9"),
    (write(LOCK, "version = "), UNFIT, "uv.lock: "),
    (write(LOCK, "version = 1\n"), UNFIT, "lists no packages"),
    (
        replace(LOCK, '[[package]]\nname = "zappa"', '[[package]]\nname = "zoppa"'),
        UNFIT,
        "zappa is not",
    ),
    (replace(LOCK, "size = 8319631", "size = 900000000"), "package-size", "django: 858 MiB"),
    (write(TEMPLATE, "{"), ZAPPA, "no valid JSON|Expecting"),
    (write(TEMPLATE, "[]"), ZAPPA, "no JSON object"),
    (write(TEMPLATE, "[" * 5000 + "]" * 5000), ZAPPA, "recursion|no JSON object"),
    (write(TEMPLATE, b"\xff"), ZAPPA, "utf-8"),
    (replace(TEMPLATE, '"staging": {', '"stage": {'), ZAPPA, "no stage 'staging'"),
    (settings_of("extends", "base"), ZAPPA, "no stage 'base', which 'staging' extends"),
    (settings_of("extends", "production"), ZAPPA, "in a circle"),
    (replace(TEMPLATE, "${release}", "${relase}"), ZAPPA, "${relase} is filled by nothing; did you mean"),
    (replace(TEMPLATE, "${vpc_id}", "${AWS_ACCOUNT}"), ZAPPA, "${AWS_ACCOUNT} is filled by nothing"),
    (settings_of("aws_environment_variables", ["A"]), ZAPPA, "no object of texts"),
    (settings_of("aws_environment_variables", {"LARGE": BIG}), INVALID, "Lambda takes 4,096"),
    (
        settings_of("aws_environment_variables", {"AWS_REGION": "x"}),
        INVALID,
        "does not take a variable",
    ),
    (
        settings_of("aws_environment_variables", {"AWS_ENDPOINT_URL_S3": "x"}),
        INVALID,
        "calls of AWS would go elsewhere",
    ),
    (write(PACKAGE, "{"), UNFIT, "package.json: it cannot be read"),
    (write(PACKAGE, "[]"), UNFIT, "package.json: it is no JSON object"),
    (replace(PACKAGE, '"build":', '"bild":'), UNFIT, "no script `build`"),
    (replace(PACKAGE, '"next":', '"nextt":'), UNFIT, "older than package.json: next, nextt"),
    (
        replace(PACKAGE, '"scripts": {', '"engines": {"node": "99.x"}, "scripts": {'),
        UNFIT,
        "wants Node.js 99",
    ),
    (write(NPM_LOCK, "{}"), UNFIT, "none of npm 7"),
    (write(NPM_LOCK, "no"), UNFIT, "package-lock.json: it cannot be read"),
    (replace(MANIFEST, "cache.t3.medium", "cache.t3.medum"), INVALID, "did you mean 'cache.t3.medium'?"),
    (replace(MANIFEST, "db.t3.medium", "db.huge.large"), INVALID, "AWS has no 'db.huge.large'"),
    (replace(MANIFEST, "db.t3.medium", "t3.medium"), INVALID, "AWS has no 't3.medium'"),
    (replace(MANIFEST, "db.t3.medium", "db.t2.medium"), INVALID, "has no 'db.t2.medium'; did you mean 'db.t"),
    (replace(MANIFEST, "db.t3.medium", "db.m4.large"), INVALID, "has no 'db.m4.large'; did you mean 'db.m"),
    (replace(MANIFEST, "db.t3.medium", "db.p3.2xlarge"), INVALID, "has no 'db.p3.2xlarge'; did you mean"),
    (replace(MANIFEST, "db.t3.medium", "db.c5.large"), INVALID, "has no 'db.c5.large'; did you mean"),
    (replace(MANIFEST, "db.t3.medium", "db.z1d.large"), INVALID, "has no 'db.z1d.large'"),
    (replace(MANIFEST, "db.t3.medium", "db.r5.metal"), INVALID, "sizes of db.r5 are large, xlarge"),
    (replace(MANIFEST, "db.t3.medium", "db.m8i.metal-48xl"), INVALID, "has no 'db.m8i.metal-48xl'"),
    (replace(MANIFEST, "db.t3.medium", "db.t3.nano"), INVALID, "sizes of db.t3 are micro, small"),
    (
        replace(MANIFEST, "cache.t3.medium", "cache.t1.micro"),
        INVALID,
        "has no 'cache.t1.micro'; did you mean",
    ),
    (
        replace(MANIFEST, "cache.t3.medium", "cache.t3.nano"),
        INVALID,
        "sizes of cache.t3 are micro, small, med",
    ),
    (
        replace(MANIFEST, "cache.t3.medium", "cache.t3.large"),
        INVALID,
        "sizes of cache.t3 are micro, small, m",
    ),
    (
        replace(MANIFEST, "cache.t3.medium", "cache.c5.large"),
        INVALID,
        "has no 'cache.c5.large'; did you mean",
    ),
    (
        replace(MANIFEST, "cache.t3.medium", "cache.m3.large"),
        INVALID,
        "has no 'cache.m3.large'; did you mean",
    ),
    (replace(MANIFEST, "cache.t3.medium", "cache.m5.metal"), INVALID, "sizes of cache.m5 are large, xlarge"),
    (replace(MANIFEST, "cache.t3.medium", "cache.r6gd.xlarge"), INVALID, "needs data tiering"),
]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        *(("db_instance_class", f"db.{kind}") for kind in ("t4g.micro", "x2g.large", "r8g.48xlarge")),
        *(("db_instance_class", f"db.{kind}") for kind in ("m6idn.32xlarge", "x2iedn.xlarge", "m8i.large")),
        *(("cache_node_type", f"cache.{kind}") for kind in ("t2.micro", "m4.10xlarge", "c7gn.large")),
        *(("cache_node_type", f"cache.{kind}") for kind in ("r5.24xlarge", "r8g.large", "m8i.large")),
    ],
)
def test_a_class_that_its_service_has_is_taken(name: str, wanted: str) -> None:
    assert classes.class_fault(wanted, classes.OFFERS[name]) is None


def test_classes_are_machines_of_ec2() -> None:
    for offer in classes.OFFERS.values():
        for family, sizes in offer.sizes.items():
            if family != "x2g":  # RDS's name of EC2's x2gd
                assert {f"{family}.{size}" for size in sizes} <= classes.types()


@pytest.mark.parametrize(("broken", "code", "said"), CASES, ids=[str(n) for n in range(len(CASES))])
def test_what_cannot_be_deployed_is_refused(app: Path, broken: Break, code: str, said: str) -> None:
    broken(app)
    with pytest.raises(NestctlError) as caught:
        examine(resolve(app=app), lambda _: None, plan=False)
    found = [error for error in (caught.value, *caught.value.others) if error.code == code]
    assert found, caught.value
    assert re.search(re.escape(said) if "|" not in said and "\\" not in said else said, found[0].why), found[
        0
    ].why
    assert caught.value.exit_code == ExitCode.USAGE
    assert all(error.what and error.next for error in (caught.value, *caught.value.others))


def test_a_schedule_is_over_when_its_last_day_is() -> None:
    now = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
    for text, over in (
        ("at(2026-06-30T12:00:00)", True),
        ("at(2026-06-30T12:00:01)", False),
        ("cron(0 3 30 JUN ? 2026)", False),
        ("cron(0 3 29 jun ? 2026)", True),
        ("cron(0 3 31 1-5 ? 2026)", True),
        ("cron(0 3 L JUN ? 2026)", False),
        ("cron(0 3 ? * MON 1970-2026)", False),
        ("cron(0 3 29 FEB ? 2024-2027)", True),
        ("cron(0 3 29 FEB ? 2024-2028)", False),
        ("rate(1 day)", False),
    ):
        assert (past_fault(text, now) is not None) is over, text


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_shipped_application_passes(environment: str) -> None:
    found = {f.name: f.value for f in examine(resolve(environment=environment), lambda _: None, plan=False)}
    assert found["backend"].startswith("nest-backend, ")
    assert found["Zappa settings"] == f"stage {environment}"


def test_all_that_is_wrong_is_told_at_once(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in (0, 21, 24, 45, 53, 58):
        CASES[index][0](app)
    monkeypatch.setenv("NESTCTL_REGON", "eu-central-1")
    with pytest.raises(NestctlError) as caught:
        examine(resolve(app=app), lambda _: None, plan=False)
    errors = (caught.value, *caught.value.others)
    assert {e.code for e in errors} >= {INVALID, INCOMPLETE, ZAPPA, UNFIT, "unknown-variable"}
    assert caught.value.why.count("nest.toml:") == 3
    told = next(error for error in errors if error.code == "unknown-variable")
    assert "did you mean 'NESTCTL_REGION'?" in told.why
    assert told.next == "unset NESTCTL_REGON"
    monkeypatch.delenv(told.next.removeprefix("unset "))
    machine.variables(resolve(app=CHECKOUT))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("modules/security/main.tf", "${local."),
        ("modules/database/main.tf", "local.identifier"),
        ("modules/alb/main.tf", "local.name"),
    ],
)
def test_what_is_refused_of_a_name_is_told_at_the_projects(file: str, text: str) -> None:
    lines = (INFRASTRUCTURE / file).read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, 1) if text in line)
    found = Diagnostic("error", "invalid value for name", "it cannot begin so", "", f"../{file}:{number}")
    assert refusals._place("staging", found) == ("project", "name")


# ---------------------------------------------------------------------- the machine


@pytest.mark.parametrize("kind", ["file", "below a file", "circle", "dangling"])
def test_a_folder_that_cannot_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    there = tmp_path / "there"
    match kind:
        case "circle":
            there.symlink_to(there)
        case "dangling":
            there.symlink_to(tmp_path / "nowhere")
        case _:
            there.write_text("")
    monkeypatch.setattr("nestctl.settings.paths.WORK", there / "x" if kind == "below a file" else there)
    with pytest.raises(NestctlError) as caught:
        machine.work_folder(resolve())
    assert (caught.value.code, caught.value.exit_code) == ("folder-unusable", ExitCode.USAGE)
    assert "Set NESTCTL_WORK_DIR to a folder that can be written to" in caught.value.next
    monkeypatch.setattr("nestctl.settings.paths.WORK", tmp_path / "another")
    assert machine.work_folder(resolve()).startswith(str(tmp_path / "another"))


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    monkeypatch.setattr("nestctl.settings.paths.WORK", tmp_path / "work")
    with pytest.raises(NestctlError, match="cannot be used"):
        machine.work_folder(resolve())


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "free_space", lambda _: 2**30)
    with pytest.raises(NestctlError) as caught:
        machine.space(resolve())
    assert caught.value.code == "disk-space"


def test_the_list_of_variables_is_that_of_the_sources() -> None:
    read: set[str] = set()
    for folder in ("src", "scripts"):
        for path in (CHECKOUT / folder).rglob("*.py"):
            if path.parent.name != "doctor":
                read |= set(re.findall(r'"(NESTCTL_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    assert {*machine.KNOWN, *machine.OF_THE_SUITE} == read


# ---------------------------------------------------------------------- the application


def test_the_placeholders_are_those_that_a_run_fills() -> None:
    filled = re.findall(r'^ +"(\w+)":', inspect.getsource(release.zappa_values), re.MULTILINE)
    assert sorted(filled) == sorted(zappa.PLACEHOLDERS)


def test_the_size_counts_what_the_function_runs_with(app: Path) -> None:
    found = packages.runtime_packages(python_project.read(app / "backend"), "3.13")
    assert {"django", "asgiref", "sqlparse", "psycopg", "psycopg-binary", "redis"} <= set(found)
    assert not {"zappa", "pytest", "boto3", "tzdata"} & set(found)
    sizes = {
        name: packages.wheel_size(package, packages.lambda_tags("3.13")) for name, package in found.items()
    }
    assert sizes["django"] == 8319631
    assert all(sizes.values())


@pytest.mark.parametrize(
    ("old", "new", "measured"),
    [
        ("size = 8319631", "size = 8319631", False),
        ("size = 8319631", "size = 40000000", True),  # compressed a sixth of the limit
        ('url = "https://files.pythonhosted.org/packages/', 'url = "https://', None),
        (", size = 8319631", "", True),  # of a package without a size nothing is known
    ],
)
def test_a_package_that_may_be_too_large_is_measured_before_anything_is_built(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, measured: bool | None
) -> None:
    replace(LOCK, old, new)(app)
    asked: list[str] = []

    def measure(_: object, stage: str, __: object) -> None:
        asked.append(stage)

    monkeypatch.setattr("nestctl.build.backend.measure", measure)
    monkeypatch.setattr("nestctl.build.workplace.builds", lambda _: tmp_path / "builds")
    for _ in range(2):  # what passed once is remembered
        application.package(resolve(app=app))
    assert asked == (["staging"] if measured else [])


def test_large_files_of_the_application_count(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (app / "backend" / "config" / "table.bin").open("wb") as file:
        file.truncate(251 * 2**20)  # a hole: no space is taken
    monkeypatch.setattr("nestctl.build.backend.measure", _too_large)
    with pytest.raises(NestctlError, match="too large"):
        application.package(resolve(app=app))
    (app / "backend" / "config" / "table.bin").unlink()
    assert application.package(resolve(app=app)) == "well below 250 MiB"


def _too_large(*_: object) -> None:
    raise NestctlError("package-size", "It is too large.")


def test_a_python_that_the_application_takes_is_named(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace(PYPROJECT, ">=3.11,<3.14", ">=3.13")(app)
    old = toolchain.Interpreter(Path("/usr/bin/python3.11"), "3.11")
    monkeypatch.setattr(toolchain, "python", lambda _: old)
    with pytest.raises(NestctlError) as caught:
        application.backend(resolve(app=app))
    assert caught.value.code == "python-version"
    line = re.findall(r"Write (python = \S+) under \[backend\] in nest.toml", caught.value.next)[0]
    assert line == 'python = "3.13"'
    assert "network" not in str(caught.value)
    # As it is told.
    replace(MANIFEST, "[backend]", f"[backend]\n{line}")(app)
    monkeypatch.setattr(toolchain, "python", lambda chosen: toolchain.Interpreter(old.path, str(chosen)))
    assert application.backend(resolve(app=app)).startswith("nest-backend, ")
