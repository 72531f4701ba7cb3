"""Users, roles and policies for the tests of the authorizer."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import patient
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

Client = Callable[[str], Any]
ACCOUNT = "000000000000"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
REGION = "us-east-1"
PATIENCE = 20.0
"""Seconds within which IAM has heard of every change, the local cloud's usual wait many times over."""


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **s} for s in statements]})


def refused(call: Callable[[], Any]) -> tuple[int, str, str]:
    """The status, code and message of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    error = answer["Error"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error.get("Message", "")


def soon(call: Callable[[], Any]) -> Any:
    """What a call answers once IAM has heard of the changes before it."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except (ClientError, AssertionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def soon_refused(call: Callable[[], Any], words: str = "") -> tuple[int, str, str]:
    """The refusal of a call, once IAM has heard of the changes before it."""

    def is_refused() -> tuple[int, str, str]:
        try:
            call()
        except ClientError as error:
            answer = error.response
            found = answer["Error"]
            assert words in found.get("Message", ""), found
            return answer["ResponseMetadata"]["HTTPStatusCode"], found["Code"], found.get("Message", "")
        raise AssertionError("the call is allowed")

    found: tuple[int, str, str] = soon(is_refused)
    return found


SERVICES = ("backup", "ecs-tasks", "lambda", "scheduler", "vpc-flow-logs")
WORK = ("ecr:*", "ecs:RunTask", "kms:Decrypt", "logs:*", "secretsmanager:GetSecretValue", "ssm:GetParameter*")


def working_role(aws: Client, name: str, *actions: str) -> str:
    """A role that services may assume and that may do their work; its ARN. IAM hears of it soon."""
    iam = aws("iam")
    trusted = {"Service": [f"{service}.amazonaws.com" for service in SERVICES]}
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=document({"Principal": trusted, "Action": "sts:AssumeRole"}),
        )
        may = document({"Action": list(actions or WORK), "Resource": "*"})
        iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=may)
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


class Someone:
    """A user with an inline policy, known to IAM.

    Args:
        endpoint: Address of the API.
        aws: Clients of the owner.
        statements: What the user may do.
    """

    def __init__(self, endpoint: str, aws: Client, *statements: dict[str, Any], known: bool = True) -> None:
        self.endpoint = endpoint
        self._aws = aws
        self.name = unique("someone")
        aws("iam").create_user(UserName=self.name)
        self.put(*statements)
        self.key = aws("iam").create_access_key(UserName=self.name)["AccessKey"]
        self.arn = f"arn:aws:iam::{ACCOUNT}:user/{self.name}"
        if known:
            self.wait()

    def put(self, *statements: dict[str, Any]) -> None:
        """Replace the policy, and wait for nothing."""
        self._aws("iam").put_user_policy(
            UserName=self.name, PolicyName="policy", PolicyDocument=document(*statements)
        )

    def wait(self) -> None:
        """Wait until IAM has heard of the last change."""
        time.sleep(delay(self.endpoint) + 0.05)
        soon(self.client("sts").get_caller_identity)

    def may(self, *statements: dict[str, Any]) -> None:
        """Replace the policy, and wait until that is known."""
        self.put(*statements)
        self.wait()

    def client(self, service: str, key: dict[str, str] | None = None) -> Any:
        """Return a client with the user's key, or with that of a session."""
        return client(self.endpoint, service, key or self.key)

    def assume(self, role: str, **more: Any) -> dict[str, str]:
        """The keys of a session of a role."""
        answer = soon(lambda: self.client("sts").assume_role(RoleArn=role, RoleSessionName="test", **more))
        found: dict[str, str] = answer["Credentials"]
        return found


def client(endpoint: str, service: str, key: dict[str, str]) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def delay(endpoint: str) -> float:
    """Seconds after which IAM knows of a change."""
    return float(patient.get(f"{endpoint}/_local/delay", timeout=10).json())


@contextlib.contextmanager
def quicker(endpoint: str, seconds: float) -> Iterator[None]:
    """Let the local cloud take less time for what it waits for."""
    before = delay(endpoint)
    patient.put(f"{endpoint}/_local/delay", json=seconds, timeout=10).raise_for_status()
    try:
        yield
    finally:
        patient.put(f"{endpoint}/_local/delay", json=before, timeout=10).raise_for_status()
