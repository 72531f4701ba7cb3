"""EC2: the regions with more than three zones have them all, so that some can be left out."""

from __future__ import annotations

from dataclasses import replace

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.control.zones import FURTHER, LAST

GOOD = 200


@corrects("ec2", "DescribeAvailabilityZones", until="us-east-1 has six zones")
async def describe_availability_zones(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Add the zones that the emulator lacks, named and numbered on from its last one."""
    reply = await proceed(call)
    if reply.status != GOOD:
        return reply
    head, item, rest = reply.body.decode().rpartition("<item>")
    item, end, tail = f"{item}{rest}".partition("</item>")
    name, number = f"{call.region}{LAST}</zoneName>", f"-az{ord(LAST) - ord('a') + 1}</zoneId>"
    if name not in item or number not in item:
        return reply
    further = [
        item.replace(name, f"{call.region}{letter}</zoneName>").replace(
            number, f"-az{ord(letter) - ord('a') + 1}</zoneId>"
        )
        + end
        for letter in FURTHER.get(call.region, "")
    ]
    return replace(reply, body=f"{head}{item}{end}{''.join(further)}{tail}".encode())
