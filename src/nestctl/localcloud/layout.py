"""Where the local cloud keeps what it remembers."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestctl.settings.paths import home as home_folder

ACCOUNT_ID = "000000000000"
REGION = "us-east-1"
PROFILE = "nest-local"
ACCESS_KEY_ID = "LOCALNEST00000000000"
OWN_KEY_ID = "LOCALNEST00000000001"
"""With which the local cloud calls its own API, where AWS would look at its own tables."""

SECRET_ACCESS_KEY = "local-only-not-a-secret"  # noqa: S105 - opens nothing but this machine's loopback
SYSTEM_STATE_HOME = Path("/var/lib")


def of_region(name: str, region: str) -> str:
    """Return a name that is unique in its region as one that is unique in the cloud."""
    return name if region == REGION else f"{region}/{name}"


@dataclass(frozen=True)
class Layout:
    """Paths under one state folder."""

    root: Path

    @property
    def memory(self) -> Path:
        """Ports and other choices that a restart keeps."""
        return self.root / "cloud.json"

    @property
    def running(self) -> Path:
        """What the running supervisor says of itself."""
        return self.root / "supervisor.json"

    @property
    def children(self) -> Path:
        """Processes the supervisor started."""
        return self.root / "children.json"

    @property
    def start_lock(self) -> Path:
        """Held while a start or stop is under way."""
        return self.root / "start.lock"

    @property
    def life_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.root / "supervisor.lock"

    @property
    def log(self) -> Path:
        """The supervisor's log, one per start."""
        return self.root / "logs" / "cloud.log"

    @property
    def emulator(self) -> Path:
        """State files of the emulator."""
        return self.root / "emulator"

    @property
    def objects(self) -> Path:
        """S3 objects."""
        return self.root / "s3"

    @property
    def corrections(self) -> Path:
        """State of our own corrections, a file per service."""
        return self.root / "corrections"

    @property
    def aws_config(self) -> Path:
        """AWS config file of profile ``nest-local``."""
        return self.root / "aws" / "config"

    @property
    def aws_credentials(self) -> Path:
        """AWS credentials file of profile ``nest-local``."""
        return self.root / "aws" / "credentials"

    @property
    def ca(self) -> Path:
        """The local certificate authority."""
        return self.root / "ca"

    def prepare(self) -> None:
        """Make the folders. As root the state folder lets others pass through, for PostgreSQL's own user."""
        passable = 0o711 if os.geteuid() == 0 else 0o700
        # Under a narrow umask the folders above it would be closed to PostgreSQL's user.
        new = [folder for folder in (self.root, *self.root.parents) if not folder.exists()]
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.root, *new):
            folder.chmod(passable)
        for folder in (
            self.log.parent,
            self.emulator,
            self.objects,
            self.corrections,
            self.aws_config.parent,
        ):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.ca.mkdir(mode=0o755, exist_ok=True)
        self.ca.chmod(0o755)


def default_state_dir(checkout: Path) -> Path:
    """The state folder of a checkout.

    Args:
        checkout: The project's folder; its path and name tell the clouds of one machine apart.

    Returns:
        ``NESTCTL_STATE_DIR`` when it is set, else ``$XDG_STATE_HOME/nestctl/<name>-<hash>``. As root, when
        another user could not pass through that folder, ``/var/lib/nestctl/<name>-<hash>``: PostgreSQL
        refuses to run as root.
    """
    named = os.environ.get("NESTCTL_STATE_DIR")
    if named:
        return Path(named)
    checkout = checkout.resolve()
    name = f"{checkout.name}-{hashlib.sha256(str(checkout).encode()).hexdigest()[:8]}"
    home = Path(os.environ.get("XDG_STATE_HOME") or home_folder() / ".local" / "state")
    folder = home / "nestctl" / name
    if os.geteuid() == 0 and not passable_by_others(folder):
        return SYSTEM_STATE_HOME / "nestctl" / name
    return folder


def passable_by_others(folder: Path) -> bool:
    """Whether any user may pass through every existing folder above ``folder``."""
    return all(parent.stat().st_mode & 0o001 for parent in folder.resolve().parents if parent.exists())


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty when the file is missing or unreadable."""
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write_private(path: Path, data: bytes | str, *, mode: int = 0o600) -> None:
    """Replace a file in one step, so that a crash leaves the old content or the new."""
    raw = data.encode() if isinstance(data, str) else data
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, data: Any) -> None:
    """Replace a JSON file in one step; only its owner may read it."""
    write_private(path, json.dumps(data, indent=1, sort_keys=True))
