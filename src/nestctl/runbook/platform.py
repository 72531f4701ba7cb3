"""Chapter 5: everything that AWS runs, from the network to the frontend's service."""

from __future__ import annotations

from dataclasses import dataclass

from nestctl.report import NestctlError
from nestctl.runbook import stack, standing
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed


@dataclass(frozen=True)
class Platform:
    """The environment's root, with the frontend as it runs now."""

    name: str = "platform"
    title: str = "network, database, cache, load balancer, clusters"
    needs: tuple[str, ...] = ("images", "validation")

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when a plan is empty."""
        standing.wait_until_settled(context, tell)
        tell("planning")
        plan = context.plan(stack.root(context, released=False), tell)
        if plan.empty:
            return done(f"infrastructure/{context.environment} is as written")
        return needed(plan.summary(), *(f"{c.action} {c.address}" for c in plan.changes))

    def apply(self, context: Context, tell: Tell) -> str:
        """Apply the plan that the check showed."""
        root = stack.root(context, released=False)
        return context.apply(root, context.plan(root, tell))

    def verify(self, context: Context, tell: Tell) -> None:
        """Everything that later steps read must be among the outputs."""
        tell("reading the outputs")
        found = stack.outputs(context)
        wanted = ("vpc_id", "alb_dns_name", "database_endpoint", "tasks_cluster_name", "lambda_role_arn")
        if absent := [name for name in wanted if not found.get(name)]:
            raise NestctlError(
                "outputs-missing",
                f"infrastructure/{context.environment} lacks the outputs {', '.join(absent)}.",
                "The apply ended well, but did not bring them.",
                f"nestctl plan {context.environment}",
            )
