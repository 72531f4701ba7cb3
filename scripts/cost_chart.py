"""Writes docs/images/cost.svg: what the old layout and three sets of variables cost a month, part by part.

Plans staging without an account, so it takes about half a minute: python scripts/cost_chart.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nestctl.prove import cost
from nestctl.prove.cost import chart, old, prices
from nestctl.prove.cost.estimate import estimate
from nestctl.prove.cost.use import Use
from nestctl.prove.roots import Plans
from nestctl.settings.paths import CHECKOUT
from nestctl.settings.resolve import resolve

FILE = CHECKOUT / "docs" / "images" / "cost.svg"
TITLE = "Fixed cost a month in US dollars, by part, at list prices of us-east-1"


def columns(plans: Plans) -> dict[str, Mapping[str, float]]:
    """Return the dollars of each bar by part; the package's own prices are taken."""
    table = prices.load("us-east-1", own=Path("/no/such/file"))
    bars: dict[str, Mapping[str, float]] = {
        "old layout": old.estimate(table).groups(fixed=True),
        "staging": estimate(plans.environment(), table, Use()).groups(fixed=True),
    }
    for name in cost.PROFILES:
        plan = plans.environment(**cost.profile(name))
        bars[name] = estimate(plan, table, Use()).groups(fixed=True)
    return {name: {group: usd for group, usd in sums.items() if usd} for name, sums in bars.items()}


def main() -> int:
    """Write the picture."""
    with tempfile.TemporaryDirectory(prefix="cost-chart-") as work:
        plans = Plans(replace(resolve(environment="staging"), work=Path(work)))
        FILE.write_text(chart.svg(columns(plans), TITLE), encoding="utf-8")
    sys.stdout.write(f"{FILE.relative_to(CHECKOUT)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
