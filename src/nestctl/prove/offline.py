"""Plans a root with no account: Terraform's own test command makes up what only AWS could know.

A run of ``terraform test`` with ``command = plan`` and every resource overridden during the plan gives a plan
in which identifiers are known and shared by all that refer to them. Nothing is mocked beyond that: variables,
locals, policy documents and the provider's validation are the real ones.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nestctl import process
from nestctl.prove.plan import Plan, read_resources
from nestctl.prove.source import Block, blocks, without_keys
from nestctl.prove.stand_in import ACCOUNT_ID, StandIn, listening
from nestctl.report import NestctlError
from nestctl.report.words import counted
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform.messages import Diagnostic, diagnostic
from nestctl.terraform.root import Root

TEST = "offline.tftest.hcl"
REGION = "us-east-1"

ARN_PREFIXES = {
    "aws_s3_bucket": "arn:aws:s3:::",
    "aws_kms_key": f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/",
    "aws_ssm_parameter": f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:parameter/",
    "aws_iam_role": f"arn:aws:iam::{ACCOUNT_ID}:role/",
    "aws_iam_policy": f"arn:aws:iam::{ACCOUNT_ID}:policy/",
    "aws_iam_user": f"arn:aws:iam::{ACCOUNT_ID}:user/",
}
"""First parts of ARNs whose form a validation of ours looks at; the provider wants only that it is an ARN."""

MADE_UP = {
    "aws_db_proxy_default_target_group": 'name = "default"',
    "terraform_data": "output = 1",
    "aws_lambda_function_url": f'function_url = "https://example.lambda-url.{REGION}.on.aws/"',
}
"""Values that the configuration takes apart, or whose form the provider looks at: Terraform makes up any."""

NO_BACKEND = 'terraform {\n  backend "local" {}\n}\n'

EDGE = re.compile(r'"([^"]+)" -> "([^"]+)"')


def plan(
    name: str,
    variables: Mapping[str, Any],
    work: Path,
    *,
    infrastructure: Path = INFRASTRUCTURE,
    tell: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Plan a root as for an empty account.

    Args:
        name: Name of the root: a folder of ``infrastructure``.
        variables: Its input variables.
        work: Folder for Terraform's data and log.
        infrastructure: Folder of the roots and modules; nothing is written there.
        tell: Told what happens.

    Raises:
        NestctlError: ``terraform-init`` or ``prove-plan`` with Terraform's diagnostics.
    """
    (only,) = plans(name, variables, [{}], work, infrastructure=infrastructure, tell=tell)
    return only


def plans(
    name: str,
    variables: Mapping[str, Any],
    changes: Sequence[Mapping[str, Any]],
    work: Path,
    *,
    infrastructure: Path = INFRASTRUCTURE,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Plan]:
    """Plan a root once for each set of changed variables; Terraform and its provider start once for all.

    Args:
        name: As for :func:`plan`, as are the others.
        variables: What all of them have in common.
        changes: For each plan, what goes before that.
        work: Folder for Terraform's data and log.
        infrastructure: Folder of the roots and modules.
        tell: Told what happens.

    Raises:
        NestctlError: As by :func:`plan`; one that cannot be planned ends all.
    """
    found = blocks(infrastructure / name)
    with _prepared(name, variables, work, infrastructure) as (root, env, stand_in):
        tell(f"planning {name} without an account")
        _run(root, env, ["init", "-input=false", "-no-color", "-lockfile=readonly"])
        planned = _test(root, env, found, changes)
        edges = _edges(root, env)
        shutil.rmtree(root.data)
    if stand_in.refused:
        raise _failure(name, f"The plan asked AWS for {', '.join(sorted(set(stand_in.refused)))}.")
    return [
        Plan(
            root=name,
            variables={**variables, **changed},
            resources=tuple(sorted(read_resources(resources, found), key=lambda r: r.address)),
            outputs={key: change.get("after") for key, change in outputs.items()},
            blocks=found,
            edges=edges,
            canaries=tuple(stand_in.canaries),
            raw=json.dumps({"resource_changes": resources, "output_changes": outputs}),
        )
        for changed, (resources, outputs) in zip(changes, planned, strict=True)
    ]


def refusals(
    name: str, variables: Mapping[str, Any], work: Path, *, infrastructure: Path = INFRASTRUCTURE
) -> list[Diagnostic]:
    """Return what Terraform and the provider refuse of a root with these variables.

    Raises:
        NestctlError: ``terraform-init``.
    """
    with _prepared(name, variables, work, infrastructure) as (root, env, _):
        _run(root, env, ["init", "-input=false", "-no-color", "-lockfile=readonly"])
        said = _said(root, env, blocks(infrastructure / name), [{}])
        shutil.rmtree(root.data)
    return [diagnostic(fields) for fields in _errors(said)]


@contextmanager
def _prepared(
    name: str, variables: Mapping[str, Any], work: Path, infrastructure: Path
) -> Iterator[tuple[Root, dict[str, str], StandIn]]:
    """Give a copy of the root, its environment, and what answers instead of AWS."""
    with tempfile.TemporaryDirectory(prefix="nestctl-prove-") as folder, listening(REGION) as stand_in:
        copy = Path(folder) / "infrastructure"
        ignored = shutil.ignore_patterns(".terraform", "tests", "*.tfstate*", "*.tfplan", "terraform.tfvars")
        shutil.copytree(infrastructure, copy, ignore=ignored)
        # Of this process alone: two proofs may run side by side. What failed leaves its log.
        data = work / f"{name}-{os.getpid()}"
        root = Root(name=name, folder=copy / name, data=data, environ={}, variables=variables)
        shutil.rmtree(root.data, ignore_errors=True)
        root.data.mkdir(parents=True)
        (root.folder / "zz_offline_override.tf").write_text(NO_BACKEND, encoding="utf-8")
        yield root, _environment(root, stand_in.url), stand_in


