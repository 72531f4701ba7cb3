"""Chapter 0: what the machine and the application must have before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from nestctl.doctor import Finding, examine
from nestctl.runbook import neighbours
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done


@dataclass(frozen=True)
class Doctor:
    """Looks at machine and application; it has nothing to do, so it is done or it fails."""

    name: str = "doctor"
    title: str = "the machine has what it takes"
    needs: tuple[str, ...] = ()

    def check(self, context: Context, tell: Tell) -> Check:
        """Look at everything, unless the command has before it started anything; then at the account."""
        findings = [
            *(context.examined or examine(context.settings, tell, plan=not context.read_only)),
            account(context, tell),
        ]
        told = ", ".join(f"{finding.name} {finding.value}" for finding in findings[:4])
        return done(told, **{finding.name: finding.value for finding in findings})

    def apply(self, context: Context, tell: Tell) -> str:  # noqa: ARG002 - a step's signature
        """Nothing: the doctor only looks."""
        return "nothing to do"

    def verify(self, context: Context, tell: Tell) -> None:
        """Nothing beyond the check."""


def account(context: Context, tell: Tell) -> Finding:
    """Return the account that answers.

    Raises:
        NestctlError: ``project-alike``: a project is there that this one would get in the way of.
    """
    tell("looking at: account")
    neighbours.refuse_alike(context)
    return Finding("account", context.caller.account_id)
