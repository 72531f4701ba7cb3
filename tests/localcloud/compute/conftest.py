"""A local cloud without data stores, in a thread of the test process: API, compute and edge."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, Self

import boto3
import pytest
from botocore.config import Config
from people import working_role

from nestctl.localcloud import pace
from nestctl.localcloud.layout import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Layout
from nestctl.localcloud.supervise.ports import Ports


class Problems(logging.Handler):
    """Collects what the cloud logs as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


class ThreadCloud:
    """The API, the engines of compute and edge, and the loop they run in."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder)
        self.layout.prepare()
        self.state_dir = folder
        self.problems = Problems()
        self._ports = Ports(self.layout.memory, print)
        self.endpoint_url = f"http://127.0.0.1:{self.port('api')}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._clients: dict[str, Any] = {}

    @property
    def published(self) -> dict[str, str]:
        addresses: dict[str, str] = self._runtime.addresses
        return addresses

    def port(self, name: str) -> int:
        return self._ports.claim(name)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            session: Any = boto3.Session(
                aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name=REGION
            )
            self._clients[service] = session.client(
                service,
                endpoint_url=self.endpoint_url,
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def __enter__(self) -> Self:
        logging.getLogger("nestctl").addHandler(self.problems)
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        logging.getLogger("nestctl").removeHandler(self.problems)

    async def _start(self) -> None:
        from nestctl.localcloud import pace
        from nestctl.localcloud.control import emulator

        # What runs behind the API is looked at here; that the API takes its time is looked at elsewhere.
        pace.set_seconds(0)
        port = int(self.endpoint_url.rpartition(":")[2])
        emulator.configure(self.layout, port)
        from nestctl.localcloud.control.corrections import (  # noqa: F401
            cloudfront,
            ecs,
            elbv2,
            elbv2_certificates,
            elbv2_states,
            lambda_,
        )
        from nestctl.localcloud.control.gateway import Gateway
        from nestctl.localcloud.control.server import ApiServer
        from nestctl.localcloud.supervise.runtime import Runtime

        self._emulator = emulator.Emulator()
        await self._emulator.start()
        self._runtime = Runtime(self.layout, self.endpoint_url, self._ports)
        self._server = ApiServer(Gateway(self._emulator.app, self._runtime, self._emulator.changed, {}, {}))
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        await self._server.start(listener)
        await self._start_engines()

    async def _start_engines(self) -> None:
        from nestctl.localcloud import compute, dns, edge

        await dns.start(self._runtime)
        await compute.start(self._runtime)
        await edge.start(self._runtime)

    async def _stop_engines(self) -> None:
        from nestctl.localcloud import compute, dns, edge

        await edge.stop()
        await compute.stop()
        await dns.stop()
        await self._runtime.stop()

    async def restart_engines(self) -> None:
        await self._stop_engines()
        await self._start_engines()

    async def _stop(self) -> None:
        await self._stop_engines()
        await self._server.stop()
        await self._emulator.stop()


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadCloud]:
    """One cloud for all tests here: each test uses names of its own."""
    with ThreadCloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running
        problems = running.problems.found
    assert problems == []


@pytest.fixture(scope="session")
def role(cloud: ThreadCloud) -> str:
    arn = working_role(cloud.client, "run")
    time.sleep(pace.seconds() + 0.1)  # IAM has heard of it by then
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

    def __init__(self, client: Any, role: str) -> None:
        self.client = client
        self._role = role

    def in_region(self, client: Any) -> Functions:
        """The same for another region's client."""
        return Functions(client, self._role)

    def create(self, name: str, source: str, **options: Any) -> str:
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
    return Functions(cloud.client("lambda"), role)
