"""What each principal asked of IAM on a rehearsal, with every name that differs between accounts left open.

``calls.json`` is written by ``scripts/record_api_calls.py`` from a real run on the local cloud.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from nestctl.policies.evaluate import Request

STATE, BOOTSTRAP, ENVIRONMENT, ROLE = "state", "bootstrap", "environment", "role"
"""The principals: the users of the roots ``state`` and ``bootstrap``, the environment's user, its role."""

RANDOM = (
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    r"(?<=-)[0-9a-f]{17}(?![0-9a-z])",  # EC2's identifiers
    r"(?<![0-9a-z])[0-9a-f]{32,64}(?![0-9a-z])",  # tasks, digests
    r"(?<=/)[a-z0-9]{16}(?=/|$)",  # load balancers, listeners, rules, target groups
    r"(?<=/)E[A-Z0-9]{12,13}$",  # CloudFront's identifiers
    r"(?<=:)\d+$",  # versions and revisions
)
IDENTIFIER = re.compile("|".join(RANDOM))
PARAMETER = re.compile(r"(:parameter/\{project\}/\{environment\}/).+$")
OBJECT = re.compile(r"^(arn:aws:s3:::[^/]+/)(?!terraform\.tfstate)(.+)$")


@dataclass(frozen=True)
class Names:
    """What differs between accounts and environments.

    Attributes:
        account: Number of the account.
        region: Region.
        project: ``nest``.
        environment: ``staging``.
    """

    account: str
    region: str
    project: str
    environment: str

    def suffix(self, owner: str) -> str:
        """Return the end of bucket names: as infrastructure/ computes it."""
        text = f"{self.account}/{self.region}/{self.project}/{owner}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def _pairs(self) -> list[tuple[str, str]]:
        return [
            ("{suffix}", self.suffix(self.environment)),
            ("{state_suffix}", self.suffix("state")),
            ("{account}", self.account),
            ("{region}", self.region),
            ("{project}-{environment}", f"{self.project}-{self.environment}"),
            ("/{project}/{environment}", f"/{self.project}/{self.environment}"),
            ("{project}-state-{environment}-", f"{self.project}-state-{self.environment}-"),
            ("bootstrap-{environment}", f"bootstrap-{self.environment}"),
            ("{project}-", f"{self.project}-"),
        ]

    def open(self, text: str) -> str:
        """Replace this account's names by placeholders, and what AWS made up by ``*``."""
        if text in (self.project, self.environment):  # the value of a tag
            return "{project}" if text == self.project else "{environment}"
        for placeholder, value in self._pairs():
            # A name begins where a word does; a path may follow anything.
            text = re.sub(
                rf"(?<![a-z0-9]){re.escape(value)}" if value[0] != "/" else value, placeholder, text
            )
        return IDENTIFIER.sub("*", PARAMETER.sub(r"\1*", OBJECT.sub(r"\1*", text)))

    def fill(self, text: str) -> str:
        """Replace the placeholders by this account's names."""
        values = {
            "suffix": self.suffix(self.environment),
            "state_suffix": self.suffix("state"),
            "account": self.account,
            "region": self.region,
            "project": self.project,
            "environment": self.environment,
        }
        return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)


@dataclass(frozen=True)
class Recorded:
    """A request, as it was first made.

    Attributes:
        run: ``up``, ``release``, ``rollback`` or ``destroy``.
        step: Step of the runbook.
        principal: One of :data:`STATE`, :data:`BOOTSTRAP`, :data:`ENVIRONMENT`, :data:`ROLE`.
        operation: API operation that needed it: ``s3:HeadBucket``.
        request: What was asked of IAM.
    """

    run: str
    step: str
    principal: str
    operation: str
    request: Request

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells two requests apart, wherever they were made."""
        return (
            self.principal,
            self.request.action,
            self.request.resource,
            *sorted(self.request.context.items()),
        )

    def opened(self, names: Names) -> Recorded:
        """Return it with placeholders."""
        return self._with(names.open)

    def filled(self, names: Names) -> Recorded:
        """Return it for an account."""
        return self._with(names.fill)

    def _with(self, change: Any) -> Recorded:
        context = {
            key: change(value) if isinstance(value, str) else tuple(change(v) for v in value)
            for key, value in self.request.context.items()
        }
        request = Request(self.request.action, change(self.request.resource), context)
        return replace(self, request=request)


def principal(arn: str, names: Names) -> str | None:
    """Return which principal an ARN is, ``None`` when it is none of ours."""
    stack = f"{names.project}-{names.environment}"
    users = {f"{names.project}-state": STATE, f"{names.project}-bootstrap": BOOTSTRAP, stack: ENVIRONMENT}
    resource = arn.split(":", 5)[-1]
    if resource.startswith("user/"):
        return users.get(resource.removeprefix("user/"))
    return ROLE if resource.startswith(f"assumed-role/{stack}-terraform/") else None


def from_cloud(
    authorizations: list[Mapping[str, Any]],
    names: Names,
    run: str = "",
    steps: Mapping[int, str] | None = None,
) -> Iterator[Recorded]:
    """Yield what the local cloud was asked, with placeholders, without refused calls and other principals.

    Args:
        authorizations: Answer of ``/_local/authorizations``.
        names: Names of the local cloud's account.
        run: Name of the run.
        steps: Number of the last call before each step, and the step.
    """
    began = sorted((steps or {}).items())
    for entry in authorizations:
        who = principal(entry["principal"], names)
        if who is None or entry["refused"]:
            continue
        step = next((name for number, name in reversed(began) if number <= entry["call"]), "")
        for action, resource, context in entry["requests"]:
            request = Request(action, resource, context)
            yield Recorded(run, step, who, entry["operation"], request).opened(names)


def load() -> tuple[str, tuple[Recorded, ...]]:
    """Return the date of the recording and its requests, in the order of the run."""
    text = resources.files("nestctl.prove.iam").joinpath("calls.json").read_text(encoding="utf-8")
    table = json.loads(text)
    found = []
    for line in table["requests"]:
        run, step, who, operation, action, resource, context = line
        found.append(Recorded(run, step, who, operation, Request(action, resource, context)))
    return table["date"], tuple(found)


def dump(date: str, recorded: list[Recorded]) -> str:
    """Return the recording as JSON, a line for each request."""
    lines = []
    for r in recorded:
        # In one order, so that two recordings differ only in what was asked.
        context = dict(sorted(r.request.context.items()))
        request = r.request.action, r.request.resource, context
        lines.append(json.dumps([r.run, r.step, r.principal, r.operation, *request]))
    return f'{{"date": {json.dumps(date)},\n"requests": [\n' + ",\n".join(lines) + "\n]}\n"
