"""Local clouds of the benchmarks' own, and the programs that work against them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.support.figures import NoMeasurementError
from nestctl.localcloud.layout import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

TIMEOUT = 3600.0
"""Seconds that one program may take."""


class Cloud:
    """A local cloud with a state folder and a work folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.work = folder / "work"

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment in which nestctl works with this cloud, and with nothing of the user's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        return {**kept, "NESTCTL_STATE_DIR": str(self.state), "NESTCTL_WORK_DIR": str(self.work)}

    def nestctl(self, *words: str) -> Any:
        """Run nestctl and return what it says.

        Raises:
            NoMeasurementError: It failed.
        """
        argv = [sys.executable, "-m", "nestctl.cli", *words, "--json"]
        done = subprocess.run(
            argv, env=self.environ, capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
        if done.returncode != 0:
            words_said = done.stderr.strip()[-1500:]
            raise NoMeasurementError(f"nestctl {' '.join(words)} ended with {done.returncode}: {words_said}")
        return json.loads(done.stdout)["data"]

    def start(self) -> dict[str, Any]:
        """Start it and return its addresses."""
        # As root, PostgreSQL runs as another user, who must be able to pass.
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        found: dict[str, Any] = self.nestctl("local", "start")
        return found

    def stop(self) -> None:
        """Stop it; what it remembers stays."""
        self.nestctl("local", "stop")

    def forget(self) -> None:
        """Stop it and remove all that it and nestctl made for it."""
        if self.state.exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def variables(self, profile: str | None = None) -> dict[str, str]:
        """Return the environment of AWS's own tools, as ``nestctl local env`` gives it."""
        found: Mapping[str, str] = self.nestctl("local", "env")
        chosen = {"AWS_PROFILE": profile} if profile else {}
        return {**self.environ, **found, **chosen}

    def client(self, service: str, **settings: Any) -> Any:
        """Start it when it does not run, and return a boto3 client of its administrator.

        Args:
            service: Name that boto3 gives the service.
            settings: Arguments of ``botocore.config.Config``.
        """
        import boto3
        from botocore.config import Config

        session: Any = boto3.session.Session(
            aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name=REGION
        )
        return session.client(service, endpoint_url=self.start()["endpoint_url"], config=Config(**settings))


def run(argv: Sequence[str], env: Mapping[str, str], cwd: Path, *, good: Sequence[int] = (0,)) -> str:
    """Run a program to its end and return its stdout.

    Raises:
        NoMeasurementError: It ended with a status that is not among the good ones.
    """
    done = subprocess.run(
        list(argv), env=dict(env), cwd=cwd, capture_output=True, text=True, check=False, timeout=TIMEOUT
    )
    if done.returncode not in good:
        said = (done.stderr.strip() or done.stdout.strip())[-1500:]
        raise NoMeasurementError(f"{' '.join(argv)} ended with {done.returncode}: {said}")
    return done.stdout
