"""What stands in the local DNS: what people set, and, unless they want to do it all, what stacks ask for."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from nestctl.localcloud import pace
from nestctl.localcloud.control.store import Store
from nestctl.localcloud.dns import wanted
from nestctl.localcloud.dns.wanted import Record
from nestctl.localcloud.errors import LocalCloudError

FOLLOW_SECONDS = 0.25
TYPES = ("A", "AAAA", "CNAME", "TXT")


class Zone:
    """The records of one local cloud.

    Args:
        state_dir: Where it remembers what people set.
    """

    def __init__(self, state_dir: Path) -> None:
        self._store = Store.of(state_dir, "dns")
        now = time.monotonic()
        self._since: dict[Record, float] = dict.fromkeys(self._set(), now)
        self._seen: dict[Record, float] = {}

    @property
    def manual(self) -> bool:
        """Whether people set every record themselves."""
        return bool(self._store.data.get("manual"))

    def _set(self) -> list[Record]:
        return [Record(*entry) for entry in self._store.data.get("records", [])]

    async def follow(self) -> None:
        """Note what is wanted as it comes and goes, for ever."""
        while True:
            self.note()
            await asyncio.sleep(FOLLOW_SECONDS)

    def note(self) -> None:
        """Note what is wanted now."""
        present = wanted.records()
        now = time.monotonic()
        for record in set(self._seen) - present:
            del self._seen[record]
        for record in present:
            self._seen.setdefault(record, now)

    def standing(self) -> dict[Record, float]:
        """Return what is answered now, with since when on the monotonic clock, in seconds."""
        found = dict(self._since)
        if not self.manual:
            taken = {record.name for record in found}
            for record, seen in self._seen.items():
                served = seen + pace.seconds()
                if record.name not in taken and time.monotonic() >= served:
                    found[record] = served
        return found

    def stands(self, record: Record, seconds: float) -> bool:
        """Whether a record has stood for so many seconds."""
        since = self.standing().get(record)
        return since is not None and time.monotonic() - since >= seconds

    def change(self, asked: Any) -> None:
        """Carry out what the command line asks for: ``manual``, ``set`` and ``remove``.

        Raises:
            LocalCloudError: It is no record, or none that is there.
        """
        if "manual" in asked:
            self._store.data["manual"] = bool(asked["manual"])
        if "set" in asked:
            record = parsed(*asked["set"])
            kept = [other for other in self._set() if (other.name, other.type) != (record.name, record.type)]
            if beside := [o for o in kept if o.name == record.name and "CNAME" in (o.type, record.type)]:
                raise LocalCloudError(
                    f"{record.name} has a record of type {beside[0].type} already, and a CNAME stands alone.",
                    f"nestctl local dns remove {record.name}, then the same command again",
                )
            self._keep([*kept, record])
        if "remove" in asked:
            name, kind = _bare(asked["remove"][0]), str(asked["remove"][1] or "").upper()
            kept = [o for o in self._set() if o.name != name or kind not in ("", o.type)]
            if len(kept) == len(self._set()):
                raise LocalCloudError(
                    f"There is no such record that somebody set: {name}.", "nestctl local dns list"
                )
            self._keep(kept)
        self._store.save()

    def _keep(self, records: list[Record]) -> None:
        self._store.data["records"] = [[r.name, r.type, r.value] for r in sorted(records)]
        now = time.monotonic()
        self._since = {record: self._since.get(record, now) for record in records}

    def describe(self) -> dict[str, Any]:
        """Return the records and what is wanted and not there."""
        self.note()
        standing = self.standing()
        by_people = set(self._set())
        return {
            "manual": self.manual,
            "records": [
                {**_row(record), "set_by": "you" if record in by_people else "the local cloud"}
                for record in sorted(standing)
            ],
            "wanted": [_row(record) for record in sorted(set(self._seen) - set(standing))],
        }


def parsed(name: str, kind: str, value: str) -> Record:
    """Return a record in the one way it is written here.

    Raises:
        LocalCloudError: It is none.
    """
    kind = str(kind).upper()
    if kind not in TYPES:
        raise LocalCloudError(
            f"{kind} is not a type of record that the local DNS has: {', '.join(TYPES)}.",
            "An example: nestctl local dns set www.example.org CNAME example.org",
        )
    try:
        dns.name.from_text(str(name))
        data = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), str(value))
    except (dns.exception.DNSException, ValueError) as wrong:
        raise LocalCloudError(
            f"{name} {kind} {value} is not a record: {wrong}.",
            "An example: nestctl local dns set www.example.org CNAME example.org",
        ) from wrong
    text = data.to_text()
    return Record(_bare(name), kind, _bare(text) if kind == "CNAME" else text)


def _bare(name: object) -> str:
    return str(name).lower().rstrip(".")


def _row(record: Record) -> dict[str, str]:
    return {"name": record.name, "type": record.type, "value": record.value}
