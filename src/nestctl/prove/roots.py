"""The roots of an environment as a first deployment would plan them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nestctl.prove import offline
from nestctl.prove.plan import Plan
from nestctl.settings.resolve import Settings

EXTERNAL_ID = "0123456789abcdef" * 4
"""Stands for the external id of the role, which a deployment makes at random."""

RELEASE = "release"
"""Stands for the tag of both images."""


def names(settings: Settings) -> tuple[str, ...]:
    """Return the roots of an environment, in the order of their applies."""
    return ("state", "bootstrap", settings.environment)


def variables(settings: Settings, root: str) -> dict[str, Any]:
    """Return the variables that a run gives a root once everything is deployed."""
    common = {"aws_region": settings.region.value, "project_name": settings.project}
    match root:
        case "state":
            return {**common, "environments": sorted(settings.manifest.environments)}
        case "bootstrap":
            return {**common, "environment": settings.environment, "aws_role_external_id": EXTERNAL_ID}
        case _:
            return {
                **common,
                "environment": settings.environment,
                "domain_name": settings.domain.value,
                "application": settings.manifest.application(),
                "backend_image_tag": RELEASE,
                "frontend_image_tag": RELEASE,
                "lambda_function_name": settings.stack,
                **settings.sizes,
            }


class Plans:
    """Plans the roots of an environment, each at most once for the same variables.

    Args:
        settings: Says which environment, and what its manifest describes.
        overrides: Variables that go before the environment's own, from ``--var-file``.
        tell: Told what happens.
    """

    def __init__(
        self,
        settings: Settings,
        overrides: Mapping[str, Any] | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.settings = settings
        self.overrides = dict(overrides or {})
        self.tell = tell
        self._plans: dict[str, Plan] = {}

    @property
    def work(self) -> Path:
        """Folder for Terraform's data and logs."""
        return self.settings.work / "prove"

    def plan(self, root: str, **changed: Any) -> Plan:
        """Return the plan of a root.

        Args:
            root: ``state``, ``bootstrap`` or the environment.
            changed: Variables with other values than the environment's, for a what-if.

        Raises:
            NestctlError: It cannot be planned.
        """
        values = {**variables(self.settings, root), **changed}
        if root == self.settings.environment:
            values = {**values, **self.overrides, **changed}
        key = f"{root}{sorted(values.items(), key=str)}"
        if key not in self._plans:
            self._plans[key] = offline.plan(root, values, self.work, tell=self.tell)
        return self._plans[key]

    def environment(self, **changed: Any) -> Plan:
        """Return the plan of the environment's own root."""
        return self.plan(self.settings.environment, **changed)
