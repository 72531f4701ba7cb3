"""The application's manifest, nest.toml: typed, checked, and told apart from what nestctl itself decides.

The shape of every field stands here; what a value must be beyond its type is in
:mod:`nestctl.settings.rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from nestctl.report import usage_error
from nestctl.settings import rules, shapes
from nestctl.settings.faults import Fault, invalid, nearest
from nestctl.settings.paths import MANIFEST
from nestctl.settings.reading import TomlSyntaxError, UnreadableError, read_toml
from nestctl.settings.rules.facts import FACTS, NONCE

POLICY_PARAMETER = "CONTENT_SECURITY_POLICY"
"""Plain parameter, and environment variable of the frontend, that holds a policy with a nonce."""

Command = Annotated[list[str], Field(min_length=1)]
Part = TypeVar("Part")


def _only_int(value: Any) -> Any:
    """Return the value; `true` is no number, though Python takes it for 1."""
    return None if isinstance(value, bool | float) else value


class _Model(BaseModel):
    # Strict: TOML has types, and the text "30" is not the number that was meant.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class Project(_Model):
    """Names the project; the name is the first part of every AWS name."""

    name: str


class Environment(_Model):
    """One environment: where it is, under which name, and its sizes as Terraform variables."""

    region: str
    domain: str
    sizes: dict[str, Any] = {}


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
    path: str
    body: str | None = None
    csrf: str | None = None
    expect: str = ""
    status: int = 200


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
    paths: Annotated[list[str], Field(min_length=1, max_length=40)]
    memory: Annotated[int, Field(ge=128, le=10240)] = 1024
    timeout: Annotated[int, Field(ge=1, le=900)] = 30
    python: Literal["3.11", "3.12", "3.13"] | None = None
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


OF_NESTCTL = {"NODE_ENV", "NODE_OPTIONS", "NEXT_PUBLIC_ASSET_PREFIX", "NEST_RELEASE", "PATH", "HOME"}
"""Variables of the frontend's build that nestctl sets itself, or that would change Node under it."""


class FrontendImage(_Model):
    """The image that the frontend service runs."""

    dockerfile: str


class Frontend(_Model):
    """The Next.js application: a Fargate service behind the load balancer."""

    root: str
    port: Annotated[int, Field(ge=1024, le=65535)] = 3000
    health_path: str
    command: Command
    environment: dict[str, str] = {}
    build_environment: dict[Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")], str] = {}
    image: FrontendImage

    @model_validator(mode="after")
    def _free_names(self) -> Self:
        if taken := sorted(OF_NESTCTL & set(self.build_environment)):
            raise ValueError(f"build_environment cannot set {', '.join(taken)}: nestctl does")
        return self


class Site(_Model):
    """What must hold of the whole."""

    probes: list[Probe] = []


class Security(_Model):
    """Headers that the load balancer sends."""

    content_security_policy: str


class Parameter(_Model):
    """A parameter below /<project>/<environment>/ in Parameter Store."""

    kind: Literal["secret", "generated", "plain"]
    description: str = ""
    value: str | None = None
    use: Literal["database_password", "cache_auth_token"] | None = None
    services: list[Literal["frontend"]] = []
    without: str = ""
    shape: shapes.Name | None = None


SAMPLES = {"database_port": "5432", "cache_port": "6379", "region": "us-east-1"}
"""Facts that are not just a name, for values that stand for real ones."""


class Manifest(_Model):
    """nest.toml as a whole."""

    schema_version: Annotated[Literal[1], BeforeValidator(_only_int), Field(alias="schema")]
    project: Project
    environments: Annotated[dict[str, Environment], Field(min_length=1)]
    backend: Backend
    frontend: Frontend
    tasks: dict[str, Task]
    site: Site = Site()
    security: Security
    parameters: dict[str, Parameter]

    @model_validator(mode="after")
    def _policy_of_the_frontend(self) -> Self:
        policy = self.security.content_security_policy
        if f"{{{NONCE}}}" in policy:
            parameter = Parameter(kind="plain", value=policy, services=["frontend"])
            self.parameters.setdefault(POLICY_PARAMETER, parameter)
        return self

    def sample_settings(self) -> dict[str, str]:
        """Return a value for every parameter, the optional ones too, that belongs to nobody.

        The package is proven with them: what an optional setting turns on must be there as well.
        """
        facts = {name: SAMPLES.get(name, f"{name.replace('_', '-')}.invalid") for name in FACTS}
        found = dict(self.backend.environment)
        for name, parameter in self.parameters.items():
            if parameter.value is not None:
                found[name] = re.sub(r"\{(\w+)\}", lambda part: facts.get(part[1], ""), parameter.value)
            elif shape := parameter.shape:
                found[name] = shapes.SHAPES[shape].sample
            else:
                found[name] = f"sample-of-{name}"
        return found

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
                name: parameter.model_dump(exclude_none=True, exclude={"without", "shape"})
                for name, parameter in self.parameters.items()
            },
            "content_security_policy": self.security.content_security_policy,
        }


