"""Chapter 8: Django on Lambda. The new version answers before the alias moves to it."""

from __future__ import annotations

from dataclasses import dataclass

from nestctl.aws import functions
from nestctl.runbook import release
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed


@dataclass(frozen=True)
class Backend:
    """The alias ``live`` points at a version of the present release and parameters."""

    name: str = "backend"
    title: str = "the backend on Lambda"
    needs: tuple[str, ...] = ("migrate", "load")

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when the live version is of this release, configuration and parameters."""
        tell("looking at what is live")
        if reasons := release.outdated(context):
            return needed("; ".join(reasons), "package with Zappa, upload, publish, probe, move the alias")
        name = context.built.backend.release
        return done(f"release {name} is live", release=name)

    def apply(self, context: Context, tell: Tell) -> str:
        """Deploy the release."""
        version = release.deploy(context, tell)
        return f"version {version}, release {context.built.backend.release}, is live"

    def verify(self, context: Context, tell: Tell) -> None:
        """Ask what is live."""
        release.probe(context, functions.ALIAS, tell)
