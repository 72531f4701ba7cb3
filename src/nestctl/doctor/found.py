"""How a look says that something is wrong with what the user wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nestctl.report import NestctlError, usage_error
from nestctl.settings.faults import Fault


class Faulty(Exception):  # noqa: N818 - carries faults of the manifest to where all are told together
    """The manifest names what is not so."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.what for fault in faults))
        self.faults = list(faults)


class Unfit:
    """Faults of files of the application other than the manifest."""

    def __init__(self, folder: Path, reasons: Sequence[str]) -> None:
        self.folder = folder
        self.reasons = reasons

    def error(self) -> NestctlError:
        """Return them in the shape of every other failure."""
        return usage_error(
            "application-unfit",
            f"{self.folder} cannot be built as it is.",
            "\n".join(self.reasons),
            f"Edit {self.folder}, then: nestctl doctor",
        )
