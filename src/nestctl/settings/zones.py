"""Availability zones of AWS's regions, by the ids that every account sees."""

from __future__ import annotations

USUAL = (1, 2, 3)
NUMBERS = {
    "ap-northeast-1": (1, 2, 4),
    "ap-northeast-2": (1, 2, 3, 4),
    "ca-central-1": (1, 2, 4),
    "us-east-1": (1, 2, 3, 4, 5, 6),
    "us-west-2": (1, 2, 3, 4),
}
"""Numbers in the ids of a region's zones where they are not the usual three (AWS documentation, "AWS Regions
and Availability Zones"; us-west-1 shows two of its three to each account)."""

PARTS = {
    "central": "c",
    "east": "e",
    "north": "n",
    "northeast": "ne",
    "northwest": "nw",
    "south": "s",
    "southeast": "se",
    "southwest": "sw",
    "west": "w",
}


def zone_ids(region: str) -> list[str]:
    """Return the ids of a region's zones: ``use1-az1`` and so on."""
    *begin, number = region.split("-")
    prefix = "".join(PARTS.get(part, part) for part in begin) + number
    return [f"{prefix}-az{zone}" for zone in NUMBERS.get(region, USUAL)]
