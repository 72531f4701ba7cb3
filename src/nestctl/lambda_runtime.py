"""What the managed Python runtimes of Lambda bring beside a function's code, for whatever runs one here."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from nestctl.settings.paths import home as home_folder

PACKAGES = (
    "awslambdaric",
    "boto3",
    "botocore",
    "dateutil",
    "jmespath",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot_restore_py",
    "urllib3",
)
"""What AWS's managed Python runtimes bring: boto3 and the runtime client, each with what it needs."""


class PackageMissingError(Exception):
    """nestctl's own environment lacks a package of the runtime."""


class NoInterpreterError(Exception):
    """No Python of the wanted version is on this machine."""


def packages_folder(folder: Path, version: str, client: Path | None = None) -> Path:
    """Make the folder of the packages that the Lambda runtime brings, as links to our own.

    Args:
        folder: Parent of the folder.
        version: Python version the functions run on, such as ``3.12``.
        client: The runtime client's transport for a Python other than ours.

    Raises:
        PackageMissingError: One of them is not installed beside nestctl.
    """
    made = folder / f"python{version}"
    made.mkdir(parents=True, exist_ok=True)
    wanted = {path.name: path for path in map(location, PACKAGES)}
    ours = version == f"{sys.version_info.major}.{sys.version_info.minor}"
    if ours and importlib.util.find_spec("runtime_client"):
        native = location("runtime_client")
        wanted[native.name] = native
    elif client:
        wanted["runtime_client.py"] = client
    for entry in made.iterdir():
        if entry.name not in wanted and entry.is_symlink():
            entry.unlink()
    for name, target in wanted.items():
        link = made / name
        if link.is_symlink() and link.readlink() == target:
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    return made


@cache
def base_executable(python: str) -> str:
    """Return the interpreter below a virtual environment: functions must not see its packages."""
    code = "import sys; print(sys.base_prefix, *sys.version_info[:2])"
    said = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    prefix, major, minor = said.stdout.strip().rsplit(" ", 2)
    for name in (f"python{major}.{minor}", "python3"):
        if (candidate := Path(prefix, "bin", name)).exists():
            return str(candidate)
    return os.path.realpath(python)


def location(package: str) -> Path:
    """Return where a package of our own environment lies.

    Raises:
        PackageMissingError: It is not there.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise PackageMissingError(
            f"{package} is missing from nestctl's environment; run 'make install' again."
        )
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def _base_executable() -> str:
    """The interpreter below our virtual environment: functions must not see our packages."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (Path(sys.base_prefix, "bin", name), Path(sys.base_prefix, "bin", "python3")):
        if candidate.exists():
            return str(candidate)
    return getattr(sys, "_base_executable", sys.executable)


@cache
def python(version: str) -> str:
    """Path of a Python interpreter.

    Args:
        version: ``3.12``.

    Raises:
        NoInterpreterError: None was found; says where it was looked for.
    """
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return _base_executable()
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or home_folder() / ".pyenv") / "versions"
    uv = Path(os.environ.get("XDG_DATA_HOME") or home_folder() / ".local" / "share") / "uv" / "python"
    candidates = [*sorted(pyenv.glob(f"{version}*/bin/{name}")), *sorted(uv.glob(f"*-{version}*/bin/{name}"))]
    on_path = shutil.which(name)
    for candidate in [*map(str, candidates), *([on_path] if on_path else [])]:
        if _answers(candidate, version):
            return candidate
    raise NoInterpreterError(
        f"Python {version} is not on this machine (looked in {pyenv}, {uv} and PATH). "
        f"Install it, for instance with 'uv python install {version}', and try again."
    )


def _answers(executable: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [executable, "-c", code], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == version
