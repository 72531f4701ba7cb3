"""Probes: what is asked of the site, and what its answer must hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nestctl.settings.faults import Fault
from nestctl.settings.rules.parts import Parts
from nestctl.settings.rules.paths import address_fault

if TYPE_CHECKING:
    from nestctl.settings.manifest import Probe

STATUSES = range(200, 600)
"""Final answers of HTTP (RFC 9110): a probe never sees one below 200."""


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with probes."""
    for index, probe in enumerate(parts.backend.probes if parts.backend else ()):
        where = ("backend", "probes", str(index))
        yield from _probe(where, probe)
        if probe.csrf is not None and probe.body is None:
            yield Fault((*where, "csrf"), "a token is for a POST: it goes with `body`")
        if probe.body is not None:
            try:
                json.loads(probe.body)
            except (ValueError, RecursionError) as error:
                yield Fault((*where, "body"), f"it is no JSON: {error}")
    for index, probe in enumerate(parts.site.probes if parts.site else ()):
        where = ("site", "probes", str(index))
        yield from _probe(where, probe)
        if probe.body is not None or probe.csrf is not None:
            yield Fault(where, "a site probe only reads: body and csrf are for backend.probes")


def _probe(where: tuple[str, ...], probe: Probe) -> Iterator[Fault]:
    if not probe.name.strip():
        yield Fault((*where, "name"), "it is empty; say in words what the probe shows")
    for field, path in (("path", probe.path), ("csrf", probe.csrf)):
        if path is not None and (what := address_fault(path)):
            yield Fault((*where, field), what)
    if probe.status not in STATUSES:
        yield Fault((*where, "status"), f"{probe.status} is no status of an answer: 200 to 599")
    try:
        re.compile(probe.expect)
    except (re.error, OverflowError, RecursionError) as error:
        yield Fault((*where, "expect"), f"expect is no regular expression: {error}")
