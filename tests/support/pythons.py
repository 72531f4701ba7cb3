"""Which Python each site of the suite runs on: together they take every one that Lambda has and is here."""

from __future__ import annotations

from contextlib import suppress

from nestctl import lambda_runtime
from nestctl.build import toolchain


def available() -> list[str]:
    """Return the versions that Lambda has and this machine, the one that nestctl takes by itself first."""
    first = toolchain.python().version
    found = [first]
    for version in (f"{major}.{minor}" for major, minor in toolchain.LAMBDA_PYTHONS):
        with suppress(lambda_runtime.NoInterpreterError):
            if version != first and lambda_runtime.python(version):
                found.append(version)
    return found


def for_the_interrupted_site() -> str:
    """Return the newest one that no other site takes."""
    return available()[1 if len(available()) > 1 else 0]


def for_the_odd_application() -> str:
    """Return the one that is left; where there is none, one of the others."""
    return available()[-1]
