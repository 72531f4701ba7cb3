"""What an estimate consists of: parts, each a quantity of something that has a price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nestctl.prove.report import Finding

HOURS = 730
"""Hours of a month, as AWS's own calculator counts them (8,760 hours a year over 12)."""


@dataclass(frozen=True)
class Need:
    """What a resource is billed for, before the price is known.

    Attributes:
        group: Part of the site that it belongs to: ``NAT``.
        price: Key in the price table.
        quantity: Units a month.
        fixed: Whether it is billed however little the site is used.
        note: How the quantity comes about.
    """

    group: str
    price: str
    quantity: float
    fixed: bool = True
    note: str = ""


@dataclass(frozen=True)
class Part:
    """A need with its price.

    Attributes:
        resource: Address of the resource that is billed.
        need: What it is billed for.
        usd: Price of one unit in US dollars.
        unit: The unit.
    """

    resource: str
    need: Need
    usd: float
    unit: str

    @property
    def monthly(self) -> float:
        """US dollars a month."""
        return self.need.quantity * self.usd

    def as_dict(self) -> dict[str, str | float | bool]:
        """Return it for the JSON envelope."""
        return {
            "resource": self.resource,
            "group": self.need.group,
            "price": self.need.price,
            "quantity": round(self.need.quantity, 4),
            "unit": self.unit,
            "usd_per_unit": self.usd,
            "monthly": round(self.monthly, 4),
            "fixed": self.need.fixed,
            "note": self.need.note,
        }


@dataclass(frozen=True)
class Estimate:
    """What a plan costs a month.

    Attributes:
        parts: Every part that costs something, or is there and unused.
        findings: What is billed and could not be priced.
    """

    parts: tuple[Part, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def fixed(self) -> float:
        """US dollars a month that are due however little the site is used."""
        return total(part for part in self.parts if part.need.fixed)

    @property
    def use(self) -> float:
        """US dollars a month for the assumed use."""
        return total(part for part in self.parts if not part.need.fixed)

    def groups(self, *, fixed: bool) -> dict[str, float]:
        """Return US dollars a month by group, the dearest first."""
        sums: dict[str, float] = {}
        for part in self.parts:
            if part.need.fixed is fixed:
                sums[part.need.group] = sums.get(part.need.group, 0.0) + part.monthly
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def total(parts: Iterable[Part]) -> float:
    """Return the sum of parts in US dollars a month."""
    return sum(part.monthly for part in parts)
