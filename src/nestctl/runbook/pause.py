"""The pause for what only people, or time, can do: DNS records that come to stand."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dns.exception
import dns.resolver

from nestctl.aws.certificates import Record
from nestctl.report import NestctlError
from nestctl.report.words import counted
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell

WATCHED_SECONDS = 3600.0
"""Where somebody watches: DNS and ACM take minutes, and the records may still have to be typed in."""

UNWATCHED_SECONDS = 120.0
"""Where nobody does: records that are made by a program are there within it, others may take days."""

FIRST_POLL, LAST_POLL = 0.5, 10.0
"""Seconds between two looks; each wait is half as long again, so that a quick answer is seen quickly."""

LOOKUP_SECONDS = 3.0
LONGEST_CHAIN = 8


@dataclass(frozen=True)
class Waiting:
    """What is waited for.

    Attributes:
        sign: In a few words: ``ACM to issue the certificate``.
        records: What has to stand in DNS.
        late: Makes the error for when it does not come in time, from the cause and the next command.
    """

    sign: str
    records: Sequence[Record]
    late: Callable[[str, str], NestctlError]


def patience(asked: float | None) -> float:
    """Return how long to wait, in seconds: as asked, else by whether somebody watches."""
    if asked is not None:
        return asked
    return WATCHED_SECONDS if sys.stderr.isatty() else UNWATCHED_SECONDS


def wait(context: Context, tell: Tell, waiting: Waiting, over: Callable[[], bool]) -> None:
    """Show the records, then look again and again until it is over.

    Raises:
        NestctlError: The one of ``waiting.late`` when it is not over in time.
    """
    for record in waiting.records:
        context.note(f"DNS record wanted: {record}")
    limit = patience(context.patience)
    began = time.monotonic()
    pause = FIRST_POLL
    while not over():
        passed = time.monotonic() - began
        if passed >= limit:
            raise waiting.late(
                f"Waited {limit:.0f} s. " + _missing(context, waiting.records),
                f"{context.target.dns_advice}, then run the same command again: it goes on here.",
            )
        there = sum(stands(context, record) for record in waiting.records)
        tell(
            f"waiting for {waiting.sign}: {there} of {counted(len(waiting.records), 'record')} seen in DNS, "
            f"{passed:.0f} of {limit:.0f} s (Ctrl-C leaves; the same command goes on)"
        )
        time.sleep(min(pause, max(0.0, limit - passed)))
        pause = min(pause * 1.5, LAST_POLL)


def stands(context: Context, record: Record) -> bool:
    """Tell whether DNS answers with exactly this record."""
    return record.value.lower() in lookup(context, record.name, record.type)


def leads_to(context: Context, domain: str, goal: str) -> bool:
    """Tell whether a domain leads to a name: by CNAME, or as an alias record does, by the same addresses."""
    name = domain
    for _ in range(LONGEST_CHAIN):
        if name == goal.lower():
            return True
        aliases = lookup(context, name, "CNAME")
        if not aliases:
            break
        (name, *_) = sorted(aliases)
    addresses = lookup(context, domain, "A")
    return bool(addresses) and addresses <= lookup(context, goal, "A")


def lookup(context: Context, name: str, kind: str) -> set[str]:
    """Ask DNS, the target's own where it has one; empty when there is no answer."""
    server = context.target.nameserver
    resolver = dns.resolver.Resolver(configure=server is None)
    if server is not None:
        resolver.nameservers, resolver.port = [server[0]], server[1]
    resolver.lifetime = LOOKUP_SECONDS
    try:
        found = resolver.resolve(name, kind, search=False)
    except dns.exception.DNSException:
        return set()
    return {row.to_text().lower().rstrip(".") for row in found}


def _missing(context: Context, records: Sequence[Record]) -> str:
    absent = [str(record) for record in records if not stands(context, record)]
    if not absent:
        return "The records stand in DNS; what waits for them has not seen them yet."
    return "Not in DNS: " + "; ".join(absent)
