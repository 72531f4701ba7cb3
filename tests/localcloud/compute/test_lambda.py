"""Functions run their real code, with Lambda's versions, limits and errors."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import patient
import pytest
from botocore.exceptions import ClientError
from people import document

from nestctl.localcloud import pace
from nestctl.localcloud.compute import engine

ECHO = "def handler(event, context):\n    return {'event': event, 'version': context.function_version}\n"


def invoke(functions: Any, name: str, event: Any = None, **options: Any) -> Any:
    answer = functions.client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **options)
    return json.loads(answer["Payload"].read() or b"null")


def test_runs_the_handler(functions: Any) -> None:
    functions.create("echo", ECHO)
    assert invoke(functions, "echo", {"a": 1}) == {"event": {"a": 1}, "version": "$LATEST"}


def test_versions_keep_their_code_and_settings_and_the_alias_moves(functions: Any) -> None:
    source = (
        "import os\n"
        "def handler(event, context):\n"
        "    return [{n}, os.environ['STAGE'], context.invoked_function_arn]\n"
    )
    functions.create("versioned", source.format(n=1), Environment={"Variables": {"STAGE": "one"}})
    lambdas = functions.client
    first = lambdas.publish_version(FunctionName="versioned")
    assert first["FunctionArn"].endswith(":versioned:1")
    assert first["State"] == "Active"
    lambdas.create_alias(FunctionName="versioned", Name="live", FunctionVersion="1")
    assert invoke(functions, "versioned", Qualifier="live")[:2] == [1, "one"]
    functions.update("versioned", source.format(n=2))
    lambdas.update_function_configuration(
        FunctionName="versioned", Environment={"Variables": {"STAGE": "two"}}
    )
    lambdas.get_waiter("function_updated_v2").wait(FunctionName="versioned", WaiterConfig={"Delay": 1})
    assert lambdas.publish_version(FunctionName="versioned")["Version"] == "2"
    assert invoke(functions, "versioned", Qualifier="1")[:2] == [1, "one"]
    assert invoke(functions, "versioned", Qualifier="2")[:2] == [2, "two"]
    before = invoke(functions, "versioned", Qualifier="live")
    assert before[:2] == [1, "one"]
    assert before[2].endswith(":versioned:live")
    lambdas.update_alias(FunctionName="versioned", Name="live", FunctionVersion="2")
    answer = lambdas.invoke(FunctionName="versioned", Qualifier="live", Payload=b"{}")
    assert answer["ExecutedVersion"] == "2"
    assert json.loads(answer["Payload"].read())[:2] == [2, "two"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        lambdas.invoke(FunctionName="versioned", Qualifier="9")


def test_a_version_that_is_pending_is_called_by_nobody_until_a_restart(cloud: Any, functions: Any) -> None:
    functions.create("pending", ECHO)
    pace.set_seconds(600)
    try:
        version = functions.client.publish_version(FunctionName="pending")["Version"]
        functions.client.create_alias(FunctionName="pending", Name="live", FunctionVersion=version)
        at = {"FunctionName": "pending", "Qualifier": "live"}
        url = functions.client.create_function_url_config(**at, AuthType="NONE")["FunctionUrl"]
        for statement, permission in (
            ("public", {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}),
            ("invoked", {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}),
        ):
            functions.client.add_permission(**at, StatementId=statement, Principal="*", **permission)
        assert patient.get(url, timeout=60).status_code == 502
        with pytest.raises(ClientError, match="ResourceConflictException"):
            functions.client.invoke(**at)
        cloud.run(cloud.restart_engines())
    finally:
        pace.set_seconds(0)
    assert patient.get(url, timeout=60).json()["version"] == version


def test_warm_sandbox_is_used_again_and_keeps_its_globals(functions: Any) -> None:
    functions.create("warm", "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n\n")
    assert [invoke(functions, "warm") for _ in range(3)] == [1, 2, 3]


def test_time_out_kills_the_sandbox(functions: Any) -> None:
    source = (
        "import time\n"
        "n = 0\n"
        "def handler(event, context):\n"
        "    global n\n"
        "    n += 1\n"
        "    time.sleep(event)\n"
        "    return n\n"
    )
    functions.create("slow", source, Timeout=1)
    started = time.monotonic()
    answer = functions.client.invoke(FunctionName="slow", Payload=b"30")
    assert answer["FunctionError"] == "Unhandled"
    assert "Task timed out after 1.00 seconds" in json.loads(answer["Payload"].read())["errorMessage"]
    assert time.monotonic() - started < 30, "it went on for as long as it wanted"
    assert invoke(functions, "slow", 0) == 1


def test_concurrency_limit_throttles(functions: Any) -> None:
    functions.create("busy", "import time\ndef handler(event, context):\n    time.sleep(5)\n    return 1\n")
    functions.client.put_function_concurrency(FunctionName="busy", ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(invoke, functions, "busy")
        time.sleep(2)
        with pytest.raises(ClientError) as refused:
            functions.client.invoke(FunctionName="busy")
        assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert first.result() == 1


def test_payload_limits(functions: Any) -> None:
    functions.create("sizes", "def handler(event, context):\n    return 'x' * event['n']\n")
    big = json.dumps({"n": 1, "pad": "x" * (6 * 1024 * 1024)}).encode()
    with pytest.raises(ClientError) as refused:
        functions.client.invoke(FunctionName="sizes", Payload=big)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    answer = functions.client.invoke(
        FunctionName="sizes", Payload=json.dumps({"n": 7 * 1024 * 1024}).encode()
    )
    assert json.loads(answer["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(invoke(functions, "sizes", {"n": 5 * 1024 * 1024})) == 5 * 1024 * 1024
    with pytest.raises(ClientError) as refused:
        functions.client.invoke(
            FunctionName="sizes", InvocationType="Event", Payload=b'"' + b"x" * 300_000 + b'"'
        )
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_errors_of_the_handler_of_its_import_and_of_its_process(functions: Any) -> None:
    functions.create("raises", "def handler(event, context):\n    raise KeyError('no such thing')\n")
    answer = functions.client.invoke(FunctionName="raises")
    error = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == "KeyError"
    assert "stackTrace" in error
    functions.create("unimportable", "import no_such_module\n")
    answer = functions.client.invoke(FunctionName="unimportable")
    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.ImportModuleError"
    functions.create("dies", "import os\ndef handler(event, context):\n    os._exit(3)\n")
    for _ in range(2):
        answer = functions.client.invoke(FunctionName="dies")
        assert "exit status 3" in json.loads(answer["Payload"].read())["errorMessage"]


def test_environment_is_lambdas_and_the_runtime_brings_boto3_only(functions: Any) -> None:
    source = """
