"""Chapter 3: certificate, repositories and CDN first, so that nothing later waits for them."""

from __future__ import annotations

from dataclasses import dataclass

from nestctl.report import NestctlError
from nestctl.runbook import stack, standing
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed

WANTED = ("acm_certificate_arn", "backend_repository_url", "frontend_repository_url", "static_url")
"""Outputs that this small apply brings."""


@dataclass(frozen=True)
class Certificate:
    """A small apply of the environment's root: what images, builds and DNS need before the rest."""

    name: str = "certificate"
    title: str = "certificate, image repositories and CDN"
    needs: tuple[str, ...] = ("bootstrap",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when the root's outputs name all of it; later drift is the platform's to find."""
        tell("reading the outputs")
        found = stack.outputs(context)
        if found:
            standing.refuse_impossible_changes(context)
        absent = [name for name in WANTED if not found.get(name)]
        if absent:
            return needed(f"not there yet: {', '.join(absent)}", *(f"apply {a}" for a in stack.FOUNDATION))
        return done(f"certificate for {context.settings.domain.value}, CDN at {found['static_url']}")

    def apply(self, context: Context, tell: Tell) -> str:
        """Plan only these resources and apply that plan."""
        root = stack.foundation(context)
        return context.apply(root, context.plan(root, tell, targets=stack.FOUNDATION))

    def verify(self, context: Context, tell: Tell) -> None:
        """Ask for the outputs again."""
        tell("reading the outputs")
        found = stack.outputs(context)
        if absent := [name for name in WANTED if not found.get(name)]:
            raise NestctlError(
                "outputs-missing",
                f"infrastructure/{context.environment} lacks the outputs {', '.join(absent)}.",
                "The apply ended well, but did not bring them.",
                f"nestctl plan {context.environment}",
            )
