"""A local cloud without data stores, in a thread of the test process: API, compute and edge."""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
import zipfile
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from nestctl.localcloud.control.types import Child
from nestctl.localcloud.layout import ACCESS_KEY_ID, ACCOUNT_ID, REGION, SECRET_ACCESS_KEY, Layout
from nestctl.localcloud.supervise.ledger import Ledger
from nestctl.localcloud.supervise.ports import Ports
from nestctl.localcloud.supervise.processes import Processes


class ThreadCloud:
    """What the supervisor is to the engines, as little as these tests need of it."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder)
        self.layout.prepare()
        self.state_dir = folder
        self.account_id = ACCOUNT_ID
        self.published: dict[str, str] = {}
        self._ports = Ports(self.layout.memory, print)
        self.endpoint_url = f"http://127.0.0.1:{self.port('api')}"
        self.processes = Processes(Ledger(self.layout.children))
        self._tasks: set[asyncio.Task[None]] = set()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.failures: list[str] = []
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint_url,
                region_name=REGION,
                aws_access_key_id=ACCESS_KEY_ID,
                aws_secret_access_key=SECRET_ACCESS_KEY,
                config=Config(retries={"max_attempts": 0}, read_timeout=60, s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def __enter__(self) -> ThreadCloud:
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)

    async def _start(self) -> None:
        import socket

        from nestctl.localcloud.control import emulator as control_emulator

        port = int(self.endpoint_url.rpartition(":")[2])
        control_emulator.configure(self.layout, port)
        from nestctl.localcloud import compute, edge
        from nestctl.localcloud.control.corrections import cloudfront, ecs, elbv2, lambda_  # noqa: F401
        from nestctl.localcloud.control.gateway import Gateway
        from nestctl.localcloud.control.server import ApiServer

        self.emulator = control_emulator.Emulator()
        await self.emulator.start()
        self.gateway = Gateway(self.emulator.app, self, self.emulator.changed, {})
        self.server = ApiServer(self.gateway)
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        await self.server.start(sock)
        await compute.start(self)
        await edge.start(self)

    async def _stop(self) -> None:
        from nestctl.localcloud import compute, edge

        await edge.stop()
        await compute.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.processes.end_all(1)
        await self.server.stop()
        await self.emulator.stop()

    async def restart_engines(self) -> None:
        from nestctl.localcloud import compute, edge

        await edge.stop()
        await compute.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await compute.start(self)
        await edge.start(self)

    async def spawn(self, role: str, argv: Any, **options: Any) -> Child:
        return await self.processes.spawn(role, argv, **options)

    def background(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await work
            except asyncio.CancelledError:
                raise
            except Exception as error:
                self.failures.append(f"{name}: {error!r}")
                raise

        task = asyncio.ensure_future(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def port(self, name: str, preferred: int = 0) -> int:
        return self._ports.claim(name, preferred)

    def publish(self, public_url: str, local_url: str) -> None:
        self.published[public_url] = local_url

    def process_env(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        }

    async def api(self, service: str, action: str, params: Mapping[str, Any]) -> dict[str, Any]:
        client = self.client(service)
        method = next(
            name for name, operation in client.meta.method_to_api_mapping.items() if operation == action
        )
        result: dict[str, Any] = await asyncio.to_thread(getattr(client, method), **params)
        return result


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadCloud]:
    """One cloud for all tests here: each test uses names of its own."""
    with ThreadCloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running
        assert running.failures == []


@pytest.fixture(scope="session")
def role(cloud: ThreadCloud) -> str:
    policy = '{"Version":"2012-10-17","Statement":[]}'
    with contextlib.suppress(Exception):
        cloud.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument=policy)
    arn: str = cloud.client("iam").get_role(RoleName="run")["Role"]["Arn"]
    return arn


def zip_of(source: str, **more: str) -> bytes:
    """A function package with ``app.py`` and other files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
        for name, content in more.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class Functions:
    """Makes functions for a test."""

    def __init__(self, cloud: ThreadCloud, role: str) -> None:
        self.client = cloud.client("lambda")
        self._role = role

    def create(self, name: str, source: str, **options: Any) -> str:
        import sys

        options.setdefault("Timeout", 10)
        options.setdefault("Runtime", f"python{sys.version_info.major}.{sys.version_info.minor}")
        made = self.client.create_function(
            FunctionName=name,
            Role=self._role,
            Handler="app.handler",
            Code={"ZipFile": zip_of(source)},
            **options,
        )
        self.client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        arn: str = made["FunctionArn"]
        return arn

    def update(self, name: str, source: str) -> None:
        self.client.update_function_code(FunctionName=name, ZipFile=zip_of(source))
        self.client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


@pytest.fixture(scope="session")
def functions(cloud: ThreadCloud, role: str) -> Functions:
    return Functions(cloud, role)
