"""Chapter 9: load balancer and function URL lead to the function, and the frontend gets its release."""

from __future__ import annotations

from dataclasses import dataclass

from nestctl.aws import functions, logs, services
from nestctl.report import NestctlError
from nestctl.runbook import release, stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed


@dataclass(frozen=True)
class Routes:
    """The environment's root once more, with the function's name and the frontend's release."""

    name: str = "routes"
    title: str = "routes to the function, release of the frontend"
    needs: tuple[str, ...] = ("backend",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when a plan with the present releases is empty and the function knows its parameters."""
        tell("planning")
        plan = context.plan(stack.root(context, released=True), tell)
        if not plan.empty:
            return needed(plan.summary(), *(f"{c.action} {c.address}" for c in plan.changes))
        if not functions.url_is_permitted(context.deployer, context.function_name):
            return needed("nobody may call the function's URL", "permit it")
        if reasons := release.outdated(context):
            return needed("; ".join(reasons), "publish a version that reads the new parameters")
        return done("load balancer and function URL lead to the function")

    def apply(self, context: Context, tell: Tell) -> str:
        """Apply; where that changed parameters, publish a version that reads them."""
        root = stack.root(context, released=True)
        plan = context.plan(root, tell)
        counts = context.apply(root, plan) if not plan.empty else "nothing to apply"
        functions.permit_url(context.deployer, context.function_name)
        if release.outdated(context):
            counts += f"; version {release.deploy(context, tell)} reads the new parameters"
        return counts

    def verify(self, context: Context, tell: Tell) -> None:
        """There must be a function URL, and nothing left to do."""
        if not stack.outputs(context).get("lambda_function_url"):
            raise NestctlError(
                "function-url-missing",
                "There is no function URL after the apply.",
                "The output lambda_function_url is empty.",
                f"nestctl plan {context.environment}",
            )
        if not functions.url_is_permitted(context.deployer, context.function_name):
            raise NestctlError(
                "function-url-denied",
                f"The policy of {context.function_name} lets nobody call its URL.",
                f"The statement {functions.URL_STATEMENT} was added, and is not there.",
                "Run the same command again.",
            )
        tell("planning again")
        plan = context.plan(stack.root(context, released=True), tell)
        if not plan.empty:
            if rolled_back := _rolled_back(context):
                raise rolled_back
            raise NestctlError(
                "plan-not-empty",
                f"A plan of infrastructure/{context.environment} is not empty right after its apply.",
                "\n".join(f"{change.action} {change.address}" for change in plan.changes),
                f"nestctl plan {context.environment}",
            )


def _rolled_back(context: Context) -> NestctlError | None:
    """Return why the frontend runs another release than it was just given; ``None`` when it runs it."""
    state = context.running.frontend()
    if state is None or state.image_tag == stack.frontend_image(context):
        return None
    name = stack.outputs(context)["frontend_service_name"]
    return services.failure(name, state, logs.of_frontend(context.stack))
