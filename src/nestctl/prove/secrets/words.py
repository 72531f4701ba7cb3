"""What is a secret by its name, and what is one by its look."""

from __future__ import annotations

import re

from nestctl.settings.manifest import Manifest

NAME = re.compile(
    r"(?:^|_)(?:password|passwd|passphrase|secrets?|tokens?|credentials?|dsn|auth|external_id"
    r"|(?:api|access|private|secret|signing|write_api|encryption)_?key)(?:_|$)",
    re.IGNORECASE,
)
"""Names of things whose values are secret."""

ABOUT = re.compile(
    r"_(?:arns?|names?|versions?|paths?|parameters?|enabled|days|length|type|key_ids?|urls?|strategy)$",
    re.IGNORECASE,
)
"""Ends of names that say something about a secret without being one."""

LITERALS = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"),
    "a Slack token": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "an OpenAI key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "a Google key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "a signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\."),
    "a Sentry DSN": re.compile(r"https://[0-9a-f]{32}@[a-z0-9.-]+/\d+"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+]*://[^\s/:@\"'$<{]+:[^\s/:@\"'$<{]{4,}@"),
}
"""Shapes of secrets, each as its issuer documents it."""


def secret_parameters(manifest: Manifest) -> dict[str, tuple[str, ...]]:
    """Return the parameters whose values are secret, each with the services that get it."""
    return {
        name: tuple(entry.services)
        for name, entry in manifest.parameters.items()
        if entry.kind in ("secret", "generated")
    }


def looks_secret(name: str) -> bool:
    """Tell whether something of this name holds a secret."""
    return bool(NAME.search(name)) and not ABOUT.search(name)


def literals(text: str) -> list[tuple[str, str]]:
    """Return what in a text has the shape of a secret: what it is, and the piece."""
    return [(what, match[0]) for what, shape in LITERALS.items() for match in shape.finditer(text)]
