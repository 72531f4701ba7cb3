"""One Terraform root on one backend: init, plan, apply of the saved plan only, outputs, destroy."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nestctl import process
from nestctl.report import NestctlError
from nestctl.settings.paths import CACHE
from nestctl.terraform import garbage
from nestctl.terraform.binary import find_terraform
from nestctl.terraform.messages import Applying, Diagnostic, Message, Planned, Summary, parse
from nestctl.terraform.mirror import cli_config, find_mirror

OnMessage = Callable[[Message], None]

PLUGINS = CACHE / "terraform-plugins"
"""Downloaded providers, where no mirror has them."""

FOREIGN = ("TF_LOG", "TF_CLI_ARGS", "TF_VAR_", "TF_WORKSPACE")
"""How variables of the user's begin that would change what Terraform does or says here."""

CHANGES = 2
"""Exit status of ``plan -detailed-exitcode`` when there is something to do."""


@dataclass(frozen=True)
class Plan:
    """A saved plan.

    Attributes:
        file: The plan file; it is removed once it was applied.
        changes: What it would do.
        empty: Whether resources and outputs stay as they are.
    """

    file: Path
    changes: tuple[Planned, ...]
    empty: bool

    def summary(self) -> str:
        """Return the counts in words."""
        if self.empty:
            return "no changes"
        counts = {"create": 0, "update": 0, "replace": 0, "delete": 0}
        for change in self.changes:
            if change.action in counts:
                counts[change.action] += 1
        words = [f"{number} to {action}" for action, number in counts.items() if number]
        return ", ".join(words) or "only outputs change"


