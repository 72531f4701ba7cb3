"""The transport awslambdaric wants, in plain Python.

awslambdaric brings it as a compiled module for one Python version only. When a function's runtime is another
version than the one nestctl runs on, this file is put on its path under the name that awslambdaric imports.
It must therefore import nothing but the standard library, and run on every supported Lambda runtime.
"""

import http.client
import os

_VERSION = "2018-06-01"
_state = {"connection": None, "agent": ""}


def initialize_client(user_agent):  # type: ignore[no-untyped-def]
    """Remember the agent; the connection is opened by the first request."""
    _state["agent"] = user_agent


def _call(method, path, body=None, headers=None):  # type: ignore[no-untyped-def]
    connection = _state["connection"]
    if connection is None:
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        _state["connection"] = connection
    fields = {"User-Agent": _state["agent"]}
    fields.update(headers or {})
    connection.request(method, "/" + _VERSION + path, body, fields)
    response = connection.getresponse()
    content = response.read()
    if response.status >= 300:  # noqa: PLR2004 - not a success
        message = "%s %s answered %d: %r" % (method, path, response.status, content[:200])
        raise RuntimeError(message)
    return content, {name: value for name, value in response.getheaders()}  # noqa: C416 - the last value wins


def next():  # type: ignore[no-untyped-def]  # noqa: A001 - awslambdaric calls it by this name
    """Wait for the next event: its bytes and the response's headers."""
    content, headers = _call("GET", "/runtime/invocation/next")
    known = {
        name.lower(): name
        for name in (
            "Lambda-Runtime-Aws-Request-Id",
            "Lambda-Runtime-Trace-Id",
            "Lambda-Runtime-Invoked-Function-Arn",
            "Lambda-Runtime-Deadline-Ms",
            "Lambda-Runtime-Client-Context",
            "Lambda-Runtime-Cognito-Identity",
            "Content-Type",
        )
    }
    return content, {known.get(name.lower(), name): value for name, value in headers.items()}


def post_invocation_result(invoke_id, result_data, content_type="application/json", invocation_id=None):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Hand in what the handler returned."""
    _call("POST", "/runtime/invocation/%s/response" % invoke_id, result_data, {"Content-Type": content_type})


def post_error(invoke_id, error_response_data, xray_fault, invocation_id=None):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Hand in what the handler raised."""
    if not isinstance(error_response_data, bytes):
        error_response_data = error_response_data.encode("utf-8")
    _call(
        "POST",
        "/runtime/invocation/%s/error" % invoke_id,
        error_response_data,
        {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": "Unhandled"},
    )
