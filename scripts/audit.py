#!/usr/bin/env python3
"""Installs checkov into an environment of its own and makes the proof ``policy`` with it.

Called by ``make audit`` with the checkout's own Python; arguments go to ``nestctl prove policy``. Versions
and digests are those of ``scripts/audit/requirements.txt``, made from ``requirements.in`` with

    uv pip compile scripts/audit/requirements.in --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-annotate -o scripts/audit/requirements.txt
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from install import CACHE, ROOT, find_uv

AUDIT = CACHE / "audit"
REQUIREMENTS = ROOT / "scripts" / "audit" / "requirements.txt"
INSTALLED = "installed.txt"
"""What was installed: a second run compares it and starts no installer."""

INSTALL_SECONDS = 900


def main() -> int:
    """Install what is missing, audit, and return the exit status."""
    try:
        install()
    except (subprocess.SubprocessError, OSError) as error:
        print(f"error: checkov could not be installed: {error}", file=sys.stderr)
        print("next: Check that PyPI can be reached, then: make audit", file=sys.stderr)
        return 1
    nestctl = Path(sys.executable).with_name("nestctl")
    return subprocess.run([nestctl, "prove", "policy", *sys.argv[1:]], cwd=ROOT, check=False).returncode


def install() -> None:
    """Bring the environment to what the requirements say."""
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    stamp = AUDIT / INSTALLED
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("installing checkov into .cache/audit (about 300 MB, once)", file=sys.stderr, flush=True)
    uv = find_uv()
    stamp.unlink(missing_ok=True)
    if not (AUDIT / "bin" / "python").exists():
        subprocess.run(
            [uv, "venv", "--quiet", "--python", sys.executable, AUDIT], check=True, timeout=INSTALL_SECONDS
        )
    python = ["--python", AUDIT / "bin" / "python"]
    sync = [uv, "pip", "sync", "--quiet", *python, "--require-hashes", REQUIREMENTS]
    subprocess.run(sync, check=True, timeout=INSTALL_SECONDS)
    stamp.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