@dataclass
class Root:
    """A root module, worked on with a data folder of its own so that targets and environments never meet.

    Attributes:
        name: ``state``, ``bootstrap``, ``staging``.
        folder: Its ``.tf`` files.
        data: Terraform's data folder, plan files and logs.
        environ: AWS variables of the identity that runs it.
        backend: ``-backend-config`` values; empty for local state.
        variables: Input variables, given in a file (never in argv).
        local_state: State file for a root whose backend does not exist yet.
    """

    name: str
    folder: Path
    data: Path
    environ: Mapping[str, str]
    backend: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    on_message: OnMessage | None = None

    @property
    def log(self) -> Path:
        """Where Terraform's own words go."""
        return self.data / "terraform.log"

    # ------------------------------------------------------------------ commands

    def init(self, *, migrate: bool = False) -> None:
        """Prepare the data folder; quick when nothing that matters has changed.

        Args:
            migrate: Move the state that the data folder knows into the configured backend.
        """
        wanted = self._fingerprint()
        stamp = self._stamp
        if not migrate and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return
        self.data.mkdir(parents=True, exist_ok=True)
        argv = ["init", "-input=false", "-no-color", "-lockfile=readonly"]
        if migrate:
            argv += ["-migrate-state", "-force-copy"]
        else:
            # -reconfigure alone keeps the record of an S3 backend where the root has none any more.
            (self.data / "terraform.tfstate").unlink(missing_ok=True)
            argv.append("-reconfigure")
        if self.backend:
            config = self.data / "terraform.tfbackend"
            config.write_text(_assignments(self.backend), encoding="utf-8")
            argv.append(f"-backend-config={config}")
        self._run(argv, f"terraform init of {self.name} failed.")
        stamp.write_text(wanted, encoding="utf-8")

    def plan(
        self, *, targets: Sequence[str] = (), destroy: bool = False, refresh: bool = True, name: str = "plan"
    ) -> Plan:
        """Plan and save the plan.

        Raises:
            NestctlError: ``terraform-plan`` with Terraform's diagnostics.
        """
        self.init()
        file = self.data / f"{name}.tfplan"
        argv = ["plan", "-json", "-input=false", "-detailed-exitcode", f"-out={file}", *self._var_file()]
        argv += [f"-target={address}" for address in targets]
        argv += ["-destroy"] * destroy + ["-refresh=false"] * (not refresh)
        status, messages = self._stream(argv)
        return self._planned(file, status, messages)

    def look(self, *, targets: Sequence[str] = ()) -> Plan:
        """Plan without a lock and without a file: whoever changes the same state meanwhile is not disturbed.

        Raises:
            NestctlError: ``terraform-plan`` with Terraform's diagnostics.
        """
        self.init()
        argv = ["plan", "-json", "-input=false", "-detailed-exitcode", "-lock=false", *self._var_file("look")]
        argv += [f"-target={address}" for address in targets]
        status, messages = self._stream(argv)
        return self._planned(self.data / "look.tfplan", status, messages)

    def _planned(self, file: Path, status: int, messages: Sequence[Message]) -> Plan:
        if status not in (0, CHANGES):
            file.unlink(missing_ok=True)
            raise self._failure("terraform-plan", "plan", messages)
        # Terraform announces a change twice: when it finds it and in the list at the end.
        planned = dict.fromkeys(m for m in messages if isinstance(m, Planned))
        changes = tuple(m for m in planned if m.action not in ("read", "no-op"))
        if status == 0:
            file.unlink(missing_ok=True)
        return Plan(file, changes, empty=status == 0)

    def apply(self, plan: Plan) -> Summary:
        """Apply exactly the saved plan and remove it.

        Raises:
            NestctlError: ``terraform-apply`` with Terraform's diagnostics.
        """
        if plan.empty:
            plan.file.unlink(missing_ok=True)
            return Summary("apply", 0, 0, 0)
        try:
            status, messages = self._stream(["apply", "-json", "-input=false", str(plan.file)])
        finally:
            plan.file.unlink(missing_ok=True)
        if status != 0:
            raise self._failure("terraform-apply", "apply", messages)
        summaries = [m for m in messages if isinstance(m, Summary)]
        return summaries[-1] if summaries else Summary("apply", 0, 0, 0)

    def outputs(self) -> dict[str, Any]:
        """Return the outputs by name; empty before the first apply."""
        self.init()
        text = self._run(["output", "-json", "-no-color"], f"terraform output of {self.name} failed.")
        return {name: output["value"] for name, output in json.loads(text).items()}

    def show(self, plan: Plan) -> dict[str, Any]:
        """Return the saved plan as Terraform's JSON plan representation."""
        text = self._run(["show", "-json", str(plan.file)], f"terraform show of {self.name} failed.")
        loaded: dict[str, Any] = json.loads(text)
        return loaded

    def force_unlock(self, lock_id: str) -> None:
        """Remove a state lock whose holder is dead."""
        self.init()
        self._run(["force-unlock", "-force", lock_id], f"The stale lock of {self.name} could not be removed.")

    def pull(self) -> dict[str, Any]:
        """Return the state; empty when there is none."""
        self.init()
        what = f"The state of {self.name} could not be read."
        text = self._run(["state", "pull"], what, logs_stdout=False)
        loaded: dict[str, Any] = json.loads(text) if text.strip() else {}
        return loaded

    def push(self, state: Mapping[str, Any]) -> None:
        """Write a state, under its lock; Terraform refuses one that is not newer than what is there."""
        self.init()
        file = self.data / "push.tfstate"
        file.write_text(json.dumps(state), encoding="utf-8")
        try:
            self._run(["state", "push", str(file)], f"The state of {self.name} could not be written.")
        finally:
            file.unlink(missing_ok=True)

    def untaint(self, address: str) -> None:
        """Forget that a resource was being made when Terraform was interrupted."""
        self.init()
        self._run(["untaint", "-no-color", address], f"{address} of {self.name} could not be kept.")

    def forget(self, addresses: Sequence[str]) -> None:
        """Take resources out of the state, and leave what they stand for as it is."""
        self.init()
        argv = ["state", "rm", *addresses]
        self._run(argv, f"{', '.join(addresses)} of {self.name} could not be taken out of the state.")

    def environment(self) -> dict[str, str]:
        """Return the whole environment that Terraform runs with."""
        env = {**os.environ, **self.environ}
        env.update(garbage.settings(env))
        env.update(
            TF_DATA_DIR=str(self.data),
            TF_IN_AUTOMATION="1",
            TF_INPUT="0",
            CHECKPOINT_DISABLE="1",
        )
        if find_mirror() is None and "TF_PLUGIN_CACHE_DIR" not in env:
            # The provider takes 0.7 GB: once for all roots.
            PLUGINS.mkdir(parents=True, exist_ok=True)
            env["TF_PLUGIN_CACHE_DIR"] = str(PLUGINS)
        config = cli_config(self.data)
        if config is not None:
            env["TF_CLI_CONFIG_FILE"] = str(config)
        for name in [name for name in env if name.startswith(FOREIGN)]:
            del env[name]
        if "AWS_PROFILE" in self.environ:
            # Keys in the environment would win over the profile.
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
                env.pop(name, None)
        return env

    # ------------------------------------------------------------------ inside

    def _fingerprint(self) -> str:
        """Return a digest of all that makes another `init` necessary: backend, providers, module calls."""
        digest = hashlib.sha256()
        digest.update(_assignments(self.backend).encode())
        digest.update(find_terraform().version.encode())
        lock = self.folder / ".terraform.lock.hcl"
        digest.update(lock.read_bytes() if lock.is_file() else b"")
        modules = self.folder.parent / "modules"
        for path in [*sorted(self.folder.glob("*.tf")), *sorted(modules.rglob("*.tf"))]:
            for line in path.read_text(encoding="utf-8").splitlines():
                if re.match(r"\s*(source|version|backend|required_version)\b", line):
                    digest.update(f"{path}:{line}\n".encode())
        return digest.hexdigest()

    @property
    def _stamp(self) -> Path:
        return self.data / "initialised"

    def _var_file(self, name: str = "nestctl") -> list[str]:
        if not self.variables:
            return []
        file = self.data / f"{name}.tfvars.json"
        file.write_text(json.dumps(self.variables, indent=2), encoding="utf-8")
        return [f"-var-file={file}"]

    def _argv(self, argv: Sequence[str]) -> list[str]:
        return [str(find_terraform().path), f"-chdir={self.folder}", *argv]

    def _run(self, argv: Sequence[str], what: str, *, logs_stdout: bool = True) -> str:
        return process.run(
            self._argv(argv),
            cwd=self.folder,
            env=self.environment(),
            log=self.log,
            code="terraform-" + argv[0],
            what=what,
            next_="Do what Terraform says above, then run the same command again.",
            logs_stdout=logs_stdout,
        )

    def _stream(self, argv: Sequence[str]) -> tuple[int, list[Message]]:
        messages: list[Message] = []
        with process.program(
            self._argv(argv), cwd=self.folder, env=self.environment(), log=self.log
        ) as running:
            for message in parse(running.lines()):
                messages.append(message)
                if self.on_message:
                    self.on_message(message)
            status = running.finish()
        return status, messages

    def _failure(self, code: str, verb: str, messages: Sequence[Message]) -> NestctlError:
        errors = [m for m in messages if isinstance(m, Diagnostic) and m.severity == "error"]
        errored = [m.address for m in messages if isinstance(m, Applying) and m.phase == "errored"]
        why = "\n".join(str(error) for error in errors) or process.tail(self.log)
        if "terraform init" in why:
            self._stamp.unlink(missing_ok=True)
        return NestctlError(
            code,
            f"terraform {verb} of {self.name} failed" + (f" at {', '.join(errored)}." if errored else "."),
            f"{why}\n(all of it: {self.log})",
            "Correct the cause and run the same command again; it goes on where it stopped.",
        )


def _assignments(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