import importlib.util, os, sys
def handler(event, context):
    names = ("boto3", "ministack", "typer", "pytest")
    found = {name: importlib.util.find_spec(name) is not None for name in names}
    memory = context.memory_limit_in_mb
    return {"found": found, "env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "memory": memory}
"""
    functions.create("env", source, MemorySize=256, Environment={"Variables": {"MINE": "yes"}})
    answer = invoke(functions, "env")
    assert answer["found"] == {"boto3": True, "ministack": False, "typer": False, "pytest": False}
    env = answer["env"]
    assert env["MINE"] == "yes"
    assert env["AWS_LAMBDA_FUNCTION_NAME"] == "env"
    assert env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == str(answer["memory"]) == "256"
    assert env["LAMBDA_TASK_ROOT"] == answer["cwd"]
    assert env["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert env["DJANGO_ALGOLIA_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert "HOSTNAME" not in env


def test_packages_of_the_zip_win_over_the_runtimes(functions: Any) -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "import urllib3\ndef handler(event, context):\n    return urllib3.MINE\n")
        archive.writestr("urllib3/__init__.py", "MINE = 'from the zip'\n")
    functions.create("own", ECHO)
    functions.client.update_function_code(FunctionName="own", ZipFile=buffer.getvalue())
    functions.client.get_waiter("function_updated_v2").wait(FunctionName="own", WaiterConfig={"Delay": 1})
    assert invoke(functions, "own") == "from the zip"


def test_another_python_runs_where_there_is_one(functions: Any) -> None:
    import sys

    from nestctl.localcloud.compute import interpreters

    others = [minor for minor in (10, 11, 12, 13, 14) if minor != sys.version_info.minor]
    source = (
        "import sys\ndef handler(event, context):\n    return list(sys.version_info[:2]) + [len(event)]\n"
    )
    ran = 0
    for minor in others:
        try:
            interpreters.python(f"3.{minor}")
        except interpreters.NoInterpreterError:
            continue
        functions.create(f"other-{minor}", source, Runtime=f"python3.{minor}")
        assert invoke(functions, f"other-{minor}", "x" * 3_000_000) == [3, minor, 3_000_000]
        ran += 1
    functions.create("absent", source, Runtime="python3.9")
    functions.client.update_function_configuration(FunctionName="absent", Runtime="nodejs22.x")
    functions.client.get_waiter("function_updated_v2").wait(FunctionName="absent", WaiterConfig={"Delay": 1})
    assert "runs Python functions" in invoke(functions, "absent")["errorMessage"]


def test_logs_reach_cloudwatch_and_the_tail(cloud: Any, functions: Any) -> None:
    functions.create(
        "talks", "def handler(event, context):\n    print('said', event['word'])\n    return 1\n"
    )
    answer = functions.client.invoke(FunctionName="talks", LogType="Tail", Payload=b'{"word": "hello"}')
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "said hello" in tail
    assert "REPORT RequestId:" in tail
    assert "Init Duration" in tail
    deadline = time.monotonic() + 60
    messages: list[str] = []
    while time.monotonic() < deadline and not any("REPORT" in message for message in messages):
        time.sleep(0.3)
        try:
            events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/talks")["events"]
        except ClientError:
            continue
        messages = [event["message"].strip() for event in events]
    kinds = [message.split(" ")[0] for message in messages]
    assert kinds == ["START", "said", "END", "REPORT"]


def test_logs_are_written_as_the_functions_role(cloud: Any, functions: Any) -> None:
    iam, logs = cloud.client("iam"), cloud.client("logs")
    for name, may in (("silent", ["logs:CreateLogGroup", "logs:CreateLogStream"]), ("logged", ["logs:*"])):
        limit = document({"Action": may, "Resource": "*"})
        arn = iam.create_policy(PolicyName=f"logs-{name}", PolicyDocument=limit)["Policy"]["Arn"]
        iam.put_role_permissions_boundary(RoleName="run", PermissionsBoundary=arn)
        try:
            functions.create(name, "def handler(event, context):\n    print('heard')\n    return 1\n")
            answer = functions.client.invoke(FunctionName=name, LogType="Tail")
            # The tail of the answer is Lambda's own, and needs no right.
            assert "heard" in base64.b64decode(answer["LogResult"]).decode()
            cloud.run(engine.current().logs.flush())
        finally:
            iam.delete_role_permissions_boundary(RoleName="run")
    logs.create_log_group(logGroupName="/aws/lambda/silent")  # there was none
    heard = [
        {event["message"].strip() for event in logs.filter_log_events(logGroupName=group)["events"]}
        for group in ("/aws/lambda/silent", "/aws/lambda/logged")
    ]
    assert heard[0] == set()
    assert "heard" in heard[1]


def test_event_runs_in_the_background_and_dry_run_runs_nothing(cloud: Any, functions: Any) -> None:
    functions.create("marks", "def handler(event, context):\n    print('marked')\n")

    def marks() -> int:
        try:
            found = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/marks")["events"]
        except ClientError:
            return 0
        return sum("marked" in event["message"] for event in found)

    assert functions.client.invoke(FunctionName="marks", InvocationType="DryRun")["StatusCode"] == 204
    time.sleep(0.3)
    assert marks() == 0
    assert functions.client.invoke(FunctionName="marks", InvocationType="Event")["StatusCode"] == 202
    deadline = time.monotonic() + 60
    while not marks() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marks() == 1


def test_an_environment_is_decrypted_as_the_functions_role(cloud: Any, functions: Any) -> None:
    """Lambda's grant is bound by the role's boundary, which must leave the key's use through Lambda in."""
    iam, key = cloud.client("iam"), cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    source = "import os\ndef handler(e, c):\n    return os.environ['WORD']\n"
    functions.create("sealed", source, KMSKeyArn=key, Environment={"Variables": {"WORD": "open"}})
    assert invoke(functions, "sealed") == "open"
    for number, (actions, allowed) in enumerate(((["logs:*"], False), (["logs:*", "kms:Decrypt"], True))):
        via = {"StringEquals": {"kms:ViaService": "lambda.us-east-1.amazonaws.com"}}
        limit = document({"Action": actions, "Resource": "*"} | ({"Condition": via} if allowed else {}))
        arn = iam.create_policy(PolicyName=f"bound-{number}", PolicyDocument=limit)["Policy"]["Arn"]
        iam.put_role_permissions_boundary(RoleName="run", PermissionsBoundary=arn)
        time.sleep(pace.seconds() + 0.1)  # IAM has heard of it by then
        functions.update("sealed", f"{source}# {number}")  # a new sandbox, which decrypts again
        try:
            if allowed:
                assert invoke(functions, "sealed") == "open"
                continue
            with pytest.raises(ClientError) as caught:
                invoke(functions, "sealed")
            error = caught.value.response["Error"]
            assert error["Code"] == "KMSAccessDeniedException"
            assert (
                f"kms:Decrypt on resource: {key} because no permissions boundary allows" in error["Message"]
            )
        finally:
            iam.delete_role_permissions_boundary(RoleName="run")


def test_a_function_whose_key_is_out_of_use_does_not_start(cloud: Any, functions: Any) -> None:
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    source = "import os\ndef handler(e, c):\n    return os.environ['WORD']\n"
    functions.create("barred", source, KMSKeyArn=key, Environment={"Variables": {"WORD": "open"}})
    states = (
        (kms.disable_key, "KMSDisabledException", "is disabled"),
        (kms.schedule_key_deletion, "KMSInvalidStateException", "is pending deletion"),
    )
    for number, (leave, code, words) in enumerate(states):
        functions.update("barred", f"{source}# {number}")  # a new sandbox, which has yet to decrypt
        leave(KeyId=key)
        with pytest.raises(ClientError) as caught:
            invoke(functions, "barred")
        answer = caught.value.response
        assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, 502)
        assert f"{key} {words}" in answer["Error"]["Message"]
        if leave == kms.schedule_key_deletion:
            kms.cancel_key_deletion(KeyId=key)  # which leaves it disabled
        kms.enable_key(KeyId=key)
        assert invoke(functions, "barred") == "open"
