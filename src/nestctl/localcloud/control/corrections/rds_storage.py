"""RDS: an instance's storage only grows, by a tenth at least, and is optimized for a while afterwards.

Sources: RDS API reference, ModifyDBInstance, ``AllocatedStorage``; RDS user guide, "Working with storage".
"""

from __future__ import annotations

import math
from typing import Any

from nestctl.localcloud import pace
from nestctl.localcloud.control import form, replies
from nestctl.localcloud.control.types import Call, Reply

Record = dict[str, Any]
FIELD = "AllocatedStorage"
CODE = "InvalidParameterCombination"
LEAST_GROWTH = 1.1
OPTIMIZATION = 10.0
"""Usual waits that it takes; on AWS hours, and no other change of storage within six of them."""

_optimizing = pace.Changes()


def refusal(call: Call, record: Record | None) -> Reply | None:
    """Refuse to shrink storage, and to change it again while it is optimized."""
    wanted = _wanted(call)
    if record is None or wanted is None or wanted == record[FIELD]:
        return None
    if wanted < record[FIELD]:
        message = (
            f"Invalid storage size: {wanted} GiB is less than the {record[FIELD]} GiB that are allocated."
        )
        return replies.error(call, CODE, message)
    if _optimizing.state(_name(record)):
        return replies.error(
            call,
            CODE,
            "You can't currently modify the storage of this DB instance because the previous storage change "
            "is being optimized.",
        )
    return None


def grown(call: Call, record: Record | None) -> Call:
    """Return the call with a growth of less than a tenth rounded up to a tenth."""
    wanted = _wanted(call)
    if record is None or wanted is None or wanted == record[FIELD]:
        return call
    least = math.ceil(round(record[FIELD] * LEAST_GROWTH, 6))
    return form.changed(call, {FIELD: str(max(wanted, least))})


def grew(record: Record) -> None:
    """Begin to optimize the storage, which has just grown."""
    _optimizing.begin(_name(record), "storage-optimization", times=OPTIMIZATION)


def shown(text: str, record: Record) -> str:
    """Return an instance's XML with its status while it is optimized, when nothing else is under way."""
    state = _optimizing.state(_name(record))
    if state is None:
        return text
    tag = "<DBInstanceStatus>{}</DBInstanceStatus>"
    return text.replace(tag.format("available"), tag.format(state))


def _wanted(call: Call) -> int | None:
    value = str(call.params.get(FIELD, ""))
    return int(value) if value.isdigit() else None


def _name(record: Record) -> str:
    return str(record["DbiResourceId"])
