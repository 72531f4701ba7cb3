"""Certificates wait for their records in the local DNS, and nothing takes one before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import dns.message
import dns.query
import dns.rcode
import pytest
from botocore.exceptions import ClientError

from nestctl.localcloud import LocalCloud, LocalCloudError

Client = Callable[[str], Any]


@pytest.fixture
def manual(running: LocalCloud) -> Iterator[LocalCloud]:
    """The cloud, in which each record has to be set."""
    running.dns(manual=True)
    yield running
    for record in running.dns(manual=False)["records"]:
        if record["set_by"] == "you":
            running.dns(remove=[record["name"], record["type"]])


def request(aws: Client, domain: str, *more: str) -> str:
    names = {"SubjectAlternativeNames": [domain, *more]} if more else {}
    return str(
        aws("acm").request_certificate(DomainName=domain, ValidationMethod="DNS", **names)["CertificateArn"]
    )


def described(aws: Client, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = aws("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    return found


def records(aws: Client, arn: str) -> list[dict[str, str]]:
    """The records of a certificate, once it says them."""
    deadline = time.monotonic() + 10
    while True:
        options = described(aws, arn)["DomainValidationOptions"]
        if all("ResourceRecord" in option for option in options):
            return [option["ResourceRecord"] for option in options]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def issued(aws: Client, arn: str) -> dict[str, Any]:
    aws("acm").get_waiter("certificate_validated").wait(
        CertificateArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    return described(aws, arn)


def ask(cloud: LocalCloud, name: str, kind: str) -> tuple[str, list[str]]:
    """Code and records of a DNS answer, asked over UDP."""
    host, port = cloud.dns()["server"].split(":")
    answer = dns.query.udp(dns.message.make_query(name, kind), host, timeout=5, port=int(port))
    return dns.rcode.to_text(answer.rcode()), [str(rrset) for rrset in answer.answer]


def balancer(aws: Client, name: str) -> dict[str, Any]:
    vpc = aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = aws("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws("ec2").attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        aws("ec2").create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{'ab'[n]}"
        )
        for n in range(2)
    ]
    made = aws("elbv2").create_load_balancer(
        Name=name, Subnets=[entry["Subnet"]["SubnetId"] for entry in subnets]
    )
    found: dict[str, Any] = made["LoadBalancers"][0]
    return found


def listen(aws: Client, load_balancer: str, certificate: str) -> str:
    made = aws("elbv2").create_listener(
        LoadBalancerArn=load_balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )
    return str(made["Listeners"][0]["ListenerArn"])


def code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refused.value.response["Error"]["Code"])


def test_a_new_certificate_is_pending_and_is_issued_by_itself(aws: Client, running: LocalCloud) -> None:
    arn = request(aws, "auto.example.org", "*.auto.example.org")
    new = described(aws, arn)
    assert new["Status"] == "PENDING_VALIDATION"
    assert {"IssuedAt", "NotBefore", "NotAfter"}.isdisjoint(new)
    assert all("ResourceRecord" not in option for option in new["DomainValidationOptions"])
    with pytest.raises(ClientError) as refused:
        aws("acm").get_certificate(CertificateArn=arn)
    assert code(refused) == "RequestInProgressException"
    one, other = records(aws, arn)
    assert one == other
    assert described(aws, arn)["Status"] == "PENDING_VALIDATION"
    found = issued(aws, arn)
    assert {option["ValidationStatus"] for option in found["DomainValidationOptions"]} == {"SUCCESS"}
    assert found["NotAfter"] > found["IssuedAt"]
    assert ask(running, one["Name"], "CNAME")[1][0].endswith(f"IN CNAME {one['Value']}")
    aws("acm").delete_certificate(CertificateArn=arn)


def test_by_hand_nothing_is_issued_before_its_very_record_stands(aws: Client, manual: LocalCloud) -> None:
    arn = request(aws, "hand.example.org")
    (record,) = records(aws, arn)
    assert ask(manual, record["Name"], "CNAME")[0] == "NXDOMAIN"
    wanted = {row["name"] for row in manual.dns()["wanted"]}
    assert record["Name"].rstrip(".") in wanted
    manual.dns(set=[record["Name"], "CNAME", "another.acm-validations.aws."])
    time.sleep(5)
    assert described(aws, arn)["Status"] == "PENDING_VALIDATION"
    manual.dns(set=[record["Name"].upper(), "cname", record["Value"]])
    assert described(aws, arn)["Status"] == "PENDING_VALIDATION"
    assert issued(aws, arn)["Status"] == "ISSUED"
    # ACM does not take a certificate back.
    manual.dns(remove=[record["Name"], None])
    assert described(aws, arn)["Status"] == "ISSUED"
    aws("acm").delete_certificate(CertificateArn=arn)


def test_a_listener_takes_only_an_issued_certificate_and_keeps_it(aws: Client, running: LocalCloud) -> None:
    elb = aws("elbv2")
    load_balancer = balancer(aws, "dns-certificates")
    old = request(aws, "old.example.org")
    with pytest.raises(ClientError) as refused:
        listen(aws, load_balancer["LoadBalancerArn"], old)
    assert code(refused) == "UnsupportedCertificate"
    with pytest.raises(ClientError) as refused:
        listen(aws, load_balancer["LoadBalancerArn"], old[:-12] + "0" * 12)
    assert code(refused) == "CertificateNotFound"
    issued(aws, old)
    listener = listen(aws, load_balancer["LoadBalancerArn"], old)
    assert described(aws, old)["InUseBy"] == [load_balancer["LoadBalancerArn"]]
    new = request(aws, "new.example.org")
    for change in (elb.modify_listener, elb.add_listener_certificates):
        with pytest.raises(ClientError) as refused:
            change(ListenerArn=listener, Certificates=[{"CertificateArn": new}])
        assert code(refused) == "UnsupportedCertificate"
    with pytest.raises(ClientError) as refused:
        aws("acm").delete_certificate(CertificateArn=old)
    assert code(refused) == "ResourceInUseException"
    # The site's name leads to the load balancer, and that one to this machine.
    deadline = time.monotonic() + 10
    while not (answer := ask(running, "old.example.org", "A"))[1]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert load_balancer["DNSName"].lower() in answer[1][0]
    assert answer[1][-1].endswith("IN A 127.0.0.1")
    issued(aws, new)
    elb.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": new}])
    aws("acm").delete_certificate(CertificateArn=old)
    elb.delete_load_balancer(LoadBalancerArn=load_balancer["LoadBalancerArn"])


def test_a_distribution_takes_only_an_issued_certificate(aws: Client) -> None:
    arn = request(aws, "cdn.example.org")
    config = {
        "CallerReference": "dns-1",
        "Comment": "",
        "Enabled": True,
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "o",
                    "DomainName": "example.org",
                    "CustomOriginConfig": {
                        "HTTPPort": 80,
                        "HTTPSPort": 443,
                        "OriginProtocolPolicy": "https-only",
                    },
                }
            ],
        },
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "redirect-to-https"},
        "ViewerCertificate": {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only"},
    }
    with pytest.raises(ClientError) as refused:
        aws("cloudfront").create_distribution(DistributionConfig=config)
    assert code(refused) == "InvalidViewerCertificate"
    aws("acm").delete_certificate(CertificateArn=arn)


def test_what_is_no_record_is_refused(manual: LocalCloud) -> None:
    for wrong in (
        ("a.example", "MX", "10 b.example"),
        ("a.example", "A", "b.example"),
        ("a..b", "A", "1.2.3.4"),
    ):
        with pytest.raises(LocalCloudError, match="nestctl local dns set"):
            manual.dns(set=list(wrong))
    manual.dns(set=["a.example", "A", "192.0.2.1"])
    with pytest.raises(LocalCloudError, match="stands alone"):
        manual.dns(set=["a.example", "CNAME", "b.example"])
    assert ask(manual, "A.EXAMPLE", "A") == ("NOERROR", ["A.EXAMPLE. 1 IN A 192.0.2.1"])
    assert ask(manual, "a.example", "TXT") == ("NOERROR", [])
    with pytest.raises(LocalCloudError, match="no such record"):
        manual.dns(remove=["a.example", "TXT"])
    manual.dns(remove=["a.example", None])
    assert ask(manual, "a.example", "A")[0] == "NXDOMAIN"
