"""Answers DNS queries on a loopback port by UDP."""

from __future__ import annotations

import asyncio
import contextlib
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from nestctl.localcloud.dns import wanted
from nestctl.localcloud.dns.wanted import Record
from nestctl.localcloud.dns.zone import Zone

LOOPBACK = "127.0.0.1"
TTL_SECONDS = 1
"""Nobody shall wait for a cache here."""

LONGEST_CHAIN = 8


class Server(asyncio.DatagramProtocol):
    """A DNS server for one zone.

    Args:
        zone: What stands in it.
    """

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._transport: asyncio.DatagramTransport | None = None
        self.address: str | None = None

    async def start(self, port: int) -> None:
        """Listen on a port of 127.0.0.1."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(LOOPBACK, port))
        self.address = f"{LOOPBACK}:{port}"

    def stop(self) -> None:
        """Stop listening."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        # asyncio's own class for sockets is no subclass of DatagramTransport.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one query; what is none is not answered."""
        with contextlib.suppress(dns.exception.DNSException):
            query = dns.message.from_wire(data)
            if self._transport is not None and not query.flags & dns.flags.QR:
                self._transport.sendto(self._answer(query).to_wire(), addr)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query, recursion_available=True)
        answer.flags |= dns.flags.AA
        if len(query.question) != 1:
            answer.set_rcode(dns.rcode.FORMERR)
            return answer
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        found, known = resolve(self._zone, name, dns.rdatatype.to_text(question.rdtype))
        answer.answer = [_rrset(record) for record in found]
        if not found and not known:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def resolve(zone: Zone, name: str, kind: str) -> tuple[list[Record], bool]:
    """Return the records that answer a question, aliases followed, and whether the name exists."""
    standing = list(zone.standing())
    own = wanted.addresses()
    found: list[Record] = []
    known = False
    for _ in range(LONGEST_CHAIN):
        here = [record for record in standing if record.name == name]
        if name in own:
            here.append(Record(name, "A", own[name]))
        known = known or bool(here)
        fitting = [record for record in here if record.type == kind]
        aliases = [record for record in here if record.type == "CNAME"]
        found += fitting or aliases
        if fitting or not aliases:
            break
        name = aliases[0].value
    return found, known


def _rrset(record: Record) -> dns.rrset.RRset:
    value = f"{record.value}." if record.type == "CNAME" else record.value
    return dns.rrset.from_text(f"{record.name}.", TTL_SECONDS, "IN", record.type, value)
