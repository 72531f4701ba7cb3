"""Keeps values that nestctl has come to know out of all that it prints and stores."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from nestctl.report.events import Event, Reporter
from nestctl.report.forms import SHORTEST, forms

INSTEAD = "[redacted]"

FROM_ENVIRONMENT = 12
"""Characters of a secret of the user's environment below which it may be an ordinary word."""

NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|DSN|(?:ACCESS|API|PRIVATE|SECRET)_?KEY)$"
)
"""Names of variables whose values are secret."""

IN_ADDRESS = re.compile(r"://[^\s/:@]*:([^\s/@]+)@")
"""A password in an address: of a proxy, a package index, a database."""


class Redactor:
    """Replaces values that it was told, in every form in which they may be written."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, *values: str) -> None:
        """Take note of values; one that is too short to be told from other text is left."""
        new = {value for value in values if len(value.encode()) >= SHORTEST} - self._known
        if not new:
            return
        self._known |= new
        shapes = {shape.decode() for value in self._known for shape in forms(value)}
        shapes |= {line for value in self._known for line in value.splitlines() if len(line) >= SHORTEST}
        longest_first = sorted(shapes, key=lambda shape: (-len(shape), shape))
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def learn_environment(self, environ: Mapping[str, str]) -> None:
        """Take note of the secrets in an environment: variables named so, and passwords in addresses."""
        for name, value in environ.items():
            if NAME.search(name.upper()) and len(value) >= FROM_ENVIRONMENT:
                self.learn(value)
            self.learn(*IN_ADDRESS.findall(value))

    def redact(self, text: str) -> str:
        """Return a text without the values."""
        return self._pattern.sub(INSTEAD, text) if self._pattern else text

    def redact_all(self, node: Any) -> Any:
        """Return JSON-able data without the values."""
        if isinstance(node, str):
            return self.redact(node)
        if isinstance(node, Mapping):
            return {self.redact_all(key): self.redact_all(value) for key, value in node.items()}
        if isinstance(node, list | tuple):
            return type(node)(self.redact_all(item) for item in node)
        return node


class RedactingReporter:
    """Hands events on to another reporter without the values."""

    def __init__(self, inner: Reporter) -> None:
        self._inner = inner

    def emit(self, event: Event) -> None:
        """Hand one event on."""
        told = {field.name: getattr(event, field.name) for field in fields(event)}
        self._inner.emit(replace(event, **redact_all(told)))

    def close(self) -> None:
        """Close the other one."""
        self._inner.close()


_redactor = Redactor()
learn = _redactor.learn
learn_environment = _redactor.learn_environment
redact = _redactor.redact
redact_all = _redactor.redact_all
