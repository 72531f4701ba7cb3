"""What AWS charges: the dated table of the package, and the user's own copy from the AWS price list."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from nestctl.report import NestctlError
from nestctl.settings.paths import home

SPOT = "-spot"
SHIPPED = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Price:
    """One price.

    Attributes:
        key: Its name in the table.
        usd: US dollars for one unit.
        unit: The unit.
        date: When it was known to hold.
        source: Address of the page it was read from.
        confirmed: Whether that page was read when the price was written down.
    """

    key: str
    usd: float
    unit: str
    date: dt.date
    source: str
    confirmed: bool


@dataclass(frozen=True)
class Table:
    """The prices of a region.

    Attributes:
        region: AWS region.
        prices: By key.
        origin: Which table it is, for people.
    """

    region: str
    prices: Mapping[str, Price]
    origin: str

    @property
    def oldest(self) -> dt.date:
        """Date of its oldest price."""
        return min(price.date for price in self.prices.values())

    def get(self, key: str) -> Price | None:
        """Return a price; ``None`` when the table has none of this name.

        A price ``...-spot`` is the price without that ending times ``fargate-spot-share``: the AWS price list
        has no Spot prices, since they move.
        """
        if not key.endswith(SPOT):
            return self.prices.get(key)
        full, share = self.prices.get(key.removesuffix(SPOT)), self.prices.get("fargate-spot-share")
        if full is None or share is None:
            return None
        return replace(full, key=key, usd=full.usd * share.usd, source=share.source)


def user_file(region: str) -> Path:
    """Return the file that a refresh writes: in the user's cache folder, since it can be made again."""
    try:
        folder = user_cache_path("nestctl")
    except RuntimeError:  # no home, and no XDG_CACHE_HOME
        folder = home() / ".cache" / "nestctl"
    return folder / "prices" / f"{region}.toml"


def load(region: str, *, shipped: Path = SHIPPED, own: Path | None = None) -> Table:
    """Return the prices of a region: the refreshed ones over those of the package.

    Args:
        region: AWS region.
        shipped: The package's table.
        own: The user's table; ``user_file`` unless another is given.

    Raises:
        NestctlError: ``price-region`` when neither table has the region; ``price-table`` when one is damaged.
    """
    own = own or user_file(region)
    found = read(shipped).get(region, {})
    origin = "the package's table"
    if own.is_file():
        found = {**found, **read(own).get(region, {})}
        origin = f"the AWS price list ({own}), and the package's table for what it lacks"
    if not found:
        known = ", ".join(sorted(read(shipped)))
        raise NestctlError(
            "price-region",
            f"There are no prices for the region {region}.",
            f"The package has those of {known}; prices of other regions are not guessed from them.",
            "With AWS credentials (pricing:GetProducts): nestctl prove cost --refresh",
        )
    return Table(region, found, origin)


def read(file: Path) -> dict[str, dict[str, Price]]:
    """Return the prices of a file, by region and key.

    Raises:
        NestctlError: ``price-table`` when it cannot be read as one.
    """
    try:
        regions = tomllib.loads(file.read_text(encoding="utf-8"))
        return {
            region: {key: _price(key, row) for key, row in rows.items()} for region, rows in regions.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NestctlError(
            "price-table",
            f"{file} cannot be read as a table of prices.",
            f"{type(error).__name__}: {error}",
            f"Delete it, or make it again: nestctl prove cost --refresh ({file.name})",
        ) from error


def text(region: str, prices: Mapping[str, Price]) -> str:
    """Return prices as the text of a file that ``read`` reads."""
    lines = ["# From the AWS price list, by: nestctl prove cost --refresh"]
    for key, price in sorted(prices.items()):
        lines += [
            "",
            f'[{region}."{key}"]',
            f"usd = {price.usd:.10f}",
            f'unit = "{price.unit}"',
            f"date = {price.date.isoformat()}",
            f'source = "{price.source}"',
            f"confirmed = {str(price.confirmed).lower()}",
        ]
    return "\n".join(lines) + "\n"


def _price(key: str, row: Mapping[str, Any]) -> Price:
    usd = float(row["usd"])
    if usd < 0:
        raise ValueError(f"{key} costs {usd}")
    if not isinstance(row["date"], dt.date):
        raise TypeError(f"{key} has no date")
    return Price(key, usd, str(row["unit"]), row["date"], str(row["source"]), bool(row["confirmed"]))
