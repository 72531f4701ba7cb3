"""The proof `secrets`: it holds, and each rule catches what it is for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nestctl.prove.plan import Plan
from nestctl.prove.report import Finding
from nestctl.prove.roots import Plans
from nestctl.prove.secrets import findings, logged, prove, words, written
from nestctl.prove.source import Block
from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT, INFRASTRUCTURE

pytestmark = pytest.mark.slow

SECRETS = words.secret_parameters(load_manifest(CHECKOUT))
FRONTEND = "module.platform.module.frontend.aws_ecs_task_definition.frontend"
DATABASE = "aws_db_instance.this"
SECRET_KEY = 'aws_ssm_parameter.secret["DJANGO_SECRET_KEY"]'
PASSWORD = 'aws_ssm_parameter.generated["DJANGO_DB_PASSWORD"]'


def test_it_holds_for_every_root_and_all_files(plans: Plans) -> None:
    reports = prove(plans)
    assert [report.root for report in reports] == ["state", "bootstrap", "staging", ""]
    assert [finding for report in reports for finding in report.findings] == []
    assert reports[2].facts["secrets"] >= 3, "something stood for secrets, and could have been found"


# ---------------------------------------------------------------------- what is planned


def with_container(plan: Plan, change: Callable[[dict[str, Any]], None]) -> Plan:
    """Change the frontend's container."""
    containers = json.loads(plan[FRONTEND]["container_definitions"])
    change(containers[0])
    return plan.changed(FRONTEND, container_definitions=json.dumps(containers))


def environment(name: str) -> Callable[[Plan], Plan]:
    return lambda plan: with_container(
        plan, lambda container: container["environment"].append({"name": name, "value": "x"})
    )


def without_secret(plan: Plan) -> Plan:
    def change(container: dict[str, Any]) -> None:
        container["secrets"] = [e for e in container["secrets"] if e["name"] != "NEXTAUTH_SECRET"]

    return with_container(plan, change)


def strange_source(plan: Plan) -> Plan:
    def change(container: dict[str, Any]) -> None:
        container["secrets"][0]["valueFrom"] = "the value itself"

    return with_container(plan, change)


def log_token(plan: Plan) -> Plan:
    def change(container: dict[str, Any]) -> None:
        container["logConfiguration"]["options"]["splunk-token"] = "x"

    return with_container(plan, change)


def block(kind: str, type_: str, text: str = "") -> Callable[[Plan], Plan]:
    def change(plan: Plan) -> Plan:
        new = Block(kind, type_, "it", "", "main.tf", 1, text)
        return replace(plan, blocks={**plan.blocks, new.address: new})

    return change


def written_out(address: str, line: str) -> Callable[[Plan], Plan]:
    """Write an argument into a resource's block; a plan shows made-up values for what is computed."""

    def change(plan: Plan) -> Plan:
        old = plan[address]
        assert old.block is not None
        new = replace(old, block=replace(old.block, text=old.block.text.replace("{\n", "{\n" + line, 1)))
        return replace(plan, resources=tuple(new if r is old else r for r in plan.resources))

    return change


def canary(place: Callable[[Plan, str], Plan]) -> Callable[[Plan], Plan]:
    return lambda plan: place(plan, plan.canaries[0])


def instance(**values: str) -> Callable[[Plan], Plan]:
    return lambda plan: plan.with_resource("aws_instance.it", "aws_instance", **values)


def encoded(text: str, before: str = "") -> str:
    return base64.b64encode((before + text).encode()).decode()


def function(name: str) -> Callable[[Plan], Plan]:
    return lambda plan: plan.with_resource(
        "aws_lambda_function.it", "aws_lambda_function", environment=[{"variables": {name: "x"}}]
    )


