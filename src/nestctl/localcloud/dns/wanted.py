"""Which records the stacks of the local cloud want in DNS: read from what the API knows."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import acm

from nestctl.localcloud.edge import state


@dataclass(frozen=True, order=True)
class Record:
    """One record.

    Attributes:
        name: Small letters, without a dot at the end.
        type: ``CNAME``, ``A``.
        value: As a zone file writes it; names without a dot at the end.
    """

    name: str
    type: str
    value: str


@functools.lru_cache(maxsize=512)
def validation(account: str, domain: str) -> Record:
    """Return the record that ACM wants for a domain: the same for its wildcard, and on every certificate."""
    bare = domain.removeprefix("*.").lower()
    digest = hashlib.sha256(f"{account}/{bare}".encode()).hexdigest()
    return Record(f"_{digest[:32]}.{bare}", "CNAME", f"_{digest[32:]}.local.acm-validations.aws")


def validations(account: str, certificate: Mapping[str, Any]) -> set[Record]:
    """Return the records that a certificate of the emulator's waits for."""
    names = [certificate["DomainName"], *certificate.get("SubjectAlternativeNames", [])]
    return {validation(account, name) for name in names}


def records() -> set[Record]:
    """Return every record that is wanted: validations, and each site's name that leads to its balancer."""
    found: set[Record] = set()
    for (account, _, _), certificate in list(acm._certificates.all_items()):  # noqa: SLF001
        if certificate.get("Type") == "AMAZON_ISSUED":
            found |= validations(account, certificate)
    for balancer in state.balancers():
        for listener in balancer.listeners:
            for domain in state.certificate_names(listener.certificates):
                found.add(Record(domain.lower(), "CNAME", balancer.dns_name.lower()))
    return found


def addresses() -> dict[str, str]:
    """Return the names that are AWS's own, each with its address: load balancers."""
    return {balancer.dns_name.lower(): "127.0.0.1" for balancer in state.balancers()}
