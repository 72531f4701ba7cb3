"""A target: the endpoints and credentials that a run works with. Nothing else differs between targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

ImageKind = Literal["process", "container"]


def _same(url: str) -> str:
    return url


@dataclass(frozen=True)
class Target:
    """Where AWS is for this run.

    Attributes:
        name: ``local`` or ``aws``; shown to people, never asked by a step.
        region: AWS region.
        environ: Variables that lead boto3, Terraform and Zappa to the endpoint and credentials.
        config_file: AWS config file that receives the profiles.
        credentials_file: AWS credentials file that receives the access keys.
        image_kind: What the registry's images must be for this endpoint to run them.
        reach: Turns an address that AWS reports into one that answers from this machine.
        nameserver: Address and UDP port of the DNS server to ask; ``None`` for the system's.
        authorities: File of the authorities whose certificates the target has; ``None`` for the system's.
        dns_advice: How a record comes into DNS, as an order to the user.
    """

    name: str
    region: str
    environ: Mapping[str, str]
    config_file: Path
    credentials_file: Path
    image_kind: ImageKind = "container"
    reach: Callable[[str], str] = field(default=_same, repr=False)
    nameserver: tuple[str, int] | None = None
    authorities: Path | None = None
    dns_advice: str = "Put the records into the DNS of the domain"