MUTATIONS: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "a resource holds one": (
        canary(lambda plan, value: plan.changed("aws_lb.this", name=f"a{value}b")),
        "A secret lies in it, as raw",
    ),
    **{
        f"in base64, {len(before)} bytes later": (
            canary(lambda plan, value, b=before: plan.changed("aws_lb.this", name=encoded(value, b))),
            "A secret lies in it, as base64",
        )
        for before in ("", "a", "ab")
    },
    "in a policy document": (
        canary(lambda plan, value: plan.changed("aws_lb.this", name=json.dumps({"a": {"b": value}}))),
        "A secret lies in it",
    ),
    "an output holds one": (
        canary(lambda plan, value: replace(plan, outputs={**plan.outputs, "it": {"a": [value]}})),
        "The output it holds a secret",
    ),
    "the plan holds one elsewhere": (
        canary(lambda plan, value: replace(plan, raw=plan.raw + value)),
        "A secret lies in the plan",
    ),
    "nothing was handed out": (lambda plan: replace(plan, canaries=()), "Nothing stood for the secrets"),
    "a secret by value": (environment("NEXTAUTH_SECRET"), "gets NEXTAUTH_SECRET by value"),
    "one known from nest.toml alone": (
        environment("NEXT_SERVER_GITHUB_CLIENT_ID"),
        "gets NEXT_SERVER_GITHUB_CLIENT_ID by value",
    ),
    "one known by its name alone": (environment("SMTP_PASSWORD"), "gets SMTP_PASSWORD by value"),
    "a token for the log driver": (log_token, "gets splunk-token by value"),
    "a secret that is not passed": (without_secret, "does not get NEXTAUTH_SECRET"),
    "a secret from nowhere": (strange_source, "comes from nothing that is planned"),
    "containers that are not known": (
        lambda plan: plan.changed(FRONTEND, container_definitions=None),
        "not known yet",
    ),
    "a function's environment": (function("DJANGO_SECRET_KEY"), "environment holds DJANGO_SECRET_KEY"),
    "a function's token": (function("API_TOKEN"), "environment holds API_TOKEN"),
    "a plain password": (lambda plan: plan.changed(DATABASE, password="x"), "password rests in state"),
    "no password": (
        lambda plan: plan.changed(DATABASE, password_wo_version=None),
        "Nothing sets its password",
    ),
    "the cache's token": (
        lambda plan: plan.changed(
            "module.platform.module.cache.aws_elasticache_replication_group.this", auth_token="x"
        ),
        "auth_token rests in state",
    ),
    "a secret string": (
        lambda plan: plan.with_resource(
            "aws_secretsmanager_secret_version.it", "aws_secretsmanager_secret_version", secret_string="{}"
        ),
        "secret_string rests in state",
    ),
    "a plain value": (lambda plan: plan.changed(SECRET_KEY, value="not made up"), "value of a secret rests"),
    "a plain value, written": (written_out(SECRET_KEY, '  value = "x"\n'), "value of a secret rests"),
    "an insecure value": (
        written_out(PASSWORD, "  insecure_value = 1\n"),
        "insecure_value of a secret rests",
    ),
    "no write-only value": (
        lambda plan: plan.changed(PASSWORD, value_wo_version=None),
        "It has no write-only value",
    ),
    "a string": (lambda plan: plan.changed(SECRET_KEY, type="String"), "not encrypted with the stack's key"),
    "no key": (lambda plan: plan.changed(SECRET_KEY, key_id=None), "not encrypted with the stack's key"),
    "a secret under an undeclared name": (
        lambda plan: plan.with_resource(
            "aws_ssm_parameter.it",
            "aws_ssm_parameter",
            name="/nest/staging/SMTP_PASSWORD",
            value="not made up",
        ),
        "value of a secret rests",
    ),
    "a secret without a parameter": (lambda plan: plan.without(SECRET_KEY), "No parameter DJANGO_SECRET_KEY"),
    "a random password": (block("resource", "random_password"), "keeps its secret in state"),
    "an access key": (block("resource", "aws_iam_access_key"), "keeps its secret in state"),
    "a parameter that is read": (block("data", "aws_ssm_parameter"), "keeps its secret in state"),
    "a parameter under a name that is not AWS's alone": (
        block("data", "aws_ssm_parameter", '  name = "/aws/service/${var.name}"\n'),
        "keeps its secret in state",
    ),
    "user data": (instance(user_data="export DB_PASSWORD='hunter22'"), "user_data holds DB_PASSWORD"),
    "user data in base64": (
        instance(user_data_base64=encoded("GITHUB_TOKEN=abcdefgh")),
        "user_data_base64 holds GITHUB_TOKEN",
    ),
    "a key in user data": (instance(user_data=f"aws configure AKIA{'A' * 16}"), "holds an AWS access key"),
    "passwords in the log": (
        lambda plan: plan.changed(
            "aws_db_parameter_group.this", parameter=[{"name": "log_statement", "value": "all"}]
        ),
        "logs every password",
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_secret_in_the_plan_is_caught(staging: Plan, name: str) -> None:
    change, expected = MUTATIONS[name]
    found = findings(change(staging), SECRETS)
    assert any(expected in finding.what for finding in found), found
    assert all(value not in str(finding) for finding in found for value in staging.canaries)


def test_what_aws_publishes_is_no_secret(staging: Plan) -> None:
    published = block("data", "aws_ssm_parameter", '  name = "/aws/service/ami-amazon-linux-latest/al2023"\n')
    assert findings(published(staging), SECRETS) == []


def test_a_finding_names_resource_file_and_line(staging: Plan) -> None:
    (found,) = findings(environment("SMTP_PASSWORD")(staging), SECRETS)
    assert found.resource == FRONTEND
    line = (CHECKOUT / found.file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert "environment" in line


# ---------------------------------------------------------------------- what is written


def whats(found: list[Finding]) -> str:
    return "\n".join(f"{finding.place} {finding.what}" for finding in found)


@pytest.mark.parametrize("kind", ["variable", "output"])
@pytest.mark.parametrize("name", ["db_password", "auth_token", "aws_role_external_id", "github_api_key"])
def test_a_declaration_that_would_be_printed_is_caught(tmp_path: Path, kind: str, name: str) -> None:
    file = tmp_path / "variables.tf"
    file.write_text(f'\n{kind} "{name}" {{\n  description = "x"\n}}\n', encoding="utf-8")
    assert f"{file}:2 The {kind} {name} holds a secret" in whats(list(written.hidden([tmp_path])))
    for word in ("sensitive", "ephemeral"):
        file.write_text(f'{kind} "{name}" {{\n  {word} = true\n}}\n', encoding="utf-8")
        assert list(written.hidden([tmp_path])) == []


@pytest.mark.parametrize("name", ["db_password_version", "password_parameter_arn", "auth_token_parameter"])
def test_a_declaration_about_a_secret_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.tf").write_text(f'variable "{name}" {{\n}}\n', encoding="utf-8")
    assert list(written.hidden([tmp_path])) == []


def test_an_exception_that_nothing_needs_is_caught() -> None:
    assert "container_secrets" in whats(list(written.references([])))
    assert list(written.references(written.folders(INFRASTRUCTURE))) == []


LITERALS = {
    "an AWS access key": "AKIA" + "Q" * 16,
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a GitHub token": "ghp_" + "a1" * 18,
    "a Slack token": "xoxb-" + "1234567890-abc",
    "an OpenAI key": "sk-" + "proj-" + "a1" * 12,
    "a Google key": "AIza" + "B" * 35,
    "a signed token": "eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + ".c",
    "a Sentry DSN": "https://" + "a1" * 16 + "@o1.ingest.sentry.io/1",
    "a password in an address": "postgres://nest:" + "hunter22" + "@db/nest",
}


@pytest.mark.parametrize("what", LITERALS)
def test_a_literal_that_looks_like_a_key_is_caught(tmp_path: Path, what: str) -> None:
    assert LITERALS.keys() == words.LITERALS.keys()
    file = tmp_path / "locals.tf"
    file.write_text(f'locals {{\n  a = "{LITERALS[what]}"\n}}\n', encoding="utf-8")
    (found,) = written.shapes(written.files(tmp_path))
    assert (found.what, found.place) == (f"The file holds {what}.", f"{file}:2")


def test_a_literal_for_an_argument_that_takes_a_secret_is_caught(tmp_path: Path) -> None:
    file = tmp_path / "main.tf"
    file.write_text('resource "a" "b" {\n  master_password = "hunter22"\n}\n', encoding="utf-8")
    (found,) = written.shapes(written.files(tmp_path))
    assert (found.what, found.line) == ("The file holds a literal for master_password.", 2)
    file.write_text('resource "a" "b" {\n  master_password = "${var.x}"\n}\n', encoding="utf-8")
    assert list(written.shapes(written.files(tmp_path))) == []


@pytest.mark.parametrize("setting", written.ENVIRONMENTS)
def test_a_secret_in_the_functions_template_is_caught(tmp_path: Path, setting: str) -> None:
    manifest = load_manifest(CHECKOUT)
    source = CHECKOUT / manifest.backend.root / written.TEMPLATE
    template = json.loads(source.read_text(encoding="utf-8"))
    template["staging"].setdefault(setting, {})["DJANGO_SECRET_KEY"] = "x"
    folder = tmp_path / manifest.backend.root
    folder.mkdir()
    (folder / written.TEMPLATE).write_text(json.dumps(template, indent=2), encoding="utf-8")
    (found,) = written.function_settings(tmp_path, manifest, SECRETS)
    assert found.what == f"{setting} of the stage staging holds DJANGO_SECRET_KEY."
    assert found.line > 1


@pytest.mark.parametrize("table", ["backend", "frontend", "tasks.migrate"])
def test_a_secret_in_the_manifests_environment_is_caught(table: str) -> None:
    text = load_manifest(CHECKOUT).model_dump(by_alias=True)
    part = text
    for word in table.split("."):
        part = part[word]
    part["environment"] = {"GITHUB_TOKEN": "x"}
    changed = type(load_manifest(CHECKOUT)).model_validate(text)
    (found,) = written.function_settings(CHECKOUT, changed, SECRETS)
    assert (found.what, found.file) == (f"environment of [{table}] holds GITHUB_TOKEN.", "nest.toml")


LOUD = {
    "log_level": ("DEBUG", "log_level of the stage staging is DEBUG."),
    "debug": (True, "debug of the stage staging is on: it logs whole requests."),
    "environment_variables": (
        {"DJANGO_LOG_LEVEL": "debug"},
        "environment_variables of the stage staging sets DJANGO_LOG_LEVEL to debug.",
    ),
    "aws_environment_variables": (
        {"APP_LOGLEVEL": "NOTSET"},
        "aws_environment_variables of the stage staging sets APP_LOGLEVEL to NOTSET.",
    ),
}


@pytest.mark.parametrize("setting", LOUD)
def test_a_template_that_would_log_parameters_is_caught(tmp_path: Path, setting: str) -> None:
    manifest = load_manifest(CHECKOUT)
    source = CHECKOUT / manifest.backend.root / written.TEMPLATE
    template = json.loads(source.read_text(encoding="utf-8"))
    assert list(logged.findings(CHECKOUT, manifest)) == []
    value, what = LOUD[setting]
    template["staging"][setting] = value
    folder = tmp_path / manifest.backend.root
    folder.mkdir()
    (folder / written.TEMPLATE).write_text(json.dumps(template, indent=2), encoding="utf-8")
    (found,) = logged.findings(tmp_path, manifest)
    assert found.what == what
    assert found.line > 1


@pytest.mark.parametrize("table", ["backend", "frontend", "tasks.migrate", "parameters"])
def test_a_manifest_that_would_log_parameters_is_caught(table: str) -> None:
    text = load_manifest(CHECKOUT).model_dump(by_alias=True)
    part = text
    for word in table.split("."):
        part = part[word]
    if table == "parameters":
        part["DJANGO_LOG_LEVEL"] = {"kind": "plain", "value": "DEBUG"}
    else:
        part["environment"] = {"DJANGO_LOG_LEVEL": "DEBUG"}
    changed = type(load_manifest(CHECKOUT)).model_validate(text)
    (found,) = logged.findings(CHECKOUT, changed)
    assert "sets DJANGO_LOG_LEVEL to DEBUG" in found.what
    assert found.file == "nest.toml"
