"""What the engines and corrections see of the running local cloud."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore import xform_name
from botocore.config import Config
from ministack.core.responses import get_region

from nestctl.localcloud.authority import Authority, KeyPair
from nestctl.localcloud.control.corrections import sts
from nestctl.localcloud.environment import process_environment
from nestctl.localcloud.layout import ACCOUNT_ID, OWN_KEY_ID, REGION, SECRET_ACCESS_KEY, Layout
from nestctl.localcloud.supervise.ledger import Ledger
from nestctl.localcloud.supervise.ports import Ports
from nestctl.localcloud.supervise.processes import Processes, Supervised

if TYPE_CHECKING:
    from nestctl.localcloud.control.types import Cloud

SERVICE_SESSION = "service"
"""Name of the sessions in which services do their work as a role."""

UNKNOWN_ROLE_KEY_ID = "ASIA" + "0" * 16
"""Stands for credentials that a role which is not there does not give: they are refused."""

Identity = tuple[str, str, str | None]
"""Access key id, secret access key, session token."""

log = logging.getLogger(__name__)


class Runtime:
    """The running cloud; implements :class:`~nestctl.localcloud.control.types.Cloud`.

    Args:
        layout: The cloud's files.
        endpoint_url: Where the API answers.
        ports: The port book.
    """

    def __init__(self, layout: Layout, endpoint_url: str, ports: Ports) -> None:
        self.layout = layout
        self.state_dir = layout.root
        self.account_id = ACCOUNT_ID
        self.region = REGION
        self.endpoint_url = endpoint_url
        self.authority = Authority(layout.ca)
        self.addresses: dict[str, str] = {}
        self.warnings: list[str] = []
        self._ports = ports
        self._processes = Processes(Ledger(layout.children))
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._session = boto3.Session()
        self._making_client = threading.Lock()
        self._keys: dict[str, dict[str, str]] = {}

    async def spawn(  # noqa: PLR0913 - each is one property of a process
        self,
        role: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
        pass_fds: Sequence[int] = (),
        user: int | None = None,
        group: int | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> Supervised:
        """Start a supervised process; see :meth:`~nestctl.localcloud.supervise.processes.Processes.spawn`."""
        return await self._processes.spawn(
            role,
            argv,
            env=env,
            cwd=cwd,
            on_line=on_line,
            pass_fds=pass_fds,
            user=user,
            group=group,
            death_signal=death_signal,
        )

    def background(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` until the cloud stops; an exception is logged with ``name``."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("%s failed.", task.get_name(), exc_info=problem)

    def port(self, name: str, preferred: int = 0) -> int:
        """A loopback port that stays the same for ``name`` across restarts, unless it was taken."""
        return self._ports.claim(name, preferred)

    def release_port(self, name: str) -> None:
        """Forget the port of something that was deleted."""
        self._ports.release(name)

    def publish(self, public_url: str, local_url: str) -> None:
        """Tell the address book that ``public_url`` answers at ``local_url`` on this machine."""
        self.addresses[public_url.rstrip("/")] = local_url.rstrip("/")

    def warn(self, text: str) -> None:
        """Say something that the user should see in the status."""
        if text not in self.warnings:
            self.warnings.append(text)
            log.warning("%s", text)

    def certificate(self, name: str, hosts: Sequence[str]) -> KeyPair:
        """A certificate of the local CA for these host names and addresses."""
        return self.authority.issue(name, hosts)

    def process_env(self, region: str) -> dict[str, str]:
        """Endpoint, region, credentials and CA bundle that every Lambda and task process gets."""
        return process_environment(self.endpoint_url, self.authority.bundle, region)

    async def api(
        self, service: str, action: str, params: Mapping[str, Any], region: str = "", *, role: str = ""
    ) -> dict[str, Any]:
        """Call this cloud's own API as botocore would (``service`` as in ``boto3.client(service)``).

        Without a region, in that of the call which is being answered. With the ARN of a ``role``, as a
        service does that has assumed it: IAM then judges the call.
        """
        identity = self._identity(role)
        return await asyncio.to_thread(
            self._call, service, action, dict(params), region or get_region(), identity
        )

    def _identity(self, role: str) -> Identity:
        """Return what to sign with. What STS remembers is the event loop's: no thread may ask for it."""
        if not role:
            return OWN_KEY_ID, SECRET_ACCESS_KEY, None
        keys = self._keys.get(role)
        if not keys or sts.session(self, keys["AWS_ACCESS_KEY_ID"]) is None:
            keys = self._keys[role] = sts.issue(self, role, SERVICE_SESSION)
        if not keys:
            return UNKNOWN_ROLE_KEY_ID, SECRET_ACCESS_KEY, None
        return keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], keys["AWS_SESSION_TOKEN"]

    def _call(
        self, service: str, action: str, params: dict[str, Any], region: str, identity: Identity
    ) -> dict[str, Any]:
        client = self._client(service, region, identity)
        answer: dict[str, Any] = getattr(client, xform_name(action))(**params)
        answer.pop("ResponseMetadata", None)
        return answer

    def _client(self, service: str, region: str, identity: Identity) -> Any:
        with self._making_client:  # boto3 makes them in one thread at a time
            place = service, region, identity[0]
            if place not in self._clients:
                key, secret, token = identity
                self._clients[place] = self._session.client(
                    service,  # type: ignore[call-overload]  # typed for literal names only
                    region_name=region,
                    endpoint_url=self.endpoint_url,
                    aws_access_key_id=key,
                    aws_secret_access_key=secret,
                    aws_session_token=token,
                    config=Config(
                        retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=120
                    ),
                )
            return self._clients[place]

    async def stop(self) -> None:
        """Cancel background work and end what still runs."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._processes.end_all()


def _is_a_cloud(runtime: Runtime) -> Cloud:
    """Proof for the type checker that :class:`Runtime` is what engines expect."""
    return runtime
