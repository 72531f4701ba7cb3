"""nestctl aws: the AWS CLI with the local cloud's addresses and keys, whatever the shell has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from nestctl.cli.frame import run_command
from nestctl.process import run
from nestctl.report import NestctlError, Progress
from nestctl.report.console import make_reporter
from nestctl.settings.paths import CACHE, CHECKOUT, WORK
from nestctl.targets import local

AWS_CLI = "awscli>=1.40,<2"
"""The AWS CLI that PyPI has; version 2 is not there. Licence: Apache-2.0."""

Words = Annotated[list[str] | None, typer.Argument(help="What comes after `aws`.", metavar="ARGS...")]


def aws(args: Words = None) -> None:
    """Run the AWS CLI against the local cloud; get it where there is none.

    Its output and its exit status are the AWS CLI's own.

    Examples:
      nestctl aws s3 ls
      nestctl aws ssm get-parameters-by-path --path /nest/staging/ --query 'Parameters[].Name'
    """
    statuses: list[int] = []
    run_command("aws", False, lambda: statuses.append(_run(args or ["help"])), lambda _: None)
    if statuses[0]:
        raise typer.Exit(statuses[0])


def _run(args: list[str]) -> int:
    environ = local.environment(os.environ)
    # Version 1 sends some services of us-east-1 to AWS itself, unless the address is an option.
    argv = [*_program(), "--endpoint-url", environ["AWS_ENDPOINT_URL"], *args]
    return subprocess.run(argv, env=environ, check=False).returncode


def _program() -> list[str]:
    """Return the AWS CLI of PATH, else the one in the cache, which is got there first.

    Raises:
        NestctlError: ``aws-cli``: there is none, and PyPI does not give it.
    """
    found = shutil.which("aws")
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
        return [found]
    folder = CACHE / "awscli"
    program = folder / "bin" / "aws"
    if not program.is_file():
        reporter = make_reporter()
        try:
            reporter.emit(Progress("getting the AWS CLI from PyPI, once"))
            _install(folder)
        finally:
            reporter.close()
    return [str(folder / "bin" / "python"), str(program)]


def _install(folder: Path) -> None:
    from nestctl.build.toolchain import base_environment, uv

    what = "The AWS CLI could not be installed."
    next_ = "Check the network, or install it yourself: https://docs.aws.amazon.com/cli/"
    try:
        for argv in (
            [str(uv()), "venv", "--quiet", "--python", sys.executable, str(folder)],
            [str(uv()), "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), AWS_CLI],
        ):
            run(
                argv,
                cwd=CHECKOUT,
                env=base_environment(),
                log=WORK / "logs" / "awscli.log",
                code="aws-cli",
                what=what,
                next_=next_,
            )
    except NestctlError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
