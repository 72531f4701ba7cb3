"""Lambda: functions run in sandboxes of ours; versions, states and function URLs answer as on AWS."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from ministack.core.responses import request_scope

from nestctl.localcloud.compute import engine, functions
from nestctl.localcloud.compute.lambdas import KeyDeniedError, ThrottledError
from nestctl.localcloud.compute.sandbox import MAX_ASYNC_PAYLOAD, MAX_SYNC_PAYLOAD, Outcome
from nestctl.localcloud.control import replies
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

_PATH = re.compile(r"/functions/([^/]+)")
OK = 300
_background: set[asyncio.Task[Outcome]] = set()


def _target(call: Call, cloud: Cloud) -> tuple[str, str, str, str | None]:
    found = _PATH.search(call.path)
    reference = found.group(1) if found else ""
    account, region, name, qualifier = functions.split_arn(
        reference, account=cloud.account_id, region=call.region
    )
    asked = parse_qs(call.query).get("Qualifier", [""])[0]
    return account, region, name, qualifier or asked or None


def _failure(call: Call, code: str, message: str, status: int) -> Reply:
    return replies.error(call, code, message, status)


class _RefusedError(Exception):
    """The call is answered with an error."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def _checked(call: Call, cloud: Cloud, kind: str) -> functions.Version:
    """The version to run, after what Invoke refuses was refused."""
    size, limit = len(call.body), MAX_ASYNC_PAYLOAD if kind == "Event" else MAX_SYNC_PAYLOAD
    if size > limit:
        message = f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
        raise _RefusedError(_failure(call, "RequestTooLargeException", message, 413))
    try:
        json.loads(call.body or b"{}")
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise _RefusedError(_failure(call, "InvalidRequestContentException", message, 400)) from error
    account, region, name, qualifier = _target(call, cloud)
    try:
        version = functions.find(name, qualifier, account=account, region=region)
    except functions.FunctionMissingError as error:
        raise _RefusedError(_failure(call, "ResourceNotFoundException", str(error), 404)) from error
    if version.state == functions.PENDING:
        raise _RefusedError(_failure(call, "ResourceConflictException", functions.NOT_YET, 409))
    return version


@corrects(
    "lambda", "Invoke", until="runs python functions with versions, concurrency and limits as Lambda does"
)
async def invoke(call: Call, _proceed: Proceed, cloud: Cloud) -> Reply:
    """Run the version that the call names in a sandbox."""
    kind = call.headers.get("x-amz-invocation-type", "RequestResponse")
    try:
        version = _checked(call, cloud, kind)
    except _RefusedError as refusal:
        return refusal.reply
    account, region, name, qualifier = _target(call, cloud)
    event = call.body or b"{}"
    executed = {"X-Amz-Executed-Version": version.number}
    if kind == "DryRun":
        return Reply(204, executed, b"")
    lambdas = engine.current().lambdas
    tail = call.headers.get("x-amz-log-type", "").lower() == "tail"
    work = lambdas.invoke(
        name,
        qualifier,
        event,
        region=region,
        account=account,
        patience=60.0 if kind == "Event" else 0.0,  # an event waits in Lambda's queue until there is room
        client_context=call.headers.get("x-amz-client-context", ""),
        tail=tail and kind != "Event",
    )
    if kind == "Event":
        task = asyncio.create_task(work)
        _background.add(task)
        task.add_done_callback(_finished)
        return Reply(202, executed, b"")
    try:
        outcome = await work
    except KeyDeniedError as error:
        return _failure(call, *error.refused)
    except ThrottledError:
        body = {
            "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"
            if version.reserved is not None
            else "ConcurrentInvocationLimitExceeded",
            "Type": "User",
            "message": "Rate Exceeded.",
        }
        headers = {
            "content-type": "application/json",
            "x-amzn-errortype": "TooManyRequestsException",
            "Retry-After": "1",
        }
        return Reply(429, headers, json.dumps(body).encode())
    headers = {"content-type": "application/json", "X-Amz-Executed-Version": outcome.number}
    if outcome.error:
        headers["X-Amz-Function-Error"] = outcome.error
    if tail:
        headers["X-Amz-Log-Result"] = base64.b64encode(outcome.tail).decode()
    return Reply(200, headers, outcome.payload)


def _finished(task: asyncio.Task[Outcome]) -> None:
    _background.discard(task)
    if not task.cancelled():
        task.exception()  # an asynchronous invocation has nobody to tell


def _config(call: Call, cloud: Cloud) -> dict[str, Any] | None:
    account, region, name, _ = _target(call, cloud)
    try:
        found = functions.find(name, None, account=account, region=region)
    except functions.FunctionMissingError:
        return None
    config: dict[str, Any] = found.record["config"]
    return config


def _busy(call: Call, config: Mapping[str, Any] | None) -> Reply | None:
    """Refuse a change of a function that another change has not left yet."""
    if config is None or (reason := functions.busy(config)) is None:
        return None
    return _failure(call, "ResourceConflictException", reason, 409)


