"""A world of a test's own: a local cloud, a work folder and settings that nobody else uses."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import patient
import psutil
import psycopg
from botocore.config import Config

from nestctl.settings.paths import CACHE, CHECKOUT

NESTCTL = Path(sys.executable).with_name("nestctl")
RUN_SECONDS = 1500
"""A first run on a slow machine downloads a provider and packages of several hundred megabytes."""

STOP_SECONDS = 120


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def envelope(self) -> dict[str, Any]:
        """Its ``--json``."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found

    @property
    def data(self) -> Any:
        """What the envelope carries."""
        return self.envelope["data"]

    def __str__(self) -> str:
        words = f"{self.stdout[-4000:]}\n{self.stderr[-6000:]}"
        return f"{' '.join(self.argv)} ended with status {self.status} after {self.seconds:.0f} s:\n{words}"


class World:
    """Runs nestctl with a state folder, a work folder and user settings of its own.

    Args:
        folder: Passable by others; PostgreSQL's user must reach what is in it.
        app: Another application than the checkout's.
        region: Where its site stands.
        umask: That of its commands; that of the tests when it is negative.
    """

    def __init__(
        self, folder: Path, app: Path | None = None, region: str = "us-east-1", *, umask: int = -1
    ) -> None:
        self.folder = folder
        self.app = app
        self.region = region
        self.umask = umask
        self._session = boto3.Session()
        self._clients: dict[tuple[str, str], Any] = {}
        self.state = folder / "state"
        self.work = folder / "work"
        self.env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "NESTCTL_ENV", "NESTCTL_TARGET", "FORCE_COLOR"))
        } | {
            "NESTCTL_STATE_DIR": str(self.state),
            "NESTCTL_WORK_DIR": str(self.work),
            "XDG_STATE_HOME": str(folder / "xdg-state"),
            "NO_COLOR": "1",
        }

    # ------------------------------------------------------------------ commands

    def argv(self, *words: str) -> list[str]:
        """Return the command line; the application goes to the commands that take one."""
        takes_app = self.app is not None and words[0] not in ("aws", "local")
        return [str(NESTCTL), *words, *(["--app", str(self.app)] if takes_app else [])]

    def nestctl(self, *words: str, status: int | None = 0, seconds: float = RUN_SECONDS) -> Done:
        """Run a command to its end; it must end with ``status``, unless that is ``None``."""
        argv = self.argv(*words)
        began = time.monotonic()
        ended = subprocess.run(
            argv,
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            umask=self.umask,
        )
        done = Done(tuple(argv), ended.returncode, ended.stdout, ended.stderr, time.monotonic() - began)
        assert status is None or done.status == status, str(done)
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command whose stderr the caller reads."""
        return subprocess.Popen(
            self.argv(*words),
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            umask=self.umask,
        )

    # ------------------------------------------------------------------ what is there

    @cached_property
    def endpoint(self) -> str:
        """Where this world's AWS answers; its port is remembered, whatever is stopped and started."""
        return str(self.nestctl("local", "env", "--json").data["AWS_ENDPOINT_URL"])

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client of this world's AWS, with the rights of its owner; each is made once."""
        place = service, region or self.region
        if place not in self._clients:
            self._clients[place] = self._session.client(  # type: ignore[call-overload]
                service,
                endpoint_url=self.endpoint,
                region_name=place[1],
                aws_access_key_id="TESTTESTTESTTESTTEST",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}),
            )
        return self._clients[place]

    def calls(self, since: int) -> dict[str, Any]:
        """Return the API calls after number ``since``, and the number of the last one."""
        answer = patient.get(f"{self.endpoint}/_local/calls", params={"since": since}, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def parameters(self, path: str) -> dict[str, str]:
        """Return the decrypted parameters below a path, by their last part."""
        pages = (
            self.client("ssm")
            .get_paginator("get_parameters_by_path")
            .paginate(Path=path, WithDecryption=True)
        )
        return {
            item["Name"].removeprefix(path): item["Value"] for page in pages for item in page["Parameters"]
        }

    def database(self, path: str) -> psycopg.Connection[Any]:
        """Connect to the site's database as its functions do."""
        values = self.parameters(path)
        return psycopg.connect(
            host=values["DJANGO_DB_HOST"],
            port=values["DJANGO_DB_PORT"],
            dbname=values["DJANGO_DB_NAME"],
            user=values["DJANGO_DB_USER"],
            password=values["DJANGO_DB_PASSWORD"],
            sslmode="verify-full",
            sslrootcert=str(self.state / "ca" / "bundle.pem"),
            autocommit=True,
        )

    def processes(self) -> list[psutil.Process]:
        """Return the processes whose command line or environment names this world's folder."""
        return list(self._processes())

    def _processes(self) -> Iterator[psutil.Process]:
        name = str(self.folder)
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                words = [*process.cmdline(), process.cwd(), *process.environ().values()]
                if process.pid != os.getpid() and any(name in word for word in words):
                    yield process

    # ------------------------------------------------------------------ the end

    def close(self) -> None:
        """Stop the cloud, end what is left of this world, and remove its files."""
        with suppress(subprocess.TimeoutExpired):
            self.nestctl("local", "stop", status=None, seconds=STOP_SECONDS)
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.app is not None:
            shutil.rmtree(builds_of(self.app), ignore_errors=True)


def builds_of(app: Path) -> Path:
    """Return where nestctl keeps the builds of an application."""
    return CACHE / "builds" / hashlib.sha256(str(app).encode()).hexdigest()[:8]


def copy_app(to: Path, python: str | None = None) -> Path:
    """Copy the checkout's application, without what was built, and return the copy.

    Args:
        to: The copy's folder.
        python: The Python that its function shall run on; none means what nestctl takes by itself.
    """
    made = shutil.ignore_patterns(
        ".venv",
        "node_modules",
        ".next",
        "__pycache__",
        "*.dump",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
    )
    for name in ("backend", "frontend", "docker"):
        shutil.copytree(CHECKOUT / name, to / name, ignore=made)
    text = (CHECKOUT / "nest.toml").read_text(encoding="utf-8")
    (to / "nest.toml").write_text(with_python(text, python), encoding="utf-8")
    return to


def with_python(manifest: str, python: str | None) -> str:
    """Return a manifest whose function runs on this Python; none means what nestctl takes by itself."""
    if not python:
        return manifest
    changed = manifest.replace("[backend]", f'[backend]\npython = "{python}"', 1)
    assert changed.count("\npython = ") == 1
    return changed


def steps_of(data: dict[str, Any]) -> dict[str, str]:
    """Return each step's outcome."""
    return {step["step"]: step["outcome"] for step in data["steps"]}
