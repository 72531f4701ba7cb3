"""Where an environment is: regions that AWS has, and domain names."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from nestctl.report.words import counted
from nestctl.settings.faults import Fault, nearest
from nestctl.settings.rules.parts import Parts

DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])")
"""RFC 1035 labels, at least two of them; the last is no number, so that it is no address."""

PARTITION = "aws"
"""In which nestctl's ARNs and policies are; China, GovCloud and others are partitions of their own."""

OF_AMAZON = ("amazonaws.com", "cloudfront.net", "elasticbeanstalk.com")
"""Domains below which ACM makes no certificate (AWS Certificate Manager User Guide, "Requesting a public
certificate")."""

LONGEST_DOMAIN = 64
"""Octets of a certificate's first name (ACM, ``RequestCertificate``: RFC 5280 bounds the common name)."""


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with regions and domains."""
    owners: dict[str, str] = {}
    for name, environment in parts.environments.items():
        if what := region_fault(environment.region):
            yield Fault(("environments", name, "region"), what)
        if what := domain_fault(environment.domain):
            yield Fault(("environments", name, "domain"), what)
        if (owner := owners.setdefault(environment.domain, name)) != name:
            yield Fault(
                ("environments", name, "domain"),
                f"{environment.domain} is the domain of {owner}, and a name leads to one site",
            )


def region_fault(region: str) -> str | None:
    """Return why a region is none, ``None`` when it is one."""
    partition = regions().get(region)
    if partition is None:
        return f"{region!r} is not an AWS region{nearest(region, sorted(regions()))}"
    if partition != PARTITION:
        return (
            f"{region} is in the partition {partition}, whose ARNs, policies and services are others; "
            f"nestctl knows the partition {PARTITION} only"
        )
    return None


def domain_fault(domain: str) -> str | None:
    """Return why a domain cannot be the site's, ``None`` when it can."""
    if not DOMAIN.fullmatch(domain):
        return (
            f"{domain!r} is not a domain name: "
            "it must be a bare one in small letters, without scheme, port or path"
        )
    if owner := next((name for name in OF_AMAZON if f".{domain}".endswith(f".{name}")), None):
        return f"{owner} is Amazon's, and no certificate is made for {domain}: take a domain of your own"
    if len(domain) > LONGEST_DOMAIN:
        return (
            f"it has {counted(len(domain), 'character')}; a certificate's name has at most {LONGEST_DOMAIN}"
        )
    return None


@cache
def regions() -> dict[str, str]:
    """Return the regions of all partitions, each with its partition, from botocore's own list."""
    partitions = json.loads((botocore_data() / "partitions.json").read_text(encoding="utf-8"))["partitions"]
    return {
        name: partition["id"]
        for partition in partitions
        for name in partition["regions"]
        if not name.endswith("-global")
    }


def botocore_data() -> Path:
    """Return the folder of botocore's lists; loading botocore itself takes ten times as long as one."""
    found = importlib.util.find_spec("botocore")
    assert found is not None  # noqa: S101 - a dependency
    assert found.origin is not None  # noqa: S101 - a package with files
    return Path(found.origin).parent / "data"
