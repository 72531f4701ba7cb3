"""Where the backend's function will stand: the packaging template fills it in from the root's outputs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEMPLATE = "zappa_settings.template.json"

PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Placement:
    """Outputs that say where something stands which Terraform does not make.

    Attributes:
        subnets: Outputs with ids of subnets.
        groups: Outputs with ids of security groups.
    """

    subnets: tuple[str, ...]
    groups: tuple[str, ...]


TASKS = Placement(("private_subnet_ids",), ("ecs_security_group_id",))
"""Where the backend's tasks are run by hand and by a deployment."""


def placement(folder: Path, environment: str) -> Placement | None:
    """Return where the template of a backend's folder puts the function; nothing when that is in no VPC."""
    settings = json.loads((folder / TEMPLATE).read_text(encoding="utf-8"))
    config = _inherited(settings, environment).get("vpc_config") or {}
    subnets, groups = _outputs(config.get("SubnetIds")), _outputs(config.get("SecurityGroupIds"))
    return Placement(subnets, groups) if subnets and groups else None


def _inherited(settings: dict[str, Any], name: str) -> dict[str, Any]:
    own: dict[str, Any] = settings.get(name) or {}
    parent = own.get("extends")
    return {**_inherited(settings, parent), **own} if parent else own


def _outputs(value: object) -> tuple[str, ...]:
    return tuple(PLACEHOLDER.findall(json.dumps(value)))
