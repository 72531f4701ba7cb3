"""Password verifiers, so that PostgreSQL never sees a password in a statement it might log."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 4096  # PostgreSQL's own number


def verifier(password: str) -> str:
    """What PostgreSQL stores for a password under ``scram-sha-256`` (RFC 5802, RFC 7677).

    Args:
        password: Printable ASCII, as RDS demands; SASLprep leaves it unchanged.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
