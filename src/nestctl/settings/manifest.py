"""The application's manifest, nest.toml: typed, checked, and told apart from what nestctl itself decides."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nestctl.report import NestctlError, usage_error
from nestctl.settings.paths import MANIFEST

NAME = r"^[a-z][a-z0-9-]{0,14}[a-z0-9]$"
"""What the Terraform roots take: load balancers and target groups leave 16 of their 32 characters."""

LONGEST_STACK = 16
"""Characters of project and environment together, with the dash: the same limit."""

LONGEST_POLICY = 1000
"""Characters of a header that a load balancer sends (Elastic Load Balancing, "Header modification")."""

FACTS = {
    *("database_host", "database_port", "database_name", "database_username", "cache_host", "cache_port"),
    *("domain_name", "site_url", "alb_dns_name", "lambda_function_url", "lambda_function_host"),
    *("static_url", "static_host", "static_bucket", "fixtures_bucket", "region", "environment", "project"),
}
"""Names that Terraform replaces in braces; modules/platform knows the same."""

POLICY_FACTS = {"domain_name", "site_url", "static_host", "static_url"}
"""The load balancer exists before the rest is known."""

Command = Annotated[list[str], Field(min_length=1)]
Pattern = Annotated[str, Field(pattern=r"^/")]
Route = Annotated[str, Field(pattern=r"^/[^*]*\*?[^*]*$", max_length=128)]
"""A path pattern of the load balancer: 128 characters, at most one wildcard here."""


def _check_facts(text: str, known: set[str]) -> None:
    if unknown := set(re.findall(r"\{([^{}]*)\}", text)) - known:
        raise ValueError(
            f"unknown facts {{{'}, {'.join(sorted(unknown))}}}; known are {', '.join(sorted(known))}"
        )


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Project(_Model):
    """Names the project; the name is the first part of every AWS name."""

    name: Annotated[str, Field(pattern=NAME)]


class Environment(_Model):
    """One environment: where it is, under which name, and its sizes as Terraform variables."""

    region: str
    domain: str
    sizes: dict[str, str | int | float | bool | list[str]] = {}


class Probe(_Model):
    """An HTTP request and what its answer must hold.

    Attributes:
        name: In words, what it shows.
        path: Path on the site.
        body: JSON body; the request is a POST when it is there.
        csrf: Path that hands out the CSRF token for the POST: a cookie, and JSON ``{"csrftoken": "..."}``.
        expect: Regular expression that the body must hold.
        status: Expected HTTP status.
    """

    name: str
    path: Pattern
    body: str | None = None
    csrf: Pattern | None = None
    expect: str = ""
    status: int = 200

    @model_validator(mode="after")
    def _regular_expression(self) -> Self:
        try:
            re.compile(self.expect)
        except re.error as error:
            raise ValueError(f"expect is no regular expression: {error}") from error
        return self


class BackendImage(_Model):
    """The image that the tasks run."""

    dockerfile: str
    groups: list[str] = []


class Backend(_Model):
    """The Django application: packaged for Lambda by Zappa, run by tasks as a container."""

    root: str
    wsgi: str
    fixture: str | None = None
    fixture_command: Command | None = None
    paths: Annotated[list[Route], Field(min_length=1, max_length=40)]
    memory: Annotated[int, Field(ge=128, le=10240)] = 1024
    timeout: Annotated[int, Field(ge=1, le=900)] = 30
    environment: dict[str, str] = {}
    image: BackendImage
    probes: list[Probe] = []


class Task(_Model):
    """A container command of the backend image, run once or on a schedule."""

    command: Command
    cpu: str = "512"
    memory: str = "1024"
    schedule: str | None = None
    environment: dict[str, str] = {}


class FrontendImage(_Model):
    """The image that the frontend service runs."""

    dockerfile: str


class Frontend(_Model):
    """The Next.js application: a Fargate service behind the load balancer."""

    root: str
    port: Annotated[int, Field(ge=1, le=65535)] = 3000
    health_path: Pattern
    command: Command
    environment: dict[str, str] = {}
    image: FrontendImage


class Site(_Model):
    """What must hold of the whole."""

    probes: list[Probe] = []

    @model_validator(mode="after")
    def _only_read(self) -> Self:
        if any(probe.body is not None or probe.csrf is not None for probe in self.probes):
            raise ValueError("a site probe only reads: body and csrf are for backend.probes")
        return self


class Security(_Model):
    """Headers that the load balancer sends."""

    content_security_policy: Annotated[str, Field(max_length=LONGEST_POLICY)]

    @model_validator(mode="after")
    def _facts(self) -> Self:
        _check_facts(self.content_security_policy, POLICY_FACTS)
        return self


class Parameter(_Model):
    """A parameter below /<project>/<environment>/ in Parameter Store."""

    kind: Literal["secret", "generated", "plain"]
    description: str = ""
    value: str | None = None
    use: Literal["database_password", "cache_auth_token"] | None = None
    services: list[Literal["frontend"]] = []
    without: str = ""

    @model_validator(mode="after")
    def _fields_of_kind(self) -> Self:
        if (self.kind == "plain") != (self.value is not None):
            raise ValueError('`value` goes with kind = "plain", and with no other kind')
        _check_facts(self.value or "", FACTS)
        if self.use and self.kind != "generated":
            raise ValueError('`use` goes with kind = "generated" only')
        if self.kind == "secret" and not self.without:
            raise ValueError("a secret must say in `without` what does not work until it is set")
        return self


class Manifest(_Model):
    """nest.toml as a whole."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    project: Project
    environments: Annotated[dict[str, Environment], Field(min_length=1)]
    backend: Backend
    frontend: Frontend
    tasks: dict[str, Task]
    site: Site = Site()
    security: Security
    parameters: dict[str, Parameter]

    @model_validator(mode="after")
    def _names(self) -> Self:
        for name in self.parameters:
            if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
                raise ValueError(f"parameter {name!r}: names are capitals, digits and underscores")
        for name in self.environments:
            if len(f"{self.project.name}-{name}") > LONGEST_STACK:
                raise ValueError(
                    f"{self.project.name}-{name} is longer than {LONGEST_STACK} characters: "
                    "shorten the project's or the environment's name"
                )
        for name in self.tasks:
            if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
                raise ValueError(f"task {name!r}: names are small letters, digits and dashes")
        for use in ("database_password", "cache_auth_token"):
            if sum(p.use == use for p in self.parameters.values()) != 1:
                raise ValueError(f'exactly one parameter must have use = "{use}"')
        if "migrate" not in self.tasks:
            raise ValueError("there must be a task named migrate")
        return self

    def application(self) -> dict[str, Any]:
        """Return the Terraform variable ``application`` of the environment roots, JSON-able."""
        return {
            "backend": {"paths": self.backend.paths, "environment": self.backend.environment},
            "frontend": {
                "port": self.frontend.port,
                "health_path": self.frontend.health_path,
                "command": self.frontend.command,
                "environment": self.frontend.environment,
            },
            "tasks": {name: task.model_dump(exclude_none=True) for name, task in self.tasks.items()},
            "parameters": {
                name: parameter.model_dump(exclude_none=True, exclude={"without"})
                for name, parameter in self.parameters.items()
            },
            "content_security_policy": self.security.content_security_policy,
        }


