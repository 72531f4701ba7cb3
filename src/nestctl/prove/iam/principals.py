"""The principals of a deployment and their policies, from the plan and the files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestctl.policies.documents import Policy, parse
from nestctl.prove.iam.recording import BOOTSTRAP, ENVIRONMENT, ROLE, STATE, Names
from nestctl.prove.offline import REGION
from nestctl.prove.plan import Plan, Resource
from nestctl.prove.report import Finding
from nestctl.prove.roots import Plans
from nestctl.prove.stand_in import ACCOUNT_ID
from nestctl.settings.paths import CHECKOUT, INFRASTRUCTURE

UNKNOWN = "arn:aws:unknown:::until-it-is-made"
"""Stands for an ARN that only AWS would know."""


@dataclass(frozen=True)
class Document:
    """A policy and where it is written.

    Attributes:
        policy: The policy.
        file: File, from the checkout's root.
        resource: Planned resource; ``None`` for a user's file.
    """

    policy: Policy
    file: Path
    resource: Resource | None = None

    def finding(self, what: str, fix: str, at: str = "") -> Finding:
        """Return a finding on the line of the file that holds ``at``."""
        text = self.file.read_text(encoding="utf-8")
        place = text.find(f'"{at}"') if at else -1
        line = text.count("\n", 0, place) + 1 if place >= 0 else 1
        shown = self.file.relative_to(CHECKOUT) if self.file.is_relative_to(CHECKOUT) else self.file
        return Finding(what, fix, self.resource.address if self.resource else "", str(shown), line)


@dataclass(frozen=True)
class Principal:
    """A user or role.

    Attributes:
        name: One of the recording's principals, or the name of a role of the running site.
        title: For people: ``user nest-state``.
        documents: Its policies.
    """

    name: str
    title: str
    documents: tuple[Document, ...]

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Its policies alone."""
        return tuple(document.policy for document in self.documents)


def names(plans: Plans) -> Names:
    """Return the names of the account for which roots are planned offline."""
    settings = plans.settings
    return Names(ACCOUNT_ID, REGION, settings.project, settings.environment)


def deploying(plans: Plans, infrastructure: Path = INFRASTRUCTURE) -> tuple[Principal, ...]:
    """Return those who deploy: the three users and the role that Terraform assumes."""
    here = names(plans)
    stack = f"{here.project}-{here.environment}"
    users = {
        STATE: (f"{here.project}-state", "state"),
        BOOTSTRAP: (f"{here.project}-bootstrap", "bootstrap"),
        ENVIRONMENT: (stack, here.environment),
    }
    found = [
        Principal(key, f"user {user}", (user_document(user, infrastructure / root / "policy.json", here),))
        for key, (user, root) in users.items()
    ]
    role = tuple(_documents(plans.plan("bootstrap"), infrastructure))
    return (*found, Principal(ROLE, f"role {stack}-terraform", role))


def boundary(plans: Plans, infrastructure: Path = INFRASTRUCTURE) -> Principal:
    """Return the policy that bounds the site's own roles."""
    resource = plans.plan("bootstrap")["aws_iam_policy.boundary"]
    policy = parse(str(resource["name"]), str(resource["policy"]))
    file = infrastructure / "bootstrap" / "boundary.tf"
    return Principal("boundary", "permissions boundary", (Document(policy, file, resource),))


def running(plan: Plan) -> tuple[Principal, ...]:
    """Return the policies of the site's own roles: of functions, tasks, schedules and what services do.

    They are read from the statements of their documents, since AWS alone would know the ARNs in some.
    """
    found = []
    for resource in plan.of("aws_iam_policy_document", mode="data"):
        statements = resource["statement"] or []
        if resource.block is None or not statements or any(s["principals"] for s in statements):
            continue  # of a resource, not of an identity
        document = {"Statement": [_statement(s) for s in statements]}
        policy = parse(resource.address, document)
        found.append(
            Principal(
                resource.address, f"policy {resource.name}", (Document(policy, _file(resource), resource),)
            )
        )
    return tuple(found)


def _statement(data: Mapping[str, Any]) -> dict[str, Any]:
    conditions: dict[str, dict[str, Any]] = {}
    for condition in data["condition"] or []:
        conditions.setdefault(condition["test"], {})[condition["variable"]] = condition["values"]
    names = {"actions": "Action", "not_actions": "NotAction", "not_resources": "NotResource"}
    found = {"Sid": data["sid"] or "", "Effect": data["effect"] or "Allow", "Condition": conditions}
    found |= {key: data[name] for name, key in names.items() if data[name]}
    if "NotResource" not in found:
        found["Resource"] = [UNKNOWN if arn is None else arn for arn in data["resources"] or []]
    return found


def _file(resource: Resource) -> Path:
    return CHECKOUT / resource.block.file if resource.block else CHECKOUT


def user_document(user: str, file: Path, here: Names) -> Document:
    """Return a user's policy file with its placeholders filled.

    Raises:
        ValueError: It is no policy.
    """
    values = {
        "account_id": here.account,
        "region": here.region,
        "project": here.project,
        "project_name": here.project,
        "environment": here.environment,
    }
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)
    return Document(parse(user, text), file)


def _documents(plan: Plan, infrastructure: Path) -> Iterator[Document]:
    for resource in plan.of("aws_iam_policy"):
        if resource.index is None:
            continue  # the boundary, which allows nothing by itself
        # The policy of a concern is written in the file of that concern.
        file = infrastructure / "bootstrap" / f"policies_{resource.index}.tf"
        if not file.exists():
            file = infrastructure / "bootstrap" / "main.tf"
        yield Document(parse(str(resource["name"]), str(resource["policy"])), file, resource)