def _environment(root: Root, url: str) -> dict[str, str]:
    """Return Terraform's environment without anything of the user's AWS."""
    env = {k: v for k, v in root.environment().items() if not k.startswith(("AWS_", "TF_VAR_"))}
    nowhere = str(root.data / "no-such-file")
    return env | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _said(
    root: Root, env: Mapping[str, str], found: Mapping[str, Block], changes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Run the test that plans, and return Terraform's messages."""
    tests = root.folder / "tests"
    tests.mkdir()
    (tests / TEST).write_text(test_file(found.values(), changes), encoding="utf-8")
    (root.folder / "terraform.tfvars.json").write_text(json.dumps(root.variables), encoding="utf-8")
    argv = ["test", "-json", "-verbose", f"-filter=tests/{TEST}"]
    said: list[dict[str, Any]] = []
    with process.program(
        [*_terraform(root), *argv], cwd=root.folder, env=env, log=root.data / "test.log"
    ) as running:
        said.extend(json.loads(line) for line in running.lines())
        running.finish()
    return said


def _errors(said: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [m["diagnostic"] for m in said if m.get("type") == "diagnostic" and m["@level"] == "error"]


def _test(
    root: Root, env: Mapping[str, str], found: Mapping[str, Block], changes: Sequence[Mapping[str, Any]]
) -> list[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """Return the changes of resources and of outputs of each plan."""
    said = _said(root, env, found, changes)
    errors = _errors(said)
    made = {m["@testrun"]: m["test_plan"] for m in said if m.get("type") == "test_plan"}
    if errors or list(made) != [_run_name(number) for number in range(len(changes))]:
        why = "\n".join(f"{e['summary']}: {e.get('detail', '')}" for e in errors)
        raise _failure(root.name, why or f"terraform test gave {counted(len(made), 'plan')}.")
    return [(p.get("resource_changes") or [], p.get("output_changes") or {}) for p in made.values()]


def _run_name(number: int) -> str:
    return f"offline_{number}"


def test_file(found: Iterable[Block], changes: Sequence[Mapping[str, Any]]) -> str:
    """Return the test file that plans a configuration, with all identifiers known, once for each change."""
    parts = []
    for block in found:
        if block.kind != "resource":
            continue
        service = block.type.removeprefix("aws_").replace("_", "-")
        prefix = ARN_PREFIXES.get(block.type, f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:")
        arn = prefix + re.sub(r"[^a-z0-9-]", "-", block.address)
        values = MADE_UP.get(block.type, f'arn = "{arn}"')
        parts.append(
            f"override_resource {{\n  target          = {block.address}\n"
            f"  override_during = plan\n  values          = {{ {values} }}\n}}\n"
        )
    for number, changed in enumerate(changes):
        variables = "".join(f"    {key} = {_expression(value)}\n" for key, value in changed.items())
        parts.append(f'run "{_run_name(number)}" {{\n  command = plan\n  variables {{\n{variables}  }}\n}}\n')
    return "\n".join(parts)


def _expression(value: Any) -> str:
    """Return a value as an expression of HCL, which knows JSON, but takes ``${`` and ``%{`` for templates."""
    return re.sub(r"[$%](?=\{)", lambda sign: sign[0] * 2, json.dumps(value))


def _edges(root: Root, env: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return what each resource depends on: it follows from the files alone, whatever the variables are."""
    digest = hashlib.sha256(root.name.encode())
    for file in sorted(root.folder.parent.rglob("*.tf")):
        digest.update(f"\0{file.relative_to(root.folder.parent)}\0".encode() + file.read_bytes())
    key = digest.hexdigest()
    if key not in _graphs:
        _graphs[key] = _graph(_run(root, env, ["graph"]))
    return _graphs[key]


_graphs: dict[str, dict[str, frozenset[str]]] = {}
"""By a digest of the files: a plan with other variables does not ask Terraform again."""


def _graph(text: str) -> dict[str, frozenset[str]]:
    edges: dict[str, set[str]] = {}
    for source, target in EDGE.findall(text):
        edges.setdefault(without_keys(source), set()).add(without_keys(target))
    return {source: frozenset(targets) for source, targets in edges.items()}


def _terraform(root: Root) -> list[str]:
    from nestctl.terraform.binary import find_terraform

    return [str(find_terraform().path), f"-chdir={root.folder}"]


def _run(root: Root, env: Mapping[str, str], argv: list[str]) -> str:
    return process.run(
        [*_terraform(root), *argv],
        cwd=root.folder,
        env=env,
        log=root.log,
        code="terraform-" + argv[0],
        what=f"terraform {argv[0]} of {root.name} failed.",
        next_="Do what Terraform says above, then run the same command again.",
    )


def _failure(name: str, why: str) -> NestctlError:
    return NestctlError(
        "prove-plan",
        f"The root {name} could not be planned without an account.",
        why,
        "Correct the cause, then run the same command again.",
    )
