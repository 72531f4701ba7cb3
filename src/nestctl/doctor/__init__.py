"""What can be known before AWS is asked: the machine, the application's files, and what Terraform says.

Nothing is started, and nothing is written but a note that a check was passed. All that is wrong is told
at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nestctl.doctor import application, machine, refusals
from nestctl.report import ExitCode, NestctlError
from nestctl.settings.faults import Fault, invalid
from nestctl.settings.paths import MANIFEST
from nestctl.settings.resolve import Settings

Tell: TypeAlias = Callable[[str], None]
Look: TypeAlias = Callable[[Settings], str]
"""Looks at one thing and says in a few words what was found good.

It raises ``NestctlError`` when something is wrong, or ``Faulty`` when it is the manifest.
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at and found good."""

    name: str
    value: str


LOOKS: tuple[tuple[str, Look], ...] = (
    ("Python", machine.python),
    ("Terraform", machine.terraform),
    ("provider", machine.provider),
    ("Node", machine.node),
    ("Lambda runtime", machine.lambda_runtime),
    ("work folder", machine.work_folder),
    ("free space", machine.space),
    ("variables", machine.variables),
    ("application", application.files),
    ("backend", application.backend),
    ("frontend", application.frontend),
    ("Zappa settings", application.zappa_settings),
    ("size of the package", application.package),
    ("sizes", application.sizes),
    ("schedules", application.schedules),
    ("region", lambda settings: f"{settings.region.value} ({settings.region.source})"),
    ("domain", lambda settings: f"{settings.domain.value} ({settings.domain.source})"),
)
PLAN = "Terraform's checks"


def examine(
    settings: Settings, tell: Tell, *, more: Sequence[tuple[str, Look]] = (), plan: bool = True
) -> list[Finding]:
    """Look at everything that needs no AWS and return what was found.

    Args:
        settings: What the run was asked for.
        tell: Told what is looked at.
        more: Looks of the target.
        plan: Also let Terraform judge the variables, which takes seconds the first time.

    Raises:
        NestctlError: Something is wrong; what else is wrong is in its ``others``.
    """
    findings: list[Finding] = []
    errors: list[NestctlError] = []
    faults: list[Fault] = []
    for name, look in (*LOOKS, *more, *([(PLAN, refusals.look)] if plan else [])):
        if name == PLAN and any(error.code in refusals.CANNOT for error in errors):
            continue
        tell(f"looking at: {name}")
        try:
            findings.append(Finding(name, look(settings)))
        except NestctlError as error:
            errors.append(error)
        except application.Faulty as error:
            faults += error.faults
    if faults:
        path = settings.app / MANIFEST
        errors.insert(0, invalid(path, path.read_text(encoding="utf-8-sig", errors="replace"), faults))
    if errors:
        raise together(errors)
    return findings


def together(errors: Iterable[NestctlError]) -> NestctlError:
    """Return several failures as one: what the user can mend in the input comes first."""
    by_kind = sorted(_once(errors), key=lambda error: error.exit_code != ExitCode.USAGE)
    first, *others = by_kind
    first.others = tuple(others)
    return first


def _once(errors: Iterable[NestctlError]) -> list[NestctlError]:
    return list({(error.code, error.what): error for error in errors}.values())
