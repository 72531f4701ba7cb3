"""CloudTrail: a trail keeps the tags that it is made with."""

from __future__ import annotations

import json

from ministack.services import cloudtrail

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

GOOD = 200


@corrects("cloudtrail", "CreateTrail", until="CreateTrail keeps TagsList")
async def create_trail(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Set the tags."""
    reply = await proceed(call)
    if reply.status == GOOD:
        arn = json.loads(reply.body)["TrailARN"]
        tags = {tag["Key"]: tag.get("Value", "") for tag in call.params.get("TagsList") or []}
        cloudtrail._trail_tags[arn] = tags  # noqa: SLF001
    return reply
