"""The use that an estimate assumes. Each number is shown with the estimate."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Use:
    """What a staging site does in a month. Chosen by us, since no plan can know it; not measured.

    Attributes:
        requests: Requests to the site, in thousands.
        backend_share: Share of them that the function answers.
        backend_seconds: Seconds that the function takes for one.
        backend_memory_gb: Memory of the function.
        response_kb: Size of an answer of the load balancer.
        static_gb: GB that CloudFront serves.
        nat_gb: GB through NAT or interface endpoints: image pulls, APIs of others.
        log_gb: GB of logs, flow logs included.
        stored_gb: GB in all buckets.
        object_requests: Requests to buckets that write or list, in thousands.
        image_gb: GB in both repositories.
        task_hours: Hours that each one-off task runs.
        kms_requests: Requests to KMS, in units of 10,000.
        waf_requests: Requests that the firewall looks at, in millions.
        alarm_mails: E-mails that alarms send.
        backup_gb: GB of backups beyond the free allowance, which is the size of the database.
    """

    requests: float = 300
    backend_share: float = 0.4
    backend_seconds: float = 0.12
    backend_memory_gb: float = 1.0
    response_kb: float = 40
    static_gb: float = 5
    nat_gb: float = 20
    log_gb: float = 3
    stored_gb: float = 10
    object_requests: float = 50
    image_gb: float = 3
    task_hours: float = 4
    kms_requests: float = 5
    waf_requests: float = 0.3
    alarm_mails: float = 100
    backup_gb: float = 0

    def lines(self) -> list[str]:
        """Return every assumption in words, with its unit."""
        return [words.format(getattr(self, name)) for name, words in WORDS.items()]

    def as_dict(self) -> dict[str, float]:
        """Return every assumption by name."""
        return asdict(self)


WORDS = {
    "requests": "{:g} thousand requests to the site",
    "backend_share": "{:.0%} of them answered by the function",
    "backend_seconds": "{:g} s for each of these",
    "backend_memory_gb": "{:g} GB of memory for the function",
    "response_kb": "{:g} kB for an answer of the load balancer",
    "static_gb": "{:g} GB from CloudFront",
    "nat_gb": "{:g} GB through NAT or interface endpoints",
    "log_gb": "{:g} GB of logs",
    "stored_gb": "{:g} GB in buckets",
    "object_requests": "{:g} thousand writing or listing requests to buckets",
    "image_gb": "{:g} GB of images",
    "task_hours": "{:g} hours of each one-off task",
    "kms_requests": "{:g} times 10,000 requests to KMS",
    "waf_requests": "{:g} million requests looked at by the firewall",
    "alarm_mails": "{:g} e-mails of alarms",
    "backup_gb": "{:g} GB of backups beyond the free allowance",
}
"""Each assumption as people read it."""
