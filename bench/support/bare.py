"""Terraform by itself, on the roots that nestctl works on and with the variables that it gives them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.support.clouds import Cloud, run
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform.binary import find_terraform
from nestctl.terraform.mirror import cli_config

ENVIRONMENT = "staging"
ROOTS = ("state", "bootstrap", ENVIRONMENT)
PROJECT = "nest"

PROFILES = {
    "state": f"{PROJECT}-state",
    "bootstrap": f"{PROJECT}-bootstrap",
    ENVIRONMENT: f"{PROJECT}-{ENVIRONMENT}",
}
"""The profiles through which the manual, and so nestctl, runs Terraform."""


def data_folder(cloud: Cloud, root: str) -> Path:
    """Return Terraform's data folder of a root that nestctl has worked on."""
    return cloud.work / f"local-{ENVIRONMENT}" / "terraform" / root


def variables(cloud: Cloud, root: str) -> dict[str, Any]:
    """Return the variables that nestctl gave a root last."""
    text = (data_folder(cloud, root) / "nestctl.tfvars.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@dataclass(frozen=True)
class Terraform:
    """Terraform in one folder, with one data folder and one identity."""

    folder: Path
    data: Path
    environ: dict[str, str]

    def run(self, *words: str, good: tuple[int, ...] = (0,)) -> float:
        """Run a subcommand and return how many seconds it took."""
        argv = [str(find_terraform().path), f"-chdir={self.folder}", *words]
        config = cli_config(self.data)
        env = {
            **self.environ,
            **({"TF_CLI_CONFIG_FILE": str(config)} if config else {}),
            "TF_DATA_DIR": str(self.data),
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
        }
        began = time.perf_counter()
        run(argv, env, self.folder, good=good)
        return time.perf_counter() - began


def as_nestctl_left_it(cloud: Cloud, root: str) -> Terraform:
    """Return Terraform with the folders, backend and profile of nestctl's own last run."""
    view = cloud.work / f"local-{ENVIRONMENT}" / "roots" / root
    folder = view if root == "state" else INFRASTRUCTURE / root
    return Terraform(folder, data_folder(cloud, root), cloud.variables(PROFILES[root]))
