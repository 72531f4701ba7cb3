"""The emulator as its authors start it, to see which corrections it still needs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import patient
import pytest
from botocore.config import Config


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Clients of an uncorrected emulator."""
    folder: Path = tmp_path_factory.mktemp("raw")
    port = free_port()
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
        "DOCKER_HOST": f"unix://{folder}/none.sock",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hypercorn", "ministack.app:app", "--bind", f"127.0.0.1:{port}"],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                patient.get(f"{endpoint}/_ministack/health", timeout=5)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        clients: dict[str, Any] = {}

        def client(service: str) -> Any:
            if service not in clients:
                clients[service] = boto3.client(
                    service,
                    endpoint_url=endpoint,
                    region_name="us-east-1",
                    aws_access_key_id="TESTTESTTESTTESTTEST",
                    aws_secret_access_key="test",
                    config=Config(retries={"total_max_attempts": 1}),
                )
            return clients[service]

        yield client
    finally:
        process.terminate()
        process.wait(20)
