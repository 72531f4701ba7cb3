"""The sizes of tasks that Fargate offers."""

from __future__ import annotations

from typing import Any

FARGATE_MEMORY: dict[int, range | tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}
"""Memory in MiB that Fargate offers for each number of CPU units (Amazon ECS Developer Guide)."""


def size_fault(cpu: Any, memory: Any) -> str | None:
    """Return why there is no such pair of CPU units and MiB, ``None`` when there is."""
    offered = FARGATE_MEMORY.get(_number(cpu))
    if offered is None:
        choice = "CPU units are one of " + ", ".join(map(str, FARGATE_MEMORY))
    elif _number(memory) not in offered:
        choice = f"{cpu} CPU units go with {_listed(offered)} MiB"
    else:
        return None
    return f"Fargate has no task of {cpu} CPU units and {memory} MiB: {choice}"


def _listed(offered: range | tuple[int, ...]) -> str:
    if isinstance(offered, range) and len(offered) > 4:  # noqa: PLR2004 - more than a line can hold
        return f"{offered[0]}, {offered[1]}, ... {offered[-1]}"
    return ", ".join(map(str, offered))


def _number(value: Any) -> int:
    """Return the whole number that a size is, -1 when it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return -1
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else -1  # noqa: PLR2004
