"""What passes between the gateway, the corrections and the engines of the local cloud."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from nestctl.localcloud.authority import KeyPair


@dataclass(frozen=True)
class Call:
    """One AWS API request, after the gateway has told its service and action apart.

    Attributes:
        service: The name in the signature: ``ec2``, ``ecs``, ``elasticloadbalancing``, ``lambda``.
        action: The API action: ``RunTask``, ``Invoke``.
        region: Region of the request's signature.
        method: HTTP method.
        path: Decoded path, without query.
        query: Raw query string.
        headers: Header names in lower case.
        body: Raw request body.
        params: The body decoded: JSON object, or form fields as strings; empty for REST-XML services.
    """

    service: str
    action: str
    region: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """An AWS API response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Proceed = Callable[[Call], Awaitable[Reply]]
"""Passes the call on to the emulator."""


class Child(Protocol):
    """A process of the local cloud, recorded so that the next start can clean up after a crash."""

    pid: int

    @property
    def returncode(self) -> int | None:
        """Exit status, ``None`` while it runs."""

    async def wait(self) -> int:
        """Wait for the end and return the exit status."""

    async def stop(self, grace: float = 5.0) -> int:
        """SIGTERM to its process group, SIGKILL after ``grace`` seconds; returns the exit status."""


class Cloud(Protocol):
    """What the engines may use of the running local cloud."""

    state_dir: Path
    account_id: str
    endpoint_url: str

    async def spawn(
        self,
        role: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> Child:
        """Start a supervised process in its own session; ``on_line`` receives stdout and stderr by line."""

    def background(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` until the cloud stops; an exception is logged with ``name``."""

    def port(self, name: str, preferred: int = 0) -> int:
        """A loopback port that stays the same for ``name`` across restarts, unless it was taken."""

    def release_port(self, name: str) -> None:
        """Forget the port of something that was deleted."""

    def certificate(self, name: str, hosts: Sequence[str]) -> KeyPair:
        """A certificate of the local CA for these hosts and addresses; the same files while it is valid."""

    def warn(self, text: str) -> None:
        """Say in the cloud's status what is less than complete, and why."""

    def publish(self, public_url: str, local_url: str) -> None:
        """Tell the address book that ``public_url`` answers at ``local_url`` on this machine."""

    def process_env(self, region: str) -> dict[str, str]:
        """Endpoint, region, credentials and CA bundle that every Lambda and task process gets."""

    async def api(
        self, service: str, action: str, params: Mapping[str, Any], region: str = "", *, role: str = ""
    ) -> dict[str, Any]:
        """Call this cloud's own API as botocore would (``service`` as in ``boto3.client(service)``).

        Without a region, in that of the call which is being answered. With the ARN of a ``role``, as a
        service does that has assumed it: IAM then judges the call.
        """


Correction = Callable[[Call, Proceed, Cloud], Awaitable[Reply]]
"""Answers a call in place of, before or after the emulator."""
