"""Calls the application's handler many times in one process: put into the backend's package by the benchmark.

It runs in the function's own sandbox, so that interpreter, environment and database are those of the requests
that come through the load balancer. It imports nothing but the standard library and Zappa's handler.
"""

from __future__ import annotations

import time
from typing import Any

import handler  # type: ignore[import-not-found]


def many(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the seconds of each of ``event["count"]`` calls, and the status of the last."""
    seconds = []
    status = 0
    for _ in range(event["count"]):
        began = time.perf_counter()
        answer = handler.lambda_handler(event["event"], context)
        seconds.append(time.perf_counter() - began)
        status = answer["statusCode"]
    return {"seconds": seconds, "status": status}
