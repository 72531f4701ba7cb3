"""Availability zones of the local cloud's regions."""

from __future__ import annotations

LAST = "c"
"""The emulator's third and last zone, in every region."""

FURTHER = {"ap-northeast-2": "d", "us-east-1": "def", "us-west-2": "d"}
"""Zones besides three, by region (AWS documentation, "AWS Regions and Availability Zones")."""
