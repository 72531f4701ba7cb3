"""A story: every step of a run is struck in the middle of its work, and the next run goes on."""

from __future__ import annotations

import getpass
import json
import re
import signal
import socket
import subprocess
import threading
import time
import traceback
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil
import yesterday
from hostile import Proxy
from worlds import RUN_SECONDS, Done, World


@dataclass(frozen=True)
class Blow:
    """Where a run is struck.

    Attributes:
        step: The step.
        sign: Regular expression for the line of progress after which it is struck.
        pause: Seconds between that line and the blow.
        signal: What it is struck with.
    """

    step: str
    sign: str
    pause: float = 0.3
    signal: signal.Signals = signal.SIGKILL


BLOWS = (
    Blow("state", "creating ", 4),
    Blow("bootstrap", "creating ", 0),
    Blow("certificate", "creating ", 1),
    Blow("images", "building the frontend", 1),
    Blow("validation", "waiting for ACM", 0, signal.SIGINT),
    Blow("platform", "creating ", 1, signal.SIGINT),
    Blow("platform", r"creating \S*aws_db_instance", 2),
    Blow("secrets", "generating ", 0),
    Blow("migrate", r" is (pending|running)"),
    Blow("load", r" is (pending|running)"),
    Blow("backend", "publishing the version", 0),
    Blow("routes", "(creating|updating|destroying) "),
    Blow("index", r" is (pending|running)", 0),
    Blow("frontend", "restarting|tasks run", 0),
)
"""In the order of the steps, but for those that only look. What is over in a moment is struck at once."""

LOOKING = {"doctor", "domain", "smoke"}


@dataclass(frozen=True)
class Attempt:
    """A run that was to be struck.

    Attributes:
        blow: Where.
        struck: Whether it came to the sign before it ended.
        status: Its exit status, negative for a signal.
        stderr: What it said.
        seconds: How long it ran.
    """

    blow: Blow
    struck: bool
    status: int
    stderr: str
    seconds: float

    @property
    def midway(self) -> bool:
        """Whether the step had begun its work and not ended it."""
        ended = re.search(rf"^  [=+x] {self.blow.step} ", self.stderr, re.MULTILINE)
        return self.struck and ended is None


class Story:
    """Strikes one run after the other, in a thread of its own.

    Args:
        world: Where; nobody else uses it until the story is over.
        proxy: The world's way to other machines.
    """

    def __init__(self, world: World, proxy: Proxy) -> None:
        self.world = world
        self.proxy = proxy
        self.attempts: list[Attempt] = []
        self.plans: list[tuple[str, bytes]] = []
        self.whole: Done | None = None
        self.before: yesterday.Facts | None = None
        self.after: yesterday.Facts | None = None
        self.refusals: list[yesterday.Refusal] = []
        self.paused: Done | None = None
        self.wanted: list[dict[str, str]] = []
        self.settled: Done | None = None
        self.failure = ""
        self._abandoned = False
        self._thread = threading.Thread(target=self._tell, name="interruptions", daemon=True)

    def begin(self) -> None:
        """Begin, and return at once."""
        self._thread.start()

    def end(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def abandon(self) -> None:
        """Break it off where it is."""
        self._abandoned = True
        while self._thread.is_alive():
            for process in self.world.processes():
                with suppress(psutil.Error):
                    process.kill()
            self._thread.join(1)

    def _tell(self) -> None:
        try:
            for blow in BLOWS:
                if self._abandoned:
                    return
                self.attempts.append(strike(self.world, blow))
                self._keep_plans(blow.step)
                if blow.step == "bootstrap":
                    self.world.nestctl("local", "dns", "--manual")
                elif blow.step == "validation":
                    self._set_records()
            self.whole = self.world.nestctl("up", "--json", status=None)
            self.before = yesterday.facts(self.world)
            self.refusals = [
                yesterday.spoil_all(self.world),
                yesterday.bring_back_an_old_one(self.world),
            ]
            leave_lock(self.world)
            self.settled = self.world.nestctl("up", "--json", "--verbose", status=None)
            self.after = yesterday.facts(self.world)
        except Exception:  # noqa: BLE001 - it is shown by the test that waits for the end
            self.failure = traceback.format_exc()

    def _set_records(self) -> None:
        """Let a run end at the pause for the certificate, then set by hand what it asks for."""
        self.paused = self.world.nestctl("up", "--wait", "0", "--json", status=None)
        self.wanted = self.world.nestctl("local", "dns", "--json").data["wanted"]
        for record in self.wanted:
            self.world.nestctl("local", "dns", "set", record["name"], record["type"], record["value"])
        # The record that leads to the load balancer comes by itself again.
        self.world.nestctl("local", "dns", "--automatic")

    def _keep_plans(self, step: str) -> None:
        """Keep the plans that the dead run left lying for the search for secrets: later runs remove them."""
        for path in self.world.work.rglob("*.tfplan"):
            self.plans.append((f"{path} after {step}", path.read_bytes()))


def strike(world: World, blow: Blow) -> Attempt:
    """Start a run, and strike it once its step shows the sign."""
    sign = re.compile(rf"^  {blow.step}: .*(?:{blow.sign})")
    began = time.monotonic()
    process = world.start("up", "--verbose")
    watch = threading.Timer(RUN_SECONDS, process.kill)
    watch.start()
    said: list[str] = []
    struck = False
    try:
        for line in process.stderr or ():
            said.append(line)
            if not struck and sign.search(line):
                struck = True
                time.sleep(blow.pause)
                process.send_signal(blow.signal)
        status = process.wait()
    finally:
        watch.cancel()
        end(process)
    return Attempt(blow, struck, status, "".join(said), time.monotonic() - began)


def end(process: subprocess.Popen[str]) -> None:
    """Make sure that a run is over and its pipes are closed."""
    process.kill()
    process.communicate()


def leave_lock(world: World) -> None:
    """Leave a lock on the state of staging, as a Terraform of this user and machine would that was killed.

    The fields are those of Terraform's ``statemgr.LockInfo``.
    """
    s3 = world.client("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    (bucket,) = (name for name in names if name.startswith("nest-state-staging-"))
    lock = {
        "ID": str(uuid.uuid4()),
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": f"{getpass.getuser()}@{socket.gethostname()}",
        "Version": "1.11.4",
        "Created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "Path": f"{bucket}/terraform.tfstate",
    }
    s3.put_object(Bucket=bucket, Key="terraform.tfstate.tflock", Body=json.dumps(lock).encode())
