"""CloudWatch: an alarm answers every setting that it was made with."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

Record = dict[str, Any]

TEXTS = ("AlarmDescription", "Statistic", "ExtendedStatistic", "Period", "TreatMissingData", "Unit")
"""Fields of ``MetricAlarm`` that the emulator keeps and leaves out of its XML."""

ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")


@corrects("monitoring", "DescribeAlarms", until="its XML has descriptions, actions, dimensions and periods")
async def describe_alarms(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Add what the emulator's XML leaves out."""
    reply = await proceed(call)

    def complete(block: re.Match[str]) -> str:
        alarm = cloudwatch._alarms.get(block[1])  # noqa: SLF001
        return block[0] if alarm is None or "<AlarmRule>" in block[0] else block[0] + _more(alarm)

    # An alarm's name is the first field of its member.
    body = re.sub(r"<member><AlarmName>([^<]*)</AlarmName>", complete, reply.body.decode())
    return replace(reply, body=body.encode())


def _more(alarm: Record) -> str:
    fields = f"<ActionsEnabled>{str(bool(alarm.get('ActionsEnabled', True))).lower()}</ActionsEnabled>"
    for name in ACTIONS:
        members = "".join(f"<member>{escape(arn)}</member>" for arn in alarm.get(name) or [])
        fields += f"<{name}>{members}</{name}>"
    fields += "".join(f"<{n}>{escape(str(alarm[n]))}</{n}>" for n in TEXTS if alarm.get(n) is not None)
    dimensions = "".join(
        f"<member><Name>{escape(item['Name'])}</Name><Value>{escape(item['Value'])}</Value></member>"
        for item in alarm.get("Dimensions") or []
    )
    return f"{fields}<Dimensions>{dimensions}</Dimensions>"
