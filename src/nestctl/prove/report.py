"""What a proof says: findings, each with its place and its fix, and the facts it found on the way."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """Something that a proof refuses.

    Attributes:
        what: One sentence on what is wrong.
        fix: What to change.
        resource: Address of the resource; empty when there is none.
        file: File, from the checkout's root; empty when it is not known.
        line: Line in it, from 1; 0 when it is not known.
    """

    what: str
    fix: str
    resource: str = ""
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """``file:line``, the file alone, or nothing."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Report:
    """The outcome of one proof.

    Attributes:
        proof: Its name: ``network``.
        root: Root that it looked at; empty when it looked at none or at all of them.
        summary: One line on what was looked at, with numbers.
        findings: What it refuses; the proof holds when there is nothing.
        facts: JSON-able data for ``--json``.
        lines: Text for people, shown below the summary.
    """

    proof: str
    summary: str
    root: str = ""
    findings: tuple[Finding, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether there is no finding."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """Return it for the JSON envelope."""
        return {
            "proof": self.proof,
            "root": self.root,
            "holds": self.holds,
            "summary": self.summary,
            "findings": [asdict(finding) for finding in self.findings],
            "facts": self.facts,
        }
