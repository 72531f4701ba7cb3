"""Chapter 11: Next.js on Fargate runs the present release with the present parameters, which is recorded."""

from __future__ import annotations

from dataclasses import dataclass

from nestctl.aws import logs, parameters, services
from nestctl.report import NestctlError
from nestctl.report.words import agreed, counted
from nestctl.runbook import record, stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed


@dataclass(frozen=True)
class Frontend:
    """The service is steady, its tasks are newer than the parameters they read, the release is recorded."""

    name: str = "frontend"
    title: str = "the frontend on Fargate"
    needs: tuple[str, ...] = ("routes",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when the deployment has completed, no parameter has changed since, and the record says so."""
        tell("looking at the service")
        state = _state(context)
        if reason := _stale(context, state):
            return needed(reason, f"restart {stack.outputs(context)['frontend_service_name']}")
        if not state.steady:
            return needed(
                f"{state.running} of {counted(state.desired, 'task')} run", "wait until it is steady"
            )
        if not record.is_last(context):
            return needed("the release is not recorded yet", "record it")
        return done(
            f"{counted(state.running, 'task')} {agreed(state.running, 'runs', 'run')} {state.image_tag}"
        )

    def apply(self, context: Context, tell: Tell) -> str:
        """Wait for the running deployment, or restart where parameters changed, then wait."""
        values = stack.outputs(context)
        cluster, service = values["frontend_cluster_name"], values["frontend_service_name"]
        state = _state(context)
        if state.failed or _stale(context, state):
            tell("restarting the service")
            services.restart(context.deployer, cluster, service)
        state = services.wait_steady(
            context.deployer, cluster, service, logs.of_frontend(context.stack), tell
        )
        recorded = record.write(context)
        return f"{_running(state)}; it is release {recorded.number}"

    def verify(self, context: Context, tell: Tell) -> None:
        """Look again."""
        found = self.check(context, tell)
        if found.verdict != "done":
            raise NestctlError(
                "service-unsteady", "The frontend's service is not steady.", found.reason, "nestctl status"
            )


def _state(context: Context) -> services.Service:
    state = context.running.frontend()
    if state is None:
        raise NestctlError(
            "service-missing",
            f"There is no service {context.stack}-frontend-service.",
            "The step `platform` makes it.",
            "nestctl up --until platform",
        )
    return state


def _stale(context: Context, state: services.Service) -> str:
    declared = context.settings.manifest.parameters
    found = parameters.list_parameters(context.deployer, stack.outputs(context)["parameter_path"])
    newer = [
        name
        for name, parameter in declared.items()
        if "frontend" in parameter.services and found[name].modified > state.deployed
    ]
    return f"newer than its tasks: {', '.join(newer)}" if newer else ""


def _running(state: services.Service) -> str:
    return f"{counted(state.running, 'task')} {agreed(state.running, 'runs', 'run')} {state.image_tag}"
