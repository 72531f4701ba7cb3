"""Lambda: environment, sizes and ranges.

Source: "Lambda quotas" and "Working with Lambda environment variables" in Lambda's developer guide.
"""

from __future__ import annotations

import json
import re

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

ENVIRONMENT = 4096
"""Bytes of all variables of a function, as the JSON that AWS measures."""
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
VARIABLE = re.compile(r"[a-zA-Z]([a-zA-Z0-9_])+")
UPLOAD = 70_167_211
"""Bytes of a request that carries a package: 50 MB of zip in Base64, and what is around it."""
CODE = "InvalidParameterValueException"
_UNABLE = (
    "Lambda was unable to configure your environment variables because the environment variables you have "
    "provided"
)
RANGES = {"Timeout": 900, "MemorySize": 10_240}
"""Most of what a function can have: seconds, megabytes. The model states more, for other kinds of it."""
STORAGE = 10_240
"""Megabytes of /tmp."""


@limits("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def environment(call: Call) -> Refused | None:
    """Refuse variables that are Lambda's own, that are misnamed or that are too much."""
    variables = (call.params.get("Environment") or {}).get("Variables") or {}
    reserved = sorted(RESERVED & variables.keys())
    if reserved:
        return Refused(
            CODE,
            f"{_UNABLE} contains reserved keys that are currently not supported for modification. Reserved "
            f"keys used in this request: {', '.join(reserved)}",
        )
    if any(not VARIABLE.fullmatch(key) for key in variables):
        return Refused(
            "ValidationException",
            "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map "
            "keys must satisfy constraint: [Member must satisfy regular expression pattern: "
            f"{VARIABLE.pattern}]",
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > ENVIRONMENT:
        return Refused(CODE, f"{_UNABLE} exceeded the 4KB limit. String measured: {_hidden(variables)}")
    return None


def _hidden(variables: dict[str, str]) -> str:
    """The names of variables and the sizes of their values: AWS repeats the values, and logs keep them."""
    return json.dumps({key: f"({len(value.encode())} bytes)" for key, value in variables.items()})


@limits("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def ranges(call: Call) -> Refused | None:
    """Refuse time, memory and storage that a function cannot have."""
    given = {name: call.params.get(name) for name in RANGES}
    most = dict(RANGES)
    given["EphemeralStorage.Size"] = (call.params.get("EphemeralStorage") or {}).get("Size")
    most["EphemeralStorage.Size"] = STORAGE
    for name, value in given.items():
        if isinstance(value, int) and value > most[name]:
            place = ".".join(part[0].lower() + part[1:] for part in name.split("."))
            return Refused(
                "ValidationException",
                f"1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: "
                f"Member must have value less than or equal to {most[name]}",
            )
    return None


@limits("lambda", "CreateFunction", "UpdateFunctionCode")
def upload(call: Call) -> Refused | None:
    """Refuse a package that belongs into a bucket."""
    if len(call.body) <= UPLOAD:
        return None
    words = f"Request must be smaller than {UPLOAD} bytes for the {call.action} operation"
    return Refused("RequestEntityTooLargeException", words, 413)