async def _update(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    if (refused := _busy(call, _config(call, cloud))) is not None:
        return refused
    reply = await proceed(call)
    config = _config(call, cloud)
    if reply.status >= OK or config is None or call.params.get("DryRun"):
        return reply
    functions.begin_update(config)
    answer = {**json.loads(reply.body), **functions.state_of(config)}
    for key in ("StateReason", "StateReasonCode"):
        answer.pop(key, None)
    return Reply(reply.status, reply.headers, json.dumps(answer).encode())


@corrects(
    "lambda", "UpdateFunctionCode", until="refuses a change during a change, and stays Active meanwhile"
)
async def update_function_code(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Refuse a change while another is in progress; an updated function stays Active."""
    return await _update(call, proceed, cloud)


@corrects(
    "lambda",
    "UpdateFunctionConfiguration",
    until="refuses a change during a change, and stays Active meanwhile",
)
async def update_function_configuration(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Refuse a change while another is in progress; an updated function stays Active."""
    return await _update(call, proceed, cloud)


@corrects("lambda", "PublishVersion", until="refuses during a change; a version is Pending, then Active")
async def publish_version(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Refuse while a change is in progress, and when the code is not what the caller thinks it is."""
    before = _config(call, cloud)
    if (refused := _busy(call, before)) is not None:
        return refused
    expected = call.params.get("CodeSha256")
    if before and expected and expected != before.get("CodeSha256"):
        actual = before.get("CodeSha256")
        message = f"CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST ({actual})."
        return _failure(
            call,
            "InvalidParameterValueException",
            f"{message} Please try again with the CodeSHA256 in $LATEST.",
            400,
        )
    reply = await proceed(call)
    return _created(call, reply, cloud, versions_only=True)


@corrects("lambda", "CreateFunction", until="a version published at once has its own ARN")
async def create_function(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Give the first version its ARN; the function is Pending for a while."""
    return _created(call, await proceed(call), cloud)


def _created(call: Call, reply: Reply, cloud: Cloud, *, versions_only: bool = False) -> Reply:
    """Let what is new be Pending for a while, and answer its state."""
    if reply.status >= OK:
        return reply
    answer = json.loads(reply.body)
    account, region, name, _ = _target(call, cloud)
    name = name or str(call.params.get("FunctionName", ""))
    fresh = functions.settle(name, account=account, region=region, versions_only=versions_only)
    asked = answer.get("Version", functions.LATEST)
    found = fresh.get(asked) or fresh.get(functions.LATEST)
    return Reply(reply.status, reply.headers, json.dumps({**answer, **found}).encode()) if found else reply


@corrects(
    "lambda",
    "PutProvisionedConcurrencyConfig",
    until="provisioned concurrency takes time, and needs a version",
)
async def put_provisioned_concurrency_config(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Let it be in progress for a while; $LATEST cannot have any."""
    account, region, name, qualifier = _target(call, cloud)
    if qualifier == functions.LATEST:
        message = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        return _failure(call, "InvalidParameterValueException", message, 400)
    reply = await proceed(call)
    if reply.status >= OK or qualifier is None:
        return reply
    config = functions.begin_provisioning(name, qualifier, account=account, region=region)
    return Reply(reply.status, reply.headers, json.dumps(config).encode())


async def _with_url(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Let the emulator answer, and put in the address where the URL is served."""
    from nestctl.localcloud.edge import running

    reply = await proceed(call)
    if reply.status >= OK:
        return reply
    await running.sync()
    account, region, name, qualifier = _target(call, cloud)
    answer = json.loads(reply.body or b"{}")
    with request_scope(account, region):
        for url in functions.function_urls():
            if (url.account, url.region, url.name) != (account, region, name):
                continue
            if "FunctionUrlConfigs" in answer:
                for entry in answer["FunctionUrlConfigs"]:
                    if entry.get("CreationTime") == url.config.get("CreationTime"):
                        entry.update(url.config)
            elif url.qualifier == qualifier:
                answer.update(url.config)
    return Reply(reply.status, reply.headers, json.dumps(answer).encode())


@corrects("lambda", "CreateFunctionUrlConfig", until="function URLs can be given an address")
async def create_function_url_config(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Serve the URL on this machine and report that address."""
    return await _with_url(call, proceed, cloud)


@corrects("lambda", "UpdateFunctionUrlConfig", until="function URLs can be given an address")
async def update_function_url_config(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Report the local address."""
    return await _with_url(call, proceed, cloud)


@corrects("lambda", "GetFunctionUrlConfig", until="function URLs can be given an address")
async def get_function_url_config(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Report the local address."""
    return await _with_url(call, proceed, cloud)


@corrects("lambda", "ListFunctionUrlConfigs", until="function URLs can be given an address")
async def list_function_url_configs(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Report the local addresses."""
    return await _with_url(call, proceed, cloud)


@corrects("lambda", "DeleteFunctionUrlConfig", until="function URLs can be given an address")
async def delete_function_url_config(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Close the URL's port."""
    from nestctl.localcloud.edge import running

    reply = await proceed(call)
    await running.sync()
    return reply
