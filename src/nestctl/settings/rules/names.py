"""Names: of the project, its environments, tasks and parameters; AWS names follow from them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nestctl.report.words import counted
from nestctl.settings.faults import Fault
from nestctl.settings.rules.parts import Parts

NAME = re.compile(r"[a-z][a-z0-9-]{0,14}[a-z0-9]")
"""What the Terraform roots take: load balancers and target groups leave 16 of their 32 characters."""

LONGEST_STACK = 16
"""Characters of project and environment together, with the dash: the same limit."""

LONGEST_SCHEDULE = 64
"""Characters of a schedule's name (EventBridge Scheduler, ``CreateSchedule``); a task's family is shorter."""

LONGEST_PARAMETER = 1011
"""Characters of a parameter's whole name (Systems Manager, "Requirements and constraints for names")."""

ROOTS = ("state", "bootstrap", "modules")
"""Folders of infrastructure/ that are no environment."""

KEPT = ("state", "bootstrap", "logs")
"""Words after the project's name in buckets, keys and users of the roots ``state`` and ``bootstrap``."""

FIRST_WORDS = {
    "aws": "Parameter Store keeps names that begin with aws for AWS",
    "ssm": "Parameter Store keeps names that begin with ssm for AWS",
    "internal-": "a load balancer's name cannot begin with internal-",
    "xn--": "a bucket's name cannot begin with xn--",
    "sthree-": "a bucket's name cannot begin with sthree-",
    "amzn-s3-demo-": "a bucket's name cannot begin with amzn-s3-demo-",
    "sg-": "a security group's name cannot begin with sg-",
}
"""Beginnings that a service refuses in a name of which the project's is the first part."""

DATABASE_WORDS = {
    *("admin", "postgres", "rdsadmin"),
    *("all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast"),
    *("check", "collate", "column", "constraint", "create", "default", "deferrable", "desc", "distinct"),
    *("do", "else", "end", "except", "false", "fetch", "for", "foreign", "from", "grant", "group", "having"),
    *("in", "initially", "intersect", "into", "lateral", "leading", "limit", "localtime", "not", "null"),
    *("offset", "on", "only", "or", "order", "placing", "primary", "references", "returning", "select"),
    *("some", "symmetric", "system-user", "table", "then", "to", "trailing", "true", "union", "unique"),
    *("user", "using", "variadic", "when", "where", "window", "with"),
}
"""Names of the database's owner that RDS keeps, and words that PostgreSQL keeps (its Appendix C)."""


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with names."""
    if parts.project:
        yield from _project(parts.project.name)
    for name in parts.environments:
        yield from _environment(parts, name)
    for name in parts.tasks:
        yield from _task(parts, name)
    for name in parts.parameters:
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            yield Fault(
                ("parameters", name), f"parameter {name!r}: names are capitals, digits and underscores"
            )
        elif len(name) > LONGEST_PARAMETER - len(f"/{'x' * LONGEST_STACK}/"):
            yield Fault(
                ("parameters", name), f"the name has {counted(len(name), 'character')}, more than AWS takes"
            )


def _project(name: str) -> Iterator[Fault]:
    where = ("project", "name")
    if not NAME.fullmatch(name):
        yield Fault(
            where,
            f"{name!r} is no name: small letters, digits and dashes, 2 to 16 of them, "
            "a letter first and no dash last",
        )
        return
    if "--" in name:
        yield Fault(where, "RDS and ElastiCache take no name with two dashes in a row")
    for word, reason in FIRST_WORDS.items():
        if f"{name}-".startswith(word):
            yield Fault(where, f"{reason}: choose another name")
    if name in DATABASE_WORDS:
        yield Fault(
            where, f"the database's owner is named like the project, and {name!r} is a word of PostgreSQL's"
        )


def _environment(parts: Parts, name: str) -> Iterator[Fault]:
    where = ("environments", name)
    if not NAME.fullmatch(name):
        yield Fault(
            where,
            f"{name!r} is no name of an environment: small letters, digits and dashes, 2 to 16 of them, "
            "a letter first and no dash last",
        )
        return
    if name in ROOTS:
        yield Fault(where, f"infrastructure/{name} is no environment: choose another name")
    elif (first := name.partition("-")[0]) in KEPT:
        yield Fault(where, f"names with {first} first are kept for Terraform's states: choose another")
    for other in parts.environments:
        if name.startswith(f"{other}-"):
            yield Fault(
                where,
                f"the role of {other} may reach whatever is named {other}-...: choose a name "
                f"that does not begin with {other}-",
            )
    if "--" in name:
        yield Fault(where, "RDS and ElastiCache take no name with two dashes in a row")
    if parts.project and len(stack := f"{parts.project.name}-{name}") > LONGEST_STACK:
        yield Fault(
            where,
            f"{stack} is longer than {LONGEST_STACK} characters: "
            "shorten the project's or the environment's name",
        )


def _task(parts: Parts, name: str) -> Iterator[Fault]:
    where = ("tasks", name)
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        yield Fault(where, f"task {name!r}: names are small letters, digits and dashes, a letter first")
        return
    if name == "frontend":
        yield Fault(where, "the frontend's own task definition has this name: choose another")
    stacks = [f"{parts.project.name}-{env}" for env in parts.environments] if parts.project else []
    longest = LONGEST_SCHEDULE - max(map(len, stacks), default=0) - 1
    if len(name) > longest:
        yield Fault(
            where,
            f"the name has {counted(len(name), 'character')}; "
            f"{longest} are left of a schedule's {LONGEST_SCHEDULE}",
        )
