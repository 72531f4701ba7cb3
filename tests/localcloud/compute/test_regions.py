"""Two regions of one local cloud, side by side: things of the same name are two things, as on AWS."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx
import patient
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from nestctl.localcloud.layout import ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY

REGIONS = ("eu-central-1", "ap-southeast-2")
NAME = "beside"
SOURCE = """
import os

def handler(event, context):
    print("written by the function in", os.environ["AWS_REGION"])
    return [os.environ["AWS_REGION"], os.environ["AWS_DEFAULT_REGION"], context.invoked_function_arn]
"""

At = Callable[[str, str], Any]


@pytest.fixture(scope="module")
def at(cloud: Any) -> At:
    """A client of a service in a region."""
    clients: dict[tuple[str, str], Any] = {}

    def client(service: str, region: str) -> Any:
        if (service, region) not in clients:
            clients[service, region] = boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=cloud.endpoint_url,
                region_name=region,
                aws_access_key_id=ACCESS_KEY_ID,
                aws_secret_access_key=SECRET_ACCESS_KEY,
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return clients[service, region]

    return client


@pytest.fixture(scope="module", autouse=True)
def both(at: At) -> Iterator[None]:
    """A parameter, a log group, a queue's dead letters' topic and a repository of one name in each region."""
    for region in REGIONS:
        at("ssm", region).put_parameter(Name="/beside/value", Value=f"of {region}", Type="String")
        at("sns", region).create_topic(Name=NAME)
        at("ecr", region).create_repository(repositoryName=NAME)
    yield
    for region in REGIONS:
        at("ssm", region).delete_parameter(Name="/beside/value")


@pytest.mark.parametrize("region", REGIONS)
def test_what_has_one_name_is_two_things(at: At, region: str) -> None:
    assert at("ssm", region).get_parameter(Name="/beside/value")["Parameter"]["Value"] == f"of {region}"
    topics = [topic["TopicArn"] for topic in at("sns", region).list_topics()["Topics"]]
    assert topics == [f"arn:aws:sns:{region}:{ACCOUNT_ID}:{NAME}"]
    (repository,) = at("ecr", region).describe_repositories(repositoryNames=[NAME])["repositories"]
    assert repository["repositoryUri"] == f"{ACCOUNT_ID}.dkr.ecr.{region}.amazonaws.com/{NAME}"
    zones = at("ec2", region).describe_availability_zones()["AvailabilityZones"]
    assert {zone["RegionName"] for zone in zones} == {region}


def push(cloud: Any, at: At, region: str, content: bytes) -> str:
    """Push one blob into the region's registry, as a container tool does, and return its digest."""
    import hashlib

    answer = at("ecr", region).get_authorization_token()["authorizationData"][0]
    assert answer["proxyEndpoint"] == f"https://{ACCOUNT_ID}.dkr.ecr.{region}.amazonaws.com"
    registry = cloud.published[answer["proxyEndpoint"]]
    user, password = base64.b64decode(answer["authorizationToken"]).decode().split(":", 1)
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest,
            "size": len(content),
        },
        "layers": [],
    }
    with patient.Client(auth=(user, password), timeout=30) as client:
        base = f"{registry}/v2/{NAME}"
        begun = client.post(f"{base}/blobs/uploads/")
        assert begun.is_success, begun.text
        place = begun.headers["location"]
        address = str(httpx.URL(f"{base}/").join(place))
        put = client.put(f"{address}{'&' if '?' in address else '?'}digest={digest}", content=content)
        assert put.is_success, put.text
        done = client.put(
            f"{base}/manifests/one",
            content=json.dumps(manifest),
            headers={"content-type": str(manifest["mediaType"])},
        )
        assert done.is_success, done.text
    return digest


def test_each_region_has_its_own_registry(cloud: Any, at: At) -> None:
    first, second = REGIONS
    push(cloud, at, first, b"{}")
    assert [i["imageTag"] for i in at("ecr", first).list_images(repositoryName=NAME)["imageIds"]] == ["one"]
    assert at("ecr", second).list_images(repositoryName=NAME)["imageIds"] == []
    push(cloud, at, second, b'{"config": {}}')
    digests = {
        at("ecr", region).describe_images(repositoryName=NAME)["imageDetails"][0]["imageDigest"]
        for region in REGIONS
    }
    assert len(digests) == 2


@pytest.mark.parametrize("region", REGIONS)
def test_a_function_runs_in_its_region_and_logs_there(at: At, functions: Any, region: str) -> None:
    functions.in_region(at("lambda", region)).create(NAME, SOURCE, Timeout=30)
    answer = at("lambda", region).invoke(FunctionName=NAME, Payload=b"{}")
    arn = f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{NAME}"
    assert json.loads(answer["Payload"].read()) == [region, region, arn]
    text = f"written by the function in {region}"
    deadline = time.monotonic() + 20
    while text not in logged(at, region):
        assert time.monotonic() < deadline, logged(at, region)
        time.sleep(0.2)
    other = next(r for r in REGIONS if r != region)
    assert text not in logged(at, other)


def logged(at: At, region: str) -> str:
    try:
        found = at("logs", region).filter_log_events(logGroupName=f"/aws/lambda/{NAME}")["events"]
    except ClientError:
        return ""
    return "\n".join(event["message"] for event in found)


def test_load_balancers_of_one_name_answer_each_for_its_region(cloud: Any, at: At) -> None:
    addresses = {}
    for region in REGIONS:
        vpc = at("ec2", region).create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        gateway = at("ec2", region).create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        at("ec2", region).attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        subnets = [
            at("ec2", region).create_subnet(
                VpcId=vpc, CidrBlock=f"10.77.{n}.0/24", AvailabilityZone=f"{region}{letter}"
            )["Subnet"]["SubnetId"]
            for n, letter in enumerate("ab")
        ]
        elb = at("elbv2", region)
        balancer = elb.create_load_balancer(Name=NAME, Subnets=subnets)["LoadBalancers"][0]
        fixed = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": region}
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
        )
        addresses[region] = f"http://{balancer['DNSName']}"
        assert region in balancer["DNSName"]
    deadline = time.monotonic() + 20
    while not set(addresses.values()) <= set(cloud.published):
        assert time.monotonic() < deadline, cloud.published
        time.sleep(0.2)
    for region, address in addresses.items():
        assert patient.get(cloud.published[address]).text == region
