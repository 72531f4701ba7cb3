"""Finds the AWS provider without a download where the machine has it, and tells Terraform so."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nestctl.settings.paths import home as home_folder

REGISTRY = "registry.terraform.io"
"""Host of the public registry; a mirror is a folder that holds a folder of this name."""

PROVIDER = Path(REGISTRY) / "hashicorp" / "aws"


def implied_folders() -> Iterator[Path]:
    """Yield the folders that Terraform searches by itself (its docs: "Implied Local Mirror Directories")."""
    home = home_folder()
    if sys.platform == "darwin":
        yield home / ".terraform.d" / "plugins"
        yield home / "Library" / "Application Support" / "io.terraform" / "plugins"
        yield Path("/Library/Application Support/io.terraform/plugins")
        return
    yield home / ".terraform.d" / "plugins"
    data_home = os.environ.get("XDG_DATA_HOME")
    yield (Path(data_home) if data_home else home / ".local" / "share") / "terraform" / "plugins"
    for entry in (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":"):
        if entry:
            yield Path(entry) / "terraform" / "plugins"


def optional_folders() -> Iterator[Path]:
    """Yield the folders one level below the system's prefixes for optional software."""
    for prefix in (Path("/opt"), Path("/usr/local/lib"), Path("/usr/local/share"), Path("/srv")):
        try:
            yield from sorted(entry for entry in prefix.iterdir() if entry.is_dir())
        except OSError:
            continue


def find_mirror() -> Path | None:
    """Return a folder that holds the AWS provider, ``None`` when Terraform has to download it."""
    named = os.environ.get("NESTCTL_PROVIDER_MIRROR")
    candidates = [Path(named)] if named else [*implied_folders(), *optional_folders()]
    for folder in candidates:
        # Another user's folder may not even be looked at.
        with contextlib.suppress(OSError):
            if (folder / PROVIDER).is_dir():
                return folder
    return None


def cli_config(folder: Path) -> Path | None:
    """Return a CLI configuration file for Terraform, ``None`` when the user's own is to be used.

    A configuration that the user named in ``TF_CLI_CONFIG_FILE``, or keeps in the home folder, is left
    alone when it says itself where providers come from.

    Args:
        folder: Where the file is written when one is needed.
    """
    named = os.environ.get("TF_CLI_CONFIG_FILE") or os.environ.get("TERRAFORM_CONFIG")
    own = Path(named) if named else home_folder() / ".terraformrc"
    rules = _text(own)
    if "provider_installation" in rules:
        return None
    mirror = find_mirror()
    if mirror is None:
        text = "provider_installation {\n  direct {}\n}\n"
    else:
        place = str(mirror).replace("\\", "\\\\")
        text = (
            "provider_installation {\n"
            f'  filesystem_mirror {{\n    path    = "{place}"\n'
            f'    include = ["{REGISTRY}/hashicorp/aws"]\n  }}\n'
            f'  direct {{\n    exclude = ["{REGISTRY}/hashicorp/aws"]\n  }}\n'
            "}\n"
        )
    if not mirror:
        text = rules + text
    path = folder / "terraform.rc"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path


def _text(path: Path) -> str:
    """Return what a file holds; nothing when it is not there or is not ours to read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
