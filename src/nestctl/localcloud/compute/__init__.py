"""Runs functions and containers: what the emulator's API promises, as processes of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nestctl.localcloud.control.types import Cloud


async def start(cloud: Cloud) -> None:
    """Start the engines; services with a desired count start their tasks."""
    from nestctl.localcloud.compute import engine, functions

    functions.resume()
    await engine.start(cloud)


async def stop() -> None:
    """Stop every function and task."""
    from nestctl.localcloud.compute import engine

    await engine.stop()
