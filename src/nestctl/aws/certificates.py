"""ACM certificates: which one serves, how far another is, and the records that it waits for."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from nestctl.aws.session import Aws

HTTPS = "HTTPS"
DEAD = ("FAILED", "VALIDATION_TIMED_OUT")
"""States out of which a certificate does not come: ACM gives a validation 72 hours."""


@dataclass(frozen=True)
class Record:
    """A DNS record; names end without a dot."""

    name: str
    type: str
    value: str

    def __str__(self) -> str:
        return f"{self.name} {self.type} {self.value}"

    def as_dict(self) -> dict[str, str]:
        """Return it for ``--json``."""
        return {"name": self.name, "type": self.type, "value": self.value}


@dataclass(frozen=True)
class Certificate:
    """A certificate as ACM describes it.

    Attributes:
        arn: Its ARN.
        domain: The domain it is for.
        status: ``PENDING_VALIDATION``, ``ISSUED`` and others of ACM's.
        records: What has to be in DNS; empty for the first seconds.
        reason: Why it failed, in ACM's word; empty when it did not.
    """

    arn: str
    domain: str
    status: str
    records: tuple[Record, ...] = ()
    reason: str = ""

    @property
    def issued(self) -> bool:
        """Whether a listener takes it."""
        return self.status == "ISSUED"

    @property
    def dead(self) -> bool:
        """Whether another one has to be asked for."""
        return self.status in DEAD


def describe(aws: Aws, arn: str) -> Certificate | None:
    """Return a certificate, ``None`` when there is none of that ARN."""
    try:
        found = aws.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    records = {
        Record(row["Name"].rstrip("."), row["Type"], row["Value"].rstrip("."))
        for option in found.get("DomainValidationOptions", [])
        if (row := option.get("ResourceRecord"))
    }
    ordered = tuple(sorted(records, key=str))
    return Certificate(arn, found["DomainName"], found["Status"], ordered, found.get("FailureReason", ""))


def delete(aws: Aws, arn: str) -> None:
    """Delete a certificate that nothing uses."""
    aws.client("acm").delete_certificate(CertificateArn=arn)


def serving(aws: Aws, balancer: str) -> Certificate | None:
    """Return the certificate of a load balancer's HTTPS listener; ``None`` when there is no such listener.

    Args:
        aws: Identity that looks.
        balancer: Name of the load balancer.
    """
    client = aws.client("elbv2")
    try:
        (found,) = client.describe_load_balancers(Names=[balancer])["LoadBalancers"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("LoadBalancerNotFound", "LoadBalancerNotFoundException"):
            return None
        raise
    for listener in client.describe_listeners(LoadBalancerArn=found["LoadBalancerArn"])["Listeners"]:
        if listener.get("Protocol") == HTTPS:
            return describe(aws, listener["Certificates"][0]["CertificateArn"])
    return None
