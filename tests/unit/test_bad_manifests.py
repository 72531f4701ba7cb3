"""A table of manifests that nobody can deploy: each is refused at once, by line, with what would be right."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from nestctl.report import ExitCode, NestctlError
from nestctl.settings.faults import line_of
from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT
from nestctl.settings.rules import tags

PRODUCTION = "[environments.production]"
SHIPPED = (CHECKOUT / "nest.toml").read_text(encoding="utf-8")
SIZE = "environments.staging.sizes"
SIZES = "db_allocated_storage = 100\n"
POLICY = "content_security_policy = \"default-src 'self';"
LOAD = '[tasks.load-data]\ncommand = ["python", "manage.py", "load_data"]\n'
KEEP_ALIVE = 'KEEP_ALIVE_TIMEOUT = "65000"'
SETTINGS = 'DJANGO_SETTINGS_MODULE = "config.settings"'
HOME = 'path = "/"\n'
DB_PORT = 'value = "{database_port}"'
MANY = "".join(
    f'[parameters.{"X" * 180}_{n}]\nkind = "generated"\nservices = ["frontend"]\n' for n in range(150)
)
DEEP = "[" * 4000 + "]" * 4000


def refused(folder: Path, text: str) -> NestctlError:
    (folder / "nest.toml").write_text(text, encoding="utf-8")
    with pytest.raises(NestctlError) as caught:
        load_manifest(folder)
    error = caught.value
    assert error.exit_code == ExitCode.USAGE
    assert error.what
    assert error.why
    assert error.next
    return error


def sizes(line: str) -> tuple[str, str]:
    return SIZES, f"{SIZES}{line}\n"


def schedule(text: str) -> tuple[str, str]:
    return LOAD, f'{LOAD}schedule = "{text}"\n'


def route(text: str) -> tuple[str, str]:
    return '"/csrf/*"', text


def region(text: str) -> tuple[str, str]:
    return 'region = "us-east-1"', f"region = {text}"


def domain(text: str) -> tuple[str, str]:
    return 'domain = "staging.nest.owasp.org"', f"domain = {text}"


NAMES = [
    ('name = "nest" ', 'name = "Nest!" ', "project.name", "no name"),
    ('name = "nest" ', 'name = "" ', "project.name", "no name"),
    ('name = "nest" ', 'name = "n" ', "project.name", "no name"),
    ('name = "nest" ', 'name = "9nest" ', "project.name", "no name"),
    ('name = "nest" ', 'name = "nest-" ', "project.name", "no name"),
    ('name = "nest" ', 'name = "ne_st" ', "project.name", "no name"),
    ('name = "nest" ', 'name = "ne--st" ', "project.name", "two dashes"),
    ('name = "nest" ', 'name = "nést" ', "project.name", "no name"),
    ('name = "nest" ', 'name = "nest\\n" ', "project.name", "no name"),
    ('name = "nest" ', 'name = "aws" ', "project.name", "aws"),
    ('name = "nest" ', 'name = "ssmx" ', "project.name", "ssm"),
    ('name = "nest" ', 'name = "internal" ', "project.name", "internal-"),
    ('name = "nest" ', 'name = "sg" ', "project.name", "a security group's name cannot begin with sg-"),
    ('name = "nest" ', 'name = "amzn-s3-demo" ', "project.name", "a bucket's name cannot begin"),
    ('name = "nest" ', 'name = "admin" ', "project.name", "PostgreSQL"),
    ('name = "nest" ', 'name = "user" ', "project.name", "PostgreSQL"),
    ('name = "nest" ', 'name = "nest-the-project" ', "environments.staging", "longer than 16"),
    ('name = "nest" ', "name = 4 ", "project.name", "valid string"),
    ("[project]", "[projects]", "projects", "did you mean 'project'?"),
    (
        PRODUCTION,
        "[environments.prod_1]",
        "environments.prod_1",
        "no name of an environment",
    ),
    (PRODUCTION, "[environments.Production]", "environments.Production", "no name of an"),
    (
        PRODUCTION,
        "[environments.prod-live-xy]",
        "environments.prod-live-xy",
        "longer than 16",
    ),
    (PRODUCTION, "[environments.state]", "environments.state", "no environment"),
    (PRODUCTION, "[environments.bootstrap]", "environments.bootstrap", "no environment"),
    (PRODUCTION, "[environments.logs]", "environments.logs", "kept for Terraform's states"),
    (PRODUCTION, "[environments.state-eu]", "environments.state-eu", "kept for Terraform's states"),
    (PRODUCTION, "[environments.staging-eu]", "environments.staging-eu", "the role of staging may reach"),
    (
        PRODUCTION,
        '[environments."pro duction"]',
        "environments.pro duction",
        "no name of an",
    ),
    (PRODUCTION, '[environments."größe"]', "environments.größe", "no name of an"),
    (PRODUCTION, '[environments."a\\u0000b"]', "environments.a\0b", "no name of an"),
    (PRODUCTION, f"[environments.{'a' * 300}]", f"environments.{'a' * 300}", "no name of an"),
    (PRODUCTION, "[environments.pro--d]", "environments.pro--d", "two dashes"),
    ("[tasks.migrate]", "[tasks.prepare]", "tasks", "task named migrate"),
    ("[tasks.load-data]", "[tasks.Load]", "tasks.Load", "small letters"),
    ("[tasks.load-data]", "[tasks.load_data]", "tasks.load_data", "small letters"),
    ("[tasks.load-data]", "[tasks.9load]", "tasks.9load", "small letters"),
    ("[tasks.load-data]", "[tasks.frontend]", "tasks.frontend", "choose another"),
    ("[tasks.load-data]", f"[tasks.{'x' * 60}]", "tasks." + "x" * 60, "60 characters"),
    ("[parameters.GITHUB_TOKEN]", "[parameters.github_token]", "parameters.github_token", "capitals"),
    ("[parameters.GITHUB_TOKEN]", '[parameters."GITHUB TOKEN"]', "parameters.GITHUB TOKEN", "capitals"),
    ("[parameters.GITHUB_TOKEN]", "[parameters.GITHUB-TOKEN]", "parameters.GITHUB-TOKEN", "capitals"),
    ("[parameters.GITHUB_TOKEN]", f"[parameters.{'X' * 1000}]", "parameters." + "X" * 1000, "more than AWS"),
]

PLACES = [
    (*region('"mars-east-1"'), "environments.staging.region", "not an AWS region"),
    (*region('"us-east-9"'), "environments.staging.region", "did you mean 'us-east-"),
    (*region('"us-east-1a"'), "environments.staging.region", "did you mean 'us-east-1'?"),
    (*region('"US-EAST-1"'), "environments.staging.region", "not an AWS region"),
    (*region('"aws-global"'), "environments.staging.region", "not an AWS region"),
    (*region('"us-gov-west-1"'), "environments.staging.region", "partition aws-us-gov"),
    (*region('"cn-north-1"'), "environments.staging.region", "partition aws-cn"),
    (*region('"eusc-de-east-1"'), "environments.staging.region", "partition aws-eusc"),
    (*domain('"nest.owasp.org"'), "environments.production.domain", "is the domain of staging"),
    (*region('""'), "environments.staging.region", "not an AWS region"),
    (*region('"us-east-1\\n"'), "environments.staging.region", "not an AWS region"),
    (*region('["us-east-1"]'), "environments.staging.region", "valid string"),
    (*domain('"https://nest.owasp.org"'), "environments.staging.domain", "without scheme"),
    (*domain('"nest.owasp.org:443"'), "environments.staging.domain", "not a domain name"),
    (*domain('"nest.owasp.org/"'), "environments.staging.domain", "not a domain name"),
    (*domain('"Nest.owasp.org"'), "environments.staging.domain", "small letters"),
    (*domain('"nest"'), "environments.staging.domain", "not a domain name"),
    (*domain('"nest..org"'), "environments.staging.domain", "not a domain name"),
    (*domain('"-nest.org"'), "environments.staging.domain", "not a domain name"),
    (*domain('"ne_st.org"'), "environments.staging.domain", "not a domain name"),
    (*domain('"näst.org"'), "environments.staging.domain", "not a domain name"),
    (*domain('"nest.org."'), "environments.staging.domain", "not a domain name"),
    (*domain('"10.0.0.1"'), "environments.staging.domain", "not a domain name"),
    (*domain('"site.amazonaws.com"'), "environments.staging.domain", "amazonaws.com is Amazon's"),
    (*domain('"x.us-east-1.elb.amazonaws.com"'), "environments.staging.domain", "no certificate is made"),
    (*domain('"d1.cloudfront.net"'), "environments.staging.domain", "cloudfront.net is Amazon's"),
    (*domain('"*.nest.org"'), "environments.staging.domain", "not a domain name"),
    (*domain('" nest.org"'), "environments.staging.domain", "not a domain name"),
    (*domain(f'"{"a" * 60}.nest.org"'), "environments.staging.domain", "at most 64"),
    (*domain(f'"{"a" * 64}.org"'), "environments.staging.domain", "not a domain name"),
    (*domain("true"), "environments.staging.domain", "valid string"),
    ('domain = "staging.nest.owasp.org"\n', "", "environments.staging.domain", "missing"),
]

SIZE_CASES = [
    (*sizes("db_alocated_storage = 50"), f"{SIZE}.db_alocated_storage", "did you mean"),
    (*sizes("size = 3"), f"{SIZE}.size", "no such variable"),
    (*sizes("db_proxy_kept = true"), f"{SIZE}.db_proxy_kept", "it is no size"),
    (*sizes('next_domain_name = "a.example"'), f"{SIZE}.next_domain_name", "it is no size"),
    (*sizes("certificate_issued = false"), f"{SIZE}.certificate_issued", "it is no size"),
    (SIZES, 'db_allocated_storage = "much"\n', f"{SIZE}.db_allocated_storage", "a number"),
    (SIZES, "db_allocated_storage = [100]\n", f"{SIZE}.db_allocated_storage", "a number"),
    (SIZES, "db_allocated_storage = inf\n", f"{SIZE}.db_allocated_storage", "no number"),
    (SIZES, "db_allocated_storage = nan\n", f"{SIZE}.db_allocated_storage", "no number"),
    (SIZES, "db_allocated_storage = true\n", f"{SIZE}.db_allocated_storage", "a number"),
    (SIZES, "db_allocated_storage = {}\n", f"{SIZE}.db_allocated_storage", "a number"),
    (
        SIZES,
        "db_allocated_storage = 2026-01-01\n",
        f"{SIZE}.db_allocated_storage",
        "dates",
    ),
    (*sizes('db_multi_az = "yes"'), f"{SIZE}.db_multi_az", "true or false"),
    (*sizes("db_multi_az = 1"), f"{SIZE}.db_multi_az", "true or false"),
    (*sizes('alarm_emails = "a@b.org"'), f"{SIZE}.alarm_emails", "a list"),
    (*sizes("alarm_emails = [[]]"), f"{SIZE}.alarm_emails", "text"),
    (*sizes("frontend_autoscaling = 3"), f"{SIZE}.frontend_autoscaling", "a table with"),
    (
        *sizes("frontend_autoscaling = {min = 1}"),
        f"{SIZE}.frontend_autoscaling",
        "lacks max",
    ),
    (
        *sizes("frontend_autoscaling = {min = 1, max = 2, top = 3}"),
        f"{SIZE}.frontend_autoscaling",
        "has no top",
    ),
    (
        *sizes('frontend_autoscaling = {min = "few", max = 2}'),
        f"{SIZE}.frontend_autoscaling",
        "min: it must be a number",
    ),
    (*sizes('tags = ["a"]'), f"{SIZE}.tags", "a table, each value text"),
    (*sizes("tags = {a = [1]}"), f"{SIZE}.tags", "text"),
    (*sizes('tags = {Environment = "x"}'), f"{SIZE}.tags", "the tag Environment is set by nestctl"),
    (*sizes('tags = {PROJECT = "x"}'), f"{SIZE}.tags", "the tag Project is set by nestctl"),
    (*sizes('tags = {managedby = "x"}'), f"{SIZE}.tags", "the tag ManagedBy is set by nestctl"),
    (*sizes('tags = {name = "x"}'), f"{SIZE}.tags", "the tag Name is set by nestctl"),
    (*sizes('tags = {Team = "x", team = "y"}'), f"{SIZE}.tags", "differ in capitals only"),
    (*sizes('tags = {"aws:x" = "x"}'), f"{SIZE}.tags", "begins with aws:"),
    (*sizes('tags = {"AWS:x" = "x"}'), f"{SIZE}.tags", "begins with aws:"),
    (*sizes('tags = {"" = "x"}'), f"{SIZE}.tags", "a key is empty"),
    (*sizes(f'tags = {{{"k" * 129} = "x"}}'), f"{SIZE}.tags", "has 129 characters; AWS takes 128"),
    (*sizes(f'tags = {{k = "{"x" * 257}"}}'), f"{SIZE}.tags", "has 257 characters; AWS takes 256"),
    (*sizes('tags = {"a&b" = "x"}'), f"{SIZE}.tags", "the key 'a&b' holds '&'"),
    (*sizes('tags = {a = "x; y"}'), f"{SIZE}.tags", "the value of 'a' holds ';'"),
    (*sizes('tags = {a = "x\\ny"}'), f"{SIZE}.tags", "the value of 'a' holds '\\n'"),
    (*sizes('tags = {a = "x\\u00a0y"}'), f"{SIZE}.tags", "the value of 'a' holds"),
    (*sizes('tags = {a = " x"}'), f"{SIZE}.tags", "begins or ends with a blank"),
    (*sizes("tags = {" + ", ".join(f"k{n} = 1" for n in range(47)) + "}"), f"{SIZE}.tags", "46 are left"),
    (*sizes('interface_endpoints = ["smm"]'), f"{SIZE}.interface_endpoints", "did you mean 'ssm'?"),
    (*sizes('interface_endpoints = ["ecr.apy"]'), f"{SIZE}.interface_endpoints", "did you mean 'ecr.api'?"),
    (*sizes('interface_endpoints = ["ecr"]'), f"{SIZE}.interface_endpoints", "write ecr.api and ecr.dkr"),
    (*sizes('interface_endpoints = ["s3"]'), f"{SIZE}.interface_endpoints", "write nothing for it"),
    (*sizes('interface_endpoints = [""]'), f"{SIZE}.interface_endpoints", "AWS has no service ''"),
    (
        *sizes('interface_endpoints = ["com.amazonaws.us-east-1.ssm"]'),
        f"{SIZE}.interface_endpoints",
        "leave com.amazonaws and the region out",
    ),
    (*sizes('project_name = "x"'), f"{SIZE}.project_name", "comes from project.name"),
    (*sizes('domain_name = "a.org"'), f"{SIZE}.domain_name", "comes from `domain`"),
    (*sizes("application = {}"), f"{SIZE}.application", "no size"),
    (*sizes('backend_image_tag = "x"'), f"{SIZE}.backend_image_tag", "no size"),
    (
        'frontend_task_memory = "1024"',
        'frontend_task_memory = "1000"',
        f"{SIZE}.frontend_task_memory",
        "Fargate has no task",
    ),
    (
        'frontend_task_cpu = "512"',
        'frontend_task_cpu = "3"',
        f"{SIZE}.frontend_task_memory",
        "CPU units are one of",
    ),
    ("[environments.staging.sizes]", "[environments.staging.size]", "environments.staging.size", "'sizes'?"),
]

BACKEND = [
    ("memory = 1024 ", "memory = 64 ", "backend.memory", "greater than or equal to 128"),
    ("memory = 1024 ", "memory = 10241 ", "backend.memory", "less than or equal to 10240"),
    ("memory = 1024 ", 'memory = "1024" ', "backend.memory", "valid integer"),
    ("memory = 1024 ", "memory = true ", "backend.memory", "valid integer"),
    ("memory = 1024 ", "memory = 1024.5 ", "backend.memory", "valid integer"),
    ("memory = 1024 ", "memroy = 1024 ", "backend.memroy", "did you mean 'memory'?"),
    ("timeout = 30 ", "timeout = 901 ", "backend.timeout", "less than or equal to 900"),
    ("timeout = 30 ", "timeout = 0 ", "backend.timeout", "greater than or equal to 1"),
    ('root = "backend" ', 'root = "../backend" ', "backend.root", "leads out"),
    ('root = "backend" ', 'root = "/srv/backend" ', "backend.root", "not within"),
    ('root = "backend" ', 'root = "~/backend" ', "backend.root", "not within"),
    ('root = "backend" ', 'root = "C:/backend" ', "backend.root", "not within"),
    ('root = "backend" ', 'root = "" ', "backend.root", "no path"),
    ('root = "backend" ', 'root = " backend " ', "backend.root", "blanks"),
    ('root = "backend" ', 'root = "back\\u0000end" ', "backend.root", "control"),
    ('root = "backend" ', 'root = "a/../../b" ', "backend.root", "leads out"),
    ('root = "backend" ', f'root = "{"a" * 300}" ', "backend.root", "a name in it has 300 bytes"),
    ('root = "backend" ', f'root = "{"é" * 128}" ', "backend.root", "a name in it has 256 bytes"),
    ('root = "backend" ', f'root = "{"a/" * 5000}a" ', "backend.root", "it has 10,001 bytes"),
    ('root = "frontend" ', f'root = "{"a" * 300}" ', "frontend.root", "has 300 bytes"),
    ('"data/nest.dump" ', f'"{"a" * 300}" ', "backend.fixture", "has 300 bytes"),
    ('"data/nest.dump" ', f'"{"a/" * 600}a" ', "backend.fixture", "it has 1,201 bytes"),
    ('"data/nest.dump" ', '"." ', "backend.fixture", "is a folder"),
    ('"data/nest.dump" ', '"data/" ', "backend.fixture", "is a folder"),
    ('"docker/backend/Dockerfile"', f'"{"a" * 300}"', "backend.image.dockerfile", "has 300 bytes"),
    ('"docker/backend/Dockerfile"', '"./"', "backend.image.dockerfile", "is a folder"),
    ('"docker/frontend/Dockerfile"', f'"{"a" * 300}"', "frontend.image.dockerfile", "has 300 bytes"),
    ('"docker/frontend/Dockerfile"', '"."', "frontend.image.dockerfile", "is a folder"),
    ('wsgi = "config.', f'wsgi = "{"a" * 300}.', "backend.wsgi", "has 300 bytes"),
    ('wsgi = "config.', f'wsgi = "{"a." * 5000}', "backend.wsgi", "a path within"),
    ('docker/backend/Dockerfile"\n', '../Dockerfile"\n', "backend.image.dockerfile", "leads out"),
    ('"data/nest.dump" ', '"../nest.dump" ', "backend.fixture", "leads out"),
    ('"data/nest.dump" ', '"/etc/passwd" ', "backend.fixture", "not within"),
    ('fixture = "data/nest.dump" ', "", "backend.fixture_command", "`fixture` must name it"),
    ('wsgi = "config.wsgi.application"', 'wsgi = ""', "backend.wsgi", "no WSGI application"),
    ('wsgi = "config.wsgi.application"', 'wsgi = "application"', "backend.wsgi", "no WSGI application"),
    ('wsgi = "config.wsgi.application"', 'wsgi = "config/wsgi.py"', "backend.wsgi", "no WSGI application"),
    ('wsgi = "config.wsgi.application"', 'wsgi = "config.wsgi:app"', "backend.wsgi", "no WSGI application"),
    (*route('"csrf/*"'), "backend.paths.1", "begins with /"),
    (*route('""'), "backend.paths.1", "begins with /"),
    (*route('"/*/csrf/*"'), "backend.paths.1", "more than one wildcard"),
    (*route('"/csrf/??"'), "backend.paths.1", "more than one wildcard"),
    (*route('"/cs rf/*"'), "backend.paths.1", "letters and digits of ASCII"),
    (*route('"/größe/*"'), "backend.paths.1", "letters and digits of ASCII"),
    (*route('"/csrf/%20*"'), "backend.paths.1", "letters and digits of ASCII"),
    (*route('"/csrf\\n"'), "backend.paths.1", "letters and digits of ASCII"),
    (*route('"/graphql/*"'), "backend.paths.1", "listed twice"),
    (*route(f'"/{"x" * 128}"'), "backend.paths.1", "at most 128"),
    (*route('"/*"'), "backend.paths.1", "sends the frontend's own /_next/"),
    (*route('"/_*"'), "backend.paths.1", "sends the frontend's own /_next/"),
    (*route('"/_next/*"'), "backend.paths.1", "sends the frontend's own /_next/"),
    (*route('"/?next/image"'), "backend.paths.1", "sends the frontend's own /_next/"),
    (*route('"/_next/image"'), "backend.paths.1", "sends the frontend's own /_next/"),
    (*route("4"), "backend.paths.1", "valid string"),
    (SETTINGS, 'A = "x"', "backend.environment.A", "two characters"),
    (SETTINGS, '"MY-NAME" = "x"', "backend.environment.MY-NAME", "no variable's name"),
    (SETTINGS, 'AWS_REGION = "x"', "backend.environment.AWS_REGION", "Lambda keeps"),
    (SETTINGS, 'AWS_LAMBDA_ANY = "x"', "backend.environment.AWS_LAMBDA_ANY", "Lambda keeps"),
    (SETTINGS, 'AWS_ACCESS_KEY_ID = "x"', "backend.environment.AWS_ACCESS_KEY_ID", "Lambda keeps"),
    (SETTINGS, 'PYTHONHOME = "/x"', "backend.environment.PYTHONHOME", "Python would look for its own"),
    (SETTINGS, 'AWS_ENDPOINT_URL = "x"', "backend.environment.AWS_ENDPOINT_URL", "would go elsewhere"),
    (SETTINGS, 'AWS_ENDPOINT_URL_S3 = "x"', "backend.environment.AWS_ENDPOINT_URL_S3", "would go elsewhere"),
    (SETTINGS, 'NEST_RELEASE = "x"', "backend.environment.NEST_RELEASE", "set by a deployment"),
    (SETTINGS, f'LARGE = "{"x" * 4050}"', "backend.environment", "Lambda takes 4,096"),
    (SETTINGS, f'LARGE = "{"é" * 2025}"', "backend.environment", "Lambda takes 4,096"),
    (SETTINGS, "NUMBER = 3", "backend.environment.NUMBER", "valid string"),
    ('groups = ["container"]', "groups = [1]", "backend.image.groups.0", "valid string"),
    ('groups = ["container"]', 'groups = ["con tainer"]', "backend.image.groups.0", "no name of a"),
    ('groups = ["container"]', 'groups = ["--all"]', "backend.image.groups.0", "no name of a"),
    ('csrf = "/csrf/" ', 'csrf = "csrf" ', "backend.probes.1.csrf", "no path of a site"),
    ('body = \'{"query"', "body = '{query\"", "backend.probes.1.body", "no JSON"),
    ("body = '{", "bdy = '{", "backend.probes.1.bdy", "did you mean 'body'?"),
]

REST = [
    (LOAD, "[tasks.load-data]\ncommand = []\n", "tasks.load-data.command", "at least 1 item"),
    (LOAD, '[tasks.load-data]\ncommand = [""]\n', "tasks.load-data.command", "empty"),
    (LOAD, '[tasks.load-data]\ncommand = "python"\n', "tasks.load-data.command", "valid list"),
    (LOAD, "[tasks.load-data]\n", "tasks.load-data.command", "missing"),
    (LOAD, f'{LOAD}cpu = "300"\n', "tasks.load-data.cpu", "CPU units are one of"),
    (LOAD, f"{LOAD}cpu = 512\n", "tasks.load-data.cpu", "valid string"),
    (LOAD, f'{LOAD}memory = "99999999999"\n', "tasks.load-data.memory", "Fargate has no task"),
    (LOAD, f'{LOAD}shedule = "rate(1 day)"\n', "tasks.load-data.shedule", "did you mean 'schedule'?"),
    (LOAD, f'{LOAD}environment = {{AWS_REGION = "x"}}\n', "tasks.load-data.environment.AWS_REGION", "Lambda"),
    (LOAD, f'{LOAD}environment = {{BIG = "{"x" * 65536}"}}\n', "tasks.load-data", "ECS takes 65,536"),
    (
        LOAD,
        f'{LOAD}environment = {{PYTHONHOME = "x"}}\n',
        "tasks.load-data.environment.PYTHONHOME",
        "Python w",
    ),
    (LOAD, f'{LOAD}environment = {{BIG = "{"é" * 32000}"}}\n', "tasks.load-data", "ECS takes 65,536"),
    (
        "[parameters.GITHUB_TOKEN]",
        "[parameters.AWS_ENDPOINT_URL_SSM]",
        "parameters.AWS_ENDPOINT_URL_SSM",
        "would go elsewhere",
    ),
    (
        "[parameters.GITHUB_TOKEN]",
        f"{MANY}[parameters.GITHUB_TOKEN]",
        "frontend",
        "parameters among them; ECS takes 65,536",
    ),
    (
        KEEP_ALIVE,
        f'{KEEP_ALIVE} }}\nbuild_environment = {{ NEXT_PUBLIC_A = "a\\u0000b"',
        "frontend.build_environment.NEXT_PUBLIC_A",
        "null character",
    ),
    (
        KEEP_ALIVE,
        f'{KEEP_ALIVE} }}\nbuild_environment = {{ NEXT_PUBLIC_A = "{"é" * 65536}"',
        "frontend.build_environment.NEXT_PUBLIC_A",
        "more than the 131,071 bytes",
    ),
    (
        '"manage.py", "dump_data"]',
        f'"manage.py", "{"x" * 131072}"]',
        "backend.fixture_command",
        "more than the 131,071 bytes",
    ),
    (*schedule(""), "tasks.load-data.schedule", "no schedule"),
    (*schedule("daily"), "tasks.load-data.schedule", "no schedule"),
    (*schedule("0 3 * * *"), "tasks.load-data.schedule", "no schedule"),
    (*schedule("rate(0 days)"), "tasks.load-data.schedule", "above 0"),
    (*schedule("rate(-1 days)"), "tasks.load-data.schedule", "above 0"),
    (*schedule("rate(1 week)"), "tasks.load-data.schedule", "minutes, hours or days"),
    (*schedule("rate(1 days)"), "tasks.load-data.schedule", "write rate(1 day)"),
    (*schedule("rate(5 minute)"), "tasks.load-data.schedule", "write rate(5 minutes)"),
    (*schedule("rate(1day)"), "tasks.load-data.schedule", "minutes, hours or days"),
    (*schedule("rate(1.5 hours)"), "tasks.load-data.schedule", "whole number"),
    (*schedule("cron(0 3 * * *)"), "tasks.load-data.schedule", "it has 5 fields"),
    (*schedule("cron(0 3 * * * *)"), "tasks.load-data.schedule", "must be ?"),
    (*schedule("cron(0 3 ? * ? *)"), "tasks.load-data.schedule", "must be ?"),
    (*schedule("cron(60 3 * * ? *)"), "tasks.load-data.schedule", "minutes (0 to 59)"),
    (*schedule("cron(0 24 * * ? *)"), "tasks.load-data.schedule", "hours (0 to 23)"),
    (*schedule("cron(0 3 32 * ? *)"), "tasks.load-data.schedule", "day of month (1 to 31)"),
    (*schedule("cron(0 3 * 13 ? *)"), "tasks.load-data.schedule", "month (1 to 12)"),
    (*schedule("cron(0 3 ? * 0 *)"), "tasks.load-data.schedule", "day of week (1 to 7)"),
    (*schedule("cron(0 3 ? * MON#6 *)"), "tasks.load-data.schedule", "day of week"),
    (*schedule("cron(0 3 * * ? 1969)"), "tasks.load-data.schedule", "year (1970 to 2199)"),
    (*schedule("cron(*/0 3 * * ? *)"), "tasks.load-data.schedule", "minutes"),
    (*schedule("cron(0,,5 3 * * ? *)"), "tasks.load-data.schedule", "minutes"),
    (*schedule("cron(0 3 ? * MON#1,FRI#2 *)"), "tasks.load-data.schedule", "takes one # in day of week"),
    (*schedule("cron(0 3 ?,1 * ? *)"), "tasks.load-data.schedule", "? stands alone in day of month"),
    (*schedule("cron(0 3 1,? * ? *)"), "tasks.load-data.schedule", "? stands alone in day of month"),
    (*schedule("cron(0\\u00a03 * * ? *)"), "tasks.load-data.schedule", "fields are divided by blanks only"),
    (*schedule("cron(0\\t3 * * ? *)"), "tasks.load-data.schedule", "fields are divided by blanks only"),
    (*schedule("cron(0\\n3 * * ? *)"), "tasks.load-data.schedule", "fields are divided by blanks only"),
    (*schedule("cron(0 3 ? * \u017fun *)"), "tasks.load-data.schedule", "sign of ASCII"),
    (*schedule("rate(1\\u00a0day)"), "tasks.load-data.schedule", "sign of ASCII"),
    (*schedule("cron(0 3 * * ? 2035-2030)"), "tasks.load-data.schedule", "year (1970 to 2199)"),
    (*schedule("cron(0 3 30 2 ? *)"), "tasks.load-data.schedule", "it never comes"),
    (*schedule("cron(0 3 31 APR,jun,9-9,11 ? *)"), "tasks.load-data.schedule", "it never comes"),
    (*schedule("cron(0 3 30W FEB ? *)"), "tasks.load-data.schedule", "it never comes"),
    (*schedule("cron(0 3 29 2 ? 2029-2031)"), "tasks.load-data.schedule", "it never comes"),
    (*schedule("at(2030-02-30T03:00:00)"), "tasks.load-data.schedule", "point in time"),
    (*schedule("at(2030-01-31)"), "tasks.load-data.schedule", "point in time"),
    (*schedule("at(2030-01-31T03:00:00Z)"), "tasks.load-data.schedule", "point in time"),
    (*schedule("cron(" + "0," * 200 + "0 3 * * ? *)"), "tasks.load-data.schedule", "at most 256"),
    ("port = 3000", "port = 70000", "frontend.port", "less than or equal to 65535"),
    ("port = 3000", "port = 0", "frontend.port", "greater than or equal to 1024"),
    ("port = 3000", "port = 80", "frontend.port", "greater than or equal to 1024"),
    ("port = 3000", 'port = "3000"', "frontend.port", "valid integer"),
    ("port = 3000", "port = true", "frontend.port", "valid integer"),
    ("port = 3000", "prot = 3000", "frontend.prot", "did you mean 'port'?"),
    ("port = 3000", "port = 5432", "frontend.port", "the database listens"),
    ("port = 3000", "port = 6379", "frontend.port", "the cache listens"),
    ('"/api/health"', '"api/health"', "frontend.health_path", "begins with /"),
    ('"/api/health"', '"/api/health check"', "frontend.health_path", "blank"),
    ('"/api/health"', '"/api/\'health"', "frontend.health_path", "quotation"),
    ('"/api/health"', '"/größe"', "frontend.health_path", "begins with /"),
    ('"/api/health"', f'"/{"x" * 1024}"', "frontend.health_path", "1024"),
    (KEEP_ALIVE, 'PORT = "4000"', "frontend.environment.PORT", "set by `port`"),
    (KEEP_ALIVE, 'HOSTNAME = "127.0.0.1"', "frontend.environment.HOSTNAME", "set by"),
    (KEEP_ALIVE, 'NEXTAUTH_SECRET = "x"', "frontend.environment.NEXTAUTH_SECRET", "takes one of them"),
    (KEEP_ALIVE, '"A B" = "x"', "frontend.environment.A B", "no variable's name"),
    ("[frontend.image]", "[frontend.picture]", "frontend.picture", "no such field"),
    ('expect = "<h1"', 'expect = "("', "site.probes.0.expect", "no regular expression"),
    ('expect = "<h1"', 'expect = "*"', "site.probes.0.expect", "no regular expression"),
    ('expect = "<h1"', 'expect = "a{99999999999999}"', "site.probes.0.expect", "no regular expression"),
    ('expect = "<h1"', 'body = "{}"', "site.probes.0", "only reads"),
    ('expect = "<h1"', 'csrf = "/csrf/"', "site.probes.0", "only reads"),
    ('expect = "<h1"', "status = 99", "site.probes.0.status", "200 to 599"),
    ('expect = "<h1"', "status = 600", "site.probes.0.status", "200 to 599"),
    ('expect = "<h1"', 'status = "200"', "site.probes.0.status", "valid integer"),
    (HOME, 'path = "https://nest.owasp.org/"\n', "site.probes.0.path", "no path of a site"),
    (HOME, 'path = "/a b"\n', "site.probes.0.path", "no path of a site"),
    (HOME, 'path = "/größe"\n', "site.probes.0.path", "no path of a site"),
    (HOME, 'path = "/a#b"\n', "site.probes.0.path", "no path of a site"),
    (HOME, "", "site.probes.0.path", "missing"),
    ('name = "the home page"', 'name = " "', "site.probes.0.name", "empty"),
    (POLICY, f"{POLICY} {'x' * 700}", "security.content_security_policy", "at most 1,000 characters"),
    (POLICY, f"{POLICY} {'{static_host} ' * 25}", "security.content_security_policy", "at most 1,000"),
    (POLICY, f"{POLICY} \\n", "security.content_security_policy", "one line"),
    (POLICY, f"{POLICY} größe.org", "security.content_security_policy", "ASCII"),
    ("{static_host};", "{static_host;", "security.content_security_policy", "brace stands alone"),
    ("{static_host};", "static_host};", "security.content_security_policy", "brace stands alone"),
    (SETTINGS, f'{SETTINGS}, GITHUB_TOKEN = "x"', "backend.environment.GITHUB_TOKEN", "is a parameter, too"),
    (
        LOAD,
        f'{LOAD}environment = {{ GITHUB_TOKEN = "x" }}\n',
        "tasks.load-data.environment.GITHUB_TOKEN",
        "is a par",
    ),
    (
        "[parameters.GITHUB_TOKEN]",
        "[parameters.AWS_SECRET_ACCESS_KEY]",
        "parameters.AWS_SECRET_ACCESS_KEY",
        "Lambda",
    ),
    (
        "[parameters.GITHUB_TOKEN]",
        "[parameters.AWS_LAMBDA_X]",
        "parameters.AWS_LAMBDA_X",
        "keeps AWS_LAMBDA_X",
    ),
    (
        "[parameters.GITHUB_TOKEN]",
        "[parameters.NEST_RELEASE]",
        "parameters.NEST_RELEASE",
        "set by a deployment",
    ),
    (
        "[parameters.NEXT_SERVER_GITHUB_CLIENT_ID]",
        "[parameters.HOSTNAME]",
        "parameters.HOSTNAME",
        "the container",
    ),
    ("{static_host}", "{database_host}", "security.content_security_policy", "unknown facts {database_host}"),
    ('kind = "generated"', 'kind = "made"', "parameters.DJANGO_SECRET_KEY.kind", "'secret', 'generated' or"),
    ('use = "cache_auth_token"\n', "", "parameters", "exactly one parameter"),
    (
        'use = "cache_auth_token"\n',
        'use = "database_password"\n',
        "parameters.DJANGO_REDIS_AUTH_TOKEN.use",
        "and 2 have it",
    ),
    (DB_PORT, "", "parameters.DJANGO_DB_PORT", "`value` goes with"),
    (DB_PORT, 'value = ""', "parameters.DJANGO_DB_PORT.value", "no empty value"),
    (DB_PORT, 'value = "{databse_port}"', "parameters.DJANGO_DB_PORT.value", "unknown facts {databse_port}"),
    (DB_PORT, f'value = "{"x" * 4097}"', "parameters.DJANGO_DB_PORT.value", "takes 4,096"),
    (DB_PORT, f'value = "{"{static_url}" * 120}"', "parameters.DJANGO_DB_PORT.value", "takes 4,096"),
    (DB_PORT, "value = 5432", "parameters.DJANGO_DB_PORT.value", "valid string"),
    (DB_PORT, f'{DB_PORT}\nservices = ["backend"]', "parameters.DJANGO_DB_PORT.services.0", "'frontend'"),
    (DB_PORT, f'{DB_PORT}\nuse = "cache_auth_token"', "parameters.DJANGO_DB_PORT.use", "goes with kind"),
    (
        'without = "the Slack bot does not answer"',
        "",
        "parameters.DJANGO_SLACK_BOT_TOKEN",
        "`without`",
    ),
    (
        'description = "Slack bot token"',
        f'description = "{"x" * 1025}"',
        "parameters.DJANGO_SLACK_BOT_TOKEN.description",
        "takes 1,024",
    ),
    ("schema = 1", "schema = 2", "schema", "should be 1"),
    ("schema = 1", 'schema = "1"', "schema", "should be 1"),
    ("schema = 1", "schema = true", "schema", "should be 1"),
    ("schema = 1", "", "schema", "missing"),
    ("schema = 1", "shema = 1", "shema", "did you mean 'schema'?"),
]

CASES = [*NAMES, *PLACES, *SIZE_CASES, *BACKEND, *REST]


@pytest.mark.parametrize(
    ("old", "new", "where", "said"), CASES, ids=[f"{n}-{case[2][:50]}" for n, case in enumerate(CASES)]
)
def test_every_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, where: str, said: str) -> None:
    assert old in SHIPPED
    error = refused(tmp_path, SHIPPED.replace(old, new, 1))
    assert error.code == "manifest-invalid"
    told = [line for line in error.why.splitlines() if f": {where}: " in line]
    assert told, error.why
    assert said in told[0]
    assert re.match(rf"{re.escape(str(tmp_path / 'nest.toml'))}:\d+: ", told[0])


def test_the_tags_that_nestctl_sets_are_those_of_the_roots() -> None:
    for root in ("staging", "production"):
        text = (CHECKOUT / "infrastructure" / root / "providers.tf").read_text(encoding="utf-8")
        block = text[text.index("default_tags") : text.index("var.tags")]
        assert {*re.findall(r"^ +(\w+) += (?:var|\")", block, re.MULTILINE), "Name"} == set(tags.OWN)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 150


WHOLE = [
    (b"", "manifest-invalid", "schema: it is missing"),
    (b"\n\n# nothing\n", "manifest-invalid", "schema: it is missing"),
    (b"\xff\xfe\x00", "manifest-unreadable", "not UTF-8: byte 0xff in line 1"),
    (SHIPPED.encode("utf-16"), "manifest-unreadable", "not UTF-8"),
    ("schema = 1 # größe".encode("latin-1"), "manifest-unreadable", "not UTF-8"),
    (b"schema = 1\n[project\nname = 'nest'\n", "manifest-syntax", "line 2"),
    (b"schema = 1\nschema = 1\n", "manifest-syntax", "overwrite"),
    (b"schema", "manifest-syntax", ""),
    (b"schema = 1\nx = \x00", "manifest-syntax", ""),
    (f"x = {DEEP}".encode(), "manifest-syntax", "deep"),
    (f"x = {'{a=' * 3000}1{'}' * 3000}".encode(), "manifest-syntax", "deep"),
    (f"{'a.' * 5000}a = 1".encode(), "manifest-syntax", "deep"),
    (f"[{'a.' * 5000}a]".encode(), "manifest-syntax", "deep"),
    (f"x = {'9' * 10000}".encode(), "manifest-syntax", ""),
    (b"#" * (1024 * 1024 + 1), "manifest-unreadable", "at most 1,048,576"),
    (b'{"schema": 1}', "manifest-syntax", ""),
]


@pytest.mark.parametrize(("raw", "code", "said"), WHOLE, ids=[str(n) for n in range(len(WHOLE))])
def test_a_document_that_is_none_is_refused(tmp_path: Path, raw: bytes, code: str, said: str) -> None:
    (tmp_path / "nest.toml").write_bytes(raw)
    with pytest.raises(NestctlError) as caught:
        load_manifest(tmp_path)
    assert (caught.value.code, caught.value.exit_code) == (code, ExitCode.USAGE)
    assert said in caught.value.why
    assert caught.value.next


def closed(path: Path, *_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


@pytest.mark.parametrize("kind", ["folder", "circle", "pipe", "closed", "dangling"])
def test_what_is_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    path = tmp_path / "nest.toml"
    match kind:
        case "folder":
            path.mkdir()
        case "circle":
            path.symlink_to(path)
        case "pipe":
            os.mkfifo(path)
        case "closed":
            path.write_text(SHIPPED)
            path.chmod(0)
            if os.geteuid() == 0:  # root may read it all the same, unless it lies on another machine
                monkeypatch.setattr(Path, "open", closed)
        case _:
            path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(NestctlError) as caught:
        load_manifest(tmp_path)
    wanted = "manifest-missing" if kind == "dangling" else "manifest-unreadable"
    assert caught.value.code == wanted


GOOD = [
    ("", ""),
    ("\n", "\r\n"),
    ("# What nestctl", "\ufeff# What nestctl"),
    (*region('"eu-central-1"'),),
    (*domain('"xn--nst-0na.example"'),),
    (*domain('"nest.xn--p1ai"'),),
    (*domain('"notamazonaws.com"'),),
    (*domain('"a.b.c.d.example"'),),
    (*sizes('db_password_version = "2"'),),
    (
        *sizes(
            'interface_endpoints = ["ssm", "ecr.api", "ecr.dkr", "kms", "kms-fips", "logs", "ssmmessages"]'
        ),
    ),
    (*sizes('interface_endpoints = ["sts", "ecs", "ecs-agent", "lambda", "secretsmanager", "monitoring"]'),),
    (*sizes('tags = {Owner = "web", "größe:a/b" = "a = b+c-d@e_f.g", Empty = "", Paid = true}'),),
    (*sizes("tags = {" + ", ".join(f"k{n} = 1" for n in range(46)) + "}"),),
    (*sizes("frontend_autoscaling = {min = 1, max = 4}"),),
    (*sizes('alarm_emails = ["a@owasp.org"]'),),
    ('frontend_task_cpu = "512"', "frontend_task_cpu = 512"),
    (*schedule("rate(1 day)"),),
    (*schedule("rate(12 hours)"),),
    (*schedule("cron(0 3 * * ? *)"),),
    (*schedule("cron(0/15 8-18 ? * MON-FRI 2026-2030)"),),
    (*schedule("cron(0 3 L * ? *)"),),
    (*schedule("cron(0 3 15W * ? *)"),),
    (*schedule("cron(0 3 ? * FRIL *)"),),
    (*schedule("cron(0 3 ? JAN,jul TUE#2 *)"),),
    (*schedule("cron(0 3 29 2 ? *)"),),
    (*schedule("cron(0 3 31 NOV-JAN ? *)"),),
    (*schedule("cron(0 3 28/2 2 ? *)"),),
    (*schedule("cron(0 3 30,L FEB ? *)"),),
    (*schedule("cron(0 22-2 ? * FRI-MON 2030/2)"),),
    (*schedule("at(2030-01-31T03:00:00)"),),
    (*route('"/a-b_c.d/~x/$y/*"'),),
    (*route('"/_nex?"'),),
    (*route('"/next/*"'),),
    (HOME, 'path = "/search?q=a%20b&x=1"\n'),
    ('root = "backend" ', 'root = "back end/größe" '),
    (KEEP_ALIVE, 'PORT = "3000"'),
]


@pytest.mark.parametrize(("old", "new"), GOOD, ids=[str(n) for n in range(len(GOOD))])
def test_what_is_right_is_taken(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "nest.toml").write_bytes(SHIPPED.replace(old, new).encode() if old else SHIPPED.encode())
    assert load_manifest(tmp_path).project.name == "nest"


@pytest.mark.parametrize(
    ("text", "where", "line"),
    [
        ("[a]\n[[backend]]\nroot = 1\n[[backend]]\n", "backend", 2),
        ("[a]\n[[backend]]\nroot = 1\n[[backend]]\n", "backend.1", 4),
        ("[a]\n[[backend]]\nroot = 1\n", "backend.0.root", 3),
        ("[ a . b ] # c\n\nc . d = 1\n", "a.b.c.d", 3),
        ('[a."b c"]\n"d" = 1\n', "a.b c.d", 2),
        ('[a]\nb = """\n[project]\nname = 1\n"""\n[project]\nname = 2\n', "project.name", 7),
        ("[a]\nb = [\n[1],\n]\nc = 3\n", "a.c", 5),
        ("[environments.staging.sizes]\n[project]\nname = 1\n", "project.name", 3),
    ],
)
def test_a_fault_is_told_where_it_stands(text: str, where: str, line: int) -> None:
    assert line_of(text, where.split(".")) == line


def test_a_list_of_backends_is_told_at_its_line(tmp_path: Path) -> None:
    text = SHIPPED.replace("[backend]\n", "[[backend]]\n", 1).replace("[[backend.probes]]", "[[site.probes]]")
    line = text.splitlines().index("[[backend]]") + 1
    assert f"nest.toml:{line}: backend: " in refused(tmp_path, text.replace("[backend.image]", "[x]")).why


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = SHIPPED
    wrong = [NAMES[0], PLACES[0], SIZE_CASES[2], BACKEND[0], BACKEND[34], REST[4], REST[56], REST[75]]
    for old, new, _, _ in wrong:
        assert old in text
        text = text.replace(old, new, 1)
    why = refused(tmp_path, text).why
    for _, _, where, said in wrong:
        assert any(f": {where}: " in line and said in line for line in why.splitlines()), (where, why)
    lines = [int(found) for found in re.findall(r"nest\.toml:(\d+): ", why)]
    assert lines == sorted(lines)
