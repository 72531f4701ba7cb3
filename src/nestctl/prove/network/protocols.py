"""Protocols as security groups and network ACLs name them: by name or by number."""

from __future__ import annotations

ANY = "-1"

TCP = "tcp"

_NAMES = {"6": TCP, "17": "udp", "1": "icmp", "58": "icmpv6", "all": ANY}
"""Numbers that IANA gives; ``all`` and ``-1`` are AWS's words for every protocol."""

LOOKED_AT = (TCP, "udp", "icmp", "other")
"""Protocols for which reachability is judged; ``other`` is what only a rule for every protocol matches."""

WITH_PORTS = (TCP, "udp")


def parse(value: object) -> str:
    """Return a protocol's one name."""
    text = str(value).lower()
    return _NAMES.get(text, text)


def matches(rule: str, protocol: str) -> bool:
    """Tell whether a rule for ``rule`` is one for ``protocol``."""
    return rule in (ANY, protocol)


def shown(protocol: str) -> str:
    """Return a protocol for people."""
    return "every protocol" if protocol == ANY else protocol.upper()
