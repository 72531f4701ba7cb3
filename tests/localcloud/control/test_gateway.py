from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import patient
import pytest
from botocore.exceptions import ClientError
from people import document

from nestctl.localcloud.control.identify import identify

Client = Callable[[str], Any]


def own(endpoint: str, path: str, data: Any = None) -> Any:
    method = "GET" if data is None else "PUT"
    return patient.request(method, f"{endpoint}/_local/{path}", json=data).raise_for_status().json()


def test_calls_of_every_protocol_are_recorded_by_service_and_action(endpoint: str, aws: Client) -> None:
    last = own(endpoint, "calls")["last"]
    aws("s3").create_bucket(Bucket="gateway-calls")
    aws("s3").put_object(Bucket="gateway-calls", Key="a b/c", Body=b"content")
    aws("s3").copy_object(
        Bucket="gateway-calls", Key="d", CopySource={"Bucket": "gateway-calls", "Key": "a b/c"}
    )
    aws("s3").get_bucket_location(Bucket="gateway-calls")
    aws("ec2").describe_vpcs()
    aws("ssm").describe_parameters()
    aws("lambda").list_functions()
    aws("cloudfront").list_distributions()
    aws("cloudwatch").describe_alarms()
    with pytest.raises(ClientError):
        aws("kms").describe_key(KeyId="no-such-key")
    recorded = own(endpoint, f"calls?since={last}")["calls"]
    assert [(call["service"], call["action"], call["status"]) for call in recorded] == [
        ("s3", "CreateBucket", 200),
        ("s3", "PutObject", 200),
        ("s3", "CopyObject", 200),
        ("s3", "GetBucketLocation", 200),
        ("ec2", "DescribeVpcs", 200),
        ("ssm", "DescribeParameters", 200),
        ("lambda", "ListFunctions", 200),
        ("cloudfront", "ListDistributions", 200),
        ("monitoring", "DescribeAlarms", 200),
        ("kms", "DescribeKey", 400),
    ]
    assert all(call["ms"] > 0 for call in recorded)


def test_a_fault_hits_as_often_as_asked_and_then_no_more(endpoint: str, aws: Client) -> None:
    own(
        endpoint,
        "faults",
        [
            {
                "service": "sts",
                "action": "GetCallerIdentity",
                "count": 2,
                "status": 503,
                "error": "Busy",
                "delay": 0.05,
            }
        ],
    )
    for _ in range(2):
        started = time.monotonic()
        with pytest.raises(ClientError) as raised:
            aws("sts").get_caller_identity()
        assert raised.value.response["Error"]["Code"] == "Busy"
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert time.monotonic() - started >= 0.05
    assert aws("sts").get_caller_identity()["Account"] == "000000000000"
    assert own(endpoint, "faults") == []


def test_a_wrong_fault_is_refused(endpoint: str) -> None:
    with pytest.raises(httpx.HTTPStatusError) as raised:
        own(endpoint, "faults", [{"acton": "GetCallerIdentity"}])
    assert raised.value.response.status_code == 400


def test_a_service_that_is_not_there_is_refused_at_once_and_not_to_be_retried(
    endpoint: str, aws: Client
) -> None:
    with pytest.raises(ClientError) as raised:
        aws("guardduty").list_detectors()
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert raised.value.response["Error"]["Code"] == "LocalCloudCannot"
    assert own(endpoint, "health")["status"] == "ok"


def test_an_unknown_action_is_refused_and_not_to_be_retried(aws: Client) -> None:
    with pytest.raises(ClientError) as raised:
        aws("ec2").describe_trunk_interface_associations()
    assert 400 <= raised.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


def test_the_head_of_an_answer_waits_and_leaves_with_its_body(endpoint: str) -> None:
    parts = urlsplit(endpoint)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        for _ in range(20):
            started = time.monotonic()
            connection.sendall(b"GET /_local/health HTTP/1.1\r\nhost: x\r\n\r\n")
            first = connection.recv(65536)
            assert time.monotonic() - started >= 0.003
            head, _, body = first.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert json.loads(body)["status"] == "ok"


def test_a_refusal_comes_after_the_whole_request_and_keeps_the_connection(endpoint: str) -> None:
    """S3 clients wait a second for `100 Continue`, then send their object into whatever is there."""
    own(endpoint, "faults", [{"service": "s3", "action": "PutObject", "status": 503, "error": "SlowDown"}])
    parts = urlsplit(endpoint)
    head = (
        "PUT /gateway-refused/object HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 7\r\n"
        "authorization: AWS4-HMAC-SHA256 Credential=TEST/20260101/us-east-1/s3/aws4_request\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(b"content")
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"connection: close" not in answer.lower()
        connection.sendall(b"GET /_local/health HTTP/1.1\r\nhost: x\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_kept_connection_serves_large_and_empty_answers(endpoint: str, aws: Client) -> None:
    aws("s3").create_bucket(Bucket="gateway-large")
    content = bytes(range(256)) * 20_000
    aws("s3").put_object(Bucket="gateway-large", Key="large", Body=content)
    anyone = {"Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::gateway-large/*"}
    aws("s3").put_bucket_policy(Bucket="gateway-large", Policy=document(anyone))
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=20)
    for _ in range(3):
        connection.request("GET", "/gateway-large/large")
        assert connection.getresponse().read() == content
        connection.request("HEAD", "/gateway-large/large")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["content-length"], answer.read()) == (
            200,
            str(len(content)),
            b"",
        )
    connection.close()


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "expected"),
    [
        ("GET", "/v2/", "", {}, ("ecr", "Registry")),
        ("GET", "/2015-03-31/functions/f", "", {"authorization": "lambda"}, ("lambda", "GetFunction")),
        (
            "POST",
            "/2015-03-31/functions/f/invocations",
            "",
            {"authorization": "lambda"},
            ("lambda", "Invoke"),
        ),
        ("PUT", "/bucket", "policy=", {"authorization": "s3"}, ("s3", "PutBucketPolicy")),
        ("PUT", "/bucket/k", "partNumber=1&uploadId=u", {"authorization": "s3"}, ("s3", "UploadPart")),
        ("GET", "/bucket/k", "x-id=GetObject", {"authorization": "s3"}, ("s3", "GetObject")),
        ("GET", "/2020-05-31/distribution/E1/config", "", {"authorization": "cloudfront"}, None),
        (
            "POST",
            "/",
            "",
            {"authorization": "ssm", "x-amz-target": "AmazonSSM.PutParameter"},
            ("ssm", "PutParameter"),
        ),
    ],
)
def test_identify(
    method: str, path: str, query: str, headers: dict[str, str], expected: tuple[str, str] | None
) -> None:
    if "authorization" in headers:
        scope = f"Credential=KEY/20260101/eu-west-3/{headers['authorization']}/aws4_request"
        headers = {**headers, "authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=x"}
    found = identify(method, path, query, headers)
    assert (found.service, found.action) == (expected or ("cloudfront", "GetDistributionConfig"))
    if "authorization" in headers:
        assert (found.region, found.access_key) == ("eu-west-3", "KEY")
