#!/usr/bin/env python3
"""Records what every principal asks of IAM from the first `up` to the end of everything, on the local cloud.

Runs `nestctl up`, a second release, the way back to the first, and `nestctl destroy --all`, in a state folder
of its own, and writes src/nestctl/prove/iam/calls.json. It takes a quarter of an hour.

    scripts/record_api_calls.py              # in the checkout, with the checkout's own Python
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nestctl.prove.iam.recording import Names, Recorded, dump, from_cloud
from nestctl.settings.resolve import resolve

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "nestctl" / "prove" / "iam" / "calls.json"
NESTCTL = Path(sys.executable).with_name("nestctl")
STEP = re.compile(r"^\[\d+/\d+\] ([\w-]+):")
SHARED = {".venv", "node_modules", ".next", "__pycache__", ".cache", ".mypy_cache", ".ruff_cache"}
ASK_SECONDS = 60


class Cloud:
    """A local cloud of the recording's own.

    Args:
        folder: Passable by others: PostgreSQL's user must reach it.
        app: A copy of the application, whose sources may be changed.
    """

    def __init__(self, folder: Path, app: Path) -> None:
        self.app = app
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "NESTCTL_", "FORCE_COLOR"))}
        self.env = kept | {
            "NESTCTL_STATE_DIR": str(folder / "state"),
            "NESTCTL_WORK_DIR": str(folder / "work"),
            "NO_COLOR": "1",
        }
        self.url = json.loads(self.command("local", "start", "--json"))["data"]["endpoint_url"]

    def command(self, *words: str) -> str:
        """Run a command and return its stdout."""
        done = subprocess.run(
            [str(NESTCTL), *words], env=self.env, stdout=subprocess.PIPE, text=True, check=True, timeout=600
        )
        return done.stdout

    def ask(self, path: str) -> Any:
        """Return an answer of the cloud's own."""
        with urllib.request.urlopen(f"{self.url}/_local/{path}", timeout=ASK_SECONDS) as answer:  # noqa: S310
            return json.load(answer)

    def record(
        self, run: str, names: Names, *words: str, steps: Mapping[str, str] | None = None
    ) -> list[Recorded]:
        """Run a command and return what was asked of IAM meanwhile, by step."""
        start = self.ask("calls?since=1000000000")["last"]
        begun = {start: run}
        argv = [str(NESTCTL), *words, "--app", str(self.app)]
        process = subprocess.Popen(argv, env=self.env, stderr=subprocess.PIPE, text=True)
        for line in process.stderr or ():
            if match := STEP.match(line):
                begun[self.ask("calls?since=1000000000")["last"]] = (steps or {}).get(match[1], match[1])
                print(f"{run}: {match[1]}", file=sys.stderr)
        if process.wait():
            raise SystemExit(f"{' '.join(argv)} ended with status {process.returncode}")
        asked = self.ask(f"authorizations?since={start}")["authorizations"]
        return list(from_cloud(asked, names, run, begun))


def main() -> int:
    """Record and return the exit status."""
    settings = resolve(environment="staging")
    from nestctl.localcloud.layout import ACCOUNT_ID, REGION

    names = Names(ACCOUNT_ID, REGION, settings.project, settings.environment)
    with tempfile.TemporaryDirectory(prefix="nest-record-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        app = copy(folder / "app")
        cloud = Cloud(folder, app)
        try:
            found = cloud.record("up", names, "up")
            sources = app / "backend" / "config" / "urls.py"
            first = sources.read_text(encoding="utf-8")
            sources.write_text(first + "\n# A change of the sources.\n", encoding="utf-8")
            found += cloud.record("release", names, "up")
            sources.write_text(first, encoding="utf-8")
            found += cloud.record("rollback", names, "up")
            stack = f"{settings.project}-{settings.environment}"
            found += cloud.record("destroy", names, "destroy", "--confirm", stack, "--all")
        finally:
            cloud.command("local", "stop")
    first_of: dict[Any, Recorded] = {}
    for call in found:
        first_of.setdefault(call.key, call)
    unique = list(first_of.values())
    date = datetime.now(UTC).date().isoformat()
    TARGET.write_text(dump(date, unique), encoding="utf-8")
    print(f"{TARGET}: {len(unique)} kinds of requests of {len(found)}")
    return 0


def copy(to: Path) -> Path:
    """Copy the application, without what was built."""
    import shutil

    for name in ("backend", "frontend", "docker"):
        shutil.copytree(ROOT / name, to / name, ignore=lambda _, found: SHARED & set(found))
    shutil.copy(ROOT / "nest.toml", to / "nest.toml")
    return to


if __name__ == "__main__":
    sys.exit(main())
