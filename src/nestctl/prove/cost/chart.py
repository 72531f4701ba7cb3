"""An estimate as bars: text for the terminal, SVG for the documents."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

WIDTH = 32
FONT = 'font-family="system-ui, sans-serif" font-size="13"'
COLOURS = ("#2f6f9f", "#d9822b", "#4c9a5b", "#8a6bb1", "#b3564a", "#7d7d7d", "#c2a83e", "#4aa3a8", "#99567f")


def text(sums: Mapping[str, float], width: int = WIDTH) -> list[str]:
    """Return a line for each group: name, dollars, and a bar as long as its share of the dearest one."""
    longest = max((len(name) for name in sums), default=0)
    most = max(sums.values(), default=0.0)
    return [
        f"{name:<{longest}}  {dollars(usd):>9}  {'█' * round(width * usd / most) if most else ''}".rstrip()
        for name, usd in sums.items()
    ]


def dollars(usd: float) -> str:
    """Return an amount as it is written: ``$12.30``, ``-$1.00``."""
    return f"{'-' if round(usd, 2) < 0 else ''}${abs(usd):.2f}"


def svg(columns: Mapping[str, Mapping[str, float]], title: str) -> str:
    """Return stacked bars, one for each column, with a legend.

    Args:
        columns: Dollars by group, for each bar by its name.
        title: What it shows, for those who do not see it.
    """
    groups = sorted({g for sums in columns.values() for g in sums}, key=lambda g: -_sum(columns, g))
    most = max(sum(sums.values()) for sums in columns.values())
    left, scale, row = 190, 440 / most, 44
    height = 40 + row * len(columns) + 26 * ((len(groups) + 2) // 3)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" role="img" {FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="720" height="{height}" fill="#ffffff"/>',
    ]
    for number, (name, sums) in enumerate(columns.items()):
        y, x = 16 + row * number, float(left)
        out.append(f'<text x="{left - 10}" y="{y + 19}" text-anchor="end" fill="#222">{escape(name)}</text>')
        for group in groups:
            length = sums.get(group, 0.0) * scale
            if length:
                colour = COLOURS[groups.index(group) % len(COLOURS)]
                label = escape(f"{group}: ${sums[group]:.2f}")
                out.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="28" fill="{colour}">'
                    f"<title>{label}</title></rect>"
                )
                x += length
        total = f"${sum(sums.values()):.0f}"
        out.append(f'<text x="{x + 8:.1f}" y="{y + 19}" fill="#222" font-weight="600">{total}</text>')
    for number, group in enumerate(groups):
        x, y = 40 + 220 * (number % 3), 36 + row * len(columns) + 26 * (number // 3)
        colour = COLOURS[number % len(COLOURS)]
        out.append(f'<rect x="{x}" y="{y}" width="14" height="14" fill="{colour}"/>')
        out.append(f'<text x="{x + 22}" y="{y + 12}" fill="#222">{escape(group)}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def _sum(columns: Mapping[str, Mapping[str, float]], group: str) -> float:
    return sum(sums.get(group, 0.0) for sums in columns.values())
