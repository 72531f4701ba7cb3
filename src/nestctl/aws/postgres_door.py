"""Asks a PostgreSQL server whether it takes a password, and nothing else.

The protocol up to the end of the authentication: TLS, then SCRAM-SHA-256 (PostgreSQL documentation,
"Frontend/Backend Protocol"; RFC 5802, RFC 7677). The password itself never leaves this machine.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import ssl
import struct
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

Door = Literal["taken", "refused", "unreachable"]

REACH_SECONDS = 3.0
"""For a connection from here; on AWS the database is in the VPC, and only who has a way into it gets one."""

SSL_REQUEST = 80877103
PROTOCOL = 196608
"""Version 3.0."""

OK, SASL, SASL_CONTINUE, SASL_FINAL = 0, 10, 11, 12
"""Kinds of authentication message."""

INVALID_PASSWORD = "28P01"  # noqa: S105 - a code
AFTER_THE_PASSWORD = {"3D000", "42501", "53300"}
"""No such database, no right to connect to it, too many connections: told to those only who proved theirs."""

MECHANISM = b"SCRAM-SHA-256"


def knock(host: str, port: int, user: str, password: str, database: str, bundle: Path | None = None) -> Door:
    """Try a password, as far as the server can be reached from here.

    Args:
        host: Its name.
        port: Its port.
        user: Whose password it is.
        password: The password.
        database: Name of a database that the user may connect to.
        bundle: Authorities that its certificate may be of; ``None`` for the system's.

    Returns:
        ``unreachable`` as well where the server answers with something else than yes or no.
    """
    try:
        with (
            socket.create_connection((host, port), REACH_SECONDS) as plain,
            _secure(plain, host, bundle) as link,
        ):
            words = b"user\0" + user.encode() + b"\0database\0" + database.encode() + b"\0\0"
            link.sendall(struct.pack("!II", len(words) + 8, PROTOCOL) + words)
            return _authenticate(link, password)
    except _Refused as refused:
        return refused.door
    except (OSError, ValueError, struct.error):
        return "unreachable"


class _Refused(Exception):  # noqa: N818 - an answer
    """The server answered with an error.

    Attributes:
        door: What that says of the password.
    """

    def __init__(self, answer: bytes) -> None:
        codes = {field[1:].decode() for field in answer.split(b"\0") if field.startswith(b"C")}
        self.door: Door = "unreachable"
        if INVALID_PASSWORD in codes:
            self.door = "refused"
        elif codes & AFTER_THE_PASSWORD:
            self.door = "taken"


def _secure(plain: socket.socket, host: str, bundle: Path | None) -> socket.socket:
    plain.sendall(struct.pack("!II", 8, SSL_REQUEST))
    if plain.recv(1) == b"S":
        return ssl.create_default_context(cafile=bundle).wrap_socket(plain, server_hostname=host)
    if not ip_address(host).is_loopback:
        raise OSError("The server speaks no TLS.")
    return plain


def _authenticate(link: socket.socket, password: str) -> Door:
    code, offered = _answer(link)
    if code == OK:
        return "taken"
    if code != SASL or MECHANISM not in offered.split(b"\0"):
        return "unreachable"
    nonce = secrets.token_urlsafe(24)
    first = f"n=,r={nonce}"
    hello = b"n,," + first.encode()
    _send(link, MECHANISM + b"\0" + struct.pack("!I", len(hello)) + hello)
    code, challenge = _answer(link)
    if code == SASL_CONTINUE:
        _send(link, _proof(password, first, challenge.decode(), nonce))
        code, _ = _answer(link)
    return "taken" if code == SASL_FINAL else "unreachable"


def _proof(password: str, first: str, challenge: str, nonce: str) -> bytes:
    """Return the last message of the client (RFC 5802, section 3)."""
    fields = dict(part.split("=", 1) for part in challenge.split(","))
    if not fields["r"].startswith(nonce):
        raise ValueError("The server answered somebody else.")
    final = f"c={base64.b64encode(b'n,,').decode()},r={fields['r']}"
    salt = base64.b64decode(fields["s"])
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, int(fields["i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    signed = f"{first},{challenge},{final}".encode()
    signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
    proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
    return f"{final},p={base64.b64encode(proof).decode()}".encode()


def _send(link: socket.socket, data: bytes) -> None:
    link.sendall(b"p" + struct.pack("!I", len(data) + 4) + data)


def _answer(link: socket.socket) -> tuple[int, bytes]:
    """Return the kind of an authentication message, and what it holds."""
    kind = _exactly(link, 1)
    (length,) = struct.unpack("!I", _exactly(link, 4))
    body = _exactly(link, length - 4)
    if kind == b"E":
        raise _Refused(body)
    if kind != b"R":
        raise OSError("The server talks of something else.")
    return int(struct.unpack("!I", body[:4])[0]), body[4:]


def _exactly(link: socket.socket, number: int) -> bytes:
    data = b""
    while len(data) < number:
        more = link.recv(number - len(data))
        if not more:
            raise OSError("The server hung up.")
        data += more
    return data
