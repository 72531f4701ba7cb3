"""ECS: names, sizes of definitions, and what Fargate has of processors and memory.

Source: the API reference of RegisterTaskDefinition, and "Task size" in the developer guide of ECS.
"""

from __future__ import annotations

import json
import re

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

DEFINITION = 64 * 1024
"""Bytes of a task definition."""
CONTAINERS = 10
"""Containers of a task."""
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
GIB = 1024
FARGATE = {
    256: {512, 1 * GIB, 2 * GIB},
    512: {size * GIB for size in range(1, 5)},
    1024: {size * GIB for size in range(2, 9)},
    2048: {size * GIB for size in range(4, 17)},
    4096: {size * GIB for size in range(8, 31)},
    8192: {size * GIB for size in range(16, 61, 4)},
    16384: {size * GIB for size in range(32, 121, 8)},
}
"""Memory (MiB) that Fargate has for each number of CPU units."""
CODE = "ClientException"


@limits("ecs", "RegisterTaskDefinition")
def definition(call: Call) -> Refused | None:
    """Refuse a definition that is too long, or names what cannot be a name."""
    params = call.params
    size = len(json.dumps(params, separators=(",", ":")).encode())
    if size > DEFINITION:
        words = f"Actual length: '{size}'. Max allowed length is '{DEFINITION}' bytes."
        return Refused(CODE, f"Invalid request provided: Create TaskDefinition: {words}")
    if not NAME.fullmatch(str(params.get("family", "x"))):
        return Refused(CODE, "Family contains invalid characters.")
    containers = params.get("containerDefinitions") or []
    if len(containers) > CONTAINERS:
        return Refused(CODE, f"A task definition can have at most {CONTAINERS} containers.")
    names = [str(entry.get("name", "x")) for entry in containers]
    if not all(NAME.fullmatch(name) for name in names):
        return Refused(CODE, "Container.name contains invalid characters.")
    if len(set(names)) < len(names):
        return Refused(CODE, "Container names must be unique in a task definition.")
    return None


@limits("ecs", "RegisterTaskDefinition")
def fargate(call: Call) -> Refused | None:
    """Refuse a size that Fargate does not have."""
    params = call.params
    if "FARGATE" not in (params.get("requiresCompatibilities") or []):
        return None
    cpu, memory = str(params.get("cpu", "")), str(params.get("memory", ""))
    if not (cpu.isdigit() and memory.isdigit()):
        return None  # other ways to write them, and what is missing, are the emulator's
    if int(memory) in FARGATE.get(int(cpu), ()):
        return None
    return Refused(CODE, f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory.")


@limits("ecs", "RegisterTaskDefinition")
def whole(call: Call) -> Refused | None:
    """Refuse parts of a definition that do not go together."""
    params = call.params
    mode = params.get("networkMode")
    if "FARGATE" in (params.get("requiresCompatibilities") or []) and mode not in (None, "awsvpc"):
        return Refused(CODE, "Fargate only supports network mode 'awsvpc'.")
    containers = params.get("containerDefinitions") or []
    if containers and all(entry.get("essential") is False for entry in containers):
        return Refused(CODE, "A task definition must have at least one essential container.")
    for entry in containers:
        secrets = [str(one.get("name")) for one in entry.get("secrets") or []]
        if secrets and not params.get("executionRoleArn"):
            return Refused(
                CODE,
                "When you are specifying container secrets, you must also specify a value for "
                "'executionRoleArn'.",
            )
        shared = sorted({str(one.get("name")) for one in entry.get("environment") or []} & {*secrets})
        if shared or len(set(secrets)) < len(secrets):
            words = (
                "The secret name must be unique and not shared with any new or existing environment "
                "variables set on the container, such as "
            )
            named = shared or [one for one in secrets if secrets.count(one) > 1]
            return Refused(CODE, f"{words}'{named[0]}'.")
    return None


@limits("ecs", "CreateService", "CreateCluster")
def name(call: Call) -> Refused | None:
    """Refuse a name that cannot be one."""
    field, words = (
        ("serviceName", "Service name") if call.action == "CreateService" else ("clusterName", "Cluster name")
    )
    if NAME.fullmatch(str(call.params.get(field) or "x")):
        return None
    rule = "up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed"
    return Refused("InvalidParameterException", f"{words} is invalid: {rule}.")
