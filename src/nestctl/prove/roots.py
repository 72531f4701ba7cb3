"""The roots of an environment as a first deployment would plan them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
        (planned,) = self._planned(root, [changed])
        return planned

    def environment(self, **changed: Any) -> Plan:
        """Return the plan of the environment's own root."""
        return self.plan(self.settings.environment, **changed)

    def environments(self, *changes: Mapping[str, Any]) -> list[Plan]:
        """Return the plans of the environment's own root for several what-ifs, made in one run of Terraform.

        Raises:
            NestctlError: One of them cannot be planned.
        """
        return self._planned(self.settings.environment, changes)

    def _planned(self, root: str, changes: Sequence[Mapping[str, Any]]) -> list[Plan]:
        common = variables(self.settings, root)
        if root == self.settings.environment:
            common |= self.overrides
        keys = [f"{root}{sorted({**common, **changed}.items(), key=str)}" for changed in changes]
        missing = {key: c for key, c in zip(keys, changes, strict=True) if key not in self._plans}
        if missing:
            made = offline.plans(root, common, list(missing.values()), self.work, tell=self.tell)
            self._plans.update(zip(missing, made, strict=True))
        return [self._plans[key] for key in keys]
