"""What all steps of a run share: settings, target, AWS identities, Terraform roots, what was looked up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from nestctl.aws import parameters, s3
from nestctl.aws.session import Aws
from nestctl.build import workplace
from nestctl.doctor import Finding
from nestctl.releases.built import Built
from nestctl.releases.running import Running
from nestctl.report import NestctlError, Note, Progress, Reporter
from nestctl.report.redaction import learn
from nestctl.report.words import agreed, counted
from nestctl.runbook import adopt, removals
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.settings.resolve import Settings
from nestctl.settings.variables import declared
from nestctl.targets.base import Target
from nestctl.terraform import locks, write_only
from nestctl.terraform.applies import Applies, short
from nestctl.terraform.messages import Applying, Message, Refreshing, Summary
from nestctl.terraform.root import Plan, Root

STATE_KEY = "terraform.tfstate"
"""Key of every state in its bucket, as the manual writes it."""

SUFFIX_DIGITS = 8
"""Must be what infrastructure/ uses: substr(sha256("account/region/project/environment"), 0, 8)."""


def suffix(account: str, region: str, project: str, environment: str) -> str:
    """Return the suffix of the globally unique names of an environment."""
    parts = (account, region, project, environment)
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:SUFFIX_DIGITS]


class Context:
    """Shared by the steps of one run; it caches what was read, never what was decided.

    Args:
        settings: What the run was asked for.
        target: Which AWS.
        reporter: Told what happens.
        read_only: Only look: plans take no lock, take nothing over, and leave no file, so that a run beside
            this one is not disturbed.
        patience: Seconds to wait for what people do, such as DNS records; ``None`` for a while that depends
            on whether somebody watches.
        examined: What the doctor found good before AWS was asked; empty when nobody looked.
    """

    def __init__(
        self,
        settings: Settings,
        target: Target,
        reporter: Reporter,
        *,
        read_only: bool = False,
        patience: float | None = None,
        examined: Sequence[Finding] = (),
    ) -> None:
        self.read_only = read_only
        self.patience = patience
        self.examined = examined
        self.settings = settings
        self.target = target
        self.reporter = reporter
        self.caller = Aws(target.region)
        declared = settings.manifest.parameters
        parameters.may_be_shown(name for name, entry in declared.items() if entry.kind == "plain")
        self._outputs: dict[str, dict[str, Any]] = {}
        self._plans: dict[str, Plan] = {}
        self._viewed: dict[Path, Root] = {}
        self._checked: set[str] = set()
        self._applying = Applies(0)

    # ------------------------------------------------------------------ names

    @property
    def environment(self) -> str:
        """Name of the environment."""
        return self.settings.environment

    @property
    def project(self) -> str:
        """Name of the project."""
        return self.settings.project

    @property
    def stack(self) -> str:
        """``nest-staging``."""
        return self.settings.stack

    @property
    def parameter_path(self) -> str:
        """Where the application's parameters lie, before the outputs tell: ``/nest/staging/``."""
        return f"/{self.project}/{self.environment}/"

    @property
    def function_name(self) -> str:
        """Zappa's name for the function: project and stage."""
        return self.stack

    @property
    def logs(self) -> Path:
        """Folder of the logs of builds and of Terraform."""
        return self.settings.work / "logs"

    @property
    def builds(self) -> Path:
        """Folder for the builds of this application; shared by its environments."""
        return workplace.builds(self.settings.app)

    @contextmanager
    def building(self) -> Iterator[Path]:
        """Hold the builds folder: environments and targets share it, and two runs may build at once."""
        with workplace.building(self.builds) as folder:
            yield folder

    def suffix(self, environment: str, region: str = "") -> str:
        """Return the suffix of globally unique names, of this region or another."""
        return suffix(self.caller.account_id, region or self.target.region, self.project, environment)

    def state_bucket(self, root: str, environment: str | None = None, region: str = "") -> str:
        """Return the bucket with the state of ``root``, of this environment and region or of others."""
        owner = "state" if root == "state" else environment or self.environment
        return f"{self.project}-state-{root}-{self.suffix(owner, region)}"

    def log(self, name: str) -> Path:
        """Return the log file for one kind of child program."""
        return self.logs / f"{name}.log"

    # ------------------------------------------------------------------ identities

    @cached_property
    def deployer(self) -> Aws:
        """The role ``<project>-<environment>-terraform``, assumed through its profile."""
        return Aws(self.target.region, self.stack)

    def profile_environment(self, profile: str) -> dict[str, str]:
        """Return the variables that make Terraform and Zappa use a profile and nothing else."""
        return {**self.target.environ, "AWS_PROFILE": profile, "AWS_REGION": self.target.region}

    # ------------------------------------------------------------------ Terraform

    def root(
        self,
        name: str,
        *,
        profile: str,
        variables: Mapping[str, Any],
        folder: Path | None = None,
        local: bool = False,
    ) -> Root:
        """Return the Terraform root ``name`` with these variables.

        Args:
            name: ``state``, ``bootstrap`` or the environment.
            profile: AWS profile that Terraform uses.
            variables: Input variables.
            folder: Where its files are, when not in infrastructure/.
            local: Keep the state in the data folder: the bucket does not exist yet.
        """
        data = self.settings.work / "terraform" / name
        backend: dict[str, Any] = {} if local else self.backend(name)
        return Root(
            name=name,
            folder=folder or INFRASTRUCTURE / name,
            data=data,
            environ=self.profile_environment(profile),
            backend=backend,
            variables=variables,
            on_message=self._on_message,
        )

    def backend(self, name: str) -> dict[str, Any]:
        """Return the backend configuration of a root."""
        return {
            "bucket": self.state_bucket(name),
            "key": STATE_KEY,
            "region": self.target.region,
            "use_lockfile": True,
        }

    def outputs(self, root: Root, *, fresh: bool = False) -> dict[str, Any]:
        """Return a root's outputs, read once between two applies."""
        if fresh or root.name not in self._outputs:
            self._check_state_of(root)
            # Terraform takes half a second of computing to say what stands in the state.
            written = self._state_of(root).get("outputs", {})
            values = {name: output["value"] for name, output in written.items()}
            self._outputs[root.name] = values if root.backend else root.outputs()
        return self._outputs[root.name]

    def plan(self, root: Root, tell: Callable[[str], None], targets: Sequence[str] = ()) -> Plan:
        """Plan a root, once for the same variables and targets between two applies."""
        text = f"{root.name}{sorted(root.variables.items(), key=str)}{targets}"
        key = hashlib.sha256(text.encode()).hexdigest()
        if key not in self._plans:
            self._check_state_of(root)
            look = self.read_only
            self._plans[key] = root.look(targets=targets) if look else self._saved(root, tell, targets)
            if lost := self._lost(root, self._plans[key]):
                self.note(removals.sentence(lost), warning=True)
        return self._plans[key]

    def _saved(self, root: Root, tell: Callable[[str], None], targets: Sequence[str]) -> Plan:
        self.free_state(root, tell)
        self.keep_values_unread(root)
        owner = self.deployer if root.name == self.environment else None
        viewed, plan, count = adopt.plan_and_adopt(
            self.caller, root, self.settings.work, targets, owner=owner
        )
        if count:
            made = counted(count, "thing")
            self.note(
                f"{made} that a killed run had made {agreed(count, 'is', 'are')} taken over into {root.name}"
            )
            self._viewed[plan.file] = viewed
        return plan

    def keep_values_unread(self, root: Root) -> None:
        """Mend what an interrupted apply has left: the next plan would read a secret into the state."""
        state = self._state_of(root)
        if not write_only.unnoted(state):
            return
        known = write_only.read_already(state)
        learn(*known.values())
        count = len(write_only.note(root)) - len(known)
        if count:
            self.note(f"the state of {root.name} was kept from reading {counted(count, 'secret')}")
        if known:
            self.note(
                f"the state of {root.name} held {counted(len(known), 'secret')}: {', '.join(sorted(known))}; "
                "it no longer does, but its earlier versions do: set other values",
                warning=True,
            )

    def _state_of(self, root: Root) -> dict[str, Any]:
        """Return a state that is kept in S3, in the format that ``check_state`` has found it to have."""
        text = root.backend and s3.read(self.caller, root.backend["bucket"], root.backend["key"])
        state: dict[str, Any] = json.loads(text) if text else {}
        return state

    def apply(self, root: Root, plan: Plan, *, keep_values: bool = True) -> str:
        """Apply a saved plan and forget what was read before it.

        Args:
            root: The root.
            plan: Its plan.
            keep_values: Refuse a plan that deletes a parameter whose value nobody could bring back.

        Raises:
            NestctlError: ``parameter-value-lost``, before anything is changed.
        """
        if keep_values and (lost := self._lost(root, plan)):
            plan.file.unlink(missing_ok=True)
            raise removals.refusal(lost, self.parameter_path)
        self._outputs.pop(root.name, None)
        self._plans.clear()
        self._applying = Applies(len(plan.changes))
        self.progress(f"applying {counted(len(plan.changes), 'change')} to {root.name}", 0.0)
        summary = self._viewed.pop(plan.file, root).apply(plan)
        return f"{summary.add} added, {summary.change} changed, {summary.remove} destroyed"

    def check_state(self, root: str) -> None:
        """Look once in a run whether a root's state is what the last run wrote: Terraform goes on from it.

        Raises:
            NestctlError: ``state-unusable`` or ``state-older``, with the version to bring back.
        """
        if root not in self._checked:
            from nestctl.runbook import state_versions

            state_versions.check(self, root)
            self._checked.add(root)

    def check_states(self) -> None:
        """Look at the states of all roots before anything is planned.

        Raises:
            NestctlError: As :meth:`check_state`; those of further roots are in its ``others``.
        """
        found = []
        for root in ("state", "bootstrap", self.environment):
            try:
                self.check_state(root)
            except NestctlError as error:
                found.append(error)
        if found:
            found[0].others = tuple(found[1:])
            raise found[0]

    def _check_state_of(self, root: Root) -> None:
        if root.backend:
            self.check_state(root.name)

    def _lost(self, root: Root, plan: Plan) -> list[str]:
        if root.name != self.environment:
            return []
        return removals.lost(self.deployer, plan, self.parameter_path)

    def free_state(self, root: Root, tell: Callable[[str], None]) -> None:
        """Wait for a Terraform that an interrupted run left behind, then remove the lock of a dead one.

        Raises:
            NestctlError: ``terraform-lock`` when the lock may belong to a living run elsewhere.
        """
        locks.wait_for_writers(root.data, tell)
        if not root.backend:
            return
        bucket, key = root.backend["bucket"], root.backend["key"] + ".tflock"
        text = s3.read(self.caller, bucket, key)
        if not text:
            return
        lock = locks.Lock.parse(text.decode())
        endpoint = self.target.environ.get("AWS_ENDPOINT_URL")
        if not lock.is_of_this_user_and_machine or locks.living(endpoint):
            raise locks.held_by_another(lock, root.name, f"s3://{bucket}/{key}")
        root.force_unlock(lock.id)
        self.note(f"removed the lock that a dead run left on the state of {root.name} ({lock.created})")

    def _on_message(self, message: Message) -> None:
        match message:
            case Applying():
                if self._applying.take(message):
                    self.progress(self._applying.words(), self._applying.share)
            case Refreshing(address):
                self.progress(f"reading {short(address)}")
            case Summary("plan"):
                self.progress(f"planned {counted(message.total, 'change')}")
            case _:
                pass

    # ------------------------------------------------------------------ releases

    @cached_property
    def built(self) -> Built:
        """What the sources make, for those who deploy it."""
        settings = self.settings
        declared_here = declared(INFRASTRUCTURE / self.environment)["cpu_architecture"].default
        architecture = settings.sizes.get("cpu_architecture") or declared_here
        return Built(settings.app, settings.manifest, self.builds, str(architecture))

    @property
    def running(self) -> Running:
        """What runs, for those who leave it as it is."""
        return Running(self.deployer, self.stack)

    # ------------------------------------------------------------------ telling

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Say what runs now."""
        self.reporter.emit(Progress(message, fraction))

    def note(self, message: str, *, warning: bool = False) -> None:
        """Say something the user should read whatever the outcome."""
        self.reporter.emit(Note(message, "warning" if warning else "info"))
