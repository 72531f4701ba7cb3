"""Names that Terraform makes: outputs, variables, parameters, resources."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from nestctl.prove.declarations import declarations
from nestctl.prove.manual.tree import Tree
from nestctl.prove.plan import Plan, Resource
from nestctl.prove.report import Finding
from nestctl.report.words import counted

Names = Mapping[str, Any]
Roots = Mapping[str, Plan]

NAMED_BY = {
    "aws_db_instance": "identifier",
    "aws_ecs_task_definition": "family",
    "aws_s3_bucket": "bucket",
}
"""Attribute that names a type; others have ``name``, or the tag ``Name``."""


def outputs(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """Every output of the manual is one of its root."""
    del tree
    for root, wanted in names["outputs"].items():
        for name in sorted(set(wanted) - set(roots[root].outputs)):
            file = f"infrastructure/{root}/outputs.tf"
            yield Finding(f"The root {root} has no output {name}.", f"Declare it in {file}.", file=file)


def variables(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """Every variable of the manual is declared, and its example gives the manual's value."""
    del roots
    for root, wanted in names["variables"].items():
        file = f"infrastructure/{root}/variables.tf"
        declared = {d.name for d in declarations(tree.path(f"infrastructure/{root}")) if d.kind == "variable"}
        for name in sorted(set(wanted) - declared):
            yield Finding(f"The root {root} has no variable {name}.", f"Declare it in {file}.", file=file)
    for root, values in names["values"].items():
        file = f"infrastructure/{root}/terraform.tfvars.example"
        text = tree.text(file)
        for name, value in values.items():
            # One that can be set only later stands there as a comment.
            if not re.search(rf"^(?:# )?{name}\s*=\s*{re.escape(json.dumps(value))}$", text, re.MULTILINE):
                wanted = f"{name} = {json.dumps(value)}"
                yield Finding(f"The example of {root} lacks {wanted}.", f"Write it into {file}.", file=file)


def parameters(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """Every parameter of the manual is made below its path, encrypted with the stack's key."""
    (environment,) = names["outputs"]
    plan = roots[environment]
    there = {str(resource["name"]): resource for resource in plan.of("aws_ssm_parameter")}
    listed = names["parameters"]
    for name in (*listed["set_by_people"], *listed["addresses"]):
        resource = there.get(names["path"] + name)
        if resource is None:
            yield Finding(
                f"There is no parameter {names['path']}{name}.",
                f"Declare [parameters.{name}] in nest.toml.",
                file="nest.toml",
            )
        elif resource["type"] != "SecureString" or not resource["key_id"]:
            yield resource.finding(
                f"{name} is not encrypted with the stack's key.", "Set type SecureString and key_id."
            )
    application = plan.variables["application"]
    for name, path in listed["addresses"].items():
        value = str(application["parameters"].get(name, {}).get("value"))
        if value != "{lambda_function_url}" + path:
            yield Finding(
                f"{name} is {value}, not the function's address with {path}.",
                f'Set value = "{{lambda_function_url}}{path}" in [parameters.{name}].',
                file="nest.toml",
            )
        if not any(fnmatchcase(path, pattern) for pattern in application["backend"]["paths"]):
            yield Finding(
                f"The load balancer does not pass {path} to the backend.",
                "Add it to paths in [backend].",
                file="nest.toml",
            )
    file = "infrastructure/modules/platform/facts.tf"
    if not re.search(rf'^  placeholder\s*=\s*"{names["placeholder"]}"$', tree.text(file), re.MULTILINE):
        what = f"What people set does not begin as {names['placeholder']}."
        yield Finding(what, f"Set the local placeholder in {file}.", file=file)


def resources(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """Every resource that the manual names is planned under that name, and only once."""
    del tree
    (environment,) = names["outputs"]
    for listed in names["resources"]:
        root = listed.get("root", environment)
        same_type = roots[root].of(listed["type"])
        found = [r for r in same_type if fnmatchcase(name_of(r), listed["name"])]
        if not found:
            yield _missing(listed, root, same_type)
        elif len(found) > 1 and "*" not in listed["name"]:
            yield found[1].finding(
                f"{listed['name']} names {counted(len(found), 'resource')} of type {listed['type']}.",
                f"Give it another name than {found[0].address}.",
                at="name",
            )


def users(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """Every user has a policy that its root's README shows; the environment's may assume the role."""
    for user, root in names["users"].items():
        for file, wanted in (("README.md", user), ("README.md", "policy.json"), ("policy.json", "Statement")):
            name = f"infrastructure/{root}/{file}"
            if wanted not in tree.example(name):
                yield Finding(
                    f"{name} does not name {wanted}.", f"Describe the user {user} there.", file=name
                )
    (environment,) = names["outputs"]
    stack = next(user for user, root in names["users"].items() if root == environment)
    role = next((r for r in roots["bootstrap"].of("aws_iam_role") if r["name"] == f"{stack}-terraform"), None)
    if role is None:
        return
    trust = str(role["assume_role_policy"])
    for wanted in (f":user/{stack}", "sts:ExternalId", roots["bootstrap"].variables["aws_role_external_id"]):
        if f'{wanted}"' not in trust:
            yield role.finding(
                f"{stack} cannot assume the role: its trust policy lacks {wanted}.",
                "Name the user and the external id in it.",
                at="assume_role_policy",
            )
    if "role/${project}-${environment}-terraform" not in tree.text(
        f"infrastructure/{environment}/policy.json"
    ):
        file = f"infrastructure/{environment}/policy.json"
        yield Finding(f"{file} does not allow the role.", "Allow sts:AssumeRole on it.", file=file)


def modules(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """Every module of the manual is there and is called."""
    del tree
    (environment,) = names["outputs"]
    used = {block.file.rpartition("/")[0] for block in roots[environment].blocks.values()}
    parts = [part.split("/") for part in names["modules"]["parts"]]
    folders = [*names["modules"]["core"], *(f"{outer}/modules/{inner}" for outer, inner in parts)]
    for folder in folders:
        place = f"infrastructure/modules/{folder}"
        if place not in used:
            yield Finding(
                f"Nothing comes from the module {place}.", f"Call it from {environment}.", file=place
            )


def name_of(resource: Resource) -> str:
    """Return a resource's name as AWS shows it; empty when it has none."""
    attribute = NAMED_BY.get(resource.type, "name")
    return str(resource[attribute] or (resource["tags"] or {}).get("Name") or "")


def _missing(listed: Mapping[str, str], root: str, same_type: list[Resource]) -> Finding:
    what = f"No {listed['type']} named {listed['name']} is planned"
    fix = "Name it as the manual does."
    near = difflib.get_close_matches(listed["name"], [name_of(r) for r in same_type], 1, cutoff=0.3)
    if near:
        other = next(r for r in same_type if name_of(r) == near[0])
        return other.finding(f"{what}; the nearest is {near[0]}.", fix, at="name")
    return Finding(f"{what}.", f"Make it in infrastructure/{root}.", file=f"infrastructure/{root}")


RULES = (outputs, variables, parameters, resources, users, modules)
