"""A load balancer's site moves to another domain without a gap, and with an issued certificate only."""

from __future__ import annotations

import functools
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from cryptography import x509

from nestctl.localcloud import LocalCloud
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform.binary import find_terraform
from nestctl.terraform.mirror import cli_config

Client = Callable[[str], Any]
OLD, NEW = "old.move.example.org", "new.move.example.org"


class Stack:
    """The module ``alb`` by itself, applied to the running cloud, which is thrown away with it."""

    def __init__(self, folder: Path, cloud: LocalCloud, values: dict[str, Any]) -> None:
        self.folder = folder
        self.values = values
        self.env = {**os.environ, **cloud.env(), "TF_DATA_DIR": str(folder / "data"), "TF_IN_AUTOMATION": "1"}
        if config := cli_config(folder):
            self.env["TF_CLI_CONFIG_FILE"] = str(config)
        names = [*values, "domain_name", "next_domain_name", "certificate_issued"]
        module = {"source": str(INFRASTRUCTURE / "modules" / "alb")} | {n: f"${{var.{n}}}" for n in names}
        root = {
            "terraform": {
                "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}}
            },
            "provider": {"aws": {"skip_requesting_account_id": True}},
            "variable": {name: {} for name in names},
            "module": {"alb": module},
            "output": {"arns": {"value": "${module.alb.certificate_arns}"}},
        }
        (folder / "main.tf.json").write_text(json.dumps(root))
        self.terraform("init", "-input=false", "-no-color")

    def terraform(self, *words: str) -> str:
        done = subprocess.run(
            [str(find_terraform().path), *words],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def apply(self, domain: str, following: str | None = None, *, issued: bool = True) -> dict[str, str]:
        """Apply, and return the certificates' ARNs by domain."""
        values = self.values | {
            "domain_name": domain,
            "next_domain_name": following,
            "certificate_issued": issued,
        }
        (self.folder / "terraform.tfvars.json").write_text(json.dumps(values))
        self.terraform("apply", "-auto-approve", "-input=false", "-no-color")
        found: dict[str, str] = json.loads(self.terraform("output", "-json", "arns"))
        return found


@pytest.fixture
def stack(tmp_path: Path, aws: Client, running: LocalCloud) -> Stack:
    vpc = aws("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = aws("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws("ec2").attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        aws("ec2").create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"us-east-1{z}")
        for n, z in enumerate("ab")
    ]
    group = aws("ec2").create_security_group(GroupName="move", Description="move", VpcId=vpc)["GroupId"]
    aws("s3").create_bucket(Bucket="move-logs")
    logs = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::move-logs/*",
    }
    aws("s3").put_bucket_policy(
        Bucket="move-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [logs]})
    )
    return Stack(
        tmp_path,
        running,
        {
            "project_name": "move",
            "environment": "test",
            "vpc_id": vpc,
            "subnet_ids": [entry["Subnet"]["SubnetId"] for entry in subnets],
            "security_group_ids": [group],
            "logs_bucket_name": "move-logs",
            "content_security_policy": "default-src 'self'",
            "frontend_health_path": "/",
            "backend_paths": ["/api/*"],
        },
    )


class Visitors:
    """Somebody who opens a connection again and again."""

    def __init__(self, port: int) -> None:
        self.seen: list[str] = []
        self._port = port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.is_set():
            self.seen.append(certified(self._port))
            time.sleep(0.02)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


ANY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ANY.check_hostname, ANY.verify_mode = False, ssl.CERT_NONE


def certified(port: int) -> str:
    """The domain that a listener's certificate is for, or what went wrong; the answer has to come, too."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as plain, ANY.wrap_socket(plain) as secure:
            certificate = secure.getpeercert(binary_form=True) or b""
            secure.sendall(b"GET /api/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            if b"503" not in secure.recv(100):
                return "no answer"
    except OSError as error:
        return repr(error)
    return domain(certificate)


@functools.cache
def domain(certificate: bytes) -> str:
    """The domain of this test that a certificate, in DER, is for."""
    extensions = x509.load_der_x509_certificate(certificate).extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = [name for name in names.get_values_for_type(x509.DNSName) if name.endswith("move.example.org")]
    return found[0] if found else "no domain"


def until_issued(aws: Client, arn: str) -> None:
    aws("acm").get_waiter("certificate_validated").wait(
        CertificateArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )


def test_the_old_certificate_serves_until_the_new_one_is_issued(
    aws: Client, running: LocalCloud, stack: Stack
) -> None:
    until_issued(aws, stack.apply(OLD, issued=False)[OLD])
    stack.apply(OLD)
    port = running.status().ports["load-balancer/move-test-alb/443/https"]
    assert certified(port) == OLD
    running.dns(manual=True)
    try:
        with Visitors(port) as visitors:
            arns = stack.apply(OLD, NEW)
            assert sorted(arns) == [NEW, OLD]
            assert set(visitors.seen) == {OLD}
            running.dns(manual=False)
            until_issued(aws, arns[NEW])
            assert set(visitors.seen) == {OLD}
            assert sorted(stack.apply(NEW)) == [NEW]
            deadline = time.monotonic() + 10
            while visitors.seen[-1] != NEW:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert set(visitors.seen) == {OLD, NEW}
        assert visitors.seen == sorted(visitors.seen, reverse=True)  # there and not back
    finally:
        running.dns(manual=False)
    left = {row["DomainName"] for row in aws("acm").list_certificates()["CertificateSummaryList"]}
    assert NEW in left
    assert OLD not in left
