"""Classes of machines: those that RDS has for PostgreSQL 16, and ElastiCache for Valkey with TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from nestctl.settings.faults import Fault, nearest
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.settings.resolve import Settings
from nestctl.settings.variables import declared

SMALL = ("micro", "small", "medium")
TO_4 = ("large", "xlarge", "2xlarge", "4xlarge")
TO_16 = (*TO_4, "8xlarge", "12xlarge", "16xlarge")
TO_24 = (*TO_16, "24xlarge")
TO_32 = (*TO_24, "32xlarge")
TO_48 = (*TO_24, "48xlarge")
BURSTABLE = (*SMALL, "large", "xlarge", "2xlarge")

DATABASE: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("t3", "t4g"), BURSTABLE),
    **dict.fromkeys(("m5", "m5d", "r5", "r5b", "r5d"), TO_24),
    **dict.fromkeys(("m6g", "m6gd", "m7g", "r6g", "r6gd", "r7g", "x2g"), TO_16),
    **dict.fromkeys(("m6i", "m6id", "m6idn", "m6in", "r6i", "r6id", "r6idn", "r6in"), TO_32),
    **dict.fromkeys(("m7i", "m8g", "m8gd", "r7i", "r8g", "r8gd"), TO_48),
    "x2idn": ("16xlarge", "24xlarge", "32xlarge"),
    "x2iedn": ("xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge", "24xlarge", "32xlarge"),
    "c6gd": ("medium", *TO_16),
}
"""Sizes by family that RDS has for PostgreSQL 16 (Amazon RDS User Guide, "Supported DB engines for DB
instance classes"). Where it depends on a minor version or a kind of deployment, RDS itself tells."""

CACHE: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("t2", "t3", "t4g"), SMALL),
    "m4": (*TO_4, "10xlarge"),
    "r4": (*TO_4, "8xlarge", "16xlarge"),
    **dict.fromkeys(("m5", "r5"), (*TO_4, "12xlarge", "24xlarge")),
    **dict.fromkeys(("m6g", "m7g", "m8g", "r6g", "r7g", "r8g", "c7gn", "c8gn"), TO_16),
}
"""Sizes by family that ElastiCache has for Valkey with encryption in transit (Amazon ElastiCache User Guide,
"Supported node types"); those of older generations have none."""

TIERED = ("r6gd",)
"""Families of ElastiCache that run with data tiering only (the same guide, "Data tiering")."""

LAST_KNOWN = 8
"""Generation of the newest families in the tables: another one of it, or later, may be on offer by now."""


@dataclass(frozen=True)
class Offer:
    """What a service offers.

    Attributes:
        prefix: How its classes begin.
        service: Its name, and what for.
        sizes: Sizes by family.
    """

    prefix: str
    service: str
    sizes: Mapping[str, tuple[str, ...]]


OFFERS = {
    "db_instance_class": Offer("db.", "RDS for PostgreSQL 16", DATABASE),
    "cache_node_type": Offer("cache.", "ElastiCache for Valkey", CACHE),
}
"""Variables that name a class, and what is on offer."""


def class_faults(settings: Settings) -> Iterator[Fault]:
    """Yield the classes of an environment that its service has not."""
    for name, offer in OFFERS.items():
        wanted = settings.sizes.get(name)
        if not isinstance(wanted, str) or name not in declared(INFRASTRUCTURE / settings.environment):
            continue
        if what := class_fault(wanted, offer):
            yield Fault(("environments", settings.environment, "sizes", name), what)


def class_fault(wanted: str, offer: Offer) -> str | None:
    """Return why a service has no such class, ``None`` when it has, or may have."""
    known = [f"{offer.prefix}{family}.{size}" for family, sizes in offer.sizes.items() for size in sizes]
    if wanted in known:
        return None
    kind = wanted.removeprefix(offer.prefix)
    family, _, size = kind.partition(".")
    if not wanted.startswith(offer.prefix) or kind not in types():
        return f"AWS has no {wanted!r}{nearest(wanted, known)}"
    if offer.prefix == "cache." and family in TIERED:
        return f"{wanted!r} needs data tiering, which this cache has not{nearest(wanted, known)}"
    if sizes := offer.sizes.get(family):
        return f"{offer.service} has no {wanted!r}: sizes of {offer.prefix}{family} are {', '.join(sizes)}"
    generation = re.match(r"[a-z]+(\d+)", family)
    if generation and int(generation[1]) >= LAST_KNOWN and not size.startswith("metal"):
        return None
    return f"{offer.service} has no {wanted!r}{nearest(wanted, known)}"


@cache
def types() -> frozenset[str]:
    """Return the instance types that the installed botocore knows."""
    from botocore.loaders import Loader

    model = Loader().load_service_model("ec2", "service-2")
    return frozenset(model["shapes"]["InstanceType"]["enum"])
