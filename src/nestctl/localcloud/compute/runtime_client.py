"""The transport awslambdaric wants, in plain Python.

awslambdaric brings it as a compiled module for one Python version only. When a function's runtime is another
version than the one nestctl runs on, this file is put on its path under the name that awslambdaric imports.
It must therefore import nothing but the standard library, and run on every supported Lambda runtime.
"""

from __future__ import annotations

import http.client
import os

_VERSION = "2018-06-01"
_SUCCESS = 300
_KNOWN = (
    "Lambda-Runtime-Aws-Request-Id",
    "Lambda-Runtime-Trace-Id",
    "Lambda-Runtime-Invoked-Function-Arn",
    "Lambda-Runtime-Deadline-Ms",
    "Lambda-Runtime-Client-Context",
    "Lambda-Runtime-Cognito-Identity",
    "Content-Type",
)


class _Api:
    """One kept connection to the Runtime API."""

    agent = ""
    connection: http.client.HTTPConnection | None = None

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[bytes, dict[str, str]]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        self.connection.request(
            method, f"/{_VERSION}{path}", body, {"User-Agent": self.agent, **(headers or {})}
        )
        response = self.connection.getresponse()
        content = response.read()
        if response.status >= _SUCCESS:
            message = f"{method} {path} answered {response.status}: {content[:200]!r}"
            raise RuntimeError(message)
        return content, dict(response.getheaders())


_api = _Api()


def initialize_client(user_agent: str) -> None:
    """Remember the agent; the connection is opened by the first request."""
    _api.agent = user_agent


def next() -> tuple[bytes, dict[str, str]]:  # noqa: A001 - awslambdaric calls it by this name
    """Wait for the next event: its bytes and the response's headers."""
    content, headers = _api.call("GET", "/runtime/invocation/next")
    spelled = {name.lower(): name for name in _KNOWN}
    return content, {spelled.get(name.lower(), name): value for name, value in headers.items()}


def post_invocation_result(
    invoke_id: str,
    result_data: bytes,
    content_type: str = "application/json",
    invocation_id: str | None = None,  # noqa: ARG001 - part of the interface
) -> None:
    """Hand in what the handler returned."""
    path = f"/runtime/invocation/{invoke_id}/response"
    _api.call("POST", path, result_data, {"Content-Type": content_type})


def post_error(
    invoke_id: str,
    error_response_data: str | bytes,
    xray_fault: str,  # noqa: ARG001 - part of the interface
    invocation_id: str | None = None,  # noqa: ARG001 - part of the interface
) -> None:
    """Hand in what the handler raised."""
    body = error_response_data if isinstance(error_response_data, bytes) else error_response_data.encode()
    fields = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": "Unhandled"}
    _api.call("POST", f"/runtime/invocation/{invoke_id}/error", body, fields)
