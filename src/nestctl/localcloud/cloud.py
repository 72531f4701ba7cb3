"""The local cloud, as the command line uses it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from filelock import FileLock, Timeout

from nestctl.localcloud import archives, pace
from nestctl.localcloud.data.binaries import WHEEL_CACHE, WHEELS_VARIABLE
from nestctl.localcloud.environment import tool_environment
from nestctl.localcloud.errors import LOOK, LocalCloudError
from nestctl.localcloud.layout import ACCOUNT_ID, REGION, Layout, default_state_dir, read_json
from nestctl.localcloud.supervise.ledger import clean_up, end_all, is_same, living

AGAIN = "Do what is said above, then: nestctl local start"
START_SECONDS = 180.0  # the first start unpacks PostgreSQL
STOP_SECONDS = 30.0
LOCK_SECONDS = 240.0
ASK_SECONDS = 5.0
ASK_TIMES = 6
KEPT_LOGS = 5

Progress = Callable[[str], None]


@dataclass(frozen=True)
class CloudInfo:
    """How to reach a running local cloud.

    Attributes:
        endpoint_url: The AWS API.
        account_id: Twelve digits.
        region: The only region.
        state_dir: Everything it remembers.
        aws_config_file: For ``AWS_CONFIG_FILE``.
        aws_credentials_file: For ``AWS_SHARED_CREDENTIALS_FILE``.
        site_url: The load balancer's plain-HTTP front door, once there is a load balancer.
    """

    endpoint_url: str
    account_id: str
    region: str
    state_dir: Path
    aws_config_file: Path
    aws_credentials_file: Path
    site_url: str | None


@dataclass(frozen=True)
class CloudStatus:
    """What runs now.

    Attributes:
        running: Whether the API answers.
        info: How to reach it; ``None`` when it does not run.
        pid: The supervisor's process.
        processes: Every other process of it: pid to role.
        ports: Every remembered port, by name.
        addresses: Public URL to where it answers on this machine.
        warnings: What is less than complete, and why.
        log: The supervisor's log.
    """

    running: bool
    info: CloudInfo | None
    pid: int | None
    processes: dict[int, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    log: Path | None = None


class LocalCloud:
    """One local cloud: AWS on this machine, for one checkout.

    Args:
        layout: Its files.
        wheels: Where packages that are no dependency (PostgreSQL's programs) are kept unpacked.
    """

    def __init__(self, layout: Layout, wheels: Path) -> None:
        self._layout = layout
        self._wheels = wheels

    @classmethod
    def at(cls, checkout: Path, *, state_dir: Path | None = None) -> LocalCloud:
        """The local cloud of a checkout, running or not.

        Args:
            checkout: The project's folder.
            state_dir: Where it keeps its state; ``None`` for a folder under the user's XDG state folder.
        """
        layout = Layout((state_dir or default_state_dir(checkout)).resolve())
        return cls(layout, checkout.resolve() / WHEEL_CACHE)

    @property
    def state_dir(self) -> Path:
        """Everything the cloud remembers."""
        return self._layout.root

    @property
    def authorities(self) -> Path:
        """File with the machine's authorities and the local one."""
        return self._layout.ca / "bundle.pem"

    def start(self, progress: Progress, *, port: int | None = None, delay: float | None = None) -> CloudInfo:
        """Start it, or find it running; it answers when this returns.

        Args:
            progress: Told what happens.
            port: Port of the API; the last one, 4566 or a free one when ``None``.
            delay: Seconds that a change takes which takes time on AWS; kept for later starts. ``None``: what
                ``NESTCTL_LOCAL_DELAY`` says, else the last one, else 2.

        Raises:
            LocalCloudError: It did not start, or runs on another port than asked for.
        """
        delay = pace.asked() if delay is None else pace.checked(delay)
        self._layout.root.mkdir(parents=True, exist_ok=True)
        with self._locked():
            running = self._running()
            if running is not None:
                if self._health() is None:
                    progress(
                        f"Process {running['pid']} of the local cloud does not answer; starting it again."
                    )
                    self._end(running, progress)
                else:
                    info = self._info(running)
                    if port is not None and urlsplit(info.endpoint_url).port != port:
                        raise LocalCloudError(
                            f"The local cloud runs at {info.endpoint_url} already, not on port {port}.",
                            "nestctl local stop, then the same command again",
                        )
                    if delay is not None:
                        self._tell("delay", delay)
                    return info
            self._launch(progress, port, delay)
            running = self._running()
            if running is None:
                raise LocalCloudError(
                    f"The local cloud ended right after its start. Its log: {self._layout.log}",
                    "Look at its log, then: nestctl local start",
                )
            return self._info(running)

    def stop(self, progress: Progress) -> bool:
        """Stop it and all its processes; what it remembers stays.

        Returns:
            Whether anything ran.
        """
        if not self._layout.root.exists():
            return False
        with self._locked():
            running = self._running()
            if running is not None:
                self._end(running, progress)
            left = clean_up(self._layout.children, progress)
            self._layout.running.unlink(missing_ok=True)
            return running is not None or left > 0

    def status(self) -> CloudStatus:
        """What runs now; never raises."""
        running = self._running()
        ports = {
            name: int(number) for name, number in read_json(self._layout.memory).get("ports", {}).items()
        }
        processes = living(self._layout.children)
        log = self._layout.log if self._layout.log.exists() else None
        health = self._health() if running else None
        if running is None or health is None:
            pid = int(running["pid"]) if running else None
            return CloudStatus(running=False, info=None, pid=pid, processes=processes, ports=ports, log=log)
        return CloudStatus(
            running=True,
            info=self._info(running),
            pid=int(running["pid"]),
            processes=processes,
            ports=ports,
            addresses=self.addresses(),
            warnings=list(health.get("warnings", [])),
            log=log,
        )

    def env(self) -> dict[str, str]:
        """Variables for a shell in which ``aws``, ``terraform`` and ``zappa`` use this cloud.

        Raises:
            LocalCloudError: It does not run.
        """
        return tool_environment(self._layout, self._info(self._required()).endpoint_url)

    def reset(self, progress: Progress) -> None:
        """Stop it and forget everything: every bucket, database row and key."""
        self.stop(progress)
        if self._layout.root.exists():
            progress(f"Removing {self._layout.root}.")
            archives.remove(self._layout.root)

    def addresses(self) -> dict[str, str]:
        """Public URL to where it answers on this machine; empty when the cloud does not run."""
        found = self._ask("addresses")
        return {str(public): str(local) for public, local in found.items()} if isinstance(found, dict) else {}

    def dns(self, **change: Any) -> dict[str, Any]:
        """What stands in the local DNS, what is wanted there, and where it answers.

        Args:
            change: To be made before: ``manual`` (bool), ``set`` (name, type, value), ``remove`` (name,
                type).

        Raises:
            LocalCloudError: It does not run, or a record is none.
        """
        found = self._tell("dns", change)
        return dict(found)

    def reach(self, url: str) -> str:
        """Where a URL of the cloud answers on this machine.

        Args:
            url: As AWS reports it: a load balancer's, a distribution's, a function's.

        Returns:
            The URL to ask; the same one when it needs no translation.
        """
        parts = urlsplit(url)
        local = self.addresses().get(f"{parts.scheme}://{parts.netloc}")
        if local is None:
            return url
        rest = url.partition("://")[2].partition(parts.netloc)[2]
        return local + rest

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = FileLock(self._layout.start_lock)
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout as late:
            raise LocalCloudError(
                f"Another start or stop of this local cloud has lasted {LOCK_SECONDS:.0f} seconds and more."
            ) from late
        try:
            yield
        finally:
            lock.release()

    def _running(self) -> dict[str, Any] | None:
        entry = read_json(self._layout.running)
        if entry and is_same(int(entry["pid"]), float(entry["created"])):
            return entry
        return None

    def _required(self) -> dict[str, Any]:
        running = self._running()
        if running is None:
            raise LocalCloudError("The local cloud does not run.", "nestctl local start")
        return running

    def _info(self, running: dict[str, Any]) -> CloudInfo:
        ports = read_json(self._layout.memory).get("ports", {})
        site = f"http://127.0.0.1:{ports['site']}" if "site" in ports else None
        return CloudInfo(
            endpoint_url=str(running["endpoint_url"]),
            account_id=ACCOUNT_ID,
            region=REGION,
            state_dir=self._layout.root,
            aws_config_file=self._layout.aws_config,
            aws_credentials_file=self._layout.aws_credentials,
            site_url=site,
        )

    def _health(self) -> dict[str, Any] | None:
        found = self._ask("health")
        return found if isinstance(found, dict) else None

    def _tell(self, name: str, value: Any) -> Any:
        """Set something of the running cloud; its answer is what holds now.

        Raises:
            LocalCloudError: It does not run, or refuses the value.
        """
        endpoint = self._required()["endpoint_url"]
        request = urllib.request.Request(  # noqa: S310 - an address of this machine
            f"{endpoint}/_local/{name}", data=json.dumps(value).encode(), method="PUT"
        )
        try:
            with _opener().open(request, timeout=ASK_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            said = json.load(refused)
            raise LocalCloudError(str(said["error"]), str(said.get("next") or LOOK)) from refused
        except OSError as error:
            raise LocalCloudError(
                f"The local cloud does not answer: {error}", "nestctl local start"
            ) from error

    def _ask(self, name: str) -> Any:
        endpoint = read_json(self._layout.running).get("endpoint_url")
        if not endpoint:
            return None
        for _ in range(ASK_TIMES):
            try:
                with _opener().open(f"{endpoint}/_local/{name}", timeout=ASK_SECONDS) as answer:
                    return json.load(answer)
            except (OSError, ValueError) as error:
                # A busy machine answers late; a dead cloud refuses at once.
                if not isinstance(getattr(error, "reason", error), TimeoutError):
                    return None
        return None

    def _launch(self, progress: Progress, port: int | None, delay: float | None) -> None:
        self._layout.prepare()
        clean_up(self._layout.children, progress)
        self._layout.running.unlink(missing_ok=True)
        _rotate(self._layout.log)
        ours, theirs = os.pipe()
        command = [sys.executable, "-m", "nestctl.localcloud", "--state-dir", str(self._layout.root)]
        command += ["--announce", str(theirs), *(["--port", str(port)] if port is not None else [])]
        command += ["--delay", str(delay)] if delay is not None else []
        with self._layout.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs],
                start_new_session=True,
                cwd=self._layout.root,
                env=_own_environment(self._wheels),
            )
        os.close(theirs)
        with os.fdopen(ours) as news:
            problem = _follow(news.fileno(), progress)
        if problem is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                end_all([psutil.Process(process.pid)], STOP_SECONDS)
            process.wait()
            detail = problem[0] or f"it ended before it was ready. {_tail(self._layout.log)}"
            raise LocalCloudError(
                f"The local cloud did not start: {detail}\nIts whole log: {self._layout.log}", problem[1]
            )

    def _end(self, running: dict[str, Any], progress: Progress) -> None:
        pid = int(running["pid"])
        progress(f"Stopping the local cloud (process {pid}).")
        try:
            end_all([psutil.Process(pid)], STOP_SECONDS)
        except psutil.NoSuchProcess:
            return


def _opener() -> urllib.request.OpenerDirector:
    """Return what opens addresses of this machine: a proxy of the user's must not see such calls."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _own_environment(wheels: Path) -> dict[str, str]:
    """The user's environment without what would lead the cloud's own API calls elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_")
        and name.upper() not in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    }
    return {WHEELS_VARIABLE: str(wheels), **kept}


def _follow(descriptor: int, progress: Progress) -> tuple[str, str] | None:
    """Read the supervisor's news until it is ready.

    Returns:
        ``None`` when it is ready, else its reason, which is empty when it gave none, and what to do next.
    """
    deadline = time.monotonic() + START_SECONDS
    rest = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return f"it was not ready within {START_SECONDS:.0f} seconds", AGAIN
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return "", AGAIN
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "progress" in message:
                progress(message["progress"])
            elif "error" in message:
                return str(message["error"]), str(message.get("next") or AGAIN)
            elif "ready" in message:
                return None


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size:
        stamp = time.strftime("%Y%m%dT%H%M%S", time.localtime(log.stat().st_mtime))
        log.rename(log.with_name(f"cloud-{stamp}.log"))
    for old in sorted(log.parent.glob("cloud-*.log"))[:-KEPT_LOGS]:
        old.unlink()


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
