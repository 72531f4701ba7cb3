"""Sets of ports as whole numbers: bit ``n`` stands for port ``n``, and ``&``, ``|``, ``~`` join the sets."""

from __future__ import annotations

HIGHEST = 65535

ALL = (1 << (HIGHEST + 1)) - 1
"""Every port; also "whatever the protocol carries" for one that has no ports."""


def span(first: int, last: int) -> int:
    """Return the set of the ports from ``first`` to ``last``, both within it."""
    return ((1 << (last - first + 1)) - 1) << first


def one(port: int) -> int:
    """Return the set that holds one port."""
    return 1 << port


EPHEMERAL = span(1024, HIGHEST)
"""Ports to which answers come. Load balancers, NAT gateways and Lambda use all of this range
(AWS, VPC user guide, "Custom network ACLs", ephemeral ports)."""

HTTP = one(80)
HTTPS = one(443)


def ranges(ports: int) -> list[tuple[int, int]]:
    """Return the ranges of a set, in order."""
    found = []
    at = 0
    while rest := ports >> at:
        first = at + (rest & -rest).bit_length() - 1
        gap = ~(ports >> first)
        last = first + (gap & -gap).bit_length() - 2
        found.append((first, last))
        at = last + 1
    return found


def shown(ports: int) -> str:
    """Return a set for people: ``80, 443, 1024-65535``, ``all ports`` or ``no port``."""
    if ports == ALL:
        return "all ports"
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges(ports)) or "no port"
