"""nestctl prove: what can be known of the infrastructure before anything is spent."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nestctl.cli import options
from nestctl.cli.frame import Failed, run_command
from nestctl.report import NestctlError, Note, Progress, usage_error
from nestctl.report.console import data, make_reporter
from nestctl.report.words import counted, listed

if TYPE_CHECKING:
    from nestctl.prove.report import Report

Names = Annotated[
    list[str] | None,
    typer.Argument(
        help=f"Proofs to make, all when none is named: {', '.join(options.PROOF_NAMES)}.",
        autocompletion=options.completes(lambda: options.PROOF_NAMES),
    ),
]
VarFile = Annotated[
    Path | None,
    typer.Option("--var-file", help="Variables of the environment's root, as JSON.", show_default=False),
]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Take prices from the AWS price list first; needs credentials.")
]


def prove(
    names: Names = None,
    env: options.EnvOption = "staging",
    app: options.AppOption = None,
    var_file: VarFile = None,
    refresh: Refresh = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Prove the infrastructure from its plan: no account, no network, nothing is made.

    Examples:
      nestctl prove
      nestctl prove network cost --env production
      nestctl prove iam --json
      nestctl prove cost --refresh
    """
    work = _prove
    run_command("prove", as_json, lambda: work(names or [], env, app, var_file, refresh, quiet), _show)


def _prove(
    names: list[str], env: str, app: Path | None, var_file: Path | None, refresh: bool, quiet: bool
) -> Any:
    from nestctl.prove.proofs import choose
    from nestctl.prove.roots import Plans
    from nestctl.settings.resolve import resolve

    began = time.monotonic()
    chosen = choose(names)
    settings = resolve(app=app, environment=env)
    reporter = make_reporter(quiet=quiet)
    reports: list[Report] = []
    try:
        plans = Plans(settings, _variables(var_file), lambda line: reporter.emit(Progress(line)))
        if refresh:
            reporter.emit(Progress("reading the AWS price list"))
            reporter.emit(Note(_refresh(str(plans.overrides.get("aws_region", settings.region.value)))))
        for proof in chosen:
            reporter.emit(Progress(f"proving {proof.name}: {proof.title}"))
            reports += proof.prove(plans)
    finally:
        reporter.close()
    result = {
        "environment": env,
        "reports": [{**r.as_dict(), "lines": list(r.lines)} for r in reports],
        "seconds": round(time.monotonic() - began, 3),
    }
    failing = {report.proof for report in reports if not report.holds}
    if failing:
        found = counted(sum(len(report.findings) for report in reports), "finding")
        raise Failed(
            NestctlError(
                "proof-failed",
                f"{found} in {counted(len(failing), 'proof')}: {listed(sorted(failing))}.",
                "Each stands above with its place and what to change.",
                shlex.join(["nestctl", "prove", *sorted(failing), "--env", env]),
            ),
            result,
            shown=True,
        )
    return result


def _refresh(region: str) -> str:
    """Take the prices of a region from the AWS price list, and say what came of it.

    Raises:
        NestctlError: ``price-refresh`` when AWS does not give them.
    """
    import datetime as dt

    from botocore.exceptions import BotoCoreError, ClientError

    from nestctl.aws.refusals import remedy
    from nestctl.aws.session import Aws
    from nestctl.prove.cost.refresh import API_REGION, refresh

    try:
        done = refresh(Aws(API_REGION).client("pricing"), region, dt.datetime.now(tz=dt.UTC).date())
    except (BotoCoreError, ClientError) as error:
        raise NestctlError(
            "price-refresh",
            f"The AWS price list did not give the prices of {region}.",
            str(error),
            remedy(error, "Check AWS_PROFILE and its right pricing:GetProducts: aws sts get-caller-identity"),
        ) from error
    lacking = f"; not found: {', '.join(done.missing)}" if done.missing else ""
    return f"{counted(len(done.found), 'price')} of {region} written to {done.file}{lacking}"


def _variables(file: Path | None) -> Mapping[str, Any]:
    if file is None:
        return {}
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise usage_error(
            "var-file",
            f"{file} cannot be read as variables.",
            str(error),
            "Name a file with one JSON object: Terraform's terraform.tfvars.json format.",
        ) from error
    if not isinstance(values, dict):
        raise usage_error(
            "var-file", f"{file} holds no JSON object.", "", 'An example: {"nat_gateway_mode": "none"}'
        )
    return values


def _lines(result: Mapping[str, Any]) -> list[str]:
    from nestctl.prove.report import Finding

    lines = []
    for report in result["reports"]:
        mark = "holds" if report["holds"] else "FAILS"
        root = f" ({report['root']})" if report["root"] else ""
        lines.append(f"{report['proof']}{root}: {mark} - {report['summary']}")
        for finding in report["findings"]:
            # No line where there is none: what is missing has none yet.
            place = ": ".join(part for part in (Finding(**finding).place, finding["resource"]) if part)
            lines += [f"  {place}", f"    {finding['what']}", f"    fix: {finding['fix']}"]
        lines += [f"  {line}" for line in report["lines"]]
    return lines


def _show(result: Mapping[str, Any]) -> None:
    for line in (*_lines(result), _total(result)):
        data(line)


def _total(result: Mapping[str, Any]) -> str:
    """Return the last line: how many proofs there were, how many hold, and the time."""
    made = list(dict.fromkeys(report["proof"] for report in result["reports"]))
    failing = {report["proof"] for report in result["reports"] if not report["holds"]}
    outcome = f"{len(made) - len(failing)} hold, {len(failing)} fail" if failing else "all hold"
    if len(made) == 1:
        outcome = "it fails" if failing else "it holds"
    return f"total: {counted(len(made), 'proof')}, {outcome}; {result['seconds']:.0f} s"
