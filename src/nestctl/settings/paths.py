"""Where things lie: the tool's own checkout, its cache, and the work folder of a target and environment."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
"""The checkout that nestctl is installed from (an editable install by `make up`)."""

CACHE = CHECKOUT / ".cache"
"""What the installer and the builds put into the checkout; deleting it costs time only."""

WORK = Path(os.environ["NESTCTL_WORK_DIR"]) if "NESTCTL_WORK_DIR" in os.environ else CHECKOUT / ".nest"
"""Where runs put what they can make again; ``NESTCTL_WORK_DIR`` moves it."""

INFRASTRUCTURE = CHECKOUT / "infrastructure"
"""The Terraform roots and modules."""

MANIFEST = "nest.toml"
"""File name of the application's manifest."""


def home() -> Path:
    """Return the user's home; a folder of the checkout for one who has none, as users of containers may."""
    try:
        return Path.home()
    except RuntimeError:
        return CHECKOUT / ".nest" / "home"


def work_dir(app: Path, target: str, environment: str) -> Path:
    """Return the folder for Terraform's data, logs and builds of one target and environment.

    It holds nothing that a run could not make again: steps look at AWS, not at this folder.
    """
    name = "" if app == CHECKOUT else "-" + hashlib.sha256(str(app).encode()).hexdigest()[:8]
    return WORK / f"{target}-{environment}{name}"