def load_manifest(app: Path) -> Manifest:
    """Read nest.toml from the folder ``app``.

    Raises:
        NestctlError: ``manifest-missing``, ``manifest-unreadable``, ``manifest-syntax`` or
            ``manifest-invalid`` with file and line of everything that is wrong.
    """
    path = app / MANIFEST
    try:
        document = read_toml(path)
    except FileNotFoundError as error:
        raise usage_error(
            "manifest-missing",
            f"There is no {MANIFEST} in {app}.",
            "nestctl needs it to know the application's folders, commands and parameters.",
            "Run the same command with --app and the folder that holds it",
        ) from error
    except UnreadableError as error:
        raise usage_error(
            "manifest-unreadable", f"{path} cannot be read.", str(error), f"Check the file: {path}"
        ) from error
    except TomlSyntaxError as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise usage_error(
            "manifest-syntax", f"{place} is not valid TOML.", str(error), f"Edit {place}"
        ) from error
    manifest, faults = judge(document.values)
    if manifest is None or faults:
        raise invalid(path, document.text, faults)
    return manifest


def judge(values: Mapping[str, Any]) -> tuple[Manifest | None, list[Fault]]:
    """Return the manifest that the values describe, and everything that is wrong with them.

    A fault of one field hides none of another: what has the wrong shape is left out before the rest is
    looked at. Without a right shape there is no manifest, and one fault at least.
    """
    try:
        manifest = Manifest.model_validate(dict(values))
    except ValidationError as error:
        return None, [*_shape(error), *rules.judge(_parts(_without(values, error)))]
    return manifest, list(rules.judge(rules.Parts(**{name: getattr(manifest, name) for name in SECTIONS})))


SECTIONS = ("project", "environments", "backend", "frontend", "tasks", "site", "security", "parameters")


def _shape(error: ValidationError) -> Iterator[Fault]:
    for fault in error.errors(include_url=False):
        where = tuple(str(part) for part in fault["loc"])
        match fault["type"]:
            case "extra_forbidden":
                what = f"there is no such field{nearest(where[-1], _fields(where[:-1]))}"
            case "missing":
                what = "it is missing, and required"
            case _:
                what = fault["msg"].removeprefix("Value error, ")
        yield Fault(where, what)


def _fields(where: tuple[str, ...]) -> list[str]:
    """Return the names of the fields of the table at ``where``."""
    model: Any = Manifest
    for part in where:
        if isinstance(model, type) and issubclass(model, BaseModel):
            names = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
            model = names.get(part)
        else:  # a dictionary's key or a list's index: beyond it stands the type of the items
            model = (get_args(model) or (None,))[-1]
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items()]
    return []


def _without(values: Mapping[str, Any], error: ValidationError) -> dict[str, Any]:
    """Return the values without what has the wrong shape, and without the tables that lack something."""
    left = deepcopy(dict(values))
    places = {
        tuple(fault["loc"][:-1] if fault["type"] == "missing" else fault["loc"]) for fault in error.errors()
    }
    # Backwards, so that the places of a list's other items stay as they are.
    for place in sorted(places, key=lambda parts: [(isinstance(p, int), p) for p in parts], reverse=True):
        if not place:
            continue
        node: Any = left
        for part in place[:-1]:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                node = None
        last = place[-1]
        if isinstance(node, dict):
            node.pop(last, None)
        elif isinstance(node, list) and isinstance(last, int) and last < len(node):
            del node[last]
    return left


def _parts(values: Mapping[str, Any]) -> rules.Parts:
    def one(kind: type[Part], value: Any) -> Part | None:
        try:
            return TypeAdapter(kind).validate_python(value)
        except ValidationError:
            return None

    def each(kind: type[Part], name: str) -> dict[str, Part]:
        found = values.get(name)
        given = found if isinstance(found, dict) else {}
        return {key: part for key, value in given.items() if (part := one(kind, value)) is not None}

    return rules.Parts(
        project=one(Project, values.get("project")),
        environments=each(Environment, "environments"),
        backend=one(Backend, values.get("backend")),
        frontend=one(Frontend, values.get("frontend")),
        tasks=each(Task, "tasks"),
        site=one(Site, values.get("site", {})),
        security=one(Security, values.get("security")),
        parameters=each(Parameter, "parameters"),
    )
