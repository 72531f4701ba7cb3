"""Ranges of addresses, cut so finely that a rule holds for all of a piece or for none of it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias, TypeGuard

Range: TypeAlias = IPv4Network | IPv6Network

EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def parse(text: object) -> Range | None:
    """Return the range that a text names; nothing when it names none, as an identifier that was made up."""
    try:
        return ip_network(str(text), strict=False) if text else None
    except ValueError:
        return None


def within(inner: Range, outer: Range) -> bool:
    """Tell whether a range lies in another one."""
    if _is_v4(inner) and _is_v4(outer):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def pieces(whole: Range, cuts: frozenset[Range], outside: Iterable[Range] = ()) -> tuple[Range, ...]:
    """Return one piece of a range for each way in which the cuts tell its addresses apart.

    Args:
        whole: The range.
        cuts: Ranges that rules and routes name.
        outside: Ranges whose addresses do not count.
    """
    left_out = tuple(outside)
    by_answer = {
        tuple(sorted(str(cut) for cut in cuts if within(piece, cut))): piece
        for piece in _split(whole, cuts | frozenset(left_out))
        if not any(within(piece, other) for other in left_out)
    }
    return tuple(by_answer.values())


def _split(whole: Range, cuts: Iterable[Range]) -> list[Range]:
    inner = [cut for cut in cuts if cut != whole and within(cut, whole)]
    if not inner:
        return [whole]
    return [piece for half in whole.subnets() for piece in _split(half, inner)]


def _is_v4(network: Range) -> TypeGuard[IPv4Network]:
    return isinstance(network, IPv4Network)