def load_manifest(app: Path) -> Manifest:
    """Read nest.toml from the folder ``app``.

    Raises:
        NestctlError: ``manifest-missing``, ``manifest-syntax`` or ``manifest-invalid``, with file and line.
    """
    path = app / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise usage_error(
            "manifest-missing",
            f"There is no {MANIFEST} in {app}.",
            "nestctl needs it to know the application's folders, commands and parameters.",
            "Name the folder that holds it: nestctl up --app DIR",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise usage_error(
            "manifest-unreadable", f"{path} cannot be read.", str(error), f"Check the file: {path}"
        ) from error
    try:
        return Manifest.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, error) from error
    except ValidationError as error:
        raise _invalid(path, text, error) from error


def _syntax_error(path: Path, error: tomllib.TOMLDecodeError) -> NestctlError:
    found = re.search(r"line (\d+)", str(error))
    place = f"{path}:{found[1]}" if found else str(path)
    return usage_error("manifest-syntax", f"{place} is not valid TOML.", str(error), f"Edit {place}")


def _invalid(path: Path, text: str, error: ValidationError) -> NestctlError:
    reasons = []
    first_line = 1
    for number, fault in enumerate(error.errors()):
        line = line_of(text, [str(part) for part in fault["loc"]])
        if number == 0:
            first_line = line
        where = ".".join(str(part) for part in fault["loc"]) or "the manifest"
        reasons.append(f"{path}:{line}: {where}: {fault['msg'].removeprefix('Value error, ')}")
    return usage_error(
        "manifest-invalid",
        f"{path} does not describe an application that nestctl can deploy.",
        "\n".join(reasons),
        f"Edit {path}:{first_line}; every field is explained in docs/reference/nest-toml.md",
    )


def line_of(text: str, location: list[str]) -> int:
    """Return the line (from 1) of the deepest part of ``location`` that can be found in the TOML ``text``.

    Args:
        text: The document.
        location: Keys from the root: ``["tasks", "migrate", "command"]``. Indices of arrays are digits.
    """
    best = 1
    depth = 0
    table: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        header = re.match(r"^\[\[?\s*([^\]]+?)\s*\]\]?", line)
        if header:
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            keys = table
        else:
            key = re.match(r"^([A-Za-z0-9_.\"'-]+)\s*=", line)
            if not key:
                continue
            keys = [*table, *(part.strip("\"'") for part in key[1].split("."))]
        names = [part for part in location if not part.isdigit()]
        if keys == names[: len(keys)] and len(keys) > depth:
            best, depth = number, len(keys)
    return best
