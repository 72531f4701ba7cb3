"""Which Python runs a function or container, and what the Lambda runtime puts beside a function's code."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

RUNTIME_PACKAGES = (
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


class NoInterpreterError(Exception):
    """No Python of the wanted version is on this machine."""


def _base_executable() -> str:
    """The interpreter below our virtual environment: functions must not see our packages."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (Path(sys.base_prefix, "bin", name), Path(sys.base_prefix, "bin", "python3")):
        if candidate.exists():
            return str(candidate)
    return getattr(sys, "_base_executable", sys.executable)


@functools.cache
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
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    uv = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "uv" / "python"
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


def runtime_folder(state_dir: Path, version: str) -> Path:
    """Make the folder of the packages that the Lambda runtime brings, as links to our own.

    Args:
        state_dir: Folder of the local cloud's state.
        version: Python version the functions run on; another than ours gets the plain transport.
    """
    folder = state_dir / "runtimes" / f"python{version}"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {path.name: path for path in map(_location, RUNTIME_PACKAGES)}
    if version == f"{sys.version_info.major}.{sys.version_info.minor}" and importlib.util.find_spec(
        "runtime_client"
    ):
        native = _location("runtime_client")
        wanted[native.name] = native
    else:
        wanted["runtime_client.py"] = Path(__file__).with_name("runtime_client.py")
    for entry in folder.iterdir():
        if entry.name not in wanted and entry.is_symlink():
            entry.unlink()
    for name, target in wanted.items():
        link = folder / name
        if link.is_symlink() and link.readlink() == target:
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    return folder


def _location(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise NoInterpreterError(
            f"{package} is missing from nestctl's environment; run 'make install' again."
        )
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
